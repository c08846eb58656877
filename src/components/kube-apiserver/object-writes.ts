/**
 * How an API server turns writes into transactions. K:apiserver/pkg/registry/generic/registry/store.go, pkg/storage/etcd3/store.go.
 *
 * A create must find no key (object-creates.ts). Everything else is GuaranteedUpdate: it judges on the version at hand (the watch cache's at first),
 * tries a transaction on its mod revision, and judges again on the version that won if it loses; a refusal, or "nothing changes", is answered only
 * after a fresh read (write-steps.ts). There is no limit to the retries and no back-off, as upstream. 409 goes to clients only for their own
 * preconditions. What a deletion does to a version: object-deletes.ts, collection-deletes.ts. Evictions: object-evictions.ts.
 */
import { type Kind, kindsRefusingUnconditionalUpdate, NO_VERSION, type VersionHandle } from '../../cluster/index.ts';
import { RequestFlag, type RequestId, StatusCode, UNCHANGED, Verb } from '../api-machinery/index.ts';
import { CollectionDeletes } from './collection-deletes.ts';
import { ObjectCreates } from './object-creates.ts';
import { ObjectDeletes } from './object-deletes.ts';
import { ObjectEvictions } from './object-evictions.ts';
import type { ApiServerSurroundings } from './surroundings.ts';
import { WriteSteps, type WritingHome, type WritingServer } from './write-steps.ts';

/** The writes of one API server. */
export class ObjectWrites {
  private readonly around: ApiServerSurroundings;
  private readonly server: WritingServer;
  private readonly steps: WriteSteps;
  private readonly creates: ObjectCreates;
  private readonly deletes: ObjectDeletes;
  private readonly collections: CollectionDeletes;
  private readonly evictions: ObjectEvictions;

  constructor(around: ApiServerSurroundings, home: WritingHome, server: WritingServer) {
    this.around = around;
    this.server = server;
    this.steps = new WriteSteps(around, home, { ...server, finish: (request, code) => this.onOutcome(request, code) });
    this.creates = new ObjectCreates(this.steps);
    this.deletes = new ObjectDeletes(this.steps);
    this.collections = new CollectionDeletes(this.steps, (request) => this.deletes.start(request), server.finish);
    this.evictions = new ObjectEvictions(this.steps, {
      mark: (request) => this.updateFrom(request, this.steps.cached(request)),
      remove: (request) => this.deletes.start(request),
    });
  }

  /** Begins a write of any verb. */
  write(request: RequestId): void {
    const verb = this.around.requests.verb[request];
    if (verb === Verb.Delete) this.deletes.start(request);
    else if (verb === Verb.DeleteCollection) this.collections.start(request);
    else if (this.evictions.isOne(request)) this.evictions.start(request);
    else if (this.isCreate(request)) this.creates.create(request);
    else this.update(request);
  }

  /** GuaranteedUpdate: judges on the version at hand (the cache's at first), then tries the transaction on its revision. */
  private update(request: RequestId): void {
    const { requests } = this.around;
    if (
      requests.verb[request] === Verb.Update &&
      requests.expectedRevision[request] === 0 &&
      kindsRefusingUnconditionalUpdate.has(requests.kind[request] as Kind)
    ) {
      this.server.finish(request, StatusCode.UnprocessableEntity);
      return;
    }
    this.updateFrom(request, this.steps.cached(request));
  }

  /** One judgement on a version, and one transaction if it changes. */
  private updateFrom(request: RequestId, present: VersionHandle): void {
    const { requests, tables } = this.around;
    const kind = requests.kind[request] as Kind;
    const table = tables.of(kind);
    const refusal = this.steps.precondition(request, present);
    if (refusal !== 0) {
      this.steps.refuse(request, refusal);
      return;
    }
    const draft = table.copy(present);
    const outcome = this.steps.apply(draft, request);
    if (outcome !== 0) {
      table.release(draft);
      if (outcome === UNCHANGED) this.steps.unchanged(request, present);
      else this.steps.refuse(request, outcome);
    } else if (this.deletes.isReleased(kind, draft, present)) {
      table.release(draft);
      this.deletes.remove(request, present);
    } else {
      this.steps.transact(request, draft, table.revision.get(present));
    }
  }

  /** The transaction went through. */
  onStored(request: RequestId): void {
    const verb = this.around.requests.verb[request];
    if (this.isCreate(request)) this.creates.onStored(request);
    else if (this.isDeletion(request) && this.deletes.onStored(request)) return;
    else this.onOutcome(request, verb === Verb.Create ? StatusCode.Created : StatusCode.Ok);
  }

  /** Somebody else was first. A create is refused; everything else is judged again on the version that won. */
  onTransactionLost(request: RequestId): void {
    if (this.isCreate(request)) {
      this.creates.onTransactionLost(request);
      return;
    }
    const { requests } = this.around;
    this.server.conflict(requests.kind[request] as Kind, 'retried_inside');
    requests.retries[request] = (requests.retries[request] as number) + 1;
    requests.flags[request] = (requests.flags[request] as number) | RequestFlag.Fresh;
    this.server.retry(request);
  }

  /** A fresh read has come. */
  onFreshRead(request: RequestId): void {
    const reads = this.isCreate(request) ? this.steps.writeOf(request).readsOnly : undefined;
    if (reads !== undefined) this.creates.onRead(request, reads);
    else this.judgeAgain(request);
  }

  /** Judges again on the version in the answer of etcd. */
  judgeAgain(request: RequestId): void {
    const { requests, tables } = this.around;
    const kind = requests.kind[request] as Kind;
    const present = requests.result[request] as VersionHandle;
    requests.result[request] = NO_VERSION;
    if (this.isDeletion(request)) this.deletes.deleteFrom(request, present);
    else if (!this.evictions.has(request) || !this.evictions.onRead(request, present))
      this.updateFrom(request, present);
    if (present !== NO_VERSION) tables.of(kind).release(present);
  }

  /** Gives up the versions that a request holds. */
  dropVersions(request: RequestId): void {
    this.evictions.forget(request);
    this.steps.dropVersions(request);
  }

  /** The process has ended. Returns requests that wait for nothing that would come back to them. */
  clear(): readonly RequestId[] {
    return this.evictions.clear();
  }

  /** The outcome of an object's write is known: that of the request, or of one object of a collection. */
  private onOutcome(request: RequestId, code: number): void {
    if (this.evictions.has(request)) this.evictions.onOutcome(request, code);
    else if (this.around.requests.verb[request] === Verb.DeleteCollection) this.collections.onOneDone(request, code);
    else this.server.finish(request, code);
  }

  /** Whether a request makes an object, or asks a question by POST. A binding and an eviction are POSTs too, but change a pod that is there. */
  private isCreate(request: RequestId): boolean {
    if (this.around.requests.verb[request] !== Verb.Create) return false;
    const { subresource } = this.steps.writeOf(request);
    return subresource !== 'binding' && subresource !== 'eviction';
  }

  /** Whether what is done for a request now is a deletion. */
  private isDeletion(request: RequestId): boolean {
    const verb = this.around.requests.verb[request];
    if (verb === Verb.Delete || verb === Verb.DeleteCollection) return true;
    return this.evictions.isOne(request) && this.evictions.isDeleting(request);
  }
}
