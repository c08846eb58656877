/**
 * A controller's work queue and its workers. K:client-go/util/workqueue. A key that is added while it waits is there once; one that is added
 * while a worker has it waits until the worker is done and then runs once more. Errors come back with exponential delay and an overall limit.
 */
import { Occupancy, type Process, TokenBucket } from '../../engine/index.ts';
import { type CounterSeries, type HistogramSeries, publishServer } from '../../metrics/index.ts';
import { type Nanoseconds, nanoseconds, type SimTime } from '../../units/index.ts';
import type { ClientGo } from './client-go.ts';

/** Delays of keys that come again after an error: the first one and the largest; each failure in a row doubles it. */
export interface WorkQueueBackoff {
  readonly base: Nanoseconds;
  readonly maximum: Nanoseconds;
}

/** Taken keys that are dropped at once: few enough to cost no memory, enough to make the shift of the array rare. */
const LUMP = 1024;

/** A queue of keys and the workers that take them. */
export class WorkQueue {
  readonly name: string;
  private readonly clientGo: ClientGo;
  private readonly workers: number;
  private readonly sync: (key: number) => Process;
  /** Keys that wait, in order, from {@link head} on, with the instant at which each was added [ns]. */
  private waiting: number[] = [];
  private addedAt: number[] = [];
  private head = 0;
  /** Keys that need work: waiting, or added again while a worker has them. */
  private readonly dirty = new Set<number>();
  /** Keys that workers have. */
  private readonly processing = new Set<number>();
  /** Failures in a row by key. */
  private readonly failures = new Map<number, number>();
  private readonly backoff: WorkQueueBackoff;
  private readonly bucket: TokenBucket;
  /** Workers that are busy. */
  private readonly occupied: Occupancy;
  private stopped = false;
  /** Its number at {@link ClientGo}. */
  private readonly number: number;
  private readonly adds: CounterSeries;
  private readonly retries: CounterSeries;
  private readonly queueSeconds: HistogramSeries;
  private readonly workSeconds: HistogramSeries;
  private readonly waitServer: number;

  /** `sync` is the controller's work on one key; it ends when the process ends. `backoff` is client-go's default if left out. */
  constructor(
    clientGo: ClientGo,
    name: string,
    workers: number,
    sync: (key: number) => Process,
    backoff?: WorkQueueBackoff,
  ) {
    const { simulation, recorder, parameters, waits } = clientGo;
    this.clientGo = clientGo;
    this.name = name;
    this.workers = workers;
    this.sync = sync;
    this.backoff = backoff ?? { base: parameters.workqueueBaseDelay, maximum: parameters.workqueueMaximumDelay };
    this.bucket = new TokenBucket(parameters.workqueueBucketQps, parameters.workqueueBucketBurst);
    this.number = clientGo.registerQueue(this);
    this.adds = recorder.counter('workqueue_adds_total', { name });
    this.retries = recorder.counter('workqueue_retries_total', { name });
    this.queueSeconds = recorder.histogram('workqueue_queue_duration_seconds', { name });
    this.workSeconds = recorder.histogram('workqueue_work_duration_seconds', { name });
    this.waitServer = waits.server(`${name} workers`, 'server');
    const depth = recorder.gauge('workqueue_depth', { name });
    recorder.onSample(() => depth.set(this.depth), `workqueue_depth ${name}`);
    this.occupied = new Occupancy(simulation);
    publishServer(recorder, simulation, `${name} workers`, () => ({
      busyNanoseconds: this.occupied.busyNanoseconds(),
      capacity: workers,
      queueLength: this.depth,
    }));
  }

  /** Keys that wait. */
  get depth(): number {
    return this.waiting.length - this.head;
  }

  /** Adds a key now. */
  add(key: number): void {
    if (this.stopped || this.dirty.has(key)) return;
    this.dirty.add(key);
    this.adds.add();
    if (!this.processing.has(key)) this.enqueue(key);
  }

  /** Adds a key after a delay. */
  addAfter(key: number, delay: Nanoseconds): void {
    if (delay <= 0) this.add(key);
    else this.clientGo.simulation.after(delay, this.clientGo.evQueueItemDue, this.number, key);
  }

  /** Adds a key again after an error: its own exponential delay or the overall limiter's, whichever is longer. */
  addRateLimited(key: number): void {
    const failures = this.failures.get(key) ?? 0;
    this.failures.set(key, failures + 1);
    this.retries.add();
    const own = Math.min(this.backoff.base * 2 ** failures, this.backoff.maximum);
    const overall = this.bucket.reserve(this.clientGo.simulation.now);
    this.addAfter(key, nanoseconds(Math.max(own, overall)));
  }

  /** The key's failures are forgotten: it succeeded. */
  forget(key: number): void {
    this.failures.delete(key);
  }

  /** Failures in a row of a key. */
  requeues(key: number): number {
    return this.failures.get(key) ?? 0;
  }

  /** The process has ended: what waits is lost, what is being worked on finds its requests broken. */
  stop(): void {
    this.stopped = true;
    this.waiting = [];
    this.addedAt = [];
    this.head = 0;
    this.dirty.clear();
  }

  private enqueue(key: number): void {
    this.waiting.push(key);
    this.addedAt.push(this.clientGo.simulation.now);
    this.dispatch();
  }

  /** Gives keys to idle workers. */
  private dispatch(): void {
    while (this.processing.size < this.workers && this.head < this.waiting.length) {
      const key = this.waiting[this.head] as number;
      const since = this.addedAt[this.head] as SimTime;
      this.head++;
      // Taken items are dropped in lumps, so that the array is not shifted for every key.
      if (this.head > LUMP && this.head * 2 > this.waiting.length) {
        this.waiting = this.waiting.slice(this.head);
        this.addedAt = this.addedAt.slice(this.head);
        this.head = 0;
      }
      const waited = this.clientGo.simulation.now - since;
      this.queueSeconds.recordSpan(waited as Nanoseconds);
      this.clientGo.waits.passed(this.waitServer, waited);
      this.occupied.change(1);
      this.dirty.delete(key);
      this.processing.add(key);
      this.clientGo.simulation.processes.spawn(this.name, this.work(key));
    }
  }

  private *work(key: number): Process {
    const started = this.clientGo.simulation.now;
    yield* this.sync(key);
    this.workSeconds.recordSpan((this.clientGo.simulation.now - started) as Nanoseconds);
    this.occupied.change(-1);
    this.processing.delete(key);
    if (this.dirty.has(key)) this.enqueue(key);
    else this.dispatch();
  }
}
