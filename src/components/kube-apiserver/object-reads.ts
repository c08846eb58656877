/**
 * How an API server answers GET, LIST and WATCH: list-reads.ts and watch-openings.ts have the latter two. Here: GET, what is done while a cache
 * cannot be read, and who goes on once etcd has answered or a cache has caught up.
 * K:apiserver/pkg/registry/generic/registry/store.go, pkg/storage/cacher/cacher.go, ready.go.
 */
import { type Kind, NO_VERSION, type ObjectKey } from '../../cluster/index.ts';
import { NS_PER_SECOND, nanoseconds } from '../../units/index.ts';
import { RequestFlag, type RequestId, StatusCode, Verb } from '../api-machinery/index.ts';
import { READ_REVISION } from '../etcd/index.ts';
import type { CacheFreshness } from './cache-freshness.ts';
import { ListReads } from './list-reads.ts';
import type { ApiServerSurroundings } from './surroundings.ts';
import type { WatchCache } from './watch-cache.ts';
import { WatchOpenings } from './watch-openings.ts';

/** Growth of Retry-After with the time for which a cache has not been ready [1/s], and the most that it becomes [s] (cacher/ready.go). */
const UNREADY_GROWTH = 0.06;
const UNREADY_MAXIMUM = 30;

/** What reads need of their server. */
export interface ReadingServer {
  /** Its number at etcd. */
  readonly index: number;
  /** Its watch cache of a resource. */
  cache(kind: Kind): WatchCache;
  /** Those that wait for its caches. */
  readonly freshness: CacheFreshness;
  /** The outcome of a request is known. */
  finish(request: RequestId, code: number): void;
}

/** The reads of one API server. */
export class ObjectReads {
  private readonly around: ApiServerSurroundings;
  private readonly server: ReadingServer;
  private readonly lists: ListReads;
  private readonly watches: WatchOpenings;
  /** Requests that wait until the cache of their kind can be read, state. */
  private unready: RequestId[] = [];

  constructor(around: ApiServerSurroundings, server: ReadingServer) {
    this.around = around;
    this.server = server;
    this.lists = new ListReads(around, server);
    this.watches = new WatchOpenings(around, server, this.lists);
  }

  /** GET, LIST or WATCH. */
  read(request: RequestId): void {
    const { requests, parameters } = this.around;
    const verb = requests.verb[request] as number;
    const cache = this.server.cache(requests.kind[request] as Kind);
    if (verb === Verb.Get) this.get(request, cache);
    else if (cache.isReady) this.readFrom(request, verb, cache);
    else if (verb === Verb.List && this.lists.passUnready(request)) return;
    else if (parameters.resilientCacheInitialization) this.refuse(request, cache);
    else this.unready.push(request);
  }

  private readFrom(request: RequestId, verb: number, cache: WatchCache): void {
    if (verb === Verb.List) this.lists.list(request, cache);
    else this.watches.watch(request, cache);
  }

  /** etcd has answered. */
  onStoreAnswered(request: RequestId): void {
    const { requests } = this.around;
    if (requests.transactionRevision[request] === READ_REVISION) {
      requests.transactionRevision[request] = 0;
      if (requests.verb[request] === Verb.List) this.lists.onRevision(request);
      else this.watches.onRevision(request);
    } else if (requests.verb[request] === Verb.List) {
      this.lists.onPage(request);
    } else {
      this.server.finish(request, requests.result[request] === NO_VERSION ? StatusCode.NotFound : StatusCode.Ok);
    }
  }

  /** The cache has what a request waited for. */
  onFresh(request: RequestId): void {
    const { requests } = this.around;
    const cache = this.server.cache(requests.kind[request] as Kind);
    if (requests.verb[request] === Verb.List) this.lists.onFresh(request, cache);
    else this.watches.openWithInitialEvents(request, cache);
  }

  /** A request has waited for its cache for as long as it would: a list that demands no revision goes to etcd, anything else is told so (504). */
  onStale(request: RequestId): void {
    const { requests, parameters } = this.around;
    if (requests.verb[request] === Verb.List && requests.expectedRevision[request] === 0) {
      this.lists.fallBack(request);
      return;
    }
    requests.retryAfter[request] = parameters.staleRetryAfter;
    this.server.finish(request, StatusCode.GatewayTimeout);
  }

  /** The cache of a kind can be read. */
  onReady(kind: Kind): void {
    const { requests } = this.around;
    const waiting = this.unready.filter((request) => requests.kind[request] === kind);
    this.unready = this.unready.filter((request) => requests.kind[request] !== kind);
    for (const request of waiting) this.read(request);
  }

  /** The process has ended: nobody waits for a cache any more. Returns who did. */
  clear(): readonly RequestId[] {
    const { unready } = this;
    this.unready = [];
    return unready;
  }

  /** A request is given up: what was gathered for it goes. */
  drop(request: RequestId): void {
    this.lists.drop(request);
  }

  private get(request: RequestId, cache: WatchCache): void {
    const { requests, store, tables } = this.around;
    const isFromCache = ((requests.flags[request] as number) & RequestFlag.FromCache) !== 0;
    if (!isFromCache || !cache.isReady) {
      store.send(this.server.index, request);
      return;
    }
    const version = cache.get(requests.key[request] as ObjectKey);
    requests.result[request] = version === NO_VERSION ? NO_VERSION : tables.of(cache.kind).retain(version);
    this.server.finish(request, version === NO_VERSION ? StatusCode.NotFound : StatusCode.Ok);
  }

  /** The client is to come again, the later the longer the cache has not been ready. */
  private refuse(request: RequestId, cache: WatchCache): void {
    const { requests, simulation } = this.around;
    const downtime = (simulation.now - cache.unreadySince) / NS_PER_SECOND;
    const pause = Math.floor(Math.min(Math.exp(UNREADY_GROWTH * downtime), UNREADY_MAXIMUM));
    requests.retryAfter[request] = nanoseconds(pause * NS_PER_SECOND);
    this.server.finish(request, StatusCode.TooManyRequests);
  }
}
