/**
 * What a member does while it leads: it appends, sends, counts acknowledgements, commits, confirms reads, hands over. One object for each term that the
 * member leads in. R:raft.go:stepLeader.
 *
 * Unlike there, append messages are made when the owner is ready to send and not with every proposal: entries that came together go in one message,
 * which is what the streams between members make of them anyway.
 */
import { type Configuration, type ConfigurationChange, type MemberId, NO_MEMBER, quorumOf } from './configuration.ts';
import { EMPTY_ENTRY_BYTES, type Entry } from './entry.ts';
import type { MemberState } from './member-state.ts';
import { type Message, MessageType, PROBE } from './message.ts';
import { Progress, ProgressState } from './progress.ts';
import { UNKNOWN_TERM } from './raft-log.ts';
import { ReadQueue, type WaitingRead } from './read-queue.ts';

/** Limits of sending. */
export interface SendingLimits {
  /** Entries of one message together are at most this long [bytes], but for a single longer one. */
  readonly maximumMessageBytes: number;
  /** Append messages on their way to one follower, at most. */
  readonly maximumInFlight: number;
}

/** Entries that were sent last; followers that are equally far share them. */
interface SentBatch<Payload> {
  readonly from: number;
  /** End of the log when they were taken. */
  readonly lastIndex: number;
  readonly entries: readonly Entry<Payload>[];
  readonly bytes: number;
}

/** A leader in its term. */
export class Replication<Payload> {
  /** Everybody else, ascending by member, state. */
  peers: Progress[] = [];
  /** Whom the leadership is being handed to, state. */
  transferee: MemberId = NO_MEMBER;
  private readonly state: MemberState<Payload>;
  private readonly limits: SendingLimits;
  private readonly reads = new ReadQueue();
  /** No change of the membership is taken before this entry is applied, state. */
  private pendingConfigurationIndex: number;
  private isHeartbeatDue = false;
  /** Last read round that heartbeats carried, state. */
  private roundSent = 0;
  private batch: SentBatch<Payload> = { from: 0, lastIndex: 0, entries: [], bytes: 0 };
  /** The voters' values in ascending order, for finding what a quorum has; kept so that no count allocates. */
  private sorted = new Float64Array(0);

  constructor(state: MemberState<Payload>, limits: SendingLimits) {
    this.state = state;
    this.limits = limits;
    const { lastIndex } = state.log;
    // Whatever change an earlier leader left in the log is behind us once all of the log is applied.
    this.pendingConfigurationIndex = lastIndex;
    this.setPeers(state.configuration, (member, isLearner) => this.newPeer(member, isLearner, lastIndex + 1));
    // Only with an entry of its own term does a leader learn what is committed (raft paper, §8).
    this.append(undefined, undefined, EMPTY_ENTRY_BYTES);
  }

  private newPeer(member: MemberId, isLearner: boolean, next: number): Progress {
    return new Progress(member, isLearner, next, this.limits.maximumInFlight);
  }

  private setPeers(
    { voters, learners }: Configuration,
    create: (member: MemberId, isLearner: boolean) => Progress,
  ): void {
    const others = [...voters, ...learners].filter((member) => member !== this.state.member).sort((a, b) => a - b);
    this.peers = others.map((member) => {
      const isLearner = learners.includes(member);
      const peer = this.peer(member) ?? create(member, isLearner);
      peer.isLearner = isLearner;
      return peer;
    });
    this.sorted = new Float64Array(voters.length);
  }

  /** One of them. */
  peer(member: MemberId): Progress | undefined {
    for (const peer of this.peers) if (peer.member === member) return peer;
    return undefined;
  }

  // ---- proposals -----------------------------------------------------------------------------------------------------------------

  /** Appends a proposal, if it is not one of those that have to be dropped: any during a transfer, a second change of the membership. */
  propose(payload: Payload | undefined, change: ConfigurationChange | undefined, bytes: number): boolean {
    if (this.transferee !== NO_MEMBER || !this.state.isVoter) return false;
    if (change !== undefined) {
      if (this.pendingConfigurationIndex > this.state.log.applied) return false;
      this.pendingConfigurationIndex = this.state.log.lastIndex + 1;
    }
    this.append(payload, change, bytes);
    return true;
  }

  private append(payload: Payload | undefined, change: ConfigurationChange | undefined, bytes: number): void {
    const { log, term } = this.state;
    log.push({ index: log.lastIndex + 1, term, bytes, payload, change });
  }

  /** Entries became durable here, or a quorum became smaller: commits what a quorum has. */
  advanceCommit(): void {
    const { log, term } = this.state;
    let count = this.state.isVoter ? insertSorted(this.sorted, 0, log.stable) : 0;
    for (const peer of this.peers) if (!peer.isLearner) count = insertSorted(this.sorted, count, peer.match);
    const index = this.reachedByQuorum(count);
    // Only entries of the own term are committed by counting (§5.4.2); those before them are committed with them.
    if (index <= log.committed || !log.matches(index, term)) return;
    log.commitTo(index);
    for (const { from, context } of this.reads.takePostponed()) this.admitRead(from, context);
  }

