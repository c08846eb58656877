/** What a node hands to its owner to be written, sent and applied. R:node.go:Ready. */
import { type Configuration, type MemberId, NO_MEMBER } from './configuration.ts';
import type { Entry } from './entry.ts';
import type { Message, SnapshotMetadata } from './message.ts';

/** What a member is at present. */
export const Role = { Follower: 0, PreCandidate: 1, Candidate: 2, Leader: 3 } as const;
export type Role = (typeof Role)[keyof typeof Role];

/** What need not be written: who leads, as far as the member knows, and what it is itself. */
export interface SoftState {
  readonly leader: MemberId;
  readonly role: Role;
}

/** What must survive a crash beside the log. */
export interface HardState {
  readonly term: number;
  /** Whom the member has voted for in the term; NO_MEMBER = nobody. */
  readonly vote: MemberId;
  readonly commit: number;
}

/** An answer to {@link RaftNode.readIndex}: once everything up to `index` is applied, the read of this context may be served. */
export interface ReadState {
  readonly index: number;
  readonly context: number;
}

/**
 * Work for the owner. In this order: 1. send `messages`; 2. write `snapshot`, `entries` and `hardState`, and sync if `mustSync`;
 * 3. send `messagesAfterSync`; 4. `advance()`. `committed` may be handed to the apply loop at once, they are durable at a quorum
 * (at this member perhaps not yet: an owner whose apply is durable by itself waits for step 2). Between `ready` and `advance` the node may be ticked and stepped.
 */
export interface Ready<Payload> {
  /** Changed since the last time, else undefined. */
  readonly softState: SoftState | undefined;
  /** Changed since the last time, else undefined. */
  readonly hardState: HardState | undefined;
  /** Whether step 2 must be durable before step 3: there are entries or a snapshot, or the term or the vote changed. */
  readonly mustSync: boolean;
  /** State of the machine to be taken over before anything of `entries` and `committed`; its bytes came with the message. */
  readonly snapshot: SnapshotMetadata | undefined;
  /** Entries for the log; they overwrite what is there from the first one's index on. */
  readonly entries: readonly Entry<Payload>[];
  /** Size of them [bytes]. */
  readonly entriesBytes: number;
  /** Entries to apply, in order, each exactly once since the start of the node. */
  readonly committed: readonly Entry<Payload>[];
  /** Reads that may be served. */
  readonly readStates: readonly ReadState[];
  /** A leader's messages: they do not wait for its own disk. */
  readonly messages: readonly Message<Payload>[];
  /** Everything that promises something to others (acknowledgements, votes), and whatever a follower sends. */
  readonly messagesAfterSync: readonly Message<Payload>[];
}

/** What a node starts from: empty for a new cluster or a new member, what was synced for one that restarts. */
export interface PersistedState<Payload> {
  readonly hardState: HardState;
  /** The state that the log begins behind; index 0, term 0 and the founding members for a log from the beginning (also at a member that joins later). */
  readonly snapshot: SnapshotMetadata;
  /** Entries from snapshot.index + 1 on. */
  readonly entries: readonly Entry<Payload>[];
  /** Last entry that the owner's state machine has applied; at least snapshot.index. Those behind are handed over again. */
  readonly applied: number;
  /** Membership as of `applied`. */
  readonly configuration: Configuration;
}

/** What a member of a new cluster starts from, and one that joins later: the founders as they were, and an empty log. */
export function foundingState<Payload>(founders: Configuration): PersistedState<Payload> {
  return {
    hardState: { term: 0, vote: NO_MEMBER, commit: 0 },
    snapshot: { index: 0, term: 0, configuration: founders },
    entries: [],
    applied: 0,
    configuration: founders,
  };
}
