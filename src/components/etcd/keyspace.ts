/**
 * etcd's multi-version key space: the only place that knows which version of a key is the current one. Every transaction that changes a key
 * takes the next revision; superseded versions stay readable until they are compacted. Sizes follow the backend: bytes are appended, space
 * freed by compaction is used again, the file never shrinks.
 * Stands for server/storage/mvcc of etcd 3.6. Left out until modelled: B+tree pages, defragmentation, quota, compaction in batches.
 */
import { type Kind, NO_VERSION, type ObjectKey, type ObjectTables, type VersionHandle } from '../../cluster/index.ts';

/** One committed change, as watchers see it. */
export interface Change {
  readonly revision: number;
  readonly kind: Kind;
  readonly key: ObjectKey;
  /** The new version, NO_VERSION = the key was deleted. */
  readonly version: VersionHandle;
  /** The version before, NO_VERSION = the key was created. */
  readonly previous: VersionHandle;
}

/** Rings start with this many entries; doubled when full. */
const INITIAL_RING = 1024;
/** Smallest table of current versions of one kind. */
const INITIAL_KEYS = 256;

/** The keys, their current versions and their history. */
export class Keyspace {
  private readonly tables: ObjectTables;
  private readonly overhead: number;
  /** Current version by kind and key. */
  private readonly currentOf: Int32Array[];
  /** Objects that exist now, by kind. */
  readonly objects: Int32Array;
  /** Last revision given out; a fresh store is at 1. */
  revision = 1;
  /** Transactions that changed at least one key, statistic: revision - 1 = commits always. */
  commits = 0;
  /** Superseded versions that are not compacted yet: kind, handle and the revision that superseded each. */
  private historyKind = new Uint8Array(INITIAL_RING);
  private historyVersion = new Int32Array(INITIAL_RING);
  private historyRevision = new Float64Array(INITIAL_RING);
  private historyHead = 0;
  private historyLength = 0;
  /** Bytes of all versions that are kept [B]. */
  inUseBytes = 0;
  /** Size of the file [B]; never shrinks. */
  totalBytes = 0;
  /** Identity for the next object that is created. */
  private nextUid = 1;

  constructor(tables: ObjectTables, overhead: number) {
    this.tables = tables;
    this.overhead = overhead;
    this.currentOf = Array.from({ length: tables.kindCount }, () => new Int32Array(INITIAL_KEYS).fill(NO_VERSION));
    this.objects = new Int32Array(tables.kindCount);
  }

  /** The current version of a key, or NO_VERSION. */
  current(kind: Kind, key: ObjectKey): VersionHandle {
    const table = this.currentOf[kind] as Int32Array;
    return (key < table.length ? table[key] : NO_VERSION) as VersionHandle;
  }

  /** The mod revision of a key, 0 if it does not exist. */
  modRevision(kind: Kind, key: ObjectKey): number {
    const current = this.current(kind, key);
    return current === NO_VERSION ? 0 : this.tables.of(kind).revision.get(current);
  }

  /** Stores `version` (which the key space now holds) as the next revision of its key. */
  put(kind: Kind, version: VersionHandle): Change {
    const table = this.tables.of(kind);
    const key = table.key.get(version) as ObjectKey;
    const previous = this.current(kind, key);
    this.revision++;
    this.commits++;
    table.revision.set(version, this.revision);
    if (previous === NO_VERSION) {
      table.uid.set(version, this.nextUid++);
      this.objects[kind] = (this.objects[kind] as number) + 1;
    } else {
      this.remember(kind, previous);
    }
    this.setCurrent(kind, key, version);
    this.grow(table.bytes.get(version) + this.overhead);
    return { revision: this.revision, kind, key, version, previous };
  }

  /** Removes a key that exists: a tombstone takes the next revision. */
  remove(kind: Kind, key: ObjectKey): Change {
    const previous = this.current(kind, key);
    if (previous === NO_VERSION) throw new RangeError(`remove of a key that does not exist: kind ${kind} key ${key}`);
    this.revision++;
    this.commits++;
    this.objects[kind] = (this.objects[kind] as number) - 1;
    this.remember(kind, previous);
    this.setCurrent(kind, key, NO_VERSION);
    this.grow(this.overhead);
    return { revision: this.revision, kind, key, version: NO_VERSION, previous };
  }

  /** Drops the versions that were superseded at or before `revision`. Returns how many. */
  compact(revision: number): number {
    let dropped = 0;
    while (this.historyLength > 0 && (this.historyRevision[this.historyHead] as number) <= revision) {
      const kind = this.historyKind[this.historyHead] as Kind;
      const version = this.historyVersion[this.historyHead] as VersionHandle;
      const table = this.tables.of(kind);
      this.inUseBytes -= table.bytes.get(version) + this.overhead;
      table.release(version);
      this.historyHead = (this.historyHead + 1) % this.historyVersion.length;
      this.historyLength--;
      dropped++;
    }
    return dropped;
  }

  /** Calls `visit` for the current version of every existing key of a kind, by key number. */
  forEach(kind: Kind, visit: (key: ObjectKey, version: VersionHandle) => void): void {
    const table = this.currentOf[kind] as Int32Array;
    const count = Math.min(table.length, this.tables.keysOf(kind).count);
    for (let key = 0; key < count; key++) {
      if (table[key] !== NO_VERSION) visit(key as ObjectKey, table[key] as VersionHandle);
    }
  }

  /** The current versions of all keys of a kind, held for the caller. */
  holdAll(kind: Kind): VersionHandle[] {
    const table = this.tables.of(kind);
    const held: VersionHandle[] = [];
    this.forEach(kind, (_, version) => held.push(table.retain(version)));
    return held;
  }

  private setCurrent(kind: Kind, key: ObjectKey, version: VersionHandle): void {
    let table = this.currentOf[kind] as Int32Array;
    if (key >= table.length) {
      const larger = new Int32Array(Math.max(key + 1, table.length * 2)).fill(NO_VERSION);
      larger.set(table);
      this.currentOf[kind] = larger;
      table = larger;
    }
    table[key] = version;
  }

  private remember(kind: Kind, version: VersionHandle): void {
    if (this.historyLength === this.historyVersion.length) this.growHistory();
    const slot = (this.historyHead + this.historyLength) % this.historyVersion.length;
    this.historyKind[slot] = kind;
    this.historyVersion[slot] = version;
    this.historyRevision[slot] = this.revision;
    this.historyLength++;
  }

  private growHistory(): void {
    const size = this.historyVersion.length;
    const kinds = new Uint8Array(size * 2);
    const versions = new Int32Array(size * 2);
    const revisions = new Float64Array(size * 2);
    for (let i = 0; i < size; i++) {
      const from = (this.historyHead + i) % size;
      kinds[i] = this.historyKind[from] as number;
      versions[i] = this.historyVersion[from] as number;
      revisions[i] = this.historyRevision[from] as number;
    }
    this.historyKind = kinds;
    this.historyVersion = versions;
    this.historyRevision = revisions;
    this.historyHead = 0;
  }

  private grow(size: number): void {
    this.inUseBytes += size;
    if (this.inUseBytes > this.totalBytes) this.totalBytes = this.inUseBytes;
  }
}
