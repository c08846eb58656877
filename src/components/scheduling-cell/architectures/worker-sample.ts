/** Random samples of the nodes on which a job could run at all: whom probes are sent to. */
import type { RandomStream } from '../../../engine/index.ts';
import type { NodeColumns } from '../../kube-scheduler/node-columns.ts';
import type { PodRequirements } from '../../kube-scheduler/pod-requirements.ts';

/** Samples without putting back. */
export class WorkerSample {
  private readonly nodes: NodeColumns;
  private readonly stream: RandomStream;
  private readonly accepts: (node: number) => boolean;
  /** Nodes that are large enough, by shape of the requirements; forgotten when nodes change, state. */
  private readonly eligible = new Map<number, Int32Array>();

  constructor(nodes: NodeColumns, stream: RandomStream, accepts: (node: number) => boolean = () => true) {
    this.nodes = nodes;
    this.stream = stream;
    this.accepts = accepts;
  }

  /** Nodes have changed. */
  forget(): void {
    this.eligible.clear();
  }

  /** How many nodes are large enough for a task. */
  size(requirements: PodRequirements): number {
    return this.of(requirements).length;
  }

  /**
   * Draws `count` nodes that are large enough into `out`, no node twice before all were drawn once. Draws as many numbers as nodes, whatever comes of
   * them, so that variants of a scenario keep their streams in step.
   */
  draw(requirements: PodRequirements, count: number, out: number[]): void {
    const pool = this.of(requirements);
    out.length = 0;
    if (pool.length === 0) return;
    // The first places of the pool are shuffled as far as is needed. What an earlier draw has shuffled is as good a start as any.
    for (let drawn = 0; drawn < count; drawn++) {
      const place = drawn % pool.length;
      const chosen = place + Math.floor(this.stream.next() * (pool.length - place));
      const node = pool[chosen] as number;
      pool[chosen] = pool[place] as number;
      pool[place] = node;
      out.push(node);
    }
  }

  private of(requirements: PodRequirements): Int32Array {
    let pool = this.eligible.get(requirements.shape);
    if (pool === undefined) {
      const { order } = this.nodes;
      pool = order
        .slots()
        .slice(0, order.count)
        .filter((node) => this.isLargeEnough(node, requirements) && this.accepts(node));
      this.eligible.set(requirements.shape, pool);
    }
    return pool;
  }

  /** Whether a task would fit on the node if it were empty. */
  private isLargeEnough(node: number, { cpu, memory, ephemeralStorage, extended, gpu }: PodRequirements): boolean {
    const { nodes } = this;
    return (
      cpu <= (nodes.allocatableCpu[node] as number) &&
      memory <= (nodes.allocatableMemory[node] as number) &&
      ephemeralStorage <= (nodes.allocatableStorage[node] as number) &&
      extended.every(({ resource, amount }) => amount <= (nodes.allocatableExtended[resource]?.[node] ?? 0)) &&
      (gpu === undefined || gpu.count <= (nodes.gpus.count[node] ?? 0))
    );
  }
}
