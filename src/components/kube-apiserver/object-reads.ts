/**
 * How an API server answers GET, LIST and WATCH: from its watch cache, or from etcd and then narrowed to what was asked for.
 * K:apiserver/pkg/registry/generic/registry/store.go, pkg/storage/cacher/cacher.go.
 */
import { type Kind, kinds, NO_VERSION, type ObjectKey, type VersionHandle } from '../../cluster/index.ts';
import { RequestFlag, type RequestId, StatusCode, Verb } from '../api-machinery/index.ts';
import type { ApiServerSurroundings } from './surroundings.ts';
import type { WatchCache } from './watch-cache.ts';
import { GONE } from './watch-log.ts';
import { EVERYTHING } from './watch-selection.ts';
import type { WatchSubscriber } from './watch-subscriber.ts';

/** What reads need of their server. */
export interface ReadingServer {
  /** Its number at etcd. */
  readonly index: number;
  /** Its watch cache of a resource. */
  cache(kind: Kind): WatchCache;
  /** The outcome of a request is known. */
  finish(request: RequestId, code: number): void;
}

/** The reads of one API server. */
export class ObjectReads {
  private readonly around: ApiServerSurroundings;
  private readonly server: ReadingServer;

  constructor(around: ApiServerSurroundings, server: ReadingServer) {
    this.around = around;
    this.server = server;
  }

  /** GET of one object. */
  get(request: RequestId): void {
    const { requests, store, tables } = this.around;
    if (!this.isFromCache(request)) {
      store.send(this.server.index, request);
      return;
    }
    const kind = requests.kind[request] as Kind;
    const version = this.server.cache(kind).get(requests.key[request] as ObjectKey);
    requests.result[request] = version === NO_VERSION ? NO_VERSION : tables.of(kind).retain(version);
    this.server.finish(request, version === NO_VERSION ? StatusCode.NotFound : StatusCode.Ok);
  }

  /** LIST of a bucket of a kind, or of all of it. */
  list(request: RequestId): void {
    const { requests, store } = this.around;
    if (!this.isFromCache(request)) {
      store.send(this.server.index, request);
      return;
    }
    const cache = this.server.cache(requests.kind[request] as Kind);
    requests.resultRevision[request] = cache.revision;
    this.collect(request, cache);
    this.server.finish(request, StatusCode.Ok);
  }

  /** Numbers of the message: bucket, revision after which. Object: the subscriber. The answer's revision is the watcher's number. */
  watch(request: RequestId): void {
    const { requests } = this.around;
    const { log } = this.server.cache(requests.kind[request] as Kind);
    const watcher = log.openWatch(
      requests.number(request, 0),
      requests.number(request, 1),
      requests.object[request] as WatchSubscriber | null,
    );
    requests.resultRevision[request] = watcher;
    this.server.finish(request, watcher === GONE ? StatusCode.Gone : StatusCode.Ok);
  }

  /** etcd has answered a GET or a LIST. */
  onStoreAnswered(request: RequestId): void {
    const { requests } = this.around;
    if (requests.verb[request] === Verb.List) {
      this.narrow(request);
      this.server.finish(request, StatusCode.Ok);
    } else {
      this.server.finish(request, requests.result[request] === NO_VERSION ? StatusCode.NotFound : StatusCode.Ok);
    }
  }

  private isFromCache(request: RequestId): boolean {
    return ((this.around.requests.flags[request] as number) & RequestFlag.FromCache) !== 0;
  }

  /** Puts the listed versions of the cache, held, into the answer. */
  private collect(request: RequestId, cache: WatchCache): void {
    const { requests, tables } = this.around;
    const kind = requests.kind[request] as Kind;
    const table = tables.of(kind);
    const bucket = requests.number(request, 0);
    const found: VersionHandle[] = [];
    requests.object[request] = found;
    if (bucket !== EVERYTHING && kind !== kinds.pods) {
      const version = cache.get(bucket as ObjectKey);
      if (version !== NO_VERSION) found.push(table.retain(version));
      return;
    }
    cache.forEach((_, version) => {
      if (this.isAskedFor(request, version)) found.push(table.retain(version));
    });
  }

  /** Leaves of what etcd has listed what was asked for. */
  private narrow(request: RequestId): void {
    const { requests, tables } = this.around;
    const table = tables.of(requests.kind[request] as Kind);
    const listed = requests.object[request] as readonly VersionHandle[];
    requests.object[request] = listed.filter((version) => {
      const isAskedFor = this.isAskedFor(request, version);
      if (!isAskedFor) table.release(version);
      return isAskedFor;
    });
  }

  /** Whether a list is to show a version. Number 0 of the message: bucket that is asked for, or EVERYTHING. */
  private isAskedFor(request: RequestId, version: VersionHandle): boolean {
    const { requests, tables } = this.around;
    const kind = requests.kind[request] as Kind;
    const bucket = requests.number(request, 0);
    if (bucket === EVERYTHING) return true;
    return bucket === (kind === kinds.pods ? tables.pods.node.get(version) : tables.of(kind).key.get(version));
  }
}
