/**
 * Which role a member has in which term: ticks, campaigns, votes, the check of the quorum. R:raft.go:Step, tickElection, tickHeartbeat, campaign.
 * Always on, as in etcd: pre-vote (a member that cannot win does not raise the term) and check-quorum (a leader that has lost its quorum steps down, and
 * who hears from a leader does not vote).
 */
import { type ConfigurationChange, changedConfiguration, type MemberId, NO_MEMBER } from './configuration.ts';
import { answerOldTerm, answerVote, takeAppend, takeHeartbeat, takeSnapshot } from './following.ts';
import type { MemberState } from './member-state.ts';
import { type Message, MessageType } from './message.ts';
import { Role } from './ready.ts';
import { Replication, type SendingLimits } from './replication.ts';
import { VoteResult, VoteTally } from './vote-tally.ts';

/** Settings of time and sending. */
export interface RoleOptions extends SendingLimits {
  /** Ticks without a leader before an election, at least; the actual number is drawn from [electionTicks, 2 x electionTicks - 1]. */
  readonly electionTicks: number;
  /** Ticks between a leader's heartbeats. */
  readonly heartbeatTicks: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Ways to campaign. */
const Campaign = { PreVote: 0, Vote: 1, Transfer: 2 } as const;
type Campaign = (typeof Campaign)[keyof typeof Campaign];

/** Mark in a vote's context: the leader itself asked for the election, so that its lease does not stand against it. */
export const BY_TRANSFER = 1;

/** The roles of one member. */
export class Roles<Payload> {
  /** What it does as a leader; undefined in other roles, state. */
  replication: Replication<Payload> | undefined;
  /** The votes of its campaign; undefined while it does not campaign, state. */
  tally: VoteTally | undefined;
  /** Whether its vote for itself has yet to be handed out for writing, state. */
  isOwnVoteDue = false;
  private readonly state: MemberState<Payload>;
  private readonly options: RoleOptions;
  /** Ticks since it heard from a leader, voted or changed its role; of a leader, since the last check of the quorum, state. */
  private electionElapsed = 0;
  /** Ticks since its last heartbeats, state. */
  private heartbeatElapsed = 0;
  /** Ticks until it campaigns, drawn anew with every change of role, state. */
  private electionTimeout = 0;

  constructor(state: MemberState<Payload>, options: RoleOptions) {
    this.state = state;
    this.options = options;
    this.becomeFollower(state.term, NO_MEMBER);
  }

  // ---- the clock -----------------------------------------------------------------------------------------------------------------

  /** One tick. */
  tick(): void {
    this.electionElapsed++;
    if (this.replication !== undefined) {
      this.tickLeader(this.replication);
    } else if (this.electionElapsed >= this.electionTimeout && this.isPromotable) {
      this.electionElapsed = 0;
      this.campaign(Campaign.PreVote);
    }
  }

  /** Ticks from now on that only count: the one after them may do something. */
  get quietTicks(): number {
    const { electionTicks, heartbeatTicks } = this.options;
    if (this.replication !== undefined) {
      return Math.max(Math.min(heartbeatTicks - this.heartbeatElapsed, electionTicks - this.electionElapsed) - 1, 0);
    }
    // Who may not campaign only counts; but that may change.
    return this.isPromotable ? Math.max(this.electionTimeout - this.electionElapsed - 1, 0) : electionTicks;
  }

  private tickLeader(replication: Replication<Payload>): void {
    if (this.electionElapsed >= this.options.electionTicks) {
      this.electionElapsed = 0;
      if (!replication.checkQuorum() || !this.state.isVoter) {
        this.becomeFollower(this.state.term, NO_MEMBER);
        return;
      }
      // A transfer that has not succeeded by now is given up.
      replication.transferee = NO_MEMBER;
    }
    this.heartbeatElapsed++;
    if (this.heartbeatElapsed < this.options.heartbeatTicks) return;
    this.heartbeatElapsed = 0;
    replication.heartbeat();
  }

  /** Hands the leadership over, which has one election timeout to succeed. */
  transfer(replication: Replication<Payload>, to: MemberId): void {
    if (replication.transfer(to)) this.electionElapsed = 0;
  }

  // ---- messages ------------------------------------------------------------------------------------------------------------------

  /** Takes a message in that belongs to a term. */
  step(message: Message<Payload>): void {
    const { state } = this;
    if (message.term < state.term) {
      answerOldTerm(state, message);
      return;
    }
    if (message.term > state.term && !this.enterTerm(message)) return;
    switch (message.type) {
      case MessageType.Append:
        this.follow(message);
        takeAppend(state, message);
        break;
      case MessageType.AppendResponse:
        this.replication?.onAppendResponse(message);
        break;
      case MessageType.Heartbeat:
        this.follow(message);
        takeHeartbeat(state, message);
        break;
      case MessageType.HeartbeatResponse:
        this.replication?.onHeartbeatResponse(message);
        break;
      case MessageType.Snapshot:
        this.follow(message);
        takeSnapshot(state, message);
        break;
      case MessageType.PreVote:
      case MessageType.Vote:
        // Whoever casts its vote gives the candidate time.
        if (answerVote(state, message)) this.electionElapsed = 0;
        break;
      case MessageType.PreVoteResponse:
        if (state.role === Role.PreCandidate) this.poll(message.from, !message.isRejected);
        break;
      case MessageType.VoteResponse:
        if (state.role === Role.Candidate) this.poll(message.from, !message.isRejected);
        break;
      case MessageType.TimeoutNow:
        // No pre-vote: the leader itself says that there is no partition to recover from.
        if (state.role === Role.Follower) this.campaign(Campaign.Transfer);
        break;
      case MessageType.ReadIndexResponse:
        state.readStates.push({ index: message.index, context: message.context });
        break;
    }
  }

