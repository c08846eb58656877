/**
 * The watch cache of one resource at one API server: what this server believes to be current, and the log of changes for its watchers.
 * Changes come from etcd's watch one after the other (processEvent is serial); the cache lags the store by that and by the link.
 */
import { type Kind, NO_VERSION, type ObjectKey, type VersionHandle, type VersionTable } from '../../cluster/index.ts';
import { SerialServer } from '../../engine/index.ts';
import type { Nanoseconds, SimTime } from '../../units/index.ts';
import type { WatchLog } from './watch-log.ts';

/** Keys at the start; doubled. */
const INITIAL_KEYS = 256;

/** What one API server knows of one resource. */
export class WatchCache {
  readonly kind: Kind;
  readonly log: WatchLog;
  private readonly table: VersionTable;
  /** Version by key as this server knows it; held. */
  private versions = new Int32Array(INITIAL_KEYS).fill(NO_VERSION);
  /** Revision up to which changes of this resource were taken over. */
  revision: number;
  /** Objects in the cache. */
  objects = 0;
  private readonly processing = new SerialServer(1);

  constructor(kind: Kind, table: VersionTable, log: WatchLog, revision: number) {
    this.kind = kind;
    this.table = table;
    this.log = log;
    this.revision = revision;
  }

  /** The version of a key in this cache, NO_VERSION if it has none. */
  get(key: ObjectKey): VersionHandle {
    return (key < this.versions.length ? this.versions[key] : NO_VERSION) as VersionHandle;
  }

  /** When a change that arrives now has been processed and is dispatched. */
  reserve(now: SimTime, service: Nanoseconds): SimTime {
    return this.processing.reserve(now, service);
  }

  /** Takes a version over as the one this server knows (NO_VERSION = deleted). */
  set(key: ObjectKey, version: VersionHandle, revision: number): void {
    this.revision = revision;
    const before = this.get(key);
    if (key >= this.versions.length) this.grow(key);
    this.versions[key] = version === NO_VERSION ? NO_VERSION : this.table.retain(version);
    if (before !== NO_VERSION) this.table.release(before);
    this.objects += (version === NO_VERSION ? 0 : 1) - (before === NO_VERSION ? 0 : 1);
  }

  /** Calls `visit` for each object, by key number. */
  forEach(visit: (key: ObjectKey, version: VersionHandle) => void): void {
    for (let key = 0; key < this.versions.length; key++) {
      if (this.versions[key] !== NO_VERSION) visit(key as ObjectKey, this.versions[key] as VersionHandle);
    }
  }

  /** Forgets everything: the process has ended. */
  clear(startRevision: number): void {
    this.forEach((key, version) => {
      this.versions[key] = NO_VERSION;
      this.table.release(version);
    });
    this.objects = 0;
    this.revision = startRevision;
    this.log.clear(startRevision);
  }

  private grow(key: number): void {
    const larger = new Int32Array(Math.max(key + 1, this.versions.length * 2)).fill(NO_VERSION);
    larger.set(this.versions);
    this.versions = larger;
  }
}
