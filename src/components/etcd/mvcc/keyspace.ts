/**
 * etcd's multi-version key space: the only place that knows which version of a key is the current one. Every transaction that changes a key
 * takes the next main revision; its modifications are told apart by a sub-revision, here by their order. A superseded version can be read at
 * its revision until it is compacted. E:server/storage/mvcc (kvstore.go, kvstore_txn.go, index.go, key_index.go).
 *
 * All members apply the same entries in the same order, so there is one key space for all of them, as far as the most advanced member has come;
 * a member that is behind reads it at the revision that it has applied ({@link Keyspace.versionAt}). What a member's own database file looks
 * like is in backend.ts.
 */
import {
  type Kind,
  NO_KEY,
  NO_VERSION,
  type ObjectKey,
  type ObjectTables,
  type VersionHandle,
} from '../../../cluster/index.ts';
import { type CompactionPlan, planCompaction } from './compaction-plan.ts';
import type { ElementSize } from './element-size.ts';
import { NO_KIND, NO_POSITION, RevisionLog } from './revision-log.ts';

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

/** All keys as they were at one revision; holds their versions until it is released. */
export interface KeyspaceSnapshot {
  readonly revision: number;
  /** Held versions by kind. */
  readonly versions: readonly (readonly VersionHandle[])[];
}

/** Smallest table of current versions of one kind. */
const INITIAL_KEYS = 256;
/** Bytes of the in-memory index for a key: the B-tree item, the key index, one generation. E:server/storage/mvcc/key_index.go. */
const INDEX_BYTES_PER_KEY = 144;
/** Bytes of the in-memory index for a revision: main and sub, 8 B each. */
const INDEX_BYTES_PER_REVISION = 16;

/** The keys, their current versions and their history. */
export class Keyspace {
  private readonly tables: ObjectTables;
  private readonly sizeOf: ElementSize;
  /** Current version, and position of the latest modification, by kind and key, state. */
  private readonly currentOf: Int32Array[];
  private readonly latestOf: Int32Array[];
  /** Objects that exist now, by kind. */
  readonly objects: Int32Array;
  /** All objects that exist now [object], state. */
  objectCount = 0;
  /** Last main revision given out; a fresh store is at 1. */
  revision = 1;
  /** Transactions that changed at least one key, statistic: revision - 1 = commits until a snapshot is restored. */
  commits = 0;
  /** Puts and deletions so far, statistics. */
  puts = 0;
  deletions = 0;
  /** Everything up to this revision is compacted: only what was current at it can still be read of that time, state. */
  compactedRevision = 0;
  /** Modifications since the last release, state. */
  readonly log = new RevisionLog();
  /** Whether a transaction of several modifications is open, and whether it has taken its revision, state. */
  private isOpen = false;
  private hasRevision = false;
  /** Identity for the next object that is created. */
  private nextUid = 1;
  /** Position of the latest modification of the key that is no API object, state. */
  private latestOther = NO_POSITION;

  constructor(tables: ObjectTables, sizeOf: ElementSize) {
    this.tables = tables;
    this.sizeOf = sizeOf;
    const tableOf = (blank: number) => () => new Int32Array(INITIAL_KEYS).fill(blank);
    this.currentOf = Array.from({ length: tables.kindCount }, tableOf(NO_VERSION));
    this.latestOf = Array.from({ length: tables.kindCount }, tableOf(NO_POSITION));
    this.objects = new Int32Array(tables.kindCount);
  }

  // ---- reading now -----------------------------------------------------------------------------------------------------------------

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

  /** Bytes of the in-memory index from keys to revisions, estimated [B]. */
  get indexBytes(): number {
    const { log } = this;
    return this.objectCount * INDEX_BYTES_PER_KEY + (this.objectCount + log.end - log.first) * INDEX_BYTES_PER_REVISION;
  }

  // ---- reading the past ------------------------------------------------------------------------------------------------------------

