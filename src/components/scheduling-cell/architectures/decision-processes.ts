/**
 * Processes that decide on jobs: each has a queue of its own, takes one job after the other, thinks, and acts when the time is over.
 * What it knows when it begins and what it does when it has decided is the architecture's part.
 */
import type { EventType } from '../../../engine/index.ts';
import type { Nanoseconds } from '../../../units/index.ts';
import type { Job } from '../job.ts';
import { JobQueue } from '../job-queue.ts';
import type { ArchitectureContext } from './scheduling-architecture.ts';

/** What an architecture does with decisions. */
export interface Deciding {
  /** A process begins to think about a job. */
  begins?(process: number, job: Job): void;
  /** It has decided, after `span`. Afterwards it takes its next job. */
  decided(process: number, job: Job, span: Nanoseconds): void;
}

/** The processes of one scheduler. */
export class DecisionProcesses {
  private readonly context: ArchitectureContext;
  private readonly deciding: Deciding;
  /** Jobs that wait, by process, state. */
  private readonly queues: JobQueue[];
  /** What each process thinks about, and for how long [ns], state; undefined = it is idle. */
  private readonly current: (Job | undefined)[];
  private readonly spans: Float64Array;
  private readonly evDecided: EventType;

  constructor(context: ArchitectureContext, count: number, deciding: Deciding) {
    this.context = context;
    this.deciding = deciding;
    this.queues = Array.from({ length: count }, () => new JobQueue());
    this.current = this.queues.map(() => undefined);
    this.spans = new Float64Array(count);
    this.evDecided = context.simulation.on(`cell scheduler ${context.name}: decided`, (process) =>
      this.onDecided(process),
    );
  }

  /** Gives a process a job, which must not be in its queue already. */
  enqueue(process: number, job: Job): void {
    (this.queues[process] as JobQueue).add(job);
    if (this.current[process] === undefined) this.think(process);
  }

  private think(process: number): void {
    const job = (this.queues[process] as JobQueue).take();
    this.current[process] = job;
    if (job === undefined) return;
    const { simulation, statistics } = this.context;
    const span = this.context.decisionTime(job, job.waiting);
    this.spans[process] = span;
    statistics.decisionBegins(job);
    this.deciding.begins?.(process, job);
    simulation.after(span, this.evDecided, process);
  }

  private onDecided(process: number): void {
    this.deciding.decided(process, this.current[process] as Job, this.spans[process] as Nanoseconds);
    this.think(process);
  }
}