  /** Read round that a quorum has confirmed. */
  private confirmedRound(): number {
    let count = this.state.isVoter ? insertSorted(this.sorted, 0, this.reads.round) : 0;
    for (const peer of this.peers) if (!peer.isLearner) count = insertSorted(this.sorted, count, peer.readRound);
    return this.reachedByQuorum(count);
  }

  /** The highest of the voters' values, of which `count` are sorted, that a quorum has reached. */
  private reachedByQuorum(count: number): number {
    const rank = count - quorumOf(this.state.configuration);
    return rank < 0 ? 0 : (this.sorted[rank] as number);
  }

  // ---- answers -------------------------------------------------------------------------------------------------------------------

  /** A follower took entries, or refused them. */
  onAppendResponse(message: Message<Payload>): void {
    const peer = this.peer(message.from);
    if (peer === undefined) return;
    peer.isActive = true;
    if (message.isRejected) {
      if (peer.refuse(message.index, this.agreeableIndex(message))) peer.isProbeDue = true;
      return;
    }
    this.acknowledge(peer, message.index);
  }

  private acknowledge(peer: Progress, index: number): void {
    const isProbed = peer.state === ProgressState.Probe && index === peer.match;
    if (!peer.acknowledge(index) && !isProbed) return;
    if (peer.state === ProgressState.Replicate) peer.inFlight.freeTo(index);
    else if (peer.state === ProgressState.Probe || peer.match + 1 >= this.state.log.firstIndex) peer.becomeReplicate();
    // The log has been compacted beyond the snapshot while it was on its way: another one has to follow.
    else if (peer.match >= peer.pendingSnapshot) peer.becomeProbe();
    // What is committed already needs no other count: most last answers of a batch.
    if (peer.match > this.state.log.committed) this.advanceCommit();
    if (peer.member === this.transferee && peer.match === this.state.log.lastIndex) this.sendTimeoutNow(peer.member);
  }

  /** Where a follower that refused could agree: not at a later index than its hint, and not where this log has a term beyond the hint's. */
  private agreeableIndex({ rejectHint, logTerm }: Message<Payload>): number {
    return logTerm > 0 ? this.state.log.lastIndexOfTermAtMost(rejectHint, logTerm) : rejectHint;
  }

  /** A follower is there: what was sent to it and not acknowledged may be lost, and its reads of the round are confirmed. */
  onHeartbeatResponse(message: Message<Payload>): void {
    const peer = this.peer(message.from);
    if (peer === undefined) return;
    peer.isActive = true;
    peer.isPaused = false;
    if (peer.match < this.state.log.lastIndex || peer.state === ProgressState.Probe) peer.isProbeDue = true;
    if (message.context <= peer.readRound) return;
    peer.readRound = message.context;
    for (const read of this.reads.confirm(this.confirmedRound())) this.answerRead(read);
  }

  /** The snapshot for a member has arrived, or is lost. It is probed with the next heartbeat's response. */
  onSnapshotReport(member: MemberId, isArrived: boolean): void {
    const peer = this.peer(member);
    if (peer?.state !== ProgressState.Snapshot) return;
    if (!isArrived) peer.pendingSnapshot = 0;
    peer.becomeProbe();
    peer.isPaused = true;
  }

  /** Messages to a member were lost: most likely entries too. */
  onUnreachable(member: MemberId): void {
    const peer = this.peer(member);
    if (peer?.state === ProgressState.Replicate) peer.becomeProbe();
  }

  // ---- the clock -----------------------------------------------------------------------------------------------------------------

  /** A heartbeat goes out with the next messages. */
  heartbeat(): void {
    this.isHeartbeatDue = true;
  }

  /** Whether a quorum was heard from since the last check; begins a new period. */
  checkQuorum(): boolean {
    const { configuration } = this.state;
    let active = this.state.isVoter ? 1 : 0;
    for (const peer of this.peers) {
      if (peer.isActive && !peer.isLearner) active++;
      peer.isActive = false;
    }
    return active >= quorumOf(configuration);
  }

  // ---- reads ---------------------------------------------------------------------------------------------------------------------

  /** A read is asked for, here or at a follower. */
  readIndex(from: MemberId, context: number): void {
    const { log, term } = this.state;
    if (log.matches(log.committed, term)) this.admitRead(from, context);
    else this.reads.postpone(from, context);
  }

