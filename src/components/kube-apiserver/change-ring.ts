/**
 * The ring of changes of one resource: each change once, numbered by a sequence that only grows, and chained with the next change of its bucket.
 * A full ring doubles while its oldest change is fresh, up to a bound, and halves once a quarter of it spans more than that, down to one; else the
 * oldest change leaves. K:apiserver/pkg/storage/cacher/watch_cache.go.
 */
import { NO_VERSION, type VersionHandle, type VersionTable } from '../../cluster/index.ts';
import type { Nanoseconds, SimTime } from '../../units/index.ts';

/** No sequence: the end of a chain. */
export const NO_SEQUENCE = -1;
/** The newest part of a full ring, one in so many, whose age decides whether it halves. */
const QUARTER = 4;
/** Buckets at the start; doubled. */
const INITIAL_BUCKETS = 16;

/** How large a ring may be. */
export interface RingBounds {
  /** Smallest and largest ring [change]. */
  readonly minimum: number;
  readonly maximum: number;
  /** Age of the oldest change below which a full ring doubles; age of its newest quarter above which it halves. */
  readonly fresh: Nanoseconds;
}

/** The changes of one resource. Holds the versions that it shows. */
export class ChangeRing {
  private readonly table: VersionTable;
  private readonly bounds: RingBounds;
  /** Changes that fit, state. */
  capacity: number;
  /** How often the capacity was raised and lowered, statistic. */
  increases = 0;
  decreases = 0;
  /**
   * Columns by sequence modulo capacity: revision, versions, dispatch instant [ns], time over which sending is spread [ns], instant by which every
   * watcher's goroutine has written this change and all before it [ns], neighbours in the bucket.
   */
  private revisions: Float64Array;
  private versions: Int32Array;
  private previous: Int32Array;
  private dispatches: Float64Array;
  private spreads: Float64Array;
  private writtenBy: Float64Array;
  private nextInBucket: Float64Array;
  private previousInBucket: Float64Array;
  /** Sequence of the last change of each bucket. */
  private bucketTails = new Float64Array(INITIAL_BUCKETS).fill(NO_SEQUENCE);
  /** Sequence of the oldest change, and the one behind the newest. */
  oldest = 0;
  end = 0;
  /** Revision below which history is gone: watches may start at it or later. */
  startRevision: number;

  constructor(table: VersionTable, bounds: RingBounds, startRevision: number) {
    this.table = table;
    this.bounds = bounds;
    this.startRevision = startRevision;
    this.capacity = bounds.minimum;
    this.revisions = new Float64Array(this.capacity);
    this.versions = new Int32Array(this.capacity);
    this.previous = new Int32Array(this.capacity);
    this.dispatches = new Float64Array(this.capacity);
    this.spreads = new Float64Array(this.capacity);
    this.writtenBy = new Float64Array(this.capacity);
    this.nextInBucket = new Float64Array(this.capacity);
    this.previousInBucket = new Float64Array(this.capacity);
  }

  /** Appends a change; returns its sequence. `now` decides whether a full ring changes its size. */
  append(
    revision: number,
    version: VersionHandle,
    previous: VersionHandle,
    dispatch: SimTime,
    spread: number,
    now: SimTime,
  ): number {
    const before = this.end > this.oldest ? this.writtenByAt(this.end - 1) : 0;
    if (this.end - this.oldest === this.capacity) this.makeRoom(now);
    const slot = this.end % this.capacity;
    this.revisions[slot] = revision;
    this.versions[slot] = version === NO_VERSION ? NO_VERSION : this.table.retain(version);
    this.previous[slot] = previous === NO_VERSION ? NO_VERSION : this.table.retain(previous);
    this.dispatches[slot] = dispatch;
    this.spreads[slot] = spread;
    this.writtenBy[slot] = Math.max(before, dispatch + spread);
    this.nextInBucket[slot] = NO_SEQUENCE;
    this.previousInBucket[slot] = NO_SEQUENCE;
    return this.end++;
  }

  /** Chains a change behind the last one of its bucket. */
  chain(bucket: number, sequence: number): void {
    if (bucket >= this.bucketTails.length) {
      const larger = new Float64Array(Math.max(bucket + 1, this.bucketTails.length * 2)).fill(NO_SEQUENCE);
      larger.set(this.bucketTails);
      this.bucketTails = larger;
    }
    const tail = this.bucketTails[bucket] as number;
    if (tail >= this.oldest) {
      this.nextInBucket[tail % this.capacity] = sequence;
      this.previousInBucket[sequence % this.capacity] = tail;
    }
    this.bucketTails[bucket] = sequence;
  }

