/**
 * How an API server answers LIST: from its watch cache as it is (resourceVersion "0"), from the cache once that is as new as etcd was when the request
 * came (consistent read), from the cache as it was at the revision of an earlier page, or from etcd page by page.
 * K:apiserver/pkg/storage/cacher/delegator.go, cacher.go:GetList, pkg/storage/etcd3/store.go:GetList.
 */
import { type Kind, kinds, type ObjectKey, type VersionHandle } from '../../cluster/index.ts';
import type { KeyedStream } from '../../engine/index.ts';
import type { CounterSeries } from '../../metrics/index.ts';
import { ReadNumber, RequestFlag, type RequestId, StatusCode } from '../api-machinery/index.ts';
import { READ_REVISION } from '../etcd/index.ts';
import type { ReadingServer } from './object-reads.ts';
import type { ApiServerSurroundings } from './surroundings.ts';
import type { WatchCache } from './watch-cache.ts';
import { EVERYTHING } from './watch-selection.ts';

/** A list that is gathered from etcd. */
interface Gathering {
  /** Most objects of the answer, 0 = all. */
  readonly limit: number;
  /** Where the client's page begins, and its revision: the request's own numbers move with the pages from etcd. */
  readonly position: number;
  readonly revision: number;
  /** Objects that the next page asks etcd for. */
  page: number;
  /** Versions found so far; held. */
  readonly found: VersionHandle[];
}

/** The lists of one API server. */
export class ListReads {
  private readonly around: ApiServerSurroundings;
  private readonly server: ReadingServer;
  private readonly gatherings = new Map<RequestId, Gathering>();
  /** Which objects a label selector matches. */
  private readonly labels: KeyedStream;
  private readonly consistentReads: { readonly success: CounterSeries; readonly fallback: CounterSeries }[];

  constructor(around: ApiServerSurroundings, server: ReadingServer) {
    this.around = around;
    this.server = server;
    this.labels = around.simulation.streams.keyed('kube-apiserver.labelSelectors');
    const reads = (resource: string, success: boolean) =>
      around.recorder.counter('apiserver_watch_cache_consistent_read_total', {
        resource,
        success: String(success),
        fallback: String(!success),
      });
    this.consistentReads = around.tables.resourceNames.map((resource) => ({
      success: reads(resource, true),
      fallback: reads(resource, false),
    }));
  }

  /** A list while the cache can be read. */
  list(request: RequestId, cache: WatchCache): void {
    const { requests, parameters, store } = this.around;
    const limit = requests.number(request, ReadNumber.Limit);
    const revision = requests.number(request, ReadNumber.Revision);
    const minimum = requests.expectedRevision[request] as number;
    if (this.isFromCache(request)) {
      this.serve(request, cache, cache.revision, 0);
    } else if (revision > 0) {
      if (parameters.listFromCacheSnapshot && cache.reachesBack(revision)) this.serve(request, cache, revision, limit);
      else this.gather(request);
    } else if (limit > 0 && !parameters.listFromCacheSnapshot) {
      this.gather(request);
    } else if (minimum > 0) {
      this.server.freshness.wait(request, cache.kind, minimum, parameters.cacheFreshTimeout);
    } else if (parameters.consistentListFromCache) {
      requests.transactionRevision[request] = READ_REVISION;
      store.send(this.server.index, request);
    } else {
      this.gather(request);
    }
  }

  /**
   * A list while the cache cannot be read: those that cost little go to etcd. Older servers sent all there that did not demand a revision.
   * Returns false if it has to wait.
   */
  passUnready(request: RequestId): boolean {
    const { requests, parameters } = this.around;
    const bucket = requests.number(request, ReadNumber.Bucket);
    const isOne = bucket !== EVERYTHING && requests.kind[request] !== kinds.pods;
    const hasSelector = bucket !== EVERYTHING || requests.number(request, ReadNumber.SelectedShare) > 0;
    const isCheap = isOne || (requests.number(request, ReadNumber.Limit) > 0 && !hasSelector);
    const isAnyRevision = requests.expectedRevision[request] === 0;
    if (!(isCheap || (isAnyRevision && !parameters.resilientCacheInitialization))) return false;
    this.gather(request);
    return true;
  }

