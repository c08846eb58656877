/**
 * The line between whoever started a run and its replications, in this thread or in others: how far each replication is, what it holds,
 * and the wish to stop. It is shared memory, because a replication never yields while it computes and so could not receive a message.
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

/** Words of 8 bytes: one for the stop code, then those of each replication. */
const WORDS_BEFORE = 1;
const WORDS_PER_JOB = 4;
/** Places of a replication's words: virtual time, events, bytes held; the last one holds two halves, ticks and the wish to give it up. */
const TIME = 0;
const EVENTS = 1;
const BYTES = 2;
const HALVES = 3;

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
  /** The same memory as numbers, and as halves of words for what is read and written at once. */
  private readonly words: Float64Array;
  private readonly halves: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.words = new Float64Array(memory);
    this.halves = new Int32Array(memory);
  }

  /** Asks all replications to stop; the first reason stands. */
  stop(reason: StopReason): void {
    Atomics.compareExchange(this.halves, 0, 0, STOP_REASONS.indexOf(reason));
  }

  /** Why the run is to stop, or undefined to go on. */
  get stopReason(): StopReason | undefined {
    return STOP_REASONS[Atomics.load(this.halves, 0)];
  }

  /** Gives up replication number `job` (from 0) alone: nobody wants its result any more. */
  giveUp(job: number): void {
    Atomics.store(this.halves, 2 * wordOf(job, HALVES) + 1, 1);
  }

  /** Whether replication number `job` was given up. */
  isGivenUp(job: number): boolean {
    return Atomics.load(this.halves, 2 * wordOf(job, HALVES) + 1) === 1;
  }

  /** Tells how far replication number `job` is, and how many bytes its thread holds, where that is known. */
  report(job: number, { virtualTime, events }: JobProgress, bytes = 0): void {
    this.words[wordOf(job, TIME)] = virtualTime;
    this.words[wordOf(job, EVENTS)] = events;
    this.words[wordOf(job, BYTES)] = bytes;
    Atomics.add(this.halves, 2 * wordOf(job, HALVES), 1);
  }

  /** How far replication number `job` is. */
  progressOf(job: number): JobProgress {
    return { virtualTime: this.words[wordOf(job, TIME)] ?? 0, events: this.words[wordOf(job, EVENTS)] ?? 0 };
  }

  /** How often replication number `job` has told anything: a thread whose count stands still is stuck. */
  ticksOf(job: number): number {
    return Atomics.load(this.halves, 2 * wordOf(job, HALVES));
  }

  /** What the thread of replication number `job` held when it last told [B]. */
  bytesOf(job: number): number {
    return this.words[wordOf(job, BYTES)] ?? 0;
  }

  /** Replications that there is room for. */
  get jobs(): number {
    return (this.words.length - WORDS_BEFORE) / WORDS_PER_JOB;
  }
}

function wordOf(job: number, word: number): number {
  return WORDS_BEFORE + job * WORDS_PER_JOB + word;
}

/** The control of a run with at most this many replications. */
export function createRunControl(jobs: number): RunControl {
  const bytes = (WORDS_BEFORE + jobs * WORDS_PER_JOB) * Float64Array.BYTES_PER_ELEMENT;
  return new RunControl(new SharedArrayBuffer(bytes));
}
