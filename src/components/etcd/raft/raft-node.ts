/**
 * One member of a raft group as a state machine: ticks, messages and proposals go in, a {@link Ready} comes out. https://github.com/etcd-io/raft
 * (raft.go, rawnode.go), with the settings that etcd uses: pre-vote, check-quorum, reads confirmed by a quorum.
 *
 * Here: the entrance, the order of work between node and owner, and what is passed on to the leader. Roles and campaigns are in roles.ts, what a leader
 * does in replication.ts, what a member answers to others in following.ts. Left out: joint consensus, lease-based reads, limits of the uncommitted size
 * (etcd sets none) and of the committed entries in one Ready.
 */
import { type Configuration, type ConfigurationChange, type MemberId, NO_MEMBER } from './configuration.ts';
import { EMPTY_ENTRY_BYTES, type Entry } from './entry.ts';
import { MemberState } from './member-state.ts';
import { type Message, MessageType, type SnapshotMetadata } from './message.ts';
import { ProgressState } from './progress.ts';
import { RaftLog } from './raft-log.ts';
import { type HardState, type PersistedState, type Ready, Role, type SoftState } from './ready.ts';
import { type RoleOptions, Roles } from './roles.ts';
import type { VoteTally } from './vote-tally.ts';

/** What became of a proposal. Forwarded ones may still be lost or dropped by the leader, without notice. */
export const ProposalOutcome = { Appended: 0, Forwarded: 1, Dropped: 2 } as const;
export type ProposalOutcome = (typeof ProposalOutcome)[keyof typeof ProposalOutcome];

/** Settings of a node. */
export interface RaftOptions<Payload> extends RoleOptions {
  readonly member: MemberId;
  /** What the member starts from. */
  readonly state: PersistedState<Payload>;
}

/** How far a follower is, for metrics and the promotion of learners. */
export interface ProgressView {
  readonly member: MemberId;
  /** Last entry known to be durable there. */
  readonly match: number;
  /** First entry to send next. */
  readonly next: number;
  readonly state: ProgressState;
  readonly isLearner: boolean;
  /** Heard from since the last check of the quorum. */
  readonly isActive: boolean;
  /** Nothing is sent until it answers. */
  readonly isPaused: boolean;
  /** Append messages on their way. */
  readonly inFlight: number;
}

const NOTHING: readonly never[] = [];

/** One member. */
export class RaftNode<Payload> {
  private readonly state: MemberState<Payload>;
  private readonly roles: Roles<Payload>;
  /** Proposals for the leader, and which leader, state. */
  private forwarded: Entry<Payload>[] = [];
  private forwardTo: MemberId = NO_MEMBER;
  /** Work that the owner has, and the campaign whose vote for the member itself counts once that is written, state. */
  private outstanding: Ready<Payload> | undefined;
  private campaign: VoteTally | undefined;
  /** What was handed out last, state. */
  private lastSoftState: SoftState = { leader: NO_MEMBER, role: Role.Follower };
  private lastHardState: HardState;
  /** What is written, state. */
  private writtenHardState: HardState;

  constructor(options: RaftOptions<Payload>) {
    const { hardState, snapshot, entries, applied, configuration } = options.state;
    const log = new RaftLog(snapshot, entries);
    log.commitTo(Math.max(Math.min(hardState.commit, log.lastIndex), applied));
    log.applied = applied;
    this.state = new MemberState(options.member, log, configuration);
    this.state.term = hardState.term;
    this.state.vote = hardState.vote;
    this.roles = new Roles(this.state, options);
    this.lastHardState = this.hardState();
    this.writtenHardState = this.lastHardState;
  }

  // ---- what owners read ------------------------------------------------------------------------------------------------------------

  get member(): MemberId {
    return this.state.member;
  }

  get role(): Role {
    return this.state.role;
  }

  /** Whom it takes for the leader; NO_MEMBER = nobody. */
  get leader(): MemberId {
    return this.state.leader;
  }

  get term(): number {
    return this.state.term;
  }

  /** Last entry that it knows to be committed. */
  get commit(): number {
    return this.state.log.committed;
  }

  /** Last entry that it has handed out as committed, and that was advanced over. */
  get applied(): number {
    return this.state.log.applied;
  }

  /** First entry that is kept. */
  get firstIndex(): number {
    return this.state.log.firstIndex;
  }

  get lastIndex(): number {
    return this.state.log.lastIndex;
  }

  /** Term of an entry, UNKNOWN_TERM if the log does not have it. */
  termOf(index: number): number {
    return this.state.log.termOf(index);
  }

  /** An entry that is kept. */
  entryAt(index: number): Entry<Payload> {
    return this.state.log.entryAt(index);
  }

  /** Membership as of the last applied change. */
  get configuration(): Configuration {
    return this.state.configuration;
  }

  /** The state that followers too far behind are sent. */
  get snapshot(): SnapshotMetadata {
    return this.state.log.snapshot;
  }

