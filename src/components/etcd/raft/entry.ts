/** Entries of the replicated log: what the members agree on. R:raftpb/raft.proto:Entry. */
import type { ConfigurationChange } from './configuration.ts';

/** Bytes of an entry without a payload (index, term, type), as it is counted in messages and on disk. */
export const EMPTY_ENTRY_BYTES = 16;

/**
 * One entry. Members share the object: it is made once by the leader and never changed. An entry without payload and without change is the empty
 * one that a new leader appends.
 */
export interface Entry<Payload> {
  /** Position in the log, from 1 on. */
  readonly index: number;
  /** Term of the leader that appended it. */
  readonly term: number;
  /** Size on the wire and on disk [bytes]. */
  readonly bytes: number;
  /** What the state machine applies; the log never looks at it. */
  readonly payload: Payload | undefined;
  /** A change of the membership. */
  readonly change: ConfigurationChange | undefined;
}
