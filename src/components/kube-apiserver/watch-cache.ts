/**
 * The watch cache of one resource at one API server: what this server believes to be current, and the log of changes for its watchers.
 * Changes come from etcd's watch one after the other (processEvent is serial); the cache lags the store by that and by the link. Its revision moves
 * with its own changes and with etcd's progress notifications only. While it is filled (cache-loading.ts) it cannot be read, and keeps what comes.
 */
import { type Kind, NO_VERSION, type ObjectKey, type VersionHandle, type VersionTable } from '../../cluster/index.ts';
import { SerialServer } from '../../engine/index.ts';
import type { Nanoseconds, SimTime } from '../../units/index.ts';
import type { Change } from '../etcd/index.ts';
import type { WatchLog } from './watch-log.ts';
import { EVERYTHING } from './watch-selection.ts';

/** Keys at the start; doubled. */
const INITIAL_KEYS = 256;

/** Looks at an object; false = that was enough. */
export type ObjectVisitor = (key: ObjectKey, version: VersionHandle) => boolean;

/** What one API server knows of one resource. */
export class WatchCache {
  readonly kind: Kind;
  readonly log: WatchLog;
  private readonly table: VersionTable;
  /** Bucket of a version by which objects are found without a scan (the node of a pod); undefined = they are found by key. */
  private readonly indexOf: ((version: VersionHandle) => number) | undefined;
  private readonly index = new Map<number, Set<ObjectKey>>();
  /** Version by key as this server knows it; held. */
  private versions = new Int32Array(INITIAL_KEYS).fill(NO_VERSION);
  /** Revision up to which changes of this resource were taken over, state. */
  revision: number;
  /** Objects in the cache, and their stored bytes [B]. */
  objects = 0;
  bytes = 0;
  /** Whether it can be read, and since when it cannot [ns], state. */
  isReady = true;
  unreadySince: SimTime = 0 as SimTime;
  /** Changes that came while it was filled; their versions are held, state. */
  private kept: Change[] = [];
  private readonly processing = new SerialServer(1);

  constructor(
    kind: Kind,
    table: VersionTable,
    log: WatchLog,
    revision: number,
    indexOf?: (version: VersionHandle) => number,
  ) {
    this.kind = kind;
    this.table = table;
    this.log = log;
    this.revision = revision;
    this.indexOf = indexOf;
  }

  /** The version of a key in this cache, NO_VERSION if it has none. */
  get(key: ObjectKey): VersionHandle {
    return (key < this.versions.length ? this.versions[key] : NO_VERSION) as VersionHandle;
  }

  /** Revision up to which it can be read, -1 while it cannot be at all. */
  get readableRevision(): number {
    return this.isReady ? this.revision : -1;
  }

  /** When a change that arrives now has been processed and is dispatched. */
  reserve(now: SimTime, service: Nanoseconds): SimTime {
    return this.processing.reserve(now, service);
  }

  /** Takes a version over as the one this server knows (NO_VERSION = deleted). */
  set(key: ObjectKey, version: VersionHandle, revision: number): void {
    this.revision = revision;
    const before = this.get(key);
    this.bytes += this.bytesOf(version) - this.bytesOf(before);
    if (key >= this.versions.length) this.grow(key);
    this.versions[key] = version === NO_VERSION ? NO_VERSION : this.table.retain(version);
    if (this.indexOf !== undefined) this.reindex(key, this.indexOf, version, before);
    if (before !== NO_VERSION) this.table.release(before);
    this.objects += (version === NO_VERSION ? 0 : 1) - (before === NO_VERSION ? 0 : 1);
  }

  /** etcd has sent every change up to a revision. */
  progress(revision: number): void {
    if (this.isReady && revision > this.revision) this.revision = revision;
  }

  // ---- reading -----------------------------------------------------------------------------------------------------------------

  /** Calls `visit` for each object, by key number. */
  forEach(visit: (key: ObjectKey, version: VersionHandle) => void): void {
    for (let key = 0; key < this.versions.length; key++) {
      if (this.versions[key] !== NO_VERSION) visit(key as ObjectKey, this.versions[key] as VersionHandle);
    }
  }

