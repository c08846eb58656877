/** Messages between members. R:raftpb/raft.proto:Message. */
import type { Configuration, MemberId } from './configuration.ts';
import type { Entry } from './entry.ts';

/** Kinds of message. */
export const MessageType = {
  /** Leader to follower: entries behind (index, logTerm), and the commit index. */
  Append: 0,
  AppendResponse: 1,
  Heartbeat: 2,
  HeartbeatResponse: 3,
  PreVote: 4,
  PreVoteResponse: 5,
  Vote: 6,
  VoteResponse: 7,
  /** Leader to follower: the state machine as of an index; its bytes are moved by the owner. */
  Snapshot: 8,
  /** Leader to the chosen successor: campaign at once. */
  TimeoutNow: 9,
  /** Follower to leader: proposals to append. */
  Propose: 10,
  /** Follower to leader: an index to read at. */
  ReadIndex: 11,
  ReadIndexResponse: 12,
  /** Follower to leader: the client asks for a transfer of the leadership to `context`. */
  TransferLeader: 13,
} as const;
export type MessageType = (typeof MessageType)[keyof typeof MessageType];

/** Mark in an append's context: it asks how far the follower is. */
export const PROBE = 1;

/** What a snapshot is of; the state itself is with the owners. */
export interface SnapshotMetadata {
  /** Last entry that is in it. */
  readonly index: number;
  /** Term of that entry. */
  readonly term: number;
  /** Membership as of that entry. */
  readonly configuration: Configuration;
}

/** One message. All kinds have the same fields, so that the code that handles them stays fast; those that a kind does not use are 0. */
export interface Message<Payload> {
  readonly type: MessageType;
  readonly from: MemberId;
  readonly to: MemberId;
  /** Term of the sender, of the election that a pre-vote asks about; 0 on what is forwarded to a leader. */
  readonly term: number;
  /** Append: term of the entry before the first. Vote, PreVote: term of the candidate's last entry. A rejection: term of the entry at rejectHint. */
  readonly logTerm: number;
  /**
   * Append: index of the entry before the first. AppendResponse: last entry that is known to match (or the index that was refused). Vote, PreVote: the
   * candidate's last entry. ReadIndexResponse: the index to read at.
   */
  readonly index: number;
  /** Append, Heartbeat: the leader's commit index as far as the follower has it. */
  readonly commit: number;
  /** Append, Propose: entries; never changed after sending, possibly shared between messages. */
  readonly entries: readonly Entry<Payload>[];
  /** Snapshot. */
  readonly snapshot: SnapshotMetadata | undefined;
  /** A response that refuses. */
  readonly isRejected: boolean;
  /** AppendResponse that refuses: a later index at which the logs could agree. */
  readonly rejectHint: number;
  /** Append: 1 if it asks how far the follower is. Heartbeat and response: read round. ReadIndex and response: the reader's context. Vote: 1 if the leader asked for it. TransferLeader: to whom. */
  readonly context: number;
  /** Size of its entries [bytes]. */
  readonly bytes: number;
}