  /** etcd has told its revision: the list waits until the cache has it. */
  onRevision(request: RequestId): void {
    const { requests, parameters } = this.around;
    const revision = requests.resultRevision[request] as number;
    this.server.freshness.wait(request, requests.kind[request] as Kind, revision, parameters.cacheFreshTimeout);
  }

  /** The cache is new enough. */
  onFresh(request: RequestId, cache: WatchCache): void {
    const { requests } = this.around;
    if (requests.expectedRevision[request] === 0) this.consistentReads[cache.kind]?.success.add();
    this.serve(request, cache, cache.revision, requests.number(request, ReadNumber.Limit));
  }

  /** The cache is not new enough in time for a consistent list: it goes to etcd. */
  fallBack(request: RequestId): void {
    const { requests } = this.around;
    this.consistentReads[requests.kind[request] as Kind]?.fallback.add();
    this.gather(request);
  }

  // ---- from the cache ------------------------------------------------------------------------------------------------------------

  private serve(request: RequestId, cache: WatchCache, revision: number, limit: number): void {
    const { requests } = this.around;
    requests.resultRevision[request] = revision;
    const from = requests.number(request, ReadNumber.Position);
    if (limit === 0 && from === 0 && revision === cache.revision) {
      requests.object[request] = this.collect(request, cache);
      this.page(request, 0);
    } else {
      this.servePage(request, cache, { revision, from, limit });
    }
    this.server.finish(request, StatusCode.Ok);
  }

  /** What is asked for of all that the cache has now; held for the caller. */
  collect(request: RequestId, cache: WatchCache): VersionHandle[] {
    const { requests, tables } = this.around;
    const table = tables.of(cache.kind);
    const bucket = requests.number(request, ReadNumber.Bucket);
    const found: VersionHandle[] = [];
    let looked = 0;
    const look = (key: ObjectKey, version: VersionHandle) => {
      looked++;
      if (this.matchesLabels(request, key)) found.push(table.retain(version));
    };
    if (bucket === EVERYTHING) cache.forEach(look);
    else cache.forEachOf(bucket, look);
    requests.scanned[request] = looked;
    return found;
  }

  private servePage(
    request: RequestId,
    cache: WatchCache,
    { revision, from, limit }: { revision: number; from: number; limit: number },
  ): void {
    const { requests, tables } = this.around;
    const table = tables.of(cache.kind);
    const found: VersionHandle[] = [];
    let looked = 0;
    let next = 0;
    cache.forEachAt(revision, from, (key, version) => {
      if (limit > 0 && found.length === limit) {
        next = key;
        return false;
      }
      looked++;
      if (this.isAskedFor(request, key, version)) found.push(table.retain(version));
      return true;
    });
    requests.scanned[request] = looked;
    requests.object[request] = found;
    this.page(request, next);
  }

  /** Tells the client where the next page begins, 0 = this was the last. */
  private page(request: RequestId, next: number): void {
    const { requests } = this.around;
    requests.setNumber(request, ReadNumber.Position, next);
    requests.setNumber(request, ReadNumber.Revision, next > 0 ? (requests.resultRevision[request] as number) : 0);
  }

  // ---- from etcd -----------------------------------------------------------------------------------------------------------------

  private gather(request: RequestId): void {
    const { requests, store } = this.around;
    const limit = requests.number(request, ReadNumber.Limit);
    requests.scanned[request] = 0;
    requests.decodedBytes[request] = 0;
    const position = requests.number(request, ReadNumber.Position);
    const revision = requests.number(request, ReadNumber.Revision);
    this.gatherings.set(request, { limit, position, revision, page: limit, found: [] });
    store.send(this.server.index, request);
  }

