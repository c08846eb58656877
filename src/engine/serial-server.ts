/** Servers with one FIFO queue, computed without events: at arrival it is already known when a request will be done. */
import type { Nanoseconds, SimTime } from '../units/index.ts';

/** Starts that are kept before those that have passed are dropped for the first time. */
const STARTS_KEPT = 64;

/** `servers` parallel servers that share one FIFO queue. */
export class SerialServer {
  /** Servers [server], fixed, 1 or more. */
  readonly servers: number;
  /** Requests so far [request], statistic. */
  count = 0;
  /** Sum of the waits before service [ns], statistic. */
  waitingSum = 0;
  /** Sum of the service times [ns], statistic: the integral of busy servers once all is done. */
  serviceSum = 0;
  /** Latest arrival [ns], state: arrivals must not go backwards. */
  private lastArrival = 0;
  /** When each server is free [ns], state, a binary heap: the earliest is first. */
  private readonly freeAt: Float64Array;
  /** When those that had to wait start [ns], in that order; some of them have started, state. */
  private starts: number[] = [];
  /** Length of {@link starts} at which those that have started are dropped, state. */
  private dropAt = STARTS_KEPT;

  constructor(servers = 1) {
    if (!Number.isInteger(servers) || servers < 1)
      throw new RangeError(`servers must be a whole number of 1 or more: ${servers}`);
    this.servers = servers;
    this.freeAt = new Float64Array(servers);
  }

  /** Queues a request; returns the instant at which it is done. `arrival` must not be before an earlier one. */
  reserve(arrival: SimTime, service: Nanoseconds): SimTime {
    if (!(arrival >= this.lastArrival)) {
      throw new RangeError(`arrival at ${arrival} ns after one at ${this.lastArrival} ns: they must not go backwards`);
    }
    this.lastArrival = arrival;
    const free = this.freeAt[0] as number;
    const start = free > arrival ? free : arrival;
    if (start > arrival) this.noteStart(start, arrival);
    const finish = start + service;
    this.count++;
    this.waitingSum += start - arrival;
    this.serviceSum += service;
    if (this.servers === 1) this.freeAt[0] = finish;
    else this.replaceEarliest(finish);
    return finish as SimTime;
  }

  /** The earliest instant at which a request that arrives now could start [ns]. */
  get earliestFree(): SimTime {
    return this.freeAt[0] as SimTime;
  }

  /** Requests that have arrived and not started at `now`, which must not be before the latest arrival. */
  waiting(now: SimTime): number {
    this.starts = this.starts.filter((start) => start > now);
    return this.starts.length;
  }

  /** Integral of busy servers up to `now` [server ns], which must not be before the latest arrival. */
  busyNanoseconds(now: SimTime): number {
    // From the latest arrival on, a server works without a pause until it is free: what lies after now is known.
    let later = 0;
    for (const free of this.freeAt) if (free > now) later += free - now;
    return this.serviceSum - later;
  }

  private noteStart(start: number, now: number): void {
    this.starts.push(start);
    if (this.starts.length < this.dropAt) return;
    this.dropAt = Math.max(STARTS_KEPT, 2 * this.waiting(now as SimTime));
  }

  private replaceEarliest(finish: number): void {
    const { freeAt, servers } = this;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= servers) break;
      if (child + 1 < servers && (freeAt[child + 1] as number) < (freeAt[child] as number)) child++;
      if ((freeAt[child] as number) >= finish) break;
      freeAt[hole] = freeAt[child] as number;
      hole = child;
    }
    freeAt[hole] = finish;
  }
}
