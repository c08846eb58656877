/**
 * Whom Volcano evicts for a job that allocate left without: the actions preempt and reclaim. volcano-sh/volcano: pkg/scheduler/actions/preempt, reclaim;
 * plugins priority, gang, proportion.
 *
 * Preempt: a job that has less than it needs takes room from running jobs of less priority in its own queue. Reclaim: a queue that has less than it deserves takes
 * room from queues that have more than they deserve, down to that. Neither takes a task from a gang that would be incomplete without it. Nodes are tried as they
 * are listed; on each, the lowest priority goes first, and of equals what began last, until the task fits. A job gets all that it still needs, or nothing.
 * Left out: scores of nodes, preemption between tasks of one job (they are alike), tiers of plugins: all have to agree. Upstream a plugin of a later tier is not
 * asked any more where an earlier one has found victims, so that its default tiers reclaim beyond what a queue deserves.
 */
import type { Cell } from '../cell.ts';
import type { CellCopy } from '../cell-copy.ts';
import { amountsOf, type CellAmounts } from '../cell-totals.ts';
import { type Job, type Task, TaskState } from '../job.ts';
import { addTo, exceeds, missingOf, type Placement, type SessionJob, type SessionQueue } from './volcano-session.ts';

/** What it needs of the session. */
export interface EvictingSession {
  readonly cell: Cell;
  readonly copy: CellCopy;
  readonly scheduler: string;
  /** What the queue of a job has, and what it deserves, when the session opened. */
  standingOf(job: Job): { readonly used: Readonly<CellAmounts>; readonly deserved: Readonly<CellAmounts> };
  /** Whether a queue may have so many more tasks. */
  mayHave(queue: SessionQueue, amounts: CellAmounts, tasks: number): boolean;
}

/** Which tasks may go for a job. */
type Rule = (victim: Task) => boolean;

/** The evictions of one session. */
export class VolcanoEvictions {
  private readonly session: EvictingSession;
  /** Running tasks of the scheduler by node. */
  private readonly byNode = new Map<number, Task[]>();
  /** Tasks that go. */
  private readonly gone = new Set<Task>();
  /** Tasks of each job that go. */
  private readonly lost = new Map<Job, number>();
  /** What is taken from each queue, by name. */
  private readonly taken = new Map<string, CellAmounts>();

  constructor(session: EvictingSession) {
    this.session = session;
    for (const task of session.cell.tasks) {
      if (task?.state !== TaskState.Running || task.job.specification.scheduler !== session.scheduler) continue;
      const others = this.byNode.get(task.node);
      if (others === undefined) this.byNode.set(task.node, [task]);
      else others.push(task);
    }
    for (const tasks of this.byNode.values())
      tasks.sort(
        (a, b) =>
          a.job.specification.priority - b.job.specification.priority || b.startedAt - a.startedAt || b.id - a.id,
      );
  }

  /** Room of jobs of less priority in the same queue, for a job that has less than it needs; undefined if that is not enough. */
  preempt(entry: SessionJob): Placement[] | undefined {
    const { job } = entry;
    if (entry.placed + job.ended >= Math.max(1, job.specification.gang)) return undefined;
    const { priority, queue } = job.specification;
    return this.makeRoom(
      entry,
      (victim) =>
        victim.job.specification.queue === queue && victim.job !== job && victim.job.specification.priority < priority,
    );
  }

  /** Room of queues that have more than they deserve. */
  reclaim(entry: SessionJob): Placement[] | undefined {
    const { queue } = entry.job.specification;
    // What others lose does not raise what the queue deserves.
    if (!this.mayHave(entry, missingOf(entry))) return undefined;
    return this.makeRoom(entry, ({ job: victim }) => {
      if (victim.specification.queue === queue) return false;
      const { used, deserved } = this.session.standingOf(victim);
      const left = { ...used };
      addTo(left, this.takenFrom(victim), -1);
      return exceeds(left, deserved);
    });
  }

  private makeRoom(entry: SessionJob, rule: Rule): Placement[] | undefined {
    const { copy } = this.session;
    const mark = copy.tried;
    const planned: Placement[] = [];
    const needed = missingOf(entry);
    if (needed > entry.waiting) return undefined;
    while (planned.length < needed) {
      const placement = this.placeOne(entry, planned.length, rule);
      if (placement === undefined) break;
      planned.push(placement);
    }
    if (planned.length === needed) return planned;
    copy.takeBack(mark);
    for (const { victims } of planned) for (const victim of victims) this.spare(victim);
    return undefined;
  }

  /** The first node on which enough may go for one task. */
  private placeOne(entry: SessionJob, before: number, rule: Rule): Placement | undefined {
    const { copy, cell } = this.session;
    const { job } = entry;
    const slots = cell.nodes.order.slots();
    for (let i = 0; i < cell.nodes.order.count; i++) {
      const node = slots[i] as number;
      const mark = copy.tried;
      const victims = this.victimsOn(node, entry, before, rule);
      if (victims !== undefined) return { job, node, devices: copy.try(node, job.requirements), victims };
      copy.takeBack(mark);
    }
    return undefined;
  }

  private victimsOn(node: number, entry: SessionJob, before: number, rule: Rule): Task[] | undefined {
    const { copy } = this.session;
    const { requirements } = entry.job;
    const victims: Task[] = [];
    const isEnough = () => copy.fits(node, requirements) && this.mayHave(entry, before + 1);
    for (const victim of this.byNode.get(node) ?? []) {
      if (isEnough()) break;
      if (this.gone.has(victim) || this.breaksGang(victim) || !rule(victim)) continue;
      copy.tryWithout(node, victim.job.requirements, victim.devices);
      this.take(victim);
      victims.push(victim);
    }
    if (victims.length > 0 && isEnough()) return victims;
    for (const victim of victims) this.spare(victim);
    return undefined;
  }

  /** Whether the queue of a job may have so many more tasks of it, what it loses itself taken off. */
  private mayHave({ queue, amounts, job }: SessionJob, tasks: number): boolean {
    const used = { ...queue.used };
    addTo(used, this.takenFrom(job), -1);
    return this.session.mayHave({ ...queue, used }, amounts, tasks);
  }

  private breaksGang({ job }: Task): boolean {
    const { gang } = job.specification;
    return gang > 1 && job.running + job.ended - (this.lost.get(job) ?? 0) - 1 < gang;
  }

  private takenFrom({ specification: { queue } }: Job): CellAmounts {
    let taken = this.taken.get(queue);
    if (taken === undefined) {
      taken = { cpu: 0, memory: 0, gpu: 0 };
      this.taken.set(queue, taken);
    }
    return taken;
  }

  private take(victim: Task): void {
    this.gone.add(victim);
    this.lost.set(victim.job, (this.lost.get(victim.job) ?? 0) + 1);
    addTo(this.takenFrom(victim.job), amountsOf(victim.job), 1);
  }

  private spare(victim: Task): void {
    this.gone.delete(victim);
    this.lost.set(victim.job, (this.lost.get(victim.job) ?? 0) - 1);
    addTo(this.takenFrom(victim.job), amountsOf(victim.job), -1);
  }
}