  /** Calls `visit` for each object of a bucket, by key number. */
  forEachOf(bucket: number, visit: (key: ObjectKey, version: VersionHandle) => void): void {
    const keys = this.indexOf === undefined ? [bucket as ObjectKey] : [...(this.index.get(bucket) ?? [])];
    for (const key of keys.sort((one, other) => one - other)) {
      const version = this.get(key);
      if (version !== NO_VERSION) visit(key, version);
    }
  }

  /** Whether it knows all objects as they were at a revision: the ring says what has changed since. */
  reachesBack(revision: number): boolean {
    return this.isReady && revision >= this.log.history.startRevision && revision <= this.revision;
  }

  /** Calls `visit` for each object that existed at a revision it reaches back to, from a key on, by key number. */
  forEachAt(revision: number, from: number, visit: ObjectVisitor): void {
    const past = this.changedSince(revision);
    for (let key = from; key < this.versions.length; key++) {
      const version = (past?.get(key) ?? this.versions[key]) as VersionHandle;
      if (version !== NO_VERSION && !visit(key as ObjectKey, version)) return;
    }
  }

  /** Versions that keys had at a revision, for those that have changed since. */
  private changedSince(revision: number): Map<number, VersionHandle> | undefined {
    const ring = this.log.history;
    const first = ring.firstAfter(revision);
    if (first === ring.end) return undefined;
    const past = new Map<number, VersionHandle>();
    for (let sequence = first; sequence < ring.end; sequence++) {
      const previous = ring.previousAt(sequence);
      const key = this.table.key.get(previous === NO_VERSION ? ring.versionAt(sequence) : previous);
      if (!past.has(key)) past.set(key, previous);
    }
    return past;
  }

  // ---- being filled ------------------------------------------------------------------------------------------------------------

  /** It cannot be read from now on: its content is given up. The watches are ended by whoever calls it. */
  giveUp(now: SimTime): void {
    if (this.isReady) this.unreadySince = now;
    this.isReady = false;
    this.forEach((key) => {
      this.set(key, NO_VERSION, this.revision);
    });
    for (const change of this.takeKept()) this.releaseChange(change);
  }

  /** Keeps a change that has come while it is filled. */
  keep(change: Change): void {
    if (change.version !== NO_VERSION) this.table.retain(change.version);
    if (change.previous !== NO_VERSION) this.table.retain(change.previous);
    this.kept.push(change);
  }

  /** It is filled with all objects as they were at a revision, and can be read. Returns the changes that came meanwhile; release each. */
  fill(versions: readonly VersionHandle[], revision: number): readonly Change[] {
    for (const version of versions) this.set(this.table.key.get(version) as ObjectKey, version, revision);
    this.revision = revision;
    this.isReady = true;
    this.log.startFrom(revision);
    return this.takeKept();
  }

  /** Gives up the hold on a change that was kept. */
  releaseChange(change: Change): void {
    if (change.version !== NO_VERSION) this.table.release(change.version);
    if (change.previous !== NO_VERSION) this.table.release(change.previous);
  }

  private takeKept(): Change[] {
    const { kept } = this;
    this.kept = [];
    return kept;
  }

  private reindex(
    key: ObjectKey,
    indexOf: (version: VersionHandle) => number,
    version: VersionHandle,
    before: VersionHandle,
  ): void {
    const from = before === NO_VERSION ? EVERYTHING : indexOf(before);
    const to = version === NO_VERSION ? EVERYTHING : indexOf(version);
    if (from === to) return;
    if (from !== EVERYTHING) this.index.get(from)?.delete(key);
    if (to === EVERYTHING) return;
    let keys = this.index.get(to);
    if (keys === undefined) {
      keys = new Set();
      this.index.set(to, keys);
    }
    keys.add(key);
  }

  private bytesOf(version: VersionHandle): number {
    return version === NO_VERSION ? 0 : this.table.bytes.get(version);
  }

  private grow(key: number): void {
    const larger = new Int32Array(Math.max(key + 1, this.versions.length * 2)).fill(NO_VERSION);
    larger.set(this.versions);
    this.versions = larger;
  }
}
