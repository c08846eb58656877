/**
 * What the caches of an API server cost beside requests and changes: bookmarks for all watchers, a count of each resource each minute, and the
 * consistency check, which lists each resource from etcd every few minutes to compare it with the cache.
 * K:apiserver/pkg/storage/cacher/cacher.go (bookmarks), compactor and store (counts: pkg/registry/generic/registry/store.go), cacher/delegator.go
 * (consistencyChecker).
 */
import type { Kind } from '../../cluster/index.ts';
import type { EventType, KeyedStream } from '../../engine/index.ts';
import { nanoseconds, seconds } from '../../units/index.ts';
import { ReadNumber, type RequestId } from '../api-machinery/index.ts';
import { StoreOutcome } from '../etcd/index.ts';
import type { Host } from '../host/host.ts';
import type { OwnRequests } from './own-requests.ts';
import type { ApiServerSurroundings } from './surroundings.ts';
import type { WatchCache } from './watch-cache.ts';

/** Distance of the dispatchers' ticks, at each of which the watchers whose turn it is get their bookmark (cacher.go:dispatchEvents). */
const BOOKMARK_TICK = seconds(1);
/** Largest share of its period by which a consistency check comes later (K:apiserver/pkg/storage/cacher/delegator.go: JitterUntil 0.5). */
const CHECK_JITTER = 0.5;

/** The upkeep of one server's caches. */
export class CacheUpkeep {
  private readonly around: ApiServerSurroundings;
  private readonly own: OwnRequests;
  private readonly host: Host;
  private readonly caches: readonly WatchCache[];
  private readonly isRunning: () => boolean;
  private readonly working: number;
  private readonly jitter: KeyedStream;
  private readonly evBookmarks: EventType;
  private readonly evCount: EventType;
  private readonly evCheck: EventType;
  /** Checks of each resource so far, state. */
  private readonly checks: number[] = [];
  /** Objects of each resource when they were last counted, statistic. */
  readonly counts: number[] = [];

  constructor(
    around: ApiServerSurroundings,
    name: string,
    options: {
      readonly own: OwnRequests;
      readonly host: Host;
      readonly caches: readonly WatchCache[];
      readonly isRunning: () => boolean;
    },
  ) {
    const { simulation, parameters } = around;
    this.around = around;
    this.own = options.own;
    this.host = options.host;
    this.caches = options.caches;
    this.isRunning = options.isRunning;
    this.working = this.host.register(() => {}, name);
    this.jitter = simulation.streams.keyed(`${name}.consistencyChecks`);
    this.evBookmarks = simulation.on(`${name}: bookmarks`, () => this.sendBookmarks());
    this.evCount = simulation.on(`${name}: objects are counted`, () => this.count());
    this.evCheck = simulation.on(`${name}: consistency check`, (kind) => this.check(kind as Kind));
    simulation.after(BOOKMARK_TICK, this.evBookmarks);
    simulation.after(parameters.objectCountPeriod, this.evCount);
    if (parameters.cacheConsistencyCheck) for (const { kind } of this.caches) this.planCheck(kind);
  }

  /** Each watcher gets one bookmark a period. */
  private sendBookmarks(): void {
    const { simulation, parameters } = this.around;
    const watchers = this.caches.reduce((sum, { log }) => sum + log.watchers, 0);
    const due = (watchers * BOOKMARK_TICK) / parameters.watchBookmarkPeriod;
    if (watchers > 0) this.host.run(this.working, nanoseconds(due * parameters.watchEventCpu), 0);
    simulation.after(BOOKMARK_TICK, this.evBookmarks);
  }

  private count(): void {
    const { simulation, store, parameters } = this.around;
    simulation.after(parameters.objectCountPeriod, this.evCount);
    if (!this.isRunning()) return;
    for (const { kind } of this.caches) {
      this.own.read(kind, () => {
        this.counts[kind] = store.objectCount(kind);
      });
    }
  }

  private planCheck(kind: Kind): void {
    const { simulation, parameters } = this.around;
    const number = this.checks[kind] ?? 0;
    this.checks[kind] = number + 1;
    const factor = 1 + CHECK_JITTER * this.jitter.uniform(kind, number);
    simulation.after(nanoseconds(parameters.cacheConsistencyPeriod * factor), this.evCheck, kind);
  }

  private check(kind: Kind): void {
    this.planCheck(kind);
    if (this.isRunning()) this.checkPage(kind, 0, 0);
  }

  /** A page is decoded, as is what the cache has of it; then the next one is asked for. */
  private checkPage(kind: Kind, position: number, revision: number): void {
    const { requests, parameters, tables } = this.around;
    this.own.list(kind, { limit: parameters.watchCacheListPage, position, revision }, (request: RequestId, outcome) => {
      const listed = this.own.listed(request);
      const table = tables.of(kind);
      for (const version of listed) table.release(version);
      if (outcome !== StoreOutcome.Succeeded || !this.isRunning()) return;
      this.host.run(this.working, nanoseconds(listed.length * parameters.watchProcessService), 0);
      const next = requests.number(request, ReadNumber.Position);
      if (next > 0) this.checkPage(kind, next, requests.resultRevision[request] as number);
    });
  }
}
