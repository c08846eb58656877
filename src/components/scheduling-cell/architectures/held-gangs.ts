/** Room that is held for gangs until enough of a gang has some: which tasks hold it, and when that takes too long. */
import type { EventType } from '../../../engine/index.ts';
import type { Nanoseconds } from '../../../units/index.ts';
import type { Job, Task } from '../job.ts';
import type { ArchitectureContext } from './scheduling-architecture.ts';

/** A gang that waits for more of its tasks. */
interface WaitingGang {
  readonly tasks: Task[];
  readonly deadline: number;
}

/** The gangs of one scheduler. */
export class HeldGangs {
  private readonly context: ArchitectureContext;
  private readonly timeout: Nanoseconds;
  /** Gangs that hold room, by job, state. */
  private readonly gangs = new Map<Job, WaitingGang>();
  /** Jobs that are no longer a gang: their tasks start one by one, state. */
  private readonly waived = new WeakSet<Job>();
  private readonly evTimeout: EventType;

  /** `timedOut` is called when a gang has held room for `timeout` since its first task; whatever it holds is then the caller's to start or release. */
  constructor(context: ArchitectureContext, timeout: Nanoseconds, timedOut: (job: Job) => void) {
    this.context = context;
    this.timeout = timeout;
    this.evTimeout = context.simulation.on(`cell scheduler ${context.name}: gang times out`, (id) => {
      const job = this.context.cell.jobs.get(id) as Job;
      context.statistics.happened('gang_timeout');
      timedOut(job);
    });
  }

  /** Whether a job needs no more tasks at once than it has. */
  private isSatisfied(job: Job): boolean {
    return this.waived.has(job) || job.running + job.ended + job.held >= job.specification.gang;
  }

  /** A task holds room. If that makes its gang complete, or it needs none, all that hold room for it start; returns whether. */
  held(task: Task): boolean {
    const { job } = task;
    const gang = this.gangs.get(job) ?? this.begin(job);
    gang.tasks.push(task);
    if (!this.isSatisfied(job)) return false;
    this.start(job);
    return true;
  }

  /** From now on a job is no gang. */
  waive(job: Job): void {
    this.waived.add(job);
  }

  /** Starts everything that holds room for a job. */
  start(job: Job): void {
    for (const task of this.end(job)) this.context.cell.start(task);
  }

  /** Releases everything that holds room for a job; its tasks wait again. */
  release(job: Job): void {
    for (const task of this.end(job)) this.context.cell.returnTask(task, 'released');
  }

  /** A held task has lost its room by other causes. */
  lost(task: Task): void {
    const gang = this.gangs.get(task.job);
    const place = gang?.tasks.indexOf(task) ?? -1;
    if (place < 0) return;
    gang?.tasks.splice(place, 1);
    if (gang?.tasks.length === 0) this.end(task.job);
  }

  private begin(job: Job): WaitingGang {
    const { simulation } = this.context;
    const deadline = job.specification.gang > 1 ? simulation.after(this.timeout, this.evTimeout, job.id) : -1;
    const gang: WaitingGang = { tasks: [], deadline };
    this.gangs.set(job, gang);
    return gang;
  }

  private end(job: Job): readonly Task[] {
    const gang = this.gangs.get(job);
    if (gang === undefined) return [];
    this.gangs.delete(job);
    const { simulation } = this.context;
    const deadline = gang.deadline as ReturnType<typeof simulation.after>;
    if (gang.deadline >= 0 && simulation.isPending(deadline)) simulation.cancel(deadline);
    return gang.tasks;
  }
}
