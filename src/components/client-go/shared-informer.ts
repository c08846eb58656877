/**
 * A shared informer: one reflector's view of a kind kept in a store, with indexes, and handed on to every handler of the process.
 * K:client-go/tools/cache/shared_informer.go. Handlers run in the order in which they were added, change by change.
 */
import { type Kind, NO_VERSION, type ObjectKey, type VersionHandle, type VersionTable } from '../../cluster/index.ts';
import type { Process } from '../../engine/index.ts';
import type { Nanoseconds } from '../../units/index.ts';
import { EVERYTHING } from '../kube-apiserver/index.ts';
import type { ApiClient } from './api-client.ts';
import type { ClientGo } from './client-go.ts';
import { InformerIndex } from './informer-index.ts';
import { Reflector, type ReflectorListener, type ReflectorReplies } from './reflector.ts';

/** What a controller wants to hear. Versions are the informer's: retain one to keep it beyond the call. */
export interface InformerHandler {
  onAdd?(version: VersionHandle): void;
  /** `previous` is `version` itself on a resync. */
  onUpdate?(version: VersionHandle, previous: VersionHandle): void;
  onDelete?(previous: VersionHandle): void;
}

/** Keys at the start; doubled. */
const INITIAL_KEYS = 256;

/** The store, the indexes and the handlers of one kind in one process. */
export class SharedInformer implements ReflectorListener {
  readonly kind: Kind;
  private readonly table: VersionTable;
  private readonly reflector: Reflector;
  private readonly clientGo: ClientGo;
  private readonly handlers: InformerHandler[] = [];
  private readonly indexes: InformerIndex[] = [];
  /** Version by key; held. */
  private versions = new Int32Array(INITIAL_KEYS).fill(NO_VERSION);
  /** Objects in the store. */
  size = 0;
  /** Whether the first list has come. */
  hasSynced = false;
  /** Raised when the process ends, so that its resyncs end with it, state. */
  private life = 0;

  constructor(clientGo: ClientGo, client: ApiClient, kind: Kind, replies: ReflectorReplies, bucket = EVERYTHING) {
    this.clientGo = clientGo;
    this.kind = kind;
    this.table = clientGo.tables.of(kind);
    this.reflector = new Reflector(clientGo, client, kind, bucket, replies, this);
  }

  /** Adds a handler; before the start. */
  addHandler(handler: InformerHandler): void {
    this.handlers.push(handler);
  }

  /** Adds an index; before the start. */
  addIndex(groupOf: (version: VersionHandle) => number): InformerIndex {
    const index = new InformerIndex(groupOf);
    this.indexes.push(index);
    return index;
  }

  /** Lists and watches. */
  start(): void {
    this.reflector.start();
  }

  /** Takes over what was preloaded, without requests, and watches from there. */
  startPreloaded(): void {
    const server = this.clientGo.serverFor(this.reflector.client);
    if (server === undefined) throw new RangeError('informers start preloaded while an API server is up');
    const cache = server.cache(this.kind);
    cache.forEach((_, version) => {
      this.onChanged(version, NO_VERSION);
    });
    this.hasSynced = true;
    this.reflector.startPreloaded(cache.log.lastChange);
  }

  /** Tells the handlers of every object again each `period`, as an update that changes nothing (resyncPeriod). */
  resyncEvery(period: Nanoseconds): void {
    this.clientGo.simulation.processes.spawn('informer resync', this.resyncs(period, this.life));
  }

  private *resyncs(period: Nanoseconds, life: number): Process {
    for (;;) {
      yield period;
      if (this.life !== life) return;
      this.forEach((_, version) => {
        for (const handler of this.handlers) handler.onUpdate?.(version, version);
      });
    }
  }

  /** Stops: the process has ended. */
  stop(): void {
    this.life++;
    this.reflector.stop();
    this.forEach((key) => {
      this.store(key, NO_VERSION);
    });
    this.hasSynced = false;
  }

  /** Revision up to which it has seen every change of its kind. */
  get seenRevision(): number {
    return this.reflector.seen;
  }

  /** The version of a key that this process knows, NO_VERSION if none. */
  get(key: ObjectKey): VersionHandle {
    return (key >= 0 && key < this.versions.length ? this.versions[key] : NO_VERSION) as VersionHandle;
  }

  /** Calls `visit` for each object, by key number. */
  forEach(visit: (key: ObjectKey, version: VersionHandle) => void): void {
    for (let key = 0; key < this.versions.length; key++) {
      if (this.versions[key] !== NO_VERSION) visit(key as ObjectKey, this.versions[key] as VersionHandle);
    }
  }

  onListed(listed: readonly VersionHandle[]): void {
    const present = new Set<number>();
    for (const version of listed) {
      const key = this.table.key.get(version) as ObjectKey;
      present.add(key);
      const known = this.get(key);
      if (known === NO_VERSION || this.table.revision.get(known) !== this.table.revision.get(version)) {
        this.onChanged(version, known);
      }
    }
    this.forEach((key, version) => {
      if (!present.has(key)) this.onChanged(NO_VERSION, version);
    });
    this.hasSynced = true;
  }

  onChanged(version: VersionHandle, reported: VersionHandle): void {
    const key = this.table.key.get(version === NO_VERSION ? reported : version) as ObjectKey;
    const known = this.get(key);
    if (known === NO_VERSION && version === NO_VERSION) return;
    // The version before stays readable for the handlers although the store has given it up.
    const previous = known === NO_VERSION ? NO_VERSION : this.table.retain(known);
    this.store(key, version);
    for (const index of this.indexes) index.change(key, version, previous);
    for (const handler of this.handlers) {
      if (version === NO_VERSION) handler.onDelete?.(previous);
      else if (previous === NO_VERSION) handler.onAdd?.(version);
      else handler.onUpdate?.(version, previous);
    }
    if (previous !== NO_VERSION) this.table.release(previous);
  }

  private store(key: ObjectKey, version: VersionHandle): void {
    if (key >= this.versions.length) {
      const larger = new Int32Array(Math.max(key + 1, this.versions.length * 2)).fill(NO_VERSION);
      larger.set(this.versions);
      this.versions = larger;
    }
    const before = this.versions[key] as VersionHandle;
    this.versions[key] = version === NO_VERSION ? NO_VERSION : this.table.retain(version);
    if (before !== NO_VERSION) this.table.release(before);
    this.size += (version === NO_VERSION ? 0 : 1) - (before === NO_VERSION ? 0 : 1);
  }
}
