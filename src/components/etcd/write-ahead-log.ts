/**
 * The write-ahead log of one member: batches are written one after the other, each with one fdatasync. A follower joins everything that
 * arrived during a sync into the next one; this is computed from arrival times, without an event per member and batch.
 */
import type { Distribution, RandomStream } from '../../engine/index.ts';
import { type Nanoseconds, nanoseconds, type SimTime } from '../../units/index.ts';

/** The disk of one member's log. */
export class WriteAheadLog {
  private readonly sync: Distribution;
  private readonly perByte: number;
  private readonly stream: RandomStream;
  /** Start and end of the latest sync [ns], state. */
  private syncStart = -1;
  private syncEnd = -1;
  /** Time the disk was syncing up to the end of the latest sync [ns], statistic. */
  private busy = 0;
  /** Syncs begun, statistic. */
  syncs = 0;

  constructor(sync: Distribution, perByte: number, stream: RandomStream) {
    this.sync = sync;
    this.perByte = perByte;
    this.stream = stream;
  }

  /** Length of the next sync of `bytes`. */
  draw(bytes: number): Nanoseconds {
    return nanoseconds(this.sync.sample(this.stream) + this.perByte * bytes);
  }

  /** Writes a batch that arrived at `arrival` (not before the one before it); returns when it is durable. */
  append(arrival: SimTime, bytes: number): SimTime {
    // It joins a sync that is waiting for the one in progress.
    if (arrival <= this.syncStart) return this.syncEnd as SimTime;
    const start = Math.max(arrival, this.syncEnd);
    const span = this.draw(bytes);
    this.syncStart = start;
    this.syncEnd = start + span;
    this.busy += span;
    this.syncs++;
    return this.syncEnd as SimTime;
  }

  /** Time the disk has been syncing up to `now`, which is not before the start of the latest sync [ns]. */
  busyNanoseconds(now: SimTime): number {
    return this.busy - Math.max(0, this.syncEnd - Math.max(now, this.syncStart));
  }
}
