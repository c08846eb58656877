/** The back end of all log agents: it takes what they send one after the other, lets so much wait, and refuses the rest. */
import { SerialServer } from '../../../engine/index.ts';
import { type Nanoseconds, NS_PER_SECOND, nanoseconds, type SimTime } from '../../../units/index.ts';

/** A store of logs. */
export class LogStore {
  private readonly nanosecondsPerByte: number;
  /** What may wait, as time of its work [ns]. */
  private readonly mostBehind: number;
  private readonly server = new SerialServer();

  constructor(throughput: number, queue: number) {
    this.nanosecondsPerByte = NS_PER_SECOND / throughput;
    this.mostBehind = queue * this.nanosecondsPerByte;
  }

  /** Takes a chunk: when it is stored; -1 = refused, for too much waits already. */
  offer(now: SimTime, bytes: number): number {
    if (this.behind(now) > this.mostBehind) return -1;
    return this.server.reserve(now, nanoseconds(bytes * this.nanosecondsPerByte));
  }

  /** Time that a chunk which comes now waits until its turn. */
  behind(now: SimTime): Nanoseconds {
    return nanoseconds(Math.max(0, this.server.earliestFree - now));
  }

  /** Integral of the time at work up to now [ns]. */
  busyNanoseconds(now: SimTime): number {
    return this.server.busyNanoseconds(now);
  }

  /** Chunks that wait. */
  waiting(now: SimTime): number {
    return this.server.waiting(now);
  }
}
