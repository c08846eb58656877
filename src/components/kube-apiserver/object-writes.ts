/**
 * How an API server turns writes into transactions. K:apiserver/pkg/registry/generic/registry/store.go, pkg/storage/etcd3/store.go.
 *
 * A create must find no key. Everything else is GuaranteedUpdate: it judges on the version at hand (the watch cache's at first), tries a transaction
 * on its mod revision, and judges again on the version that won if it loses; a refusal, or "nothing changes", is answered only after a fresh read.
 * There is no limit to the retries and no back-off, as upstream. 409 goes to clients only for their own preconditions.
 */
import {
  type Kind,
  kinds,
  kindsRefusingUnconditionalUpdate,
  NO_VERSION,
  type ObjectKey,
  type VersionHandle,
} from '../../cluster/index.ts';
import {
  RequestFlag,
  type RequestId,
  StatusCode,
  UNCHANGED,
  Verb,
  type Write,
  type WriteContext,
  writeList,
} from '../api-machinery/index.ts';
import { READ } from '../etcd/index.ts';
import type { ApiServerSurroundings } from './surroundings.ts';
import type { WatchCache } from './watch-cache.ts';

/** Numbers of a message that the API server uses itself while it allocates what a create needs first. */
const ALLOCATED = 3;
const REAL_KIND = 4;
const REAL_KEY = 5;

/** What writes need of their server: the end of a request, CPU for another try, and the count of conflicts. */
export interface WritingServer {
  /** The outcome of a request is known. */
  finish(request: RequestId, code: number): void;
  /** The request takes the CPU of another try, after which {@link ObjectWrites.judgeAgain} is called. */
  retry(request: RequestId): void;
  conflict(kind: Kind, how: 'returned' | 'retried_inside'): void;
}

/** Which server it is, and what it believes to be current. */
export interface WritingHome {
  /** Its number at etcd. */
  readonly index: number;
  cache(kind: Kind): WatchCache;
}

/** The writes of one API server. */
export class ObjectWrites {
  private readonly around: ApiServerSurroundings;
  private readonly home: WritingHome;
  private readonly server: WritingServer;
  /** What writes may look at; one object for all, so that a write allocates nothing. */
  private readonly context: { -readonly [Field in keyof WriteContext]: WriteContext[Field] };

  constructor(around: ApiServerSurroundings, home: WritingHome, server: WritingServer) {
    this.around = around;
    this.home = home;
    this.server = server;
    const { tables, requests, sizes, simulation } = around;
    this.context = { tables, requests, sizes, now: simulation.now };
  }

  /** POST: an object, a binding (which is an update of the pod), or a question that only reads. */
  create(request: RequestId): void {
    const write = this.writeOf(request);
    if (write.readsOnly !== undefined) this.readFor(request);
    else if (write.subresource === 'binding') this.update(request);
    else if (write.allocates !== undefined && this.around.requests.number(request, ALLOCATED) === 0)
      this.allocate(request);
    else this.createObject(request);
  }

  /** The transaction demands that the key does not exist. */
  private createObject(request: RequestId): void {
    const { requests, tables, simulation, store } = this.around;
    const kind = requests.kind[request] as Kind;
    const table = tables.of(kind);
    const draft = table.allocate(requests.key[request] as ObjectKey);
    table.createdAt.set(draft, simulation.now);
    const code = this.apply(this.writeOf(request), draft, request);
    if (code >= StatusCode.Ok) {
      table.release(draft);
      this.server.finish(request, code);
      return;
    }
    requests.draft[request] = draft;
    requests.transactionRevision[request] = 0;
    store.send(this.home.index, request);
  }

  /** Stores the object that a create needs first (a Service's IPAddress): an etcd transaction of its own, under the same request. */
  private allocate(request: RequestId): void {
    const { requests, tables, store } = this.around;
    const kind = (this.writeOf(request).allocates as readonly Kind[])[0] as Kind;
    const key = tables.keysOf(kind).generate('', 'ip');
    const draft = tables.of(kind).allocate(key);
    tables.of(kind).bytes.set(draft, this.around.sizes.lease);
    requests.setNumber(request, ALLOCATED, 1);
    requests.setNumber(request, REAL_KIND, requests.kind[request] as number);
    requests.setNumber(request, REAL_KEY, requests.key[request] as number);
    requests.kind[request] = kind;
    requests.key[request] = key;
    requests.draft[request] = draft;
    requests.transactionRevision[request] = 0;
    store.send(this.home.index, request);
  }

  /** Objects that are read to answer a POST that stores nothing. */
  private readFor(request: RequestId): void {
    this.around.requests.transactionRevision[request] = READ;
    this.around.requests.retries[request] = 0;
    this.around.store.send(this.home.index, request);
  }

  /** GuaranteedUpdate: judges on the version at hand (the cache's at first), then tries the transaction on its revision. */
  update(request: RequestId): void {
    const { requests } = this.around;
    const kind = requests.kind[request] as Kind;
    if (
      requests.verb[request] === Verb.Update &&
      requests.expectedRevision[request] === 0 &&
      kindsRefusingUnconditionalUpdate.has(kind)
    ) {
      this.server.finish(request, StatusCode.UnprocessableEntity);
      return;
    }
    this.updateFrom(request, this.home.cache(kind).get(requests.key[request] as ObjectKey));
  }

