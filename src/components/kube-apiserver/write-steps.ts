/**
 * What all writes of an API server share: the request's write operation applied to a draft, preconditions, and refusals that must not rest on stale
 * data. K:apiserver/pkg/storage/etcd3/store.go:GuaranteedUpdate.
 */
import { type Kind, kinds, NO_VERSION, type ObjectKey, type VersionHandle } from '../../cluster/index.ts';
import {
  RequestFlag,
  type RequestId,
  StatusCode,
  Verb,
  type Write,
  type WriteContext,
  writeList,
} from '../api-machinery/index.ts';
import { READ } from '../etcd/index.ts';
import type { ApiServerSurroundings } from './surroundings.ts';
import type { WatchCache } from './watch-cache.ts';

/** Numbers of a message that the API server uses itself while it allocates what a create needs first. */
export const ALLOCATED = 3;
export const REAL_KIND = 4;
export const REAL_KEY = 5;

/** What writes need of their server: the end of a request, CPU for another try, and the count of conflicts. */
export interface WritingServer {
  /** The outcome of a request is known. */
  finish(request: RequestId, code: number): void;
  /** The request takes the CPU of another try, after which {@link ObjectWrites.judgeAgain} is called. */
  retry(request: RequestId): void;
  /** The write of an Event gets a lease and goes to etcd. */
  attachLease(request: RequestId): void;
  conflict(kind: Kind, how: 'returned' | 'retried_inside'): void;
  /** Whether a request that has come to the end of a stage ends there, as nobody waits for it any more. */
  isOver(request: RequestId): boolean;
}

/** Which server it is, and what it believes to be current. */
export interface WritingHome {
  /** Its number at etcd. */
  readonly index: number;
  cache(kind: Kind): WatchCache;
}

/** The steps of a write. */
export class WriteSteps {
  readonly around: ApiServerSurroundings;
  readonly home: WritingHome;
  readonly server: WritingServer;
  /** What writes may look at; one object for all, so that a write allocates nothing. */
  private readonly context: { -readonly [Field in keyof WriteContext]: WriteContext[Field] };

  constructor(around: ApiServerSurroundings, home: WritingHome, server: WritingServer) {
    this.around = around;
    this.home = home;
    this.server = server;
    const { tables, requests, sizes, simulation } = around;
    this.context = { tables, requests, sizes, now: simulation.now };
  }

  /** The write operation of a request that has one. */
  writeOf(request: RequestId): Write {
    return writeList[this.around.requests.write[request] as number] as Write;
  }

  /** Applies the write of a request to a draft; see {@link Write.apply}. A body beyond the limit is refused. */
  apply(draft: VersionHandle, request: RequestId): number {
    const { requests, tables, parameters, simulation } = this.around;
    this.context.now = simulation.now;
    const outcome = this.writeOf(request).apply(this.context, draft, request);
    const isWhole = requests.verb[request] !== Verb.Patch;
    const bytes = tables.of(requests.kind[request] as Kind).bytes.get(draft);
    return isWhole && bytes > parameters.maxRequestBodyBytes ? StatusCode.RequestEntityTooLarge : outcome;
  }

  /** Tries the transaction: `draft` (NO_VERSION = a deletion) if the key is still at `revision` (0 = does not exist). */
  transact(request: RequestId, draft: VersionHandle, revision: number): void {
    const { requests, store } = this.around;
    requests.draft[request] = draft;
    requests.transactionRevision[request] = revision;
    const isEvent = requests.kind[request] === kinds.events && draft !== NO_VERSION;
    if (isEvent) this.server.attachLease(request);
    else store.send(this.home.index, request);
  }

  /** 0, or the code with which a precondition of the client fails on this version. */
  precondition(request: RequestId, present: VersionHandle): number {
    const { requests, tables } = this.around;
    if (present === NO_VERSION) return StatusCode.NotFound;
    const table = tables.of(requests.kind[request] as Kind);
    const revision = requests.expectedRevision[request] as number;
    const uid = requests.expectedUid[request] as number;
    if (revision !== 0 && revision !== table.revision.get(present)) return StatusCode.Conflict;
    if (uid !== 0 && uid !== table.uid.get(present)) return StatusCode.Conflict;
    return 0;
  }

  /** A refusal on what may be stale is judged again on a fresh read before the client hears of it. */
  refuse(request: RequestId, code: number): void {
    const { requests } = this.around;
    const isSeen = code === StatusCode.RequestEntityTooLarge;
    if (!isSeen && ((requests.flags[request] as number) & RequestFlag.Fresh) === 0) {
      this.readAgain(request);
      return;
    }
    if (code === StatusCode.Conflict) this.server.conflict(requests.kind[request] as Kind, 'returned');
    this.server.finish(request, code);
  }

  /** Nothing would change: before it says so, the API server makes sure on a fresh read. */
  unchanged(request: RequestId, present: VersionHandle): void {
    const { requests } = this.around;
    if (((requests.flags[request] as number) & RequestFlag.Fresh) === 0) {
      this.readAgain(request);
      return;
    }
    this.hold(request, present);
    this.server.finish(request, StatusCode.Ok);
  }

  /** Reads the object from etcd, linearizably, and judges again. */
  readAgain(request: RequestId): void {
    const { requests, store } = this.around;
    requests.flags[request] = (requests.flags[request] as number) | RequestFlag.Fresh;
    requests.transactionRevision[request] = READ;
    store.send(this.home.index, request);
  }

  /** The version that the watch cache has of a request's object. */
  cached(request: RequestId): VersionHandle {
    const { requests } = this.around;
    return this.home.cache(requests.kind[request] as Kind).get(requests.key[request] as ObjectKey);
  }

  /** Puts a version, held, into the answer. */
  hold(request: RequestId, version: VersionHandle): void {
    const { requests, tables } = this.around;
    requests.result[request] =
      version === NO_VERSION ? NO_VERSION : tables.of(requests.kind[request] as Kind).retain(version);
  }

  /** Gives up the versions that a request holds: its draft and its answer. A create that came only as far as its allocation is itself again. */
  dropVersions(request: RequestId): void {
    const { requests, tables } = this.around;
    const table = tables.of(requests.kind[request] as Kind);
    const draft = requests.draft[request] as VersionHandle;
    const result = requests.result[request] as VersionHandle;
    if (draft !== NO_VERSION) table.release(draft);
    if (result !== NO_VERSION) table.release(result);
    requests.draft[request] = NO_VERSION;
    requests.result[request] = NO_VERSION;
    const isCreate = requests.verb[request] === Verb.Create;
    if (isCreate && this.writeOf(request).allocates !== undefined && requests.number(request, ALLOCATED) === 1) {
      requests.kind[request] = requests.number(request, REAL_KIND);
      requests.key[request] = requests.number(request, REAL_KEY);
    }
  }
}