  /** Whom a leader is handing over to; NO_MEMBER = nobody. */
  get transferee(): MemberId {
    return this.roles.replication?.transferee ?? NO_MEMBER;
  }

  /** Voters and learners beside itself. */
  get peerCount(): number {
    const { voters, learners } = this.state.configuration;
    const isMember = this.state.isVoter || learners.includes(this.member);
    return voters.length + learners.length - (isMember ? 1 : 0);
  }

  /** Calls of {@link tick} from now on that only count, so that they may as well be made up for later. */
  get quietTicks(): number {
    return this.roles.quietTicks;
  }

  /** Whether this member leads, and a follower takes entries as they come. */
  isReplicating(member: MemberId): boolean {
    return this.roles.replication?.peer(member)?.state === ProgressState.Replicate;
  }

  /** A leader's view of the others, ascending by member; empty in other roles. */
  progress(): ProgressView[] {
    return (this.roles.replication?.peers ?? []).map((peer) => {
      const { member, match, next, state, isLearner, isActive } = peer;
      const isPaused = peer.isPaused || state === ProgressState.Snapshot;
      return { member, match, next, state, isLearner, isActive, isPaused, inFlight: peer.inFlight.count };
    });
  }

  /**
   * What the member would restart from after a crash now: what was written by the last {@link advance}; later work is lost. The owner says what its
   * state machine has kept, and the membership as of then; where that is ahead of the log, entries come a second time, and the owner skips them.
   */
  survivingState(applied: number, configuration: Configuration): PersistedState<Payload> {
    const { snapshot, entries } = this.state.log.written();
    const kept = Math.max(Math.min(applied, snapshot.index + entries.length), snapshot.index);
    return { hardState: this.writtenHardState, snapshot, entries, applied: kept, configuration };
  }

  // ---- input -----------------------------------------------------------------------------------------------------------------------

  /** One tick of the clock. */
  tick(): void {
    this.roles.tick();
  }

  /** Takes a message in. */
  step(message: Message<Payload>): void {
    switch (message.type) {
      case MessageType.Propose:
        for (const { payload, change, bytes } of message.entries) this.submit(payload, change, bytes);
        break;
      case MessageType.ReadIndex:
        this.askIndex(message.from, message.context);
        break;
      case MessageType.TransferLeader:
        this.transferLeadership(message.context);
        break;
      default:
        this.roles.step(message);
    }
  }

  /** Proposes at the leader, or forwards to it. */
  propose(payload: Payload, bytes: number): ProposalOutcome {
    return this.submit(payload, undefined, bytes);
  }

  /** Proposes a change of the membership; a leader drops it while an earlier one may not be applied. */
  proposeConfigurationChange(
    change: ConfigurationChange,
    payload?: Payload,
    bytes: number = EMPTY_ENTRY_BYTES,
  ): ProposalOutcome {
    return this.submit(payload, change, bytes);
  }

  private submit(
    payload: Payload | undefined,
    change: ConfigurationChange | undefined,
    bytes: number,
  ): ProposalOutcome {
    const { replication } = this.roles;
    if (replication !== undefined) {
      return replication.propose(payload, change, bytes) ? ProposalOutcome.Appended : ProposalOutcome.Dropped;
    }
    const { leader } = this.state;
    if (leader === NO_MEMBER) return ProposalOutcome.Dropped;
    if (this.forwardTo !== leader) this.sendForwarded();
    this.forwardTo = leader;
    this.forwarded.push({ index: 0, term: 0, bytes, payload, change });
    return ProposalOutcome.Forwarded;
  }

  /** Proposals that came together go to the leader in one message. */
  private sendForwarded(): void {
    if (this.forwarded.length === 0) return;
    const message = this.state.draft(MessageType.Propose, this.forwardTo);
    message.term = 0;
    message.entries = this.forwarded;
    for (const { bytes } of this.forwarded) message.bytes += bytes;
    this.state.send(message);
    this.forwarded = [];
  }

  /**
   * Asks for an index to read at; the answer comes as a ReadState, unless it is lost or the leader is. False if it is dropped at once, for there is no
   * leader.
   */
  readIndex(context: number): boolean {
    return this.askIndex(this.member, context);
  }

  private askIndex(from: MemberId, context: number): boolean {
    const { replication } = this.roles;
    if (replication === undefined) return this.forward(MessageType.ReadIndex, from, context);
    replication.readIndex(from, context);
    return true;
  }

  /** Hands the leadership over, or asks the leader to; of no effect for a learner, a stranger and the leader itself. */
  transferLeadership(to: MemberId): void {
    const { replication } = this.roles;
    if (replication === undefined) this.forward(MessageType.TransferLeader, this.member, to);
    else this.roles.transfer(replication, to);
  }

  private forward(type: MessageType, from: MemberId, context: number): boolean {
    if (this.leader === NO_MEMBER) return false;
    const message = this.state.draft(type, this.leader);
    message.from = from;
    message.term = 0;
    message.context = context;
    this.state.send(message);
    return true;
  }