  /** One judgement on a version, and one transaction if it changes. */
  private updateFrom(request: RequestId, present: VersionHandle): void {
    const { requests, tables, store } = this.around;
    const table = tables.of(requests.kind[request] as Kind);
    const refusal = this.precondition(request, present);
    if (refusal !== 0) {
      this.refuse(request, refusal);
      return;
    }
    const draft = table.copy(present);
    const outcome = this.apply(this.writeOf(request), draft, request);
    if (outcome !== 0) {
      table.release(draft);
      if (outcome === UNCHANGED) this.unchanged(request, present);
      else this.refuse(request, outcome);
      return;
    }
    requests.draft[request] = draft;
    requests.transactionRevision[request] = table.revision.get(present);
    store.send(this.home.index, request);
  }

  /** A pod that runs somewhere is deleted gracefully: its deletionTimestamp is set and the kubelet deletes it for good; everything else goes at once. */
  delete(request: RequestId): void {
    const { requests } = this.around;
    this.deleteFrom(request, this.home.cache(requests.kind[request] as Kind).get(requests.key[request] as ObjectKey));
  }

  /** One judgement on a version, and one transaction. */
  private deleteFrom(request: RequestId, present: VersionHandle): void {
    const { requests, tables, store, simulation } = this.around;
    const kind = requests.kind[request] as Kind;
    const refusal = this.precondition(request, present);
    if (refusal !== 0) {
      this.refuse(request, refusal);
      return;
    }
    const table = tables.of(kind);
    const { pods } = tables;
    const noGrace = ((requests.flags[request] as number) & RequestFlag.NoGrace) !== 0;
    if (kind === kinds.pods && !noGrace && pods.node.get(present) >= 0 && !pods.isTerminal(present)) {
      if (pods.isTerminating(present)) {
        this.unchanged(request, present);
        return;
      }
      const draft = table.copy(present);
      table.deletedAt.set(draft, simulation.now);
      requests.draft[request] = draft;
    } else {
      requests.draft[request] = NO_VERSION;
    }
    requests.transactionRevision[request] = table.revision.get(present);
    store.send(this.home.index, request);
  }

  /** 0, or the code with which a precondition of the client fails on this version. */
  private precondition(request: RequestId, present: VersionHandle): number {
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
  private refuse(request: RequestId, code: number): void {
    const { requests } = this.around;
    if (((requests.flags[request] as number) & RequestFlag.Fresh) === 0) {
      this.readAgain(request);
      return;
    }
    if (code === StatusCode.Conflict) this.server.conflict(requests.kind[request] as Kind, 'returned');
    this.server.finish(request, code);
  }

  /** Nothing would change: before it says so, the API server makes sure on a fresh read. */
  private unchanged(request: RequestId, present: VersionHandle): void {
    const { requests } = this.around;
    if (((requests.flags[request] as number) & RequestFlag.Fresh) === 0) {
      this.readAgain(request);
      return;
    }
    this.hold(request, present);
    this.server.finish(request, StatusCode.Ok);
  }

  /** Reads the object from etcd, linearizably, and judges again. */
  private readAgain(request: RequestId): void {
    const { requests, store } = this.around;
    requests.flags[request] = (requests.flags[request] as number) | RequestFlag.Fresh;
    requests.transactionRevision[request] = READ;
    store.send(this.home.index, request);
  }

  /** The transaction went through. */
  onStored(request: RequestId): void {
    const { requests } = this.around;
    const created = requests.verb[request] === Verb.Create;
    const hasAllocated = created && this.writeOf(request).allocates !== undefined;
    if (hasAllocated && requests.number(request, REAL_KIND) !== requests.kind[request]) {
      this.dropVersions(request);
      this.createObject(request);
      return;
    }
    this.server.finish(request, created ? StatusCode.Created : StatusCode.Ok);
  }

  /** Somebody else was first. A create is refused; everything else is judged again on the version that won. */
  onTransactionLost(request: RequestId): void {
    const { requests, tables } = this.around;
    const kind = requests.kind[request] as Kind;
    const draft = requests.draft[request] as VersionHandle;
    if (draft !== NO_VERSION) tables.of(kind).release(draft);
    requests.draft[request] = NO_VERSION;
    const isCreate = requests.verb[request] === Verb.Create && this.writeOf(request).subresource === '';
    if (isCreate) {
      this.server.conflict(kind, 'returned');
      this.server.finish(request, StatusCode.Conflict);
      return;
    }
    this.server.conflict(kind, 'retried_inside');
    requests.retries[request] = (requests.retries[request] as number) + 1;
    requests.flags[request] = (requests.flags[request] as number) | RequestFlag.Fresh;
    this.server.retry(request);
  }

  /** A fresh read has come. */
  onFreshRead(request: RequestId): void {
    const { requests } = this.around;
    const write = requests.verb[request] === Verb.Delete ? undefined : this.writeOf(request);
    if (write?.readsOnly !== undefined) {
      requests.retries[request] = (requests.retries[request] as number) + 1;
      this.dropVersions(request);
      if ((requests.retries[request] as number) < write.readsOnly) this.around.store.send(this.home.index, request);
      else this.server.finish(request, StatusCode.Created);
      return;
    }
    this.judgeAgain(request);
  }

  /** Judges again on the version in the answer of etcd. */
  judgeAgain(request: RequestId): void {
    const { requests, tables } = this.around;
    const present = requests.result[request] as VersionHandle;
    requests.result[request] = NO_VERSION;
    if (requests.verb[request] === Verb.Delete) this.deleteFrom(request, present);
    else this.updateFrom(request, present);
    if (present !== NO_VERSION) tables.of(requests.kind[request] as Kind).release(present);
  }

  private writeOf(request: RequestId): Write {
    return writeList[this.around.requests.write[request] as number] as Write;
  }

  private apply(write: Write, draft: VersionHandle, request: RequestId): number {
    this.context.now = this.around.simulation.now;
    return write.apply(this.context, draft, request);
  }

  /** Puts a version, held, into the answer. */
  private hold(request: RequestId, version: VersionHandle): void {
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
