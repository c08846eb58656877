/**
 * The apply loop of one member: committed entries one after the other, in their order (E:server/etcdserver/server.go:applyAll, a FIFO scheduler). A
 * backend commit, a defragmentation or the installation of a snapshot hold it up for as long as they take.
 *
 * Entries that were committed together are taken as one batch, whose end and each entry's end are known when it begins; so a loop that is idle
 * needs no event. What is in the midst of a batch is not broken off.
 */
import type { EventId, EventType, Simulation } from '../../engine/index.ts';
import { NO_EVENT } from '../../engine/index.ts';
import type { Nanoseconds, SimTime } from '../../units/index.ts';
import type { Proposal } from './proposal.ts';
import type { Entry } from './raft/index.ts';

/** What a loop works for. */
export interface ApplyLoopOptions {
  readonly simulation: Simulation;
  /** Number of the member, the first argument of {@link evFree}. */
  readonly member: number;
  /** Event "the loop is free" (member); its handler calls {@link ApplyLoop.onFree}. */
  readonly evFree: EventType;
  /** Time that one entry takes. */
  readonly service: Nanoseconds;
  /** An entry is being applied: it is done at `end`, and waited that long. */
  readonly onEntry: (entry: Entry<Proposal>, end: SimTime, waited: number) => void;
  /** Everything up to an entry will be applied at `end`. */
  readonly onBatch: (lastIndex: number, end: SimTime, entries: number) => void;
}

/** Entries that were committed together, or something else that the loop does in its turn. */
interface Job {
  readonly entries: readonly Entry<Proposal>[];
  readonly since: SimTime;
  /** How long it takes, decided when its turn comes; undefined = what its entries take. */
  readonly occupy: (() => Nanoseconds) | undefined;
  /** Called at its end. */
  readonly done: (() => void) | undefined;
}

/** A read that waits for an entry. */
interface Waiter {
  readonly index: number;
  readonly ready: () => void;
}

/** The loop. */
export class ApplyLoop {
  private readonly options: ApplyLoopOptions;
  private queue: Job[] = [];
  private waiters: Waiter[] = [];
  /** The job in progress: its start and end [ns], what is called then, state. */
  private start = 0;
  private end = 0;
  private done: (() => void) | undefined;
  /** Last entry of the batch in progress, or of the latest one, and how many it has, state. */
  private lastIndex = 0;
  private batchEntries = 0;
  /** The event at the end of the job in progress, state. */
  private evPending: EventId = NO_EVENT;
  /** Whether a job is being begun, state. */
  private isBeginning = false;
  /** Whether the process stands still, and since when [ns], state. */
  private isPaused = false;
  private pausedAt = 0;
  /** Time that jobs have taken or will take up to their end [ns], statistic. */
  private busy = 0;

  constructor(options: ApplyLoopOptions) {
    this.options = options;
  }

  /** Hands committed entries over. */
  enqueue(entries: readonly Entry<Proposal>[]): void {
    const since = this.options.simulation.now;
    // Mostly the loop is idle, and they need not be queued.
    if (this.isIdle) this.begin(entries, since, undefined, undefined, since);
    else this.queue.push({ entries, since, occupy: undefined, done: undefined });
    this.goOn();
  }

  /** Has the loop do something else in its turn, for a span that is decided then; `done` is called at its end. */
  occupy(span: () => Nanoseconds, done?: () => void): void {
    this.queue.push({ entries: [], since: this.options.simulation.now, occupy: span, done });
    this.goOn();
  }

  /** A snapshot takes the place of everything up to an entry: what waits is dropped, and the loop is busy until it is installed. */
  startOver(index: number, span: () => Nanoseconds, done: () => void): void {
    this.queue = [];
    this.occupy(span, () => {
      this.startFrom(index);
      done();
    });
  }

  /** The last entry that is applied now. */
  get applied(): number {
    const { simulation, service } = this.options;
    if (simulation.now >= this.end || this.batchEntries === 0) return this.lastIndex;
    const finished = Math.floor((simulation.now - this.start) / Math.max(1, service));
    return this.lastIndex - this.batchEntries + Math.min(this.batchEntries, finished);
  }

