/** One member's state machine. R:raft.go, R:rawnode.go. */
import type { Configuration, ConfigurationChange, MemberId } from './configuration.ts';
import type { Message, SnapshotMetadata } from './message.ts';
import type { PersistedState, Ready, Role } from './ready.ts';

/** What became of a proposal. */
export const ProposalOutcome = { Appended: 0, Forwarded: 1, Dropped: 2 } as const;
export type ProposalOutcome = (typeof ProposalOutcome)[keyof typeof ProposalOutcome];

/** Settings of a node. */
export interface RaftOptions<Payload> {
  readonly member: MemberId;
  /** Ticks without a leader before an election, at least; the actual number is drawn from [electionTicks, 2 x electionTicks - 1]. */
  readonly electionTicks: number;
  /** Ticks between a leader's heartbeats. */
  readonly heartbeatTicks: number;
  /** Entries of one message together are at most this long [bytes], but for a single longer one. */
  readonly maximumMessageBytes: number;
  /** Append messages on their way to one follower, at most. */
  readonly maximumInFlight: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly state: PersistedState<Payload>;
}

/** How far a follower is, for metrics and the promotion of learners. */
export interface ProgressView {
  readonly member: MemberId;
  /** Last entry known to be durable there. */
  readonly match: number;
  readonly state: 'probe' | 'replicate' | 'snapshot';
  readonly isLearner: boolean;
  /** Heard from since the last quorum check. */
  readonly isActive: boolean;
}

const missing = (): never => {
  throw new Error('being written');
};

/** One member. */
export class RaftNode<Payload> {
  constructor(_options: RaftOptions<Payload>) {
    missing();
  }
  // ---- state that owners read
  readonly member: MemberId = 0;
  get role(): Role {
    return missing();
  }
  get leader(): MemberId {
    return missing();
  }
  get term(): number {
    return missing();
  }
  get commit(): number {
    return missing();
  }
  get firstIndex(): number {
    return missing();
  }
  get lastIndex(): number {
    return missing();
  }
  get configuration(): Configuration {
    return missing();
  }
  /** Whether a leader's transfer is under way. */
  get isTransferring(): boolean {
    return missing();
  }
  /** A leader's view of its followers; empty at others. */
  progress(): ProgressView[] {
    return missing();
  }
  // ---- input
  /** One tick of the clock. */
  tick(): void {}
  /** Takes a message in. */
  step(_message: Message<Payload>): void {}
  /** Proposes at the leader, or forwards to it. */
  propose(_payload: Payload, _bytes: number): ProposalOutcome {
    return missing();
  }
  /** Proposes a change of the membership; dropped while another is not applied. */
  proposeConfigurationChange(_change: ConfigurationChange, _payload?: Payload): ProposalOutcome {
    return missing();
  }
  /** Asks for an index to read at; the answer comes as a ReadState. False if it is dropped at once (no leader). */
  readIndex(_context: number): boolean {
    return missing();
  }
  /** Hands the leadership over; ignored for a learner, a stranger or the leader itself. */
  transferLeadership(_to: MemberId): void {}
  /** The owner's transport reports that the snapshot for a member has arrived, or has not. */
  reportSnapshot(_to: MemberId, _isArrived: boolean): void {}
  /** The owner's transport reports that messages to a member were lost. */
  reportUnreachable(_member: MemberId): void {}
  // ---- output
  /** Whether ready() has anything. False between ready() and advance(). */
  get hasReady(): boolean {
    return missing();
  }
  /** Takes the work that has gathered. */
  ready(): Ready<Payload> {
    return missing();
  }
  /** The work of the last ready() is written; changes of the membership among its committed entries take effect here. */
  advance(): void {}
  /** The owner has a snapshot of its applied state at `index`: entries up to index - keep are dropped. */
  compactTo(_index: number, _keep: number, _configuration: Configuration): void {}
  /** The last state that followers can be sent as a snapshot. */
  get snapshot(): SnapshotMetadata {
    return missing();
  }
}
