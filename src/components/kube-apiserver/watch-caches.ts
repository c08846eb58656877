/**
 * All watch caches of one API server: changes are taken over from etcd's watch one after the other, appended to the logs and sent to the
 * watchers; the CPU of sending is charged in full. K:apiserver/pkg/storage/cacher/cacher.go.
 */
import { type Kind, kinds, type VersionHandle } from '../../cluster/index.ts';
import type { CounterSeries } from '../../metrics/index.ts';
import { nanoseconds } from '../../units/index.ts';
import type { Host } from '../host/host.ts';
import type { ApiServerSurroundings } from './surroundings.ts';
import { WatchCache } from './watch-cache.ts';
import { WatchLog } from './watch-log.ts';

/** CPU of fan-out that one goroutine is charged before another core joins [ns]: 1 ms, a scheduling slice of the kernel. */
const FAN_OUT_SLICE = 1_000_000;

/** The caches of one server. */
export class WatchCaches {
  private readonly around: ApiServerSurroundings;
  private readonly name: string;
  /** Number of the server at etcd. */
  private readonly server: number;
  private readonly host: Host;
  private readonly fanOut: number;
  private readonly caches: readonly WatchCache[];
  private readonly sent: readonly CounterSeries[];
  /** Position in etcd's change log that was taken over, state. */
  private position = 0;

  constructor(around: ApiServerSurroundings, name: string, server: number, host: Host) {
    this.around = around;
    this.name = name;
    this.server = server;
    this.host = host;
    this.fanOut = host.register(() => {});
    this.caches = around.tables.resourceNames.map((_, kind) => this.create(kind as Kind));
    const { resourceNames } = around.tables;
    this.sent = resourceNames.map((resource) => around.recorder.counter('apiserver_watch_events_total', { resource }));
    const terminated = resourceNames.map((resource) =>
      around.recorder.counter('apiserver_terminated_watchers_total', { resource }),
    );
    around.recorder.onSample(() => {
      terminated.forEach((counter, kind) => {
        counter.add(this.of(kind as Kind).log.takeTerminated());
      });
    });
  }

  /** The cache of a kind. */
  of(kind: Kind): WatchCache {
    return this.caches[kind] as WatchCache;
  }

  /** Takes over the changes before position `upTo` of etcd's change log. */
  takeOver(upTo: number): void {
    const { simulation, store, parameters } = this.around;
    let cpu = 0;
    while (this.position < upTo) {
      const change = store.changeAt(this.position++);
      const cache = this.of(change.kind);
      const dispatch = cache.reserve(simulation.now, parameters.watchProcessService);
      const receivers = cache.log.matching(change.version, change.previous);
      const sending = receivers * parameters.watchEventCpu;
      cpu += sending;
      cache.set(change.key, change.version, change.revision);
      cache.log.append(change.revision, change.version, change.previous, dispatch, this.spread(receivers, sending));
      (this.sent[change.kind] as CounterSeries).add(receivers);
    }
    store.consumedUpTo(this.server, this.position);
    this.charge(cpu);
  }

  /** The process has ended: everything is forgotten, and every watcher with it. */
  clear(): void {
    for (const cache of this.caches) cache.clear(this.around.store.revision);
  }

  /** The process has started: caches are filled with what is current. Returns how many objects there are. */
  fill(): number {
    const { store } = this.around;
    const { revision } = store;
    this.position = store.changeCount;
    store.consumedUpTo(this.server, this.position);
    let objects = 0;
    for (const cache of this.caches) {
      cache.clear(revision);
      store.forEachCurrent(cache.kind, (key, version) => cache.set(key, version, revision));
      objects += cache.objects;
    }
    return objects;
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
    return new WatchCache(kind, table, log, store.revision);
  }

  /** Time over which the sending of one change is spread: the watchers' goroutines share the cores with everything else on the host. */
  private spread(receivers: number, sending: number): number {
    if (receivers <= 1) return 0;
    const parallel = Math.max(1, Math.min(receivers, this.host.cores));
    return (sending / parallel) * this.host.slowdown();
  }

  /** The CPU of sending, as one job per core that it can use at once. */
  private charge(cpu: number): void {
    if (cpu <= 0) return;
    const jobs = Math.max(1, Math.min(Math.floor(this.host.cores), Math.ceil(cpu / FAN_OUT_SLICE)));
    for (let i = 0; i < jobs; i++) this.host.run(this.fanOut, nanoseconds(cpu / jobs), 0);
  }
}