  /** Everything up to `index` is in the state that the process starts from, or has been sent. */
  startFrom(index: number): void {
    this.lastIndex = index;
    this.batchEntries = 0;
  }

  /** Calls `ready` once an entry is applied, at once if it is already. */
  whenApplied(index: number, ready: () => void): void {
    if (this.applied >= index) {
      ready();
      return;
    }
    this.waiters.push({ index, ready });
    this.plan();
  }

  /** The process has ended: what it was to do is forgotten. */
  reset(): void {
    const { now } = this.options.simulation;
    this.busy -= Math.max(0, this.end - now);
    this.end = Math.min(this.end, now);
    this.queue = [];
    this.waiters = [];
    this.done = undefined;
    this.isPaused = false;
  }

  /** Fault: the process stands still, or goes on. */
  pause(isPaused: boolean): void {
    const { now } = this.options.simulation;
    this.isPaused = isPaused;
    if (isPaused) {
      this.pausedAt = now;
      return;
    }
    if (this.end > this.pausedAt) this.end += now - this.pausedAt;
    this.goOn();
  }

  /** The event of {@link ApplyLoopOptions.evFree}. */
  onFree(): void {
    this.evPending = NO_EVENT;
    this.goOn();
  }

  /** Time in which the loop was busy [ns]. */
  get busyNanoseconds(): number {
    return this.busy - Math.max(0, this.end - this.options.simulation.now);
  }

  /** Entries that wait for their turn. */
  get waiting(): number {
    const { simulation, service } = this.options;
    let count = 0;
    for (const { entries } of this.queue) count += entries.length;
    if (simulation.now < this.end && this.batchEntries > 0) {
      const begun = Math.floor((simulation.now - this.start) / Math.max(1, service)) + 1;
      count += Math.max(0, this.batchEntries - begun);
    }
    return count;
  }

  private goOn(): void {
    const { simulation } = this.options;
    // What an entry sets off (a commit) takes its turn after the batch.
    if (this.isBeginning) return;
    while (!this.isPaused && simulation.now >= this.end) {
      const { done } = this;
      this.done = undefined;
      done?.();
      this.releaseWaiters();
      const job = this.queue.shift();
      if (job === undefined) return;
      this.begin(job.entries, job.since, job.occupy, job.done, simulation.now);
    }
    this.plan();
  }

  /** Whether a job that comes now begins at once, and nothing else has to be done before. */
  private get isIdle(): boolean {
    if (this.isBeginning || this.isPaused || this.options.simulation.now < this.end) return false;
    return this.queue.length === 0 && this.waiters.length === 0 && this.done === undefined;
  }

  private begin(
    entries: Job['entries'],
    since: SimTime,
    occupy: Job['occupy'],
    done: Job['done'],
    start: number,
  ): void {
    const { service, onEntry, onBatch } = this.options;
    this.isBeginning = true;
    this.start = start;
    this.done = done;
    this.batchEntries = entries.length;
    let at = start;
    if (occupy !== undefined) at += occupy();
    for (const entry of entries) {
      at += service;
      this.lastIndex = entry.index;
      onEntry(entry, at as SimTime, at - service - since);
    }
    this.busy += at - start;
    this.end = at;
    if (entries.length > 0) onBatch(this.lastIndex, at as SimTime, entries.length);
    this.isBeginning = false;
  }

  private releaseWaiters(): void {
    if (this.waiters.length === 0) return;
    const { applied } = this;
    const ready = this.waiters.filter(({ index }) => index <= applied);
    if (ready.length === 0) return;
    this.waiters = this.waiters.filter(({ index }) => index > applied);
    for (const waiter of ready) waiter.ready();
  }

  /** An event at the end of the job in progress, if anything waits for it. */
  private plan(): void {
    const { simulation, evFree, member } = this.options;
    if (this.isPaused || (this.queue.length === 0 && this.waiters.length === 0 && this.done === undefined)) return;
    if (this.end < simulation.now || (this.end === simulation.now && this.queue.length === 0)) return;
    if (this.evPending !== NO_EVENT) return;
    this.evPending = simulation.at(this.end as SimTime, evFree, member);
  }
}
