/**
 * The line between whoever started a run and its replications, in this thread or in others: how far each replication is, and the wish to
 * stop. It is shared memory, because a replication never yields while it computes and so could not receive a message.
 */
import type { EndReason } from './replication-result.ts';

/** Reasons to stop a run before its end, by code; 0 = go on. */
const STOP_REASONS = [
  undefined,
  'interrupted',
  'stopped by --deadline',
  'stopped for memory',
] as const satisfies readonly (EndReason | undefined)[];

/** Why a run is to be stopped. */
export type StopReason = Exclude<(typeof STOP_REASONS)[number], undefined>;

/** Whether a replication ended by itself, not because someone stopped it. */
export function ranToItsEnd(reason: EndReason): boolean {
  return STOP_REASONS.every((stop) => stop !== reason);
}

/** Words of 8 bytes: one for the stop code, then two for each replication. */
const WORDS_BEFORE = 1;
const WORDS_PER_JOB = 2;

/** How far a replication is. */
export interface JobProgress {
  /** Virtual time reached [ns]; the whole of it once it has ended. */
  readonly virtualTime: number;
  /** Simulation events processed. */
  readonly events: number;
}

/** Shared by all threads of a run. */
export class RunControl {
  /** The shared memory; handed to worker threads, which build their own RunControl over it. */
  readonly memory: SharedArrayBuffer;
  private readonly stopCode: Int32Array;
  private readonly progress: Float64Array;

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.stopCode = new Int32Array(memory, 0, 1);
    this.progress = new Float64Array(memory);
  }

  /** Asks all replications to stop; the first reason stands. */
  stop(reason: StopReason): void {
    Atomics.compareExchange(this.stopCode, 0, 0, STOP_REASONS.indexOf(reason));
  }

  /** Why the run is to stop, or undefined to go on. */
  get stopReason(): StopReason | undefined {
    return STOP_REASONS[Atomics.load(this.stopCode, 0)];
  }

  /** Tells how far replication number `job` (from 0) is. */
  report(job: number, { virtualTime, events }: JobProgress): void {
    this.progress[WORDS_BEFORE + job * WORDS_PER_JOB] = virtualTime;
    this.progress[WORDS_BEFORE + job * WORDS_PER_JOB + 1] = events;
  }

  /** How far replication number `job` is. */
  progressOf(job: number): JobProgress {
    const at = WORDS_BEFORE + job * WORDS_PER_JOB;
    return { virtualTime: this.progress[at] ?? 0, events: this.progress[at + 1] ?? 0 };
  }

  /** Replications that there is room for. */
  get jobs(): number {
    return (this.progress.length - WORDS_BEFORE) / WORDS_PER_JOB;
  }
}

/** The control of a run with this many replications. */
export function createRunControl(jobs: number): RunControl {
  const bytes = (WORDS_BEFORE + jobs * WORDS_PER_JOB) * Float64Array.BYTES_PER_ELEMENT;
  return new RunControl(new SharedArrayBuffer(bytes));
}
