/** Everything that is free on a node at an instant, locked away from all but one: what a resource offer is made of. */
import { MOST_GPUS } from '../../kube-scheduler/gpu-columns.ts';
import type { NodeColumns } from '../../kube-scheduler/node-columns.ts';

/** Room of one node. */
export interface RoomLock {
  readonly node: number;
  /** Amounts [milli-CPU, B, B, pod]. */
  readonly cpu: number;
  readonly memory: number;
  readonly storage: number;
  readonly pods: number;
  /** Amounts of extended resources, by resource number. */
  readonly extended: readonly number[];
  /** Thousandths of each GPU. */
  readonly gpus: readonly number[];
}

/** What is free on a node; undefined where a resource that every task takes is used up. */
export function freeRoom(nodes: NodeColumns, node: number): RoomLock | undefined {
  const free = (allocatable: ArrayLike<number>, requested: ArrayLike<number>) =>
    (allocatable[node] as number) - (requested[node] as number);
  const cpu = free(nodes.allocatableCpu, nodes.requestedCpu);
  const memory = free(nodes.allocatableMemory, nodes.requestedMemory);
  const pods = free(nodes.allowedPods, nodes.pods);
  if (cpu <= 0 || memory <= 0 || pods <= 0) return undefined;
  const { gpus } = nodes;
  return {
    node,
    cpu,
    memory,
    pods,
    storage: free(nodes.allocatableStorage, nodes.requestedStorage),
    extended: nodes.allocatableExtended.map((column, resource) =>
      free(column, nodes.requestedExtended[resource] as Float64Array),
    ),
    gpus: Array.from({ length: gpus.count[node] ?? 0 }, (_, device) => gpus.free[node * MOST_GPUS + device] as number),
  };
}

/** Room less a part of it. */
export function lessRoom(room: RoomLock, part: RoomLock): RoomLock {
  const { cpu, memory, storage, pods, extended, gpus } = room;
  return {
    node: room.node,
    cpu: cpu - part.cpu,
    memory: memory - part.memory,
    storage: storage - part.storage,
    pods: pods - part.pods,
    extended: extended.map((amount, resource) => amount - (part.extended[resource] ?? 0)),
    gpus: gpus.map((milli, device) => milli - (part.gpus[device] ?? 0)),
  };
}

/** Counts locked room as taken (1), or no longer (-1). */
export function countLock(nodes: NodeColumns, lock: RoomLock, sign: 1 | -1): void {
  const { node } = lock;
  const take = (column: Float64Array | Int32Array, amount: number) => {
    column[node] = (column[node] as number) + sign * amount;
  };
  take(nodes.requestedCpu, lock.cpu);
  take(nodes.requestedMemory, lock.memory);
  take(nodes.requestedStorage, lock.storage);
  take(nodes.pods, lock.pods);
  take(nodes.version, sign);
  lock.extended.forEach((amount, resource) => {
    take(nodes.requestedExtended[resource] as Float64Array, amount);
  });
  lock.gpus.forEach((milli, device) => {
    if (milli > 0) nodes.gpus.take(node, 1 << device, milli, sign);
  });
}
