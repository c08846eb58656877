/**
 * Watches jobs that run on threads, through the shared memory in which they tell of themselves. A job that tells nothing for a long time
 * is stuck. Jobs that together hold more memory than there is give way, the youngest first; one that does not fit alone stops the run.
 */
import type { RunControl } from '../run-control.ts';

/** Time between two looks [ms]. */
const LOOK_EVERY_MS = 250;
/**
 * How long a job may tell nothing before it counts as stuck [ms]. Jobs tell every 50,000 events, which takes a second on a very busy machine;
 * filling the largest clusters before their first event takes minutes there.
 */
export const STUCK_AFTER_MS = 600_000;
/** The same once the run is to stop: somebody waits for the end [ms]. */
const STUCK_AFTER_STOP_MS = 30_000;
/** Share of the memory limit that jobs may hold together; the rest is for their results and the program. */
const SHARE_OF_JOBS = 0.8;

/** Why a job was taken from its thread. */
export type Removal = 'stuck' | 'gives way' | 'died';

/** A job that runs on a thread. */
export interface RunningJob {
  /** Its place in the control. */
  readonly index: number;
  /** Ends its thread. */
  remove(why: Removal): void;
}

/** Limits of a watch. */
export interface WatchLimits {
  /** Most memory of the whole program [B]; undefined = it is not watched. */
  readonly memoryBytes: number | undefined;
  /** How long a job may tell nothing [ms]. */
  readonly stuckAfterMs: number;
}

/** What is known of a running job. */
interface Watched {
  readonly job: RunningJob;
  /** Ticks at the last look, and how long ago they last changed, in looks: time during which this program slept does not count. */
  ticks: number;
  quietLooks: number;
}

/** Watches from the first job on until it is closed. */
export class ThreadWatch {
  private readonly control: RunControl;
  private readonly stuckAfterMs: number;
  /** Most that jobs may hold together [B]. */
  private readonly roomBytes: number;
  /** Running jobs, oldest first, state. */
  private readonly running = new Set<Watched>();
  /** Most that a single job of this run has held so far [B], statistic. */
  private mostBytes = 0;
  private readonly timer: NodeJS.Timeout;

  constructor(control: RunControl, { memoryBytes, stuckAfterMs }: WatchLimits) {
    this.control = control;
    this.stuckAfterMs = stuckAfterMs;
    this.roomBytes = (memoryBytes ?? Number.POSITIVE_INFINITY) * SHARE_OF_JOBS;
    this.timer = setInterval(() => this.look(), Math.min(LOOK_EVERY_MS, stuckAfterMs));
    // Watching is no reason to go on.
    this.timer.unref();
  }

  /** Whether one more job fits, as far as the largest one so far tells. One always does. */
  get hasRoom(): boolean {
    return this.running.size === 0 || (this.running.size + 1) * this.mostBytes <= this.roomBytes;
  }

  /** Watches a job until the returned function is called. */
  add(job: RunningJob): () => void {
    const watched: Watched = { job, ticks: this.control.ticksOf(job.index), quietLooks: 0 };
    this.running.add(watched);
    return () => {
      this.running.delete(watched);
      this.mostBytes = Math.max(this.mostBytes, this.control.bytesOf(job.index));
    };
  }

  /** Ends the watch. */
  close(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    const patience = this.control.stopReason === undefined ? this.stuckAfterMs : STUCK_AFTER_STOP_MS;
    let held = 0;
    for (const watched of this.running) {
      const { job } = watched;
      const ticks = this.control.ticksOf(job.index);
      watched.quietLooks = ticks === watched.ticks ? watched.quietLooks + 1 : 0;
      watched.ticks = ticks;
      const bytes = this.control.bytesOf(job.index);
      held += bytes;
      this.mostBytes = Math.max(this.mostBytes, bytes);
      if (watched.quietLooks * LOOK_EVERY_MS >= Math.min(patience, this.stuckAfterMs)) job.remove('stuck');
    }
    if (held > this.roomBytes) this.makeRoom();
  }

  private makeRoom(): void {
    const youngest = [...this.running].at(-1);
    if (this.running.size > 1) youngest?.job.remove('gives way');
    else this.control.stop('stopped for memory');
  }
}
