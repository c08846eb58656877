/** Queues of tenants as a tree: what each may have, what it has, and how its share compares with others'. */

import { WHOLE_GPU } from '../kube-scheduler/gpu-columns.ts';
import type { NodeColumns } from '../kube-scheduler/node-columns.ts';
import { type CellAmounts, cellResources, noAmounts } from './cell-totals.ts';

/** Some amounts; a resource that is not named is not limited, or not guaranteed. */
export type PartialAmounts = Readonly<Partial<CellAmounts>>;

/** A queue as a scenario declares it. */
export interface QueueSpecification {
  readonly name: string;
  /** The queue above it; "" = the root. */
  readonly parent: string;
  /** By which shares are divided before they are compared. */
  readonly weight: number;
  /** What it is promised: nominal quota in Kueue's words, deserved or guaranteed in others'. */
  readonly guaranteed: PartialAmounts;
  /** What it must not exceed. */
  readonly max: PartialAmounts;
}

/** A queue at work. */
export class TenantQueue {
  readonly name: string;
  readonly parent: TenantQueue | undefined;
  readonly children: TenantQueue[] = [];
  readonly weight: number;
  readonly guaranteed: PartialAmounts;
  readonly max: PartialAmounts;
  /** What it and the queues below it have, state. */
  readonly used = noAmounts();

  constructor({ name, weight, guaranteed, max }: Omit<QueueSpecification, 'parent'>, parent: TenantQueue | undefined) {
    this.name = name;
    this.parent = parent;
    this.weight = weight;
    this.guaranteed = guaranteed;
    this.max = max;
    parent?.children.push(this);
  }

  /** Counts so many tasks with these requests in this queue and all above it; a negative number takes them out. */
  count(amounts: CellAmounts, tasks: number): void {
    for (let queue: TenantQueue | undefined = this; queue !== undefined; queue = queue.parent) {
      for (const resource of cellResources) queue.used[resource] += amounts[resource] * tasks;
    }
  }

  /** Whether so many more tasks would keep this queue and all above it within their limits. */
  isWithinMax(amounts: CellAmounts, tasks: number): boolean {
    for (let queue: TenantQueue | undefined = this; queue !== undefined; queue = queue.parent) {
      for (const resource of cellResources) {
        const limit = queue.max[resource];
        const more = amounts[resource] * tasks;
        if (limit !== undefined && more > 0 && queue.used[resource] + more > limit) return false;
      }
    }
    return true;
  }
}

/** The queues of a cell. */
export class QueueTree {
  readonly root = new TenantQueue({ name: '', weight: 1, guaranteed: {}, max: {} }, undefined);
  private readonly byName = new Map<string, TenantQueue>();

  /** Parents must be declared before their children. */
  constructor(specifications: readonly QueueSpecification[]) {
    for (const specification of specifications) {
      const parent = specification.parent === '' ? this.root : this.byName.get(specification.parent);
      if (parent === undefined)
        throw new RangeError(
          `queue ${specification.name} is below ${specification.parent}, which is not declared before it`,
        );
      this.byName.set(specification.name, new TenantQueue(specification, parent));
    }
  }

  /** The queue of this name. One that is not declared is below the root, without guarantee or limit. */
  of(name: string): TenantQueue {
    let queue = this.byName.get(name);
    if (queue === undefined) {
      queue = new TenantQueue({ name, weight: 1, guaranteed: {}, max: {} }, this.root);
      this.byName.set(name, queue);
    }
    return queue;
  }

  /** All queues without others below them, in the order in which they were declared or first named. */
  get leaves(): TenantQueue[] {
    return [...this.byName.values()].filter(({ children }) => children.length === 0);
  }
}

/** What all nodes of a cell offer together; summed up anew only after nodes have changed. */
export class CellCapacity {
  private readonly nodes: NodeColumns;
  private readonly sum = noAmounts();
  private stale = true;

  constructor(nodes: NodeColumns) {
    this.nodes = nodes;
  }

  /** Nodes have changed. */
  forget(): void {
    this.stale = true;
  }

  get amounts(): Readonly<CellAmounts> {
    if (this.stale) this.add();
    return this.sum;
  }

  private add(): void {
    this.stale = false;
    const { nodes, sum } = this;
    Object.assign(sum, noAmounts());
    const slots = nodes.order.slots();
    for (let i = 0; i < nodes.order.count; i++) {
      const node = slots[i] as number;
      sum.cpu += nodes.allocatableCpu[node] as number;
      sum.memory += nodes.allocatableMemory[node] as number;
      sum.gpu += (nodes.gpus.count[node] ?? 0) * WHOLE_GPU;
    }
  }
}

/** The greatest of the shares that amounts are of others; a resource of which the whole is nothing counts only if something of it is had. */
export function dominantShare(part: Readonly<CellAmounts>, whole: Readonly<CellAmounts>): number {
  let greatest = 0;
  for (const resource of cellResources) {
    if (part[resource] > 0) greatest = Math.max(greatest, part[resource] / whole[resource]);
  }
  return greatest;
}
