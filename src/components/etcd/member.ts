/**
 * One member of etcd: a process on a host, with a raft node, a disk for its log, and an apply loop.
 *
 * The loop around the node is that of E:server/etcdserver/raft.go: what the node has ready is taken at once when the log is free; a leader sends its
 * appends before its own write; one write and one fdatasync for all that is ready; whatever promises something is sent after it; committed entries
 * go to the apply loop. So what comes in during a write is the next batch: group commit needs no timer. Before that, requests take their CPU on the
 * host, batch by batch.
 *
 * Ticks are folded: a tick that only counts is made up for when the member is next touched (tick-clock.ts).
 * Left out: CPU of heartbeats, votes and reads' rounds; memory.
 */
import type { Host } from '../host/host.ts';
import type { ApplyLoop } from './apply-loop.ts';
import { LogWrite } from './log-write.ts';
import type { MemberOptions } from './member-surroundings.ts';
import type { Peer } from './peer-network.ts';
import type { Proposal } from './proposal.ts';
import { ProposalBatches } from './proposal-batches.ts';
import {
  type Entry,
  type MemberId,
  type Message,
  MessageType,
  NO_MEMBER,
  type PersistedState,
  PROBE,
  ProposalOutcome,
  RaftNode,
  type Ready,
  Role,
} from './raft/index.ts';
import { Standstill } from './standstill.ts';
import { TickClock } from './tick-clock.ts';
import type { WriteAheadLog } from './write-ahead-log.ts';

/** A member. */
export class Member implements Peer {
  readonly id: MemberId;
  /** "etcd member 1". */
  readonly name: string;
  readonly host: Host;
  readonly log: WriteAheadLog;
  readonly apply: ApplyLoop;
  /** Its raft node; of the latest life of the process, state. */
  node!: RaftNode<Proposal>;
  incarnation = 0;
  /** Whether the process exists, and whether it stands still, state. */
  isUp = false;
  isPaused = false;
  /** When its process was started last [ns], 0 = before the run, state. */
  startedAt = 0;
  /** How often it has stood still, statistic. */
  pauses = 0;
  /** Whether its disk is full: the next write ends the process, state; a fault. */
  isDiskFull = false;
  /** Last entry that is in the backend's file: a process that starts applies those behind it again, state. */
  persistedIndex = 0;
  /** Last entry that was handed to the apply loop, state. */
  handedOver = 0;

  private readonly options: MemberOptions;
  private readonly clock: TickClock;
  /** The write of the log. */
  readonly write: LogWrite;
  /** Messages of a process that has ended or stands still. */
  private readonly standstill = new Standstill();
  /** Proposals that wait for the next batch, or take their CPU. */
  private readonly batches: ProposalBatches;
  /** Role, term and leader as they were last told of, state. */
  private seenRole: Role = Role.Follower;
  private seenTerm = 0;
  private seenLeader: MemberId = NO_MEMBER;

  constructor(options: MemberOptions) {
    this.options = options;
    const { id, host, log, apply, simulation, parameters, events } = options;
    this.id = id;
    this.name = `etcd member ${id}`;
    this.host = host;
    this.log = log;
    this.apply = apply;
    this.batches = new ProposalBatches(
      simulation,
      parameters,
      host,
      this.name,
      (own, forwarded) => this.onPrepared(own, forwarded),
      () => this.startBatch(),
    );
    this.write = new LogWrite({ simulation, parameters, id, host, log, evWritten: events.written });
    this.clock = new TickClock(simulation, parameters.heartbeatInterval, events.tick, id);
  }

  // ---- life of the process ---------------------------------------------------------------------------------------------------------

  /** The process starts from what is on its disk. */
  start(state: PersistedState<Proposal>): void {
    const { parameters, random } = this.options;
    this.incarnation++;
    this.startedAt = this.options.simulation.now;
    this.isUp = true;
    this.isPaused = false;
    this.node = new RaftNode<Proposal>({
      member: this.id,
      electionTicks: parameters.electionTicks,
      heartbeatTicks: 1,
      maximumMessageBytes: parameters.maximumMessageBytes,
      maximumInFlight: parameters.maximumInFlight,
      random,
      state,
    });
    // One that is alone waits for nobody's heartbeat: its first ticks are skipped (E:server/etcdserver/server.go: adjustTicks).
    if (this.node.peerCount === 0) for (let tick = 1; tick < parameters.electionTicks; tick++) this.node.tick();
    this.apply.startFrom(state.applied);
    this.handedOver = state.applied;
    this.write.durable = this.node.lastIndex;
    this.seenRole = Role.Follower;
    this.seenTerm = this.node.term;
    this.seenLeader = NO_MEMBER;
    this.clock.begin(this.node);
  }

