/**
 * All watch caches of one API server: changes are taken over from etcd's watch one after the other, appended to the logs and sent to the
 * watchers; the CPU of sending is charged in full. K:apiserver/pkg/storage/cacher/cacher.go.
 */
import { type Kind, kinds, type VersionHandle } from '../../cluster/index.ts';
import type { CounterSeries } from '../../metrics/index.ts';
import { nanoseconds } from '../../units/index.ts';
import type { Change } from '../etcd/index.ts';
import type { Host } from '../host/host.ts';
import { CacheLoading } from './cache-loading.ts';
import type { OwnRequests } from './own-requests.ts';
import type { ApiServerSurroundings } from './surroundings.ts';
import { WatchCache } from './watch-cache.ts';
import { WatchLog } from './watch-log.ts';

/** CPU of sending that one thread is charged before another joins [ns]. */
const FAN_OUT_SHARE = 500_000;

/** What is done when caches change. */
export interface CacheDuties {
  /** The cache of a kind can be read. */
  ready(kind: Kind): void;
  /** Caches may have reached revisions that somebody waits for. */
  moved(): void;
}

/** The caches of one server. */
export class WatchCaches {
  private readonly around: ApiServerSurroundings;
  private readonly name: string;
  /** Number of the server at etcd. */
  private readonly server: number;
  private readonly host: Host;
  /** Owners of work: changes are processed, and after that sent. */
  private readonly processing: number;
  private readonly fanOut: number;
  /** Sending of changes that have yet to be processed [ns], state. */
  private unsent = 0;
  /** The caches by kind. */
  readonly all: readonly WatchCache[];
  private readonly loading: CacheLoading;
  private readonly duties: CacheDuties;
  private readonly initializations: readonly CounterSeries[];
  private readonly sent: readonly CounterSeries[];
  /** Position in etcd's change log that was taken over, state. */
  private position = 0;

  constructor(
    around: ApiServerSurroundings,
    name: string,
    server: number,
    host: Host,
    own: OwnRequests,
    duties: CacheDuties,
  ) {
    this.around = around;
    this.name = name;
    this.server = server;
    this.host = host;
    this.duties = duties;
    this.processing = host.register(() => this.send(), name);
    this.fanOut = host.register(() => {}, name);
    const { resourceNames } = around.tables;
    this.all = resourceNames.map((_, kind) => this.create(kind as Kind));
    this.sent = resourceNames.map((resource) => around.recorder.counter('apiserver_watch_events_total', { resource }));
    this.initializations = resourceNames.map((resource) =>
      around.recorder.counter('apiserver_watch_cache_initializations_total', { resource }),
    );
    this.loading = new CacheLoading(around, name, own, host, (kind, versions, revision) =>
      this.fill(this.of(kind), versions, revision),
    );
  }

  /** The cache of a kind. */
  of(kind: Kind): WatchCache {
    return this.all[kind] as WatchCache;
  }

  /** Stored bytes of all objects in the caches [B]. */
  cachedBytes(): number {
    return this.all.reduce((sum, cache) => sum + cache.bytes, 0);
  }

  /** Watches that are open. */
  watches(): number {
    return this.all.reduce((sum, cache) => sum + cache.log.watchers, 0);
  }

  /** Takes over the changes before position `upTo` of etcd's change log. */
  takeOver(upTo: number): void {
    const { store, parameters } = this.around;
    let processed = 0;
    let sending = 0;
    while (this.position < upTo) {
      const change = store.changeAt(this.position++);
      const cache = this.of(change.kind);
      if (cache.isReady) {
        sending += this.apply(cache, change);
        processed++;
      } else cache.keep(change);
    }
    store.consumedUpTo(this.server, this.position);
    this.charge(processed * parameters.watchProcessService, sending);
    this.duties.moved();
  }

  /** Takes a change over and sends it on; returns the CPU of sending [ns]. */
  private apply(cache: WatchCache, change: Change): number {
    const { simulation, parameters } = this.around;
    const processed = cache.reserve(simulation.now, parameters.watchProcessService);
    const receivers = cache.log.matching(change.version, change.previous);
    const sending = receivers * parameters.watchEventCpu;
    cache.set(change.key, change.version, change.revision);
    cache.log.append(change.revision, change.version, change.previous, processed, this.spread(receivers, sending));
    (this.sent[change.kind] as CounterSeries).add(receivers);
    return sending;
  }

