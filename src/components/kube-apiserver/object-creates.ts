/**
 * POST: the transaction demands that the key does not exist; what the object needs first (a Service's IPAddress) is stored before it; a question
 * (TokenRequest) only reads. K:apiserver/pkg/registry/generic/registry/store.go:Create.
 */
import type { Kind, ObjectKey } from '../../cluster/index.ts';
import { type RequestId, StatusCode } from '../api-machinery/index.ts';
import { READ } from '../etcd/index.ts';
import { ALLOCATED, REAL_KEY, REAL_KIND, type WriteSteps } from './write-steps.ts';

/** The creates of one API server. */
export class ObjectCreates {
  private readonly steps: WriteSteps;

  constructor(steps: WriteSteps) {
    this.steps = steps;
  }

  /** An object, or a question. */
  create(request: RequestId): void {
    const write = this.steps.writeOf(request);
    if (write.readsOnly !== undefined) this.readFor(request);
    else if (write.allocates !== undefined && this.steps.around.requests.number(request, ALLOCATED) === 0)
      this.allocate(request);
    else this.createObject(request);
  }

  private createObject(request: RequestId): void {
    const { requests, tables, simulation } = this.steps.around;
    const table = tables.of(requests.kind[request] as Kind);
    const draft = table.allocate(requests.key[request] as ObjectKey);
    table.createdAt.set(draft, simulation.now);
    const code = this.steps.apply(draft, request);
    if (code >= StatusCode.Ok) {
      table.release(draft);
      this.steps.server.finish(request, code);
      return;
    }
    this.steps.transact(request, draft, 0);
  }

  /** Stores the object that a create needs first (a Service's IPAddress): an etcd transaction of its own, under the same request. */
  private allocate(request: RequestId): void {
    const { requests, tables, sizes } = this.steps.around;
    const kind = (this.steps.writeOf(request).allocates as readonly Kind[])[0] as Kind;
    const key = tables.keysOf(kind).generate('', 'ip');
    const draft = tables.of(kind).allocate(key);
    tables.of(kind).bytes.set(draft, sizes.lease);
    requests.setNumber(request, ALLOCATED, 1);
    requests.setNumber(request, REAL_KIND, requests.kind[request] as number);
    requests.setNumber(request, REAL_KEY, requests.key[request] as number);
    requests.kind[request] = kind;
    requests.key[request] = key;
    this.steps.transact(request, draft, 0);
  }

  /** Objects that are read to answer a POST that stores nothing. */
  private readFor(request: RequestId): void {
    const { requests, store } = this.steps.around;
    requests.transactionRevision[request] = READ;
    requests.retries[request] = 0;
    store.send(this.steps.home.index, request);
  }

  /** A fresh read for a question has come; the next one, or the answer. */
  onRead(request: RequestId, reads: number): void {
    const { requests, store } = this.steps.around;
    requests.retries[request] = (requests.retries[request] as number) + 1;
    this.steps.dropVersions(request);
    if ((requests.retries[request] as number) < reads) store.send(this.steps.home.index, request);
    else this.steps.server.finish(request, StatusCode.Created);
  }

  /** The transaction went through: of the object, or of what it needed first. */
  onStored(request: RequestId): void {
    const { requests } = this.steps.around;
    const hasAllocated = this.steps.writeOf(request).allocates !== undefined;
    if (hasAllocated && requests.number(request, REAL_KIND) !== requests.kind[request]) {
      this.steps.dropVersions(request);
      this.createObject(request);
      return;
    }
    this.steps.server.finish(request, StatusCode.Created);
  }

  /** The key exists already: 409. */
  onTransactionLost(request: RequestId): void {
    this.steps.server.conflict(this.steps.around.requests.kind[request] as Kind, 'returned');
    this.steps.server.finish(request, StatusCode.Conflict);
  }
}