  /** The change after this one in its bucket, NO_SEQUENCE if there is none. */
  nextOf(sequence: number): number {
    return this.nextInBucket[sequence % this.capacity] as number;
  }

  /** The change before this one in its bucket that is still in the ring, NO_SEQUENCE if there is none. */
  beforeInBucket(sequence: number): number {
    const before = this.previousInBucket[sequence % this.capacity] as number;
    return before < this.oldest ? NO_SEQUENCE : before;
  }

  /** The last change of a bucket that is still in the ring, NO_SEQUENCE if there is none. */
  lastOf(bucket: number): number {
    const tail = this.bucketTails[bucket] ?? NO_SEQUENCE;
    return tail < this.oldest ? NO_SEQUENCE : tail;
  }

  /** The first change after a revision, or the end. */
  firstAfter(revision: number): number {
    return this.firstBeyond(this.revisions, revision);
  }

  /** The first change whose value in a column that never falls is above a bound, or the end. */
  private firstBeyond(column: Float64Array, bound: number): number {
    let low = this.oldest;
    let high = this.end;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((column[middle % this.capacity] as number) > bound) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Revision of the newest change, or the one at which history begins. */
  get lastRevision(): number {
    return this.end > this.oldest ? this.revisionAt(this.end - 1) : this.startRevision;
  }

  revisionAt(sequence: number): number {
    return this.revisions[sequence % this.capacity] as number;
  }

  versionAt(sequence: number): VersionHandle {
    return this.versions[sequence % this.capacity] as VersionHandle;
  }

  previousAt(sequence: number): VersionHandle {
    return this.previous[sequence % this.capacity] as VersionHandle;
  }

  /** Instant at which a change is dispatched [ns]. */
  dispatchAt(sequence: number): number {
    return this.dispatches[sequence % this.capacity] as number;
  }

  /** Time over which the sending of a change to its watchers is spread [ns]. */
  spreadAt(sequence: number): number {
    return this.spreads[sequence % this.capacity] as number;
  }

  /** Instant by which every watcher's goroutine has written this change and all before it [ns]. */
  writtenByAt(sequence: number): number {
    return this.writtenBy[sequence % this.capacity] as number;
  }

  /** The first change that some goroutine may not have written by an instant, or the end. */
  firstUnwritten(at: number): number {
    return this.firstBeyond(this.writtenBy, at);
  }

  /** The first change that is dispatched after an instant, or the end. */
  firstDispatchedAfter(at: number): number {
    return this.firstBeyond(this.dispatches, at);
  }

  /** Forgets everything; history begins at a revision. */
  clear(startRevision: number): void {
    while (this.oldest < this.end) this.dropOldest();
    this.startRevision = startRevision;
    this.bucketTails.fill(NO_SEQUENCE);
  }

  private makeRoom(now: SimTime): void {
    const { minimum, maximum, fresh } = this.bounds;
    const quarter = this.end - Math.floor(this.capacity / QUARTER);
    if (this.capacity < maximum && now - this.dispatchAt(this.oldest) < fresh) {
      this.resize(Math.min(this.capacity * 2, maximum));
      this.increases++;
      return;
    }
    if (this.capacity > minimum && now - this.dispatchAt(quarter) > fresh) {
      const capacity = Math.max(Math.floor(this.capacity / 2), minimum);
      while (this.end - this.oldest > capacity) this.dropOldest();
      this.resize(capacity);
      this.decreases++;
    }
    if (this.end - this.oldest === this.capacity) this.dropOldest();
  }

  private dropOldest(): void {
    const version = this.versionAt(this.oldest);
    const previous = this.previousAt(this.oldest);
    if (version !== NO_VERSION) this.table.release(version);
    if (previous !== NO_VERSION) this.table.release(previous);
    this.startRevision = this.revisionAt(this.oldest);
    this.oldest++;
  }

  private resize(capacity: number): void {
    const moved = <T extends Float64Array | Int32Array>(from: T): T => {
      const to = new (from.constructor as new (length: number) => T)(capacity);
      for (let sequence = this.oldest; sequence < this.end; sequence++) {
        to[sequence % capacity] = from[sequence % this.capacity] as number;
      }
      return to;
    };
    this.revisions = moved(this.revisions);
    this.versions = moved(this.versions);
    this.previous = moved(this.previous);
    this.dispatches = moved(this.dispatches);
    this.spreads = moved(this.spreads);
    this.writtenBy = moved(this.writtenBy);
    this.nextInBucket = moved(this.nextInBucket);
    this.previousInBucket = moved(this.previousInBucket);
    this.capacity = capacity;
  }
}