  /** Everything so far was before the run: what is committed is applied. */
  beginRun(): void {
    this.handedOver = this.node.applied;
    this.write.durable = this.node.lastIndex;
    this.apply.startFrom(this.node.applied);
    this.seenRole = this.node.role;
    this.seenTerm = this.node.term;
    this.seenLeader = this.node.leader;
    this.clock.begin(this.node);
  }

  /** The process ends at once: what is not on its disk is gone. Returns what it can start from again. */
  kill(): PersistedState<Proposal> {
    if (this.write.isOver) this.endWrite();
    this.standstill.end(this.options.simulation.now);
    this.incarnation++;
    this.isUp = false;
    this.isPaused = false;
    this.write.drop();
    for (const proposal of this.batches.clear()) this.options.owner.proposalDropped(proposal);
    this.clock.stop();
    this.apply.reset();
    return this.node.survivingState(this.persistedIndex, this.node.configuration);
  }

  /** The process stands still (a pause of its garbage collector, SIGSTOP): what comes in waits. */
  pause(): void {
    this.isPaused = true;
    this.standstill.pause(this.options.simulation.now);
    this.pauses++;
    this.clock.stop();
    this.apply.pause(true);
  }

  /** It goes on. Ticks that it has missed are lost, as those of Go's tickers. */
  resume(): void {
    this.isPaused = false;
    this.clock.begin(this.node);
    this.apply.pause(false);
    const { held, unsent } = this.standstill.resume();
    this.write.forgetEvent();
    for (const message of unsent) this.options.network.send(message);
    for (const message of held) this.receive(message);
    this.wake(() => {});
  }

  /** Whether it takes part: it exists and does not stand still. */
  get isRunning(): boolean {
    return this.isUp && !this.isPaused;
  }

  /** Whether it leads, as far as it knows. */
  get isLeader(): boolean {
    return this.isUp && this.node.role === Role.Leader;
  }

  // ---- proposals -------------------------------------------------------------------------------------------------------------------

  /** A client's proposal; it waits until there is a leader. */
  propose(proposal: Proposal): void {
    this.batches.take(proposal);
  }

  /** Proposals that wait for the next batch. */
  get queued(): readonly Proposal[] {
    return this.batches.queued;
  }

  /** Proposals that wait for the log to be free, or for the quorum when they are durable here. */
  get waitingForLog(): number {
    const waiting = this.batches.waiting;
    if (this.node.role !== Role.Leader) return waiting;
    return waiting + Math.max(0, this.write.durable - this.handedOver);
  }

  /** What waits begins as a batch, if it can. A leader's log must be free: what comes meanwhile joins. */
  private startBatch(): void {
    if (this.batches.waiting === 0 || !this.isRunning) return;
    if (this.write.isOver) {
      this.touch();
      this.process();
    }
    const leads = this.node.role === Role.Leader;
    if (leads && this.write.ready !== undefined) this.write.planEnd(this.incarnation);
    else if (this.node.leader !== NO_MEMBER) this.batches.start(leads ? this.node.peerCount : undefined);
  }

  /** A batch has had its CPU: into the log, or on to the leader. */
  private onPrepared(proposals: readonly Proposal[], forwarded: readonly Message<Proposal>[]): void {
    this.touch();
    for (const proposal of proposals) this.handIn(proposal);
    for (const message of forwarded) this.node.step(message);
    this.process();
    this.startBatch();
  }

  private handIn(proposal: Proposal): void {
    const outcome = this.node.propose(proposal, proposal.bytes);
    // The hop to the leader is no waiting; its end is added there.
    if (outcome === ProposalOutcome.Forwarded) proposal.service -= this.options.simulation.now;
    if (outcome !== ProposalOutcome.Dropped) return;
    if (this.node.leader === NO_MEMBER) this.batches.add(proposal);
    else this.options.owner.proposalDropped(proposal);
  }

  // ---- raft ------------------------------------------------------------------------------------------------------------------------

  /** A message of another member. */
  receive(message: Message<Proposal>): void {
    if (this.isPaused) {
      this.standstill.hold(message);
      return;
    }
    this.touch();
    if (message.type === MessageType.Propose) {
      this.batches.addForwarded(message);
      this.startBatch();
      return;
    }
    this.node.step(message);
    this.process();
  }

  /** Asks for an index to read at. */
  readIndex(context: number): void {
    this.touch();
    this.node.readIndex(context);
    this.process();
  }

  /** Something was asked of the node from outside: what it has ready is taken. */
  wake(ask: (node: RaftNode<Proposal>) => void): void {
    if (!this.isRunning) return;
    this.touch();
    ask(this.node);
    this.process();
    this.startBatch();
  }

  /** A message to a member met no process: its connection is broken. */
  unreachable(to: MemberId): void {
    if (!this.isRunning) return;
    this.touch();
    this.node.reportUnreachable(to);
    this.node.reportSnapshot(to, false);
    this.process();
  }