  private admitRead(from: MemberId, context: number): void {
    const { log, configuration, isVoter } = this.state;
    const index = log.committed;
    // Alone it is its own quorum.
    if (isVoter && configuration.voters.length === 1) this.answerRead({ from, context, index });
    else this.reads.add(from, context, index);
  }

  private answerRead({ from, context, index }: WaitingRead): void {
    if (from === this.state.member) {
      this.state.readStates.push({ index, context });
      return;
    }
    const message = this.state.draft(MessageType.ReadIndexResponse, from);
    message.index = index;
    message.context = context;
    this.state.send(message);
  }

  // ---- the membership ------------------------------------------------------------------------------------------------------------

  /** The membership has changed. */
  reconfigure(): void {
    const { configuration, log } = this.state;
    // A new member is probed where the log ends; it is taken for active, so that it may be sent a snapshot at once.
    this.setPeers(configuration, (member, isLearner) => {
      const peer = this.newPeer(member, isLearner, Math.max(log.lastIndex, 1));
      peer.isActive = true;
      return peer;
    });
    if (!configuration.voters.includes(this.transferee)) this.transferee = NO_MEMBER;
    this.advanceCommit();
  }

  /** Begins to hand the leadership over; false for whom it cannot be handed to, and if it is being handed there already. */
  transfer(to: MemberId): boolean {
    const peer = this.peer(to);
    if (peer === undefined || peer.isLearner || this.transferee === to) return false;
    this.transferee = to;
    if (peer.match === this.state.log.lastIndex) this.sendTimeoutNow(to);
    else peer.isProbeDue = true;
    return true;
  }

  private sendTimeoutNow(to: MemberId): void {
    this.state.send(this.state.draft(MessageType.TimeoutNow, to));
  }

  // ---- sending -------------------------------------------------------------------------------------------------------------------

  /** Whether {@link flush} has anything to send. */
  get hasMessages(): boolean {
    if (this.isHeartbeatDue || this.reads.round > this.roundSent) return true;
    for (const peer of this.peers) if (this.canSend(peer)) return true;
    return false;
  }

  /** Puts out what every follower may be sent now. */
  flush(): void {
    if (this.isHeartbeatDue || this.reads.round > this.roundSent) this.sendHeartbeats();
    for (const peer of this.peers) while (this.canSend(peer)) this.sendAppend(peer);
  }

  private canSend(peer: Progress): boolean {
    const { log } = this.state;
    if (!peer.wantsAppend(log.lastIndex, log.committed)) return false;
    // A snapshot is not sent to who may be down.
    return peer.isActive || log.termOf(peer.next - 1) !== UNKNOWN_TERM;
  }

  private sendAppend(peer: Progress): void {
    const { state } = this;
    const { log } = state;
    const message = state.draft(MessageType.Append, peer.member);
    message.index = peer.next - 1;
    message.logTerm = log.termOf(message.index);
    if (message.logTerm === UNKNOWN_TERM) {
      this.sendSnapshot(peer);
      return;
    }
    message.commit = log.committed;
    if (peer.isProbeDue) message.context = PROBE;
    if (peer.mayTakeEntries(log.lastIndex)) {
      const { entries, bytes } = this.batchFrom(peer.next);
      message.entries = entries;
      message.bytes = bytes;
    }
    state.send(message);
    peer.sentAppend(message.entries.length, message.commit);
  }

  private batchFrom(from: number): SentBatch<Payload> {
    const { log } = this.state;
    if (this.batch.from !== from || this.batch.lastIndex !== log.lastIndex) {
      const entries = log.upTo(from, this.limits.maximumMessageBytes);
      let bytes = 0;
      for (const entry of entries) bytes += entry.bytes;
      this.batch = { from, lastIndex: log.lastIndex, entries, bytes };
    }
    return this.batch;
  }

  private sendSnapshot(peer: Progress): void {
    const { snapshot } = this.state.log;
    const message = this.state.draft(MessageType.Snapshot, peer.member);
    message.snapshot = snapshot;
    message.index = snapshot.index;
    this.state.send(message);
    peer.becomeSnapshot(snapshot.index);
  }

  private sendHeartbeats(): void {
    const { state } = this;
    this.isHeartbeatDue = false;
    this.roundSent = this.reads.round;
    for (const peer of this.peers) {
      const message = state.draft(MessageType.Heartbeat, peer.member);
      // What it is not known to have, it must not take for committed: there its log may differ.
      message.commit = Math.min(peer.match, state.log.committed);
      message.context = this.roundSent;
      state.send(message);
      peer.sentCommit = message.commit;
    }
  }
}

/** Inserts a value into the first `count` ascending ones; returns how many there are now. */
function insertSorted(values: Float64Array, count: number, value: number): number {
  let at = count;
  while (at > 0 && (values[at - 1] as number) > value) {
    values[at] = values[at - 1] as number;
    at--;
  }
  values[at] = value;
  return count + 1;
}