  /** etcd has sent every change up to a revision. */
  progress(revision: number): void {
    for (const cache of this.all) cache.progress(revision);
    this.duties.moved();
  }

  // ---- ends and beginnings -----------------------------------------------------------------------------------------------------

  /** The process has ended: everything is forgotten, and every watcher with it. */
  clear(): void {
    const { simulation, store } = this.around;
    for (const cache of this.all) {
      this.loading.stop(cache.kind);
      cache.giveUp(simulation.now);
      cache.log.clear(store.revision);
    }
  }

  /** The process has started: it follows etcd from here on, and fills its caches. */
  load(): void {
    const { store } = this.around;
    this.position = store.changeCount;
    store.consumedUpTo(this.server, this.position);
    for (const { kind } of this.all) this.loading.load(kind);
  }

  /** What etcd's watches lack is compacted: every watcher is ended, and the caches are filled anew. */
  reload(): void {
    for (const cache of this.all) {
      cache.giveUp(this.around.simulation.now);
      cache.log.endAll();
    }
    this.load();
  }

  /** All objects of a resource have come. */
  private fill(cache: WatchCache, versions: readonly VersionHandle[], revision: number): void {
    let processed = 0;
    let sending = 0;
    for (const change of cache.fill(versions, revision)) {
      if (change.revision > revision) {
        sending += this.apply(cache, change);
        processed++;
      }
      cache.releaseChange(change);
    }
    (this.initializations[cache.kind] as CounterSeries).add();
    this.charge(processed * this.around.parameters.watchProcessService, sending);
    this.duties.ready(cache.kind);
    this.duties.moved();
  }

  private create(kind: Kind): WatchCache {
    const { simulation, tables, parameters, network, store } = this.around;
    const table = tables.of(kind);
    const { pods } = tables;
    // Pods are the one resource with an index that triggers watchers: spec.nodeName (K:pkg/registry/core/pod/storage).
    const isIndexed = kind === kinds.pods;
    const bucketOf = isIndexed
      ? (version: VersionHandle) => pods.node.get(version)
      : (version: VersionHandle) => table.key.get(version);
    const log = new WatchLog(
      {
        name: `${this.name} ${tables.resourceName(kind)}`,
        simulation,
        table,
        bucketOf,
        minimum: parameters.watchCacheMinimum,
        maximum: parameters.watchCacheMaximum,
        fresh: parameters.watchCacheFresh,
        bookmarkPeriod: parameters.watchBookmarkPeriod,
        channels: {
          minimum: parameters.watchChannelMinimum,
          maximumOfBucket: isIndexed ? parameters.watchChannelTriggered : parameters.watchChannelUnindexed,
          maximumOfEverything: isIndexed ? parameters.watchChannelIndexed : parameters.watchChannelUnindexed,
          budgetRate: parameters.watchDispatchBudgetRate,
          budgetMaximum: parameters.watchDispatchBudgetMaximum,
        },
        delay: {
          distribution: network.nodeDelay,
          minimum: network.minimumDelay,
          keyed: simulation.streams.keyed(`watchDelay.${this.server}.${tables.resourceName(kind)}`),
        },
      },
      store.revision,
    );
    return new WatchCache(kind, table, log, store.revision, isIndexed ? bucketOf : undefined);
  }

  /** Time over which the sending of one change is spread: the watchers' goroutines share the cores with everything else on the host. */
  private spread(receivers: number, sending: number): number {
    if (receivers <= 1) return 0;
    const parallel = Math.max(1, Math.min(receivers, this.host.cores));
    return (sending / parallel) * this.host.slowdown();
  }

  /** The CPU of changes: they are processed, and then sent by the goroutines of their watchers, which wait in the queue of the process like others. */
  private charge(processing: number, sending: number): void {
    this.unsent += sending;
    if (processing > 0) this.host.run(this.processing, nanoseconds(processing), 0);
  }

  /** The CPU of sending, on as many threads as it can use at once. */
  private send(): void {
    const { host, unsent } = this;
    if (unsent <= 0) return;
    this.unsent = 0;
    const threads = Math.max(1, Math.min(Math.floor(host.cores), Math.ceil(unsent / FAN_OUT_SHARE)));
    for (let i = 0; i < threads; i++) host.runLast(this.fanOut, nanoseconds(unsent / threads), 0);
  }
}