  /**
   * The owner reports that the snapshot for a member has arrived, or has not. It has to, either way: a member that took the snapshot and crashed
   * before it was written does not answer.
   */
  reportSnapshot(to: MemberId, isArrived: boolean): void {
    this.roles.replication?.onSnapshotReport(to, isArrived);
  }

  /** The owner reports that messages to a member were lost. */
  reportUnreachable(member: MemberId): void {
    this.roles.replication?.onUnreachable(member);
  }

  /**
   * The owner has a snapshot of its applied state at `index`, when the membership was `configuration`: it stands for the entries up to there, of which
   * the last `keep` are kept for slow followers. While a snapshot is on its way to a follower, the owner had better wait.
   */
  compactTo(index: number, keep: number, configuration: Configuration): void {
    const { log } = this.state;
    if (index > Math.min(log.applied, log.stable) || index <= log.snapshot.index) return;
    log.compact({ index, term: log.termOf(index), configuration }, keep);
  }

  // ---- output ----------------------------------------------------------------------------------------------------------------------

  /** Whether {@link ready} has anything. Never while the owner has work that it has not advanced over. */
  get hasReady(): boolean {
    const { state, roles } = this;
    const { log } = state;
    if (this.outstanding !== undefined) return false;
    return (
      log.stable < log.lastIndex ||
      log.applied < log.committed ||
      state.messages.length > 0 ||
      state.messagesAfterSync.length > 0 ||
      state.readStates.length > 0 ||
      this.forwarded.length > 0 ||
      roles.isOwnVoteDue ||
      log.unwrittenSnapshot !== undefined ||
      this.softStateChanged ||
      this.hardStateChanged ||
      roles.replication?.hasMessages === true
    );
  }

  /** Takes the work that has gathered; the next call has to wait for {@link advance}. */
  ready(): Ready<Payload> {
    if (this.outstanding !== undefined) throw new Error('the last work was not advanced over');
    const { state, roles } = this;
    const { log } = state;
    roles.replication?.flush();
    this.sendForwarded();
    const hardState = this.hardStateChanged ? this.hardState() : undefined;
    const softState = this.softStateChanged ? { leader: state.leader, role: state.role } : undefined;
    const { term, vote } = this.lastHardState;
    const snapshot = log.unwrittenSnapshot;
    const entries = log.stable < log.lastIndex ? log.range(log.stable + 1, log.lastIndex) : NOTHING;
    // What follows a snapshot is applied when the snapshot is there.
    const committed =
      snapshot === undefined && log.applied < log.committed ? log.range(log.applied + 1, log.committed) : NOTHING;
    const ready: Ready<Payload> = {
      softState,
      hardState,
      mustSync: entries.length > 0 || snapshot !== undefined || term !== state.term || vote !== state.vote,
      snapshot,
      entries,
      entriesBytes: bytesOf(entries),
      committed,
      readStates: state.takeReadStates(),
      messages: state.takeMessages(),
      messagesAfterSync: state.takeMessagesAfterSync(),
    };
    this.lastHardState = hardState ?? this.lastHardState;
    this.lastSoftState = softState ?? this.lastSoftState;
    this.outstanding = ready;
    this.campaign = roles.isOwnVoteDue ? roles.tally : undefined;
    roles.isOwnVoteDue = false;
    return ready;
  }

  /** The work of the last {@link ready} is written; changes of the membership among its committed entries take effect. */
  advance(): void {
    const { outstanding, campaign, roles } = this;
    const { log } = this.state;
    if (outstanding === undefined) throw new Error('there is no work to advance over');
    this.outstanding = undefined;
    // Nothing was handed out since.
    this.writtenHardState = this.lastHardState;
    log.writeDone(outstanding.snapshot, outstanding.entries);
    for (const entry of outstanding.committed) {
      // A snapshot that has come meanwhile may be ahead of it.
      if (entry.index <= log.applied) continue;
      log.applied = entry.index;
      if (entry.change !== undefined) roles.applyChange(entry.change);
    }
    // What a quorum has changes with what is written here; answers and changes of the membership count for themselves.
    if (outstanding.entries.length > 0) roles.replication?.advanceCommit();
    if (campaign !== undefined) roles.ownVoteWritten(campaign);
  }

  private get softStateChanged(): boolean {
    return this.lastSoftState.leader !== this.state.leader || this.lastSoftState.role !== this.state.role;
  }

  private get hardStateChanged(): boolean {
    const { term, vote, commit } = this.lastHardState;
    return term !== this.state.term || vote !== this.state.vote || commit !== this.state.log.committed;
  }

  private hardState(): HardState {
    return { term: this.state.term, vote: this.state.vote, commit: this.state.log.committed };
  }
}

function bytesOf(entries: readonly Entry<unknown>[]): number {
  let bytes = 0;
  for (const entry of entries) bytes += entry.bytes;
  return bytes;
}
