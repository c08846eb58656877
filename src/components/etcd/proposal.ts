/** What the members agree on: transactions of API servers, and commands of etcd, API servers and operators. */
import type { Kind, ObjectKey, VersionHandle } from '../../cluster/index.ts';
import type { SimTime } from '../../units/index.ts';
import type { RequestId } from '../api-machinery/index.ts';
import type { Command, CommandEffects } from './mvcc/index.ts';
import type { MemberId } from './raft/index.ts';

/** Bytes of an entry beside the value: the key, the transaction around it and the record's header. */
export const ENTRY_OVERHEAD = 100;

/** A transaction on its way through the log. It owns its draft, because it may be applied long after its request was given up. */
export interface Transaction {
  readonly request: RequestId;
  /** Number of the request's visit to etcd: another one now = it was answered already. */
  readonly serial: number;
  readonly kind: Kind;
  readonly key: ObjectKey;
  /** Version that it would write, NO_VERSION = a deletion; NO_VERSION too once the key space has it or it was given up, state. */
  draft: VersionHandle;
  /** Whether it deletes the key. */
  readonly isDeletion: boolean;
  /** Mod revision on which it is conditional; 0 = the key must not exist. */
  readonly expected: number;
  /** Lease that what it writes is attached to, NO_LEASE = none. */
  readonly lease: number;
  /** Outcome once it was applied somewhere first, undefined before, state. */
  outcome: number | undefined;
}

/** What an entry of the log carries: a transaction or a command. */
export interface Proposal {
  /** Member that was asked, and answers. */
  readonly member: MemberId;
  readonly bytes: number;
  readonly transaction: Transaction | undefined;
  readonly command: Command | undefined;
  /** Called when the member that was asked has applied the command. */
  readonly done: ((outcome: number) => void) | undefined;
  /** What the command does to every member's database, once it was computed, and its outcome, state. */
  effects: CommandEffects | undefined;
  commandOutcome: number | undefined;
  /** Since when it waits for the log: its arrival, or the instant at which there was a leader again [ns], state. */
  since: SimTime;
  /** CPU, syncs and hops on its way to the quorum, which are no waiting [ns], state. */
  service: number;
  /** Waiting for a CPU [ns], state. */
  waitedForCpu: number;
}