  /** The version of a key at a revision that is not released, or NO_VERSION if it did not exist then. */
  versionAt(kind: Kind, key: ObjectKey, revision: number): VersionHandle {
    const { log } = this;
    let version = this.current(kind, key);
    let position = this.latest(kind, key);
    while (position >= log.first && log.revision(position) > revision) {
      version = log.previousVersion(position);
      position = log.previousPosition(position);
    }
    return version;
  }

  /** Calls `visit` for every key of a kind, from one on, that existed at a revision that is not released, by key number. */
  forEachAt(kind: Kind, revision: number, from: number, visit: (key: ObjectKey, version: VersionHandle) => void): void {
    const current = this.currentOf[kind] as Int32Array;
    const count = Math.min(current.length, this.tables.keysOf(kind).count);
    const isPresent = revision >= this.revision;
    for (let key = from as ObjectKey; key < count; key++) {
      const version = isPresent ? (current[key] as VersionHandle) : this.versionAt(kind, key, revision);
      if (version !== NO_VERSION) visit(key, version);
    }
  }

  // ---- writing ---------------------------------------------------------------------------------------------------------------------

  /** Begins a transaction of several modifications: they all get the same main revision. */
  begin(): void {
    if (this.isOpen) throw new RangeError('a transaction of the key space is open already');
    this.isOpen = true;
    this.hasRevision = false;
  }

  /** Ends it. */
  end(): void {
    this.isOpen = false;
  }

  /** Stores `version` (which the key space now holds) as the next revision of its key. */
  put(kind: Kind, version: VersionHandle): Change {
    const table = this.tables.of(kind);
    const key = table.key.get(version) as ObjectKey;
    const previous = this.current(kind, key);
    const revision = this.takeRevision();
    table.revision.set(version, revision);
    if (previous === NO_VERSION) {
      table.uid.set(version, this.nextUid++);
      this.objects[kind] = (this.objects[kind] as number) + 1;
      this.objectCount++;
    }
    this.puts++;
    this.set(kind, key, version, previous);
    return { revision, kind, key, version, previous };
  }

  /** Removes a key that exists: a tombstone takes the next revision. */
  remove(kind: Kind, key: ObjectKey): Change {
    const previous = this.current(kind, key);
    if (previous === NO_VERSION) throw new RangeError(`remove of a key that does not exist: kind ${kind} key ${key}`);
    const revision = this.takeRevision();
    this.objects[kind] = (this.objects[kind] as number) - 1;
    this.objectCount--;
    this.deletions++;
    this.set(kind, key, NO_VERSION, previous);
    return { revision, kind, key, version: NO_VERSION, previous };
  }

  /** Stores a value under compact_rev_key, the one key that is no API object: nobody watches it. Returns its revision. */
  putCompactRevision(): number {
    const revision = this.takeRevision();
    this.latestOther = this.log.append(revision, NO_KIND, NO_KEY, NO_VERSION, NO_VERSION, this.latestOther);
    return revision;
  }

  // ---- compaction ------------------------------------------------------------------------------------------------------------------

  /**
   * The compaction entry is applied for the first time: what is superseded at or before `revision` is no longer to be read. Returns which
   * revisions every member is to delete from its backend; undefined if that much is compacted already, or the revision is in the future.
   */
  compact(revision: number): CompactionPlan | undefined {
    if (revision <= this.compactedRevision || revision > this.revision) return undefined;
    const plan = planCompaction(this.log, this.compactedRevision, revision, this.sizeOf);
    this.compactedRevision = revision;
    return plan;
  }

  /** Gives up the versions that were superseded at or before `revision`, which no member reads any more. Returns how many. */
  release(revision: number): number {
    const { log, tables } = this;
    const limit = Math.min(revision, this.compactedRevision);
    let released = 0;
    let position = log.first;
    while (position < log.end && log.revision(position) <= limit) {
      const previous = log.previousVersion(position);
      if (previous !== NO_VERSION) {
        tables.of(log.kind(position)).release(previous);
        released++;
      }
      position++;
    }
    log.dropBefore(position);
    return released;
  }