  /** A message of a later term: whether it is to be heard, and whether the member enters that term. */
  private enterTerm(message: Message<Payload>): boolean {
    const { type, from } = message;
    if (type === MessageType.Vote || type === MessageType.PreVote) {
      const isLeased = this.state.leader !== NO_MEMBER && this.electionElapsed < this.options.electionTicks;
      if (isLeased && message.context !== BY_TRANSFER) return false;
    }
    // What is said about a term that may never come does not begin it.
    if (type === MessageType.PreVote || (type === MessageType.PreVoteResponse && !message.isRejected)) return true;
    const isLeader = type === MessageType.Append || type === MessageType.Heartbeat || type === MessageType.Snapshot;
    this.becomeFollower(message.term, isLeader ? from : NO_MEMBER);
    return true;
  }

  /** A message of the leader of this term. */
  private follow({ from, term }: Message<Payload>): void {
    const { state } = this;
    if (state.role === Role.Leader) throw new Error(`members ${state.member} and ${from} both lead in term ${term}`);
    if (state.role !== Role.Follower) this.becomeFollower(term, from);
    this.electionElapsed = 0;
    state.leader = from;
  }

  // ---- roles ---------------------------------------------------------------------------------------------------------------------

  /** Whether it may campaign. */
  private get isPromotable(): boolean {
    return this.state.isVoter && this.state.log.unwrittenSnapshot === undefined;
  }

  private becomeFollower(term: number, leader: MemberId): void {
    this.reset(term);
    this.state.role = Role.Follower;
    this.state.leader = leader;
  }

  private becomeLeader(): void {
    const { state } = this;
    this.reset(state.term);
    state.role = Role.Leader;
    state.leader = state.member;
    this.replication = new Replication(state, this.options);
  }

  private reset(term: number): void {
    const { state, options } = this;
    if (term !== state.term) {
      state.term = term;
      state.vote = NO_MEMBER;
    }
    state.leader = NO_MEMBER;
    this.replication = undefined;
    this.tally = undefined;
    this.isOwnVoteDue = false;
    this.electionElapsed = 0;
    this.heartbeatElapsed = 0;
    this.electionTimeout = options.electionTicks + Math.floor(options.random() * options.electionTicks);
  }

  private campaign(kind: Campaign): void {
    const { state } = this;
    // With a membership that is known to be outdated it could count the wrong votes.
    if (!this.isPromotable || this.hasUnappliedChange()) return;
    if (kind === Campaign.PreVote) {
      state.role = Role.PreCandidate;
      state.leader = NO_MEMBER;
      this.requestVotes(MessageType.PreVote, state.term + 1, 0);
      return;
    }
    this.reset(state.term + 1);
    state.role = Role.Candidate;
    state.vote = state.member;
    this.requestVotes(MessageType.Vote, state.term, kind === Campaign.Transfer ? BY_TRANSFER : 0);
  }

  private hasUnappliedChange(): boolean {
    const { log } = this.state;
    for (let index = log.applied + 1; index <= log.committed; index++) {
      if (log.entryAt(index).change !== undefined) return true;
    }
    return false;
  }

  private requestVotes(type: MessageType, term: number, context: number): void {
    const { state } = this;
    this.tally = new VoteTally();
    // Its own vote counts once it is written.
    this.isOwnVoteDue = true;
    for (const member of state.configuration.voters) {
      if (member === state.member) continue;
      const message = state.draft(type, member);
      message.term = term;
      message.index = state.log.lastIndex;
      message.logTerm = state.log.lastTerm;
      message.context = context;
      state.send(message);
    }
  }

  /** The vote of a campaign for the member itself is written. */
  ownVoteWritten(tally: VoteTally): void {
    if (tally === this.tally) this.poll(this.state.member, true);
  }

  private poll(from: MemberId, isGranted: boolean): void {
    const { state, tally } = this;
    if (tally === undefined) return;
    tally.record(from, isGranted);
    const result = tally.result(state.configuration);
    if (result === VoteResult.Lost) this.becomeFollower(state.term, NO_MEMBER);
    if (result !== VoteResult.Won) return;
    if (state.role === Role.PreCandidate) this.campaign(Campaign.Vote);
    else this.becomeLeader();
  }

  /** A change of the membership is applied. */
  applyChange(change: ConfigurationChange): void {
    const { state } = this;
    state.configuration = changedConfiguration(state.configuration, change);
    if (this.replication === undefined) return;
    // A leader that was removed goes on until its next check of the quorum, so that the others learn of it (etcd ends the process of a removed member
    // one second later, E:server/etcdserver/server.go:stopWithDelay).
    if (!state.isVoter) this.electionElapsed = 0;
    this.replication.reconfigure();
  }
}
