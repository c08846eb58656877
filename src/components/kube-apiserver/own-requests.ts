/** What an API server asks etcd on its own account: its caches' lists, counts, checks. They compete with all others for etcd. */
import type { Kind, VersionHandle } from '../../cluster/index.ts';
import { ReadNumber, type RequestId, Verb } from '../api-machinery/index.ts';
import { READ_REVISION } from '../etcd/index.ts';
import type { ApiServerSurroundings } from './surroundings.ts';

/** Told of the answer; the versions listed are its own from then on. The slot is free once it returns. */
export type OwnAnswer = (request: RequestId, outcome: number) => void;

/** The requests of one server. */
export class OwnRequests {
  private readonly around: ApiServerSurroundings;
  private readonly server: number;
  private readonly answers = new Map<RequestId, OwnAnswer>();

  constructor(around: ApiServerSurroundings, server: number) {
    this.around = around;
    this.server = server;
  }

  /** Lists a page of a kind, as it is at a revision (0 = now) from a position on. */
  list(kind: Kind, page: { limit: number; position: number; revision: number }, answer: OwnAnswer): void {
    const { requests, store } = this.around;
    const request = requests.allocateOwn(Verb.List, kind);
    requests.setNumber(request, ReadNumber.Limit, page.limit);
    requests.setNumber(request, ReadNumber.Position, page.position);
    requests.setNumber(request, ReadNumber.Revision, page.revision);
    this.answers.set(request, answer);
    store.send(this.server, request);
  }

  /** A small read about a kind: its count, the revision of the store. */
  read(kind: Kind, answer: OwnAnswer): void {
    const { requests, store } = this.around;
    const request = requests.allocateOwn(Verb.Get, kind);
    requests.transactionRevision[request] = READ_REVISION;
    this.answers.set(request, answer);
    store.send(this.server, request);
  }

  /** etcd has answered one. */
  answered(request: RequestId, outcome: number): void {
    const { requests } = this.around;
    const answer = this.answers.get(request) as OwnAnswer;
    this.answers.delete(request);
    answer(request, outcome);
    requests.release(request);
  }

  /** What a list has returned; empty if it failed. */
  listed(request: RequestId): readonly VersionHandle[] {
    return (this.around.requests.object[request] as readonly VersionHandle[] | null) ?? [];
  }
}
