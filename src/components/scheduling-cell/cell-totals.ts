/** What a cell has and what is taken of it, over all nodes, and what each queue has of it; kept up change by change. */

import { WHOLE_GPU } from '../kube-scheduler/gpu-columns.ts';
import type { Cell } from './cell.ts';
import type { Job, Task } from './job.ts';

/** Resources whose shares are told. */
export const cellResources = ['cpu', 'memory', 'gpu'] as const;
/** One of them. */
export type CellResource = (typeof cellResources)[number];

/** Amounts by resource [milli-CPU, B, thousandth of a GPU]. */
export type CellAmounts = Record<CellResource, number>;

/** Nothing of anything. */
export function noAmounts(): CellAmounts {
  return { cpu: 0, memory: 0, gpu: 0 };
}

/** What a task of a job takes. */
export function amountsOf({ requirements: { cpu, memory, gpu } }: Job): CellAmounts {
  return { cpu, memory, gpu: gpu === undefined ? 0 : gpu.count * gpu.milli };
}

/** The totals. */
export class CellTotals {
  /** What all known nodes offer. */
  readonly capacity = noAmounts();
  /** What is taken. */
  readonly taken = noAmounts();
  /** Nodes that are there, and those on which something is placed. */
  nodes = 0;
  usedNodes = 0;
  /** What each queue has, by name. */
  readonly queues = new Map<string, CellAmounts>();
  private readonly cell: Cell;
  /** What was counted of each node, by slot. */
  private readonly counted: (CellAmounts | undefined)[] = [];
  private readonly placed: number[] = [];

  constructor(cell: Cell) {
    this.cell = cell;
    cell.listen({
      nodeChanged: (node) => this.countNode(node),
      taskHeld: (task) => this.count(task, 1),
      taskEnded: (task) => this.count(task, -1),
      taskGivenBack: (task) => this.count(task, -1),
      taskReturned: (task) => this.count(task, -1),
    });
  }

  /** The greatest share that a queue has of any resource of which there is something. */
  dominantShare(queue: string): number {
    const amounts = this.queues.get(queue);
    if (amounts === undefined) return 0;
    return Math.max(...cellResources.map((resource) => share(amounts[resource], this.capacity[resource])));
  }

  /**
   * Jain's index of the dominant shares of all queues that ever had something: (sum)^2 / (n sum of squares). 1 = all have the same, 1/n = one has
   * everything; 1 while nobody has anything.
   */
  fairnessIndex(): number {
    let sum = 0;
    let squares = 0;
    for (const queue of this.queues.keys()) {
      const share = this.dominantShare(queue);
      sum += share;
      squares += share * share;
    }
    return squares === 0 ? 1 : (sum * sum) / (this.queues.size * squares);
  }

  /** Share of a resource that is taken. */
  allocation(resource: CellResource): number {
    return share(this.taken[resource], this.capacity[resource]);
  }

  /** Coefficient of variation, over the nodes that have some of a resource, of the share of it that is taken; 0 if nothing is. */
  variation(resource: CellResource): number {
    const { nodes } = this.cell;
    let count = 0;
    let sum = 0;
    let squares = 0;
    for (let node = 0; node < this.counted.length; node++) {
      const whole = this.counted[node]?.[resource] ?? 0;
      if (whole === 0) continue;
      const taken =
        resource === 'cpu'
          ? (nodes.requestedCpu[node] as number)
          : resource === 'memory'
            ? (nodes.requestedMemory[node] as number)
            : whole - (nodes.gpus.freeSum[node] as number);
      count++;
      sum += taken / whole;
      squares += (taken / whole) ** 2;
    }
    return sum === 0 ? 0 : Math.sqrt(Math.max(0, (squares * count) / (sum * sum) - 1));
  }

  private countNode(node: number): void {
    const before = this.counted[node];
    const { nodes } = this.cell;
    const now: CellAmounts | undefined = nodes.isKnown(node)
      ? {
          cpu: nodes.allocatableCpu[node] as number,
          memory: nodes.allocatableMemory[node] as number,
          gpu: (nodes.gpus.count[node] ?? 0) * WHOLE_GPU,
        }
      : undefined;
    for (const resource of cellResources) this.capacity[resource] += (now?.[resource] ?? 0) - (before?.[resource] ?? 0);
    this.nodes += (now === undefined ? 0 : 1) - (before === undefined ? 0 : 1);
    this.counted[node] = now;
  }

  private count({ node, job }: Task, sign: 1 | -1): void {
    const amounts = amountsOf(job);
    const { queue } = job.specification;
    let ofQueue = this.queues.get(queue);
    if (ofQueue === undefined) {
      ofQueue = noAmounts();
      this.queues.set(queue, ofQueue);
    }
    for (const resource of cellResources) {
      this.taken[resource] += sign * amounts[resource];
      ofQueue[resource] += sign * amounts[resource];
    }
    const before = this.placed[node] ?? 0;
    this.placed[node] = before + sign;
    if (before === 0) this.usedNodes++;
    else if (before + sign === 0) this.usedNodes--;
  }
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