  // ---- snapshots -------------------------------------------------------------------------------------------------------------------

  /** Everything as it is now, held until {@link releaseSnapshot}. */
  snapshot(): KeyspaceSnapshot {
    const versions = Array.from({ length: this.tables.kindCount }, (_, kind) => this.holdAll(kind as Kind));
    return { revision: this.revision, versions };
  }

  /** Gives a snapshot up. */
  releaseSnapshot(snapshot: KeyspaceSnapshot): void {
    snapshot.versions.forEach((versions, kind) => {
      for (const version of versions) this.tables.of(kind as Kind).release(version);
    });
  }

  /**
   * All members start anew from a snapshot, as after the loss of a quorum: what came later is gone. The revision goes on from the snapshot's,
   * raised by `bump` (`etcdutl snapshot restore --bump-revision --mark-compacted`), so that no client sees a revision a second time. `onDifference` is
   * told of every key that is not what it was, as if it had been changed at that revision.
   */
  restore(snapshot: KeyspaceSnapshot, bump: number, onDifference: (change: Change) => void): void {
    const { log } = this;
    for (let position = log.first; position < log.end; position++) {
      const previous = log.previousVersion(position);
      if (previous !== NO_VERSION) this.tables.of(log.kind(position)).release(previous);
    }
    log.clear();
    this.revision = snapshot.revision + bump;
    this.commits = this.revision - 1;
    this.compactedRevision = this.revision;
    this.latestOther = NO_POSITION;
    this.objectCount = 0;
    snapshot.versions.forEach((versions, kind) => {
      this.restoreKind(kind as Kind, versions, onDifference);
    });
    // What is restored has positions of its own in the new databases, but no history.
    log.clear();
  }

  private restoreKind(kind: Kind, versions: readonly VersionHandle[], onDifference: (change: Change) => void): void {
    const { revision } = this;
    const table = this.tables.of(kind);
    const before = this.currentOf[kind] as Int32Array;
    this.currentOf[kind] = new Int32Array(before.length).fill(NO_VERSION);
    (this.latestOf[kind] as Int32Array).fill(NO_POSITION);
    for (const version of versions) {
      this.set(kind, table.key.get(version) as ObjectKey, table.retain(version), NO_VERSION);
    }
    this.objects[kind] = versions.length;
    this.objectCount += versions.length;
    for (let key = 0 as ObjectKey; key < before.length; key++) {
      const previous = before[key] as VersionHandle;
      const version = this.current(kind, key);
      if (version !== previous) onDifference({ revision, kind, key, version, previous });
      if (previous !== NO_VERSION) table.release(previous);
    }
  }

  // ---- small parts -----------------------------------------------------------------------------------------------------------------

  private takeRevision(): number {
    if (this.isOpen && this.hasRevision) return this.revision;
    this.hasRevision = true;
    this.commits++;
    return ++this.revision;
  }

  private latest(kind: Kind, key: ObjectKey): number {
    const table = this.latestOf[kind] as Int32Array;
    return key < table.length ? (table[key] as number) : NO_POSITION;
  }

  private set(kind: Kind, key: ObjectKey, version: VersionHandle, previous: VersionHandle): void {
    if (key >= (this.currentOf[kind] as Int32Array).length) this.growKeys(kind, key);
    const latest = this.latestOf[kind] as Int32Array;
    latest[key] = this.log.append(this.revision, kind, key, version, previous, latest[key] as number);
    (this.currentOf[kind] as Int32Array)[key] = version;
  }

  private growKeys(kind: Kind, key: ObjectKey): void {
    const size = Math.max(key + 1, (this.currentOf[kind] as Int32Array).length * 2);
    const grown = (from: Int32Array, blank: number) => {
      const to = new Int32Array(size).fill(blank);
      to.set(from);
      return to;
    };
    this.currentOf[kind] = grown(this.currentOf[kind] as Int32Array, NO_VERSION);
    this.latestOf[kind] = grown(this.latestOf[kind] as Int32Array, NO_POSITION);
  }
}
