/**
 * Whom YuniKorn preempts for a queue that is below its guarantee. apache/yunikorn-core: pkg/scheduler/objects/preemption.go, queue.go
 * (FindEligiblePreemptionVictims).
 *
 * The queue of the asking job, with one task more, has to be within its guarantee, and so has every queue above it that has one; a queue without any guarantee
 * never preempts. Victims are tasks of other queues, of no higher priority, whose queue stays at or above its guarantee without them. On each node those that
 * began last go first, the first task of a job last of all; the node on which the fewest have to go is taken, the first listed of equals.
 * Left out: fences, priority offsets of queues, tasks that do not let themselves be preempted, additional victims on other nodes for the queue's sake.
 */
import type { Cell } from '../cell.ts';
import type { CellCopy } from '../cell-copy.ts';
import { amountsOf, type CellAmounts, cellResources } from '../cell-totals.ts';
import { type Job, type Task, TaskState } from '../job.ts';
import type { TenantQueue } from '../queue-tree.ts';

/** What it needs. */
export interface PreemptionSurroundings {
  readonly cell: Cell;
  /** A copy of the cell to try things out on. */
  readonly copy: CellCopy;
  readonly scheduler: string;
  queueOf(job: Job): TenantQueue;
}

/** Tasks that go, and where the asking task fits then. */
export interface Preemption {
  readonly node: number;
  readonly victims: readonly Task[];
}

/** The best preemption for one task of a job; undefined if there is none. */
export function preemptionFor(job: Job, around: PreemptionSurroundings): Preemption | undefined {
  const { cell, copy } = around;
  const queue = around.queueOf(job);
  if (!isWithinGuarantee(queue, amountsOf(job))) return undefined;
  copy.synchronise();
  const byNode = candidatesByNode(job, around);
  const slots = cell.nodes.order.slots();
  let best: Preemption | undefined;
  for (let i = 0; i < cell.nodes.order.count; i++) {
    const node = slots[i] as number;
    const victims = victimsOn(node, byNode.get(node) ?? [], job, around);
    if (victims !== undefined && (best === undefined || victims.length < best.victims.length)) best = { node, victims };
  }
  return best;
}

/** Running tasks of other queues and of no higher priority, by node, in the order in which they go. */
function candidatesByNode(job: Job, { cell, scheduler, queueOf }: PreemptionSurroundings): Map<number, Task[]> {
  const byNode = new Map<number, Task[]>();
  const own = queueOf(job);
  for (const task of cell.tasks) {
    if (task?.state !== TaskState.Running || task.job.specification.scheduler !== scheduler) continue;
    if (queueOf(task.job) === own || task.job.specification.priority > job.specification.priority) continue;
    const others = byNode.get(task.node);
    if (others === undefined) byNode.set(task.node, [task]);
    else others.push(task);
  }
  const isFirst = ({ index }: Task) => Number(index === 0);
  for (const tasks of byNode.values())
    tasks.sort((a, b) => isFirst(a) - isFirst(b) || b.startedAt - a.startedAt || b.id - a.id);
  return byNode;
}

/** The fewest of these tasks, in their order, without which the job's task fits on the node; those that do not help are passed over. */
function victimsOn(
  node: number,
  candidates: readonly Task[],
  job: Job,
  around: PreemptionSurroundings,
): Task[] | undefined {
  const { copy } = around;
  const mark = copy.tried;
  const asked = amountsOf(job);
  const taken = new Map<TenantQueue, CellAmounts>();
  const victims: Task[] = [];
  for (const victim of candidates) {
    if (copy.fits(node, job.requirements)) break;
    const amounts = amountsOf(victim.job);
    if (!cellResources.some((resource) => asked[resource] > 0 && amounts[resource] > 0)) continue;
    const queue = around.queueOf(victim.job);
    const before = taken.get(queue) ?? { cpu: 0, memory: 0, gpu: 0 };
    const after = { ...before };
    for (const resource of cellResources) after[resource] += amounts[resource];
    if (!staysAboveGuarantee(queue, after)) continue;
    taken.set(queue, after);
    copy.tryWithout(node, victim.job.requirements, victim.devices);
    victims.push(victim);
  }
  const isEnough = victims.length > 0 && copy.fits(node, job.requirements);
  copy.takeBack(mark);
  return isEnough ? victims : undefined;
}

/** Whether a queue with so much more, and each one above it, has no more than it is promised; one at least must be promised something. */
function isWithinGuarantee(queue: TenantQueue, more: CellAmounts): boolean {
  let isPromised = false;
  for (let each: TenantQueue | undefined = queue; each !== undefined; each = each.parent) {
    for (const resource of cellResources) {
      const promised = each.guaranteed[resource];
      if (promised === undefined) continue;
      if (each === queue) isPromised = true;
      if (each.used[resource] + more[resource] > promised) return false;
    }
  }
  return isPromised;
}

/** Whether a queue still has what it is promised in some resource, or in all of them nothing is, once so much is taken from it. */
function staysAboveGuarantee({ used, guaranteed }: TenantQueue, taken: CellAmounts): boolean {
  return cellResources.every((resource) => {
    const promised = guaranteed[resource];
    return promised === undefined || taken[resource] === 0 || used[resource] - taken[resource] >= promised;
  });
}
