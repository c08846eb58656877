/**
 * How an API server opens watches: from the ring, 410 if the revision has left it; or with the objects that there are (sendInitialEvents), which are
 * streamed from the cache once it is as new as the store was when the watch came, with a bookmark behind them.
 * K:apiserver/pkg/storage/cacher/cacher.go:Watch, lister_watcher.go. The objects reach the client together, when the last of them has been sent; what
 * changes meanwhile follows.
 */
import type { Kind } from '../../cluster/index.ts';
import { ReadNumber, type RequestId, StatusCode } from '../api-machinery/index.ts';
import { READ_REVISION } from '../etcd/index.ts';
import type { ListReads } from './list-reads.ts';
import type { ReadingServer } from './object-reads.ts';
import type { ApiServerSurroundings } from './surroundings.ts';
import type { WatchCache } from './watch-cache.ts';
import { GONE } from './watch-log.ts';
import type { WatchSubscriber } from './watch-subscriber.ts';

/** The watches that one API server opens. */
export class WatchOpenings {
  private readonly around: ApiServerSurroundings;
  private readonly server: ReadingServer;
  private readonly lists: ListReads;

  constructor(around: ApiServerSurroundings, server: ReadingServer, lists: ListReads) {
    this.around = around;
    this.server = server;
    this.lists = lists;
  }

  /** Opens a watch. Object of the message: the subscriber. The answer's revision is the watcher's number. */
  watch(request: RequestId, cache: WatchCache): void {
    const { requests, store, parameters } = this.around;
    if (requests.number(request, ReadNumber.InitialEvents) === 0) {
      const watcher = this.open(request, cache, requests.number(request, ReadNumber.After));
      this.server.finish(request, watcher === GONE ? StatusCode.Gone : StatusCode.Ok);
    } else if (parameters.watchList) {
      requests.transactionRevision[request] = READ_REVISION;
      store.send(this.server.index, request);
    } else {
      this.server.finish(request, StatusCode.UnprocessableEntity);
    }
  }

  /** etcd has told its revision to a watch that begins with what there is. */
  onRevision(request: RequestId): void {
    const { requests, parameters } = this.around;
    const revision = requests.resultRevision[request] as number;
    this.server.freshness.wait(request, requests.kind[request] as Kind, revision, parameters.cacheFreshTimeout);
  }

  /** The cache is new enough: the objects, held, are the answer's, and the watch goes on from there. */
  openWithInitialEvents(request: RequestId, cache: WatchCache): void {
    const { requests } = this.around;
    this.open(request, cache, cache.revision);
    requests.setNumber(request, ReadNumber.Revision, cache.revision);
    requests.object[request] = this.lists.collect(request, cache);
    this.server.finish(request, StatusCode.Ok);
  }

  private open(request: RequestId, { log }: WatchCache, after: number): number {
    const { requests } = this.around;
    const bucket = requests.number(request, ReadNumber.Bucket);
    const watcher = log.openWatch(bucket, after, requests.object[request] as WatchSubscriber | null);
    requests.resultRevision[request] = watcher;
    if (watcher !== GONE) requests.setNumber(request, ReadNumber.Identity, log.identity(watcher));
    return watcher;
  }
}