  /** The event of {@link MemberEvents.tick}. */
  onTick(incarnation: number): void {
    if (incarnation !== this.clock.life || !this.isRunning) return;
    this.touch();
    this.clock.onTick();
    this.process();
    this.startBatch();
  }

  /** Brings the member up to now: ticks and a write that have gone by without an event. */
  touch(): void {
    if (this.write.isOver) this.endWrite();
    this.clock.catchUp(this.options.simulation.now);
  }

  /** Takes what the node has ready. While the log is being written that waits for its end. */
  process(): void {
    const { node } = this;
    if (this.write.ready !== undefined) this.write.planEnd(this.incarnation);
    while (this.write.ready === undefined && this.isUp && node.hasReady) this.handle(node.ready());
    if (!this.isUp) return;
    if (node.role !== this.seenRole || node.term !== this.seenTerm || node.leader !== this.seenLeader) this.noteRole();
  }

  private noteRole(): void {
    const { node } = this;
    const isNew = node.role !== this.seenRole || node.leader !== this.seenLeader;
    this.seenRole = node.role;
    this.seenTerm = node.term;
    this.seenLeader = node.leader;
    this.clock.plan();
    if (!isNew) return;
    this.options.owner.roleChanged(this);
    this.startBatch();
  }

  private handle(ready: Ready<Proposal>): void {
    const { events, owner } = this.options;
    if (ready.snapshot !== undefined) {
      this.handedOver = ready.snapshot.index;
      owner.snapshotArrived(this, ready.snapshot);
    }
    if (ready.readStates.length > 0) events.onReadStates(this, ready.readStates);
    this.handOver(ready.committed);
    this.sendAll(ready.messages);
    if (ready.mustSync) {
      if (this.isDiskFull) {
        owner.panicked(this, 'its disk is full');
        return;
      }
      this.beginWrite(ready);
    } else {
      this.sendAll(ready.messagesAfterSync);
      this.advance();
    }
  }

  private beginWrite(ready: Ready<Proposal>): void {
    const { now } = this.options.simulation;
    const isLeader = this.node.role === Role.Leader;
    const span = this.write.span(now, isLeader, ready.entries.length, ready.entriesBytes);
    if (isLeader) for (const { payload } of ready.entries) if (payload !== undefined) payload.service += span;
    this.write.begin(ready, now + span);
    // They leave when the write is durable; a process that ends before has not sent them (see didSend).
    for (const message of ready.messagesAfterSync) this.send(message, span);
    // Where there are others, nothing happens at the end of a write but what they, or more work, set off.
    if (this.node.configuration.voters.length === 1) this.write.planEnd(this.incarnation);
  }

  /** Whether a message that was to leave at an instant of an earlier life, or of a pause, did; one that is held back leaves later. */
  didSend(message: Message<Proposal>, life: number, leavesAt: number): boolean {
    if (this.incarnation !== life) return this.standstill.hadLeft(leavesAt);
    return this.standstill.leaves(message, leavesAt, this.isPaused);
  }

  /** The event of {@link MemberEvents.written}. */
  onWritten(incarnation: number): void {
    if (incarnation !== this.incarnation || !this.isRunning || !this.write.isOver) return;
    this.touch();
    this.process();
    this.startBatch();
  }

  /** The write in progress is durable. */
  private endWrite(): void {
    this.write.finish();
    this.advance();
  }

  private advance(): void {
    const { configuration } = this.node;
    this.node.advance();
    if (this.node.configuration !== configuration) this.options.owner.membershipChanged(this);
  }

  private handOver(committed: readonly Entry<Proposal>[]): void {
    if (committed.length === 0) return;
    this.handedOver = (committed[committed.length - 1] as Entry<Proposal>).index;
    this.apply.enqueue(committed);
  }

  private sendAll(messages: readonly Message<Proposal>[]): void {
    for (const message of messages) this.send(message);
  }

  private send(message: Message<Proposal>, after = 0): void {
    const { network, owner } = this.options;
    const isNews = message.type === MessageType.Append && message.entries.length === 0 && message.context !== PROBE;
    if (isNews && this.isIdle(message.to)) return;
    const isSnapshot = message.type === MessageType.Snapshot;
    if (isSnapshot && !network.isOpen(this.id, message.to)) this.node.reportSnapshot(message.to, false);
    network.send(message, after, isSnapshot ? owner.snapshotSpan(this, message.to) : 0);
  }

  /**
   * Nobody waits for the commit at that follower: it learns it with the next append or heartbeat, as it would if this message were lost. A leader
   * sends an append without entries at every commit; two members without clients would cost four events a write. One that is a probe is sent.
   */
  private isIdle(to: MemberId): boolean {
    return this.node.isReplicating(to) && !this.options.owner.isFollowed(to);
  }
}
