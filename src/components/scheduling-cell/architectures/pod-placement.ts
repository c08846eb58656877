/** Places the tasks of jobs one job after the other in the order in which they came, as far as they fit; the rest waits for room. */
import type { Nanoseconds } from '../../../units/index.ts';
import type { Job, Task } from '../job.ts';
import type { NodeChooser } from '../node-chooser.ts';
import { DecisionProcesses } from './decision-processes.ts';
import type { ArchitectureContext } from './scheduling-architecture.ts';

/** The scheduler of pods behind an admission. */
export class PodPlacement {
  private readonly context: ArchitectureContext;
  private readonly chooser: NodeChooser;
  private readonly processes: DecisionProcesses;
  private readonly placedInFull: (job: Job) => void;
  /** Jobs that are queued or decided on, and those that found no room, state. */
  private readonly busy = new Set<Job>();
  private readonly parked = new Set<Job>();
  /** Jobs to be placed at all: others that are still queued are passed over, state. */
  private readonly wanted = new Set<Job>();
  /** Tasks that have room, by job, state. */
  private readonly tasks = new Map<Job, Set<Task>>();

  constructor(context: ArchitectureContext, placedInFull: (job: Job) => void) {
    this.context = context;
    this.placedInFull = placedInFull;
    this.chooser = context.chooser(context.cell.nodes);
    this.processes = new DecisionProcesses(context, 1, { decided: (_, job, span) => this.decided(job, span) });
    context.cell.listen({
      taskStarted: (task) => this.note(task),
      taskEnded: (task) => this.tasks.get(task.job)?.delete(task),
      taskReturned: (task) => this.tasks.get(task.job)?.delete(task),
    });
  }

  /** A job has tasks to be placed. */
  add(job: Job): void {
    this.wanted.add(job);
    this.parked.delete(job);
    if (this.busy.has(job)) return;
    this.busy.add(job);
    this.processes.enqueue(0, job);
  }

  /** A job is not to be placed any more. */
  remove(job: Job): void {
    this.wanted.delete(job);
    this.parked.delete(job);
  }

  /** Tasks of a job that have room now. */
  tasksOf(job: Job): readonly Task[] {
    return [...(this.tasks.get(job) ?? [])];
  }

  /** A node has more room. */
  roomFreed(node: number): void {
    for (const job of this.parked) if (this.context.cell.fits(node, job.requirements)) this.add(job);
  }

  private decided(job: Job, span: Nanoseconds): void {
    const { cell, statistics } = this.context;
    this.busy.delete(job);
    let placed = 0;
    while (this.wanted.has(job) && job.waiting > 0) {
      const node = this.chooser.choose(job.requirements);
      const task = node < 0 ? undefined : cell.claim(job, node, this.chooser.decision.devices);
      if (task === undefined) break;
      placed++;
    }
    statistics.decisionEnds(job.waiting === 0 ? 'scheduled' : placed > 0 ? 'partly' : 'unschedulable', span, placed);
    if (job.waiting === 0) {
      this.wanted.delete(job);
      this.placedInFull(job);
    } else if (this.wanted.has(job)) {
      this.parked.add(job);
    }
  }

  private note(task: Task): void {
    if (task.job.specification.scheduler !== this.context.name) return;
    const known = this.tasks.get(task.job);
    if (known === undefined) this.tasks.set(task.job, new Set([task]));
    else known.add(task);
  }
}
