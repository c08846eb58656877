/** What etcd and its clients, the API servers, need of each other. */
import type { EventType } from '../../engine/index.ts';
import type { Nanoseconds } from '../../units/index.ts';

/** What etcd needs of its clients, the API servers. */
export interface StoreClient {
  /** Event type of "a transaction or read was answered" (request, StoreOutcome). */
  readonly storeAnswered: EventType;
  /** Event type of "changes arrived on the watch" (server, position in etcd's change log up to which). */
  readonly changesArrived: EventType;
  /** Event type of "every change up to this revision has been sent" (server, revision). */
  readonly progressArrived?: EventType;
  /**
   * Event type of "etcd has cancelled all watches" (server, 0 = their member is gone or has no leader: they are opened again by themselves,
   * 1 = what they lack is compacted: the server has to read everything anew).
   */
  readonly watchesCancelled?: EventType;
  /** Whether the API server is up and watching. */
  readonly isWatching: boolean;
}

/** How API servers reach the members. */
export interface StoreEndpoints {
  /** The only member that an API server knows; undefined = it knows all. */
  readonly only: (server: number) => number | undefined;
  /** Time after which a member that does not answer is taken for gone: the keep-alive's period and its timeout. */
  readonly keepAlive: Nanoseconds;
}

/** Mark in a request's transactionRevision of a request that only reads a key on behalf of a write. */
export const READ = -1;
/** Mark of a request that only asks for the revision of the store, linearizably. */
export const READ_REVISION = -2;
/** Mark of a keep-alive of the lease in the request's `lease`; it is answered with ConditionFailed if there is no such lease. */
export const KEEP_ALIVE = -3;