  /** A page has come from etcd: what is not asked for is left out, and the next page is larger if too few are left. */
  onPage(request: RequestId): void {
    const { requests, store, parameters } = this.around;
    const gathering = this.gatherings.get(request) as Gathering;
    const position = this.take(request, gathering);
    const { limit, found } = gathering;
    if (position > 0 && found.length < limit) {
      gathering.page = Math.min(gathering.page * 2, parameters.watchCacheListPage);
      requests.setNumber(request, ReadNumber.Limit, gathering.page);
      requests.setNumber(request, ReadNumber.Position, position);
      requests.setNumber(request, ReadNumber.Revision, requests.resultRevision[request] as number);
      requests.object[request] = null;
      store.send(this.server.index, request);
      return;
    }
    this.gatherings.delete(request);
    requests.setNumber(request, ReadNumber.Limit, limit);
    requests.object[request] = found;
    this.page(request, position);
    this.server.finish(request, StatusCode.Ok);
  }

  /** Takes what is asked for out of a page, up to the limit; returns where what was not looked at begins, 0 = there is nothing more. */
  private take(request: RequestId, { limit, found }: Gathering): number {
    const { requests, tables } = this.around;
    const table = tables.of(requests.kind[request] as Kind);
    let behind = requests.number(request, ReadNumber.Position);
    let isFull = false;
    for (const version of requests.object[request] as readonly VersionHandle[]) {
      const key = table.key.get(version) as ObjectKey;
      if (!isFull && limit > 0 && found.length === limit) {
        isFull = true;
        behind = key;
      }
      if (isFull || !this.isAskedFor(request, key, version)) {
        if (!isFull) this.countDecoded(request, table.bytes.get(version));
        table.release(version);
        continue;
      }
      this.countDecoded(request, table.bytes.get(version));
      found.push(version);
    }
    return behind;
  }

  private countDecoded(request: RequestId, bytes: number): void {
    const { requests } = this.around;
    requests.scanned[request] = (requests.scanned[request] as number) + 1;
    requests.decodedBytes[request] = (requests.decodedBytes[request] as number) + bytes;
  }

  /** A list is given up: what was gathered for it goes, and its message is again what the client sent, for it may send it again. */
  drop(request: RequestId): void {
    const { requests, tables } = this.around;
    const gathering = this.gatherings.get(request);
    if (gathering === undefined) return;
    const table = tables.of(requests.kind[request] as Kind);
    for (const version of gathering.found) table.release(version);
    this.gatherings.delete(request);
    // The client may send it again.
    requests.setNumber(request, ReadNumber.Limit, gathering.limit);
    requests.setNumber(request, ReadNumber.Position, gathering.position);
    requests.setNumber(request, ReadNumber.Revision, gathering.revision);
  }

  // ---- what is asked for ----------------------------------------------------------------------------------------------------------

  private isAskedFor(request: RequestId, key: ObjectKey, version: VersionHandle): boolean {
    const { requests, tables } = this.around;
    const bucket = requests.number(request, ReadNumber.Bucket);
    if (
      bucket !== EVERYTHING &&
      bucket !== (requests.kind[request] === kinds.pods ? tables.pods.node.get(version) : key)
    )
      return false;
    return this.matchesLabels(request, key);
  }

  /** A label selector matches a share of the objects, always the same ones. */
  private matchesLabels(request: RequestId, key: ObjectKey): boolean {
    const { requests } = this.around;
    const share = requests.number(request, ReadNumber.SelectedShare);
    return share === 0 || this.labels.uniform(requests.kind[request] as Kind, key) < share;
  }

  private isFromCache(request: RequestId): boolean {
    return ((this.around.requests.flags[request] as number) & RequestFlag.FromCache) !== 0;
  }
}
