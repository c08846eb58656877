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
import type { Simulation, ValuesOf } from '../../engine/index.ts';
import { type Nanoseconds, nanoseconds, plus, type SimTime } from '../../units/index.ts';
import type { Host } from '../host/host.ts';
import type { ApplyLoop } from './apply-loop.ts';
import type { etcdParameters } from './etcd.parameters.ts';
import type { MemberEvents } from './member-events.ts';
import type { Peer, PeerNetwork } from './peer-network.ts';
import type { Proposal } from './proposal.ts';
import {
  type Entry,
  type MemberId,
  type Message,
  MessageType,
  NO_MEMBER,
  type PersistedState,
  ProposalOutcome,
  RaftNode,
  type Ready,
  Role,
  type SnapshotMetadata,
} from './raft/index.ts';
import { TickClock } from './tick-clock.ts';
import type { WriteAheadLog } from './write-ahead-log.ts';

/** CPU of appends that a follower has not been charged for yet is charged in lumps of this much [ns]: one job instead of many tiny ones. */
const CPU_LUMP = 1_000_000;
/** Bytes of a hard state and the headers of its records. */
const HARD_STATE_BYTES = 50;
/** Batch numbers before they repeat; far more than can be on their way, and fit for a tag of work on a host. */
const BATCH_NUMBERS = 1 << 20;

/** Requests that take their CPU together. */
interface Batch {
  readonly proposals: readonly Proposal[];
  /** Messages with proposals of others. */
  readonly forwarded: readonly Message<Proposal>[];
  readonly startedAt: SimTime;
  readonly cpu: Nanoseconds;
}

/** Whom a member tells of what. */
export interface MemberOwner {
  /** Whom the member takes for the leader, or its own role, has changed. */
  roleChanged(member: Member): void;
  /** The process has ended by itself: its disk is full. */
  panicked(member: Member, why: string): void;
  /** A proposal was refused by the node (a transfer of the leadership is under way). */
  proposalDropped(proposal: Proposal): void;
  /** A snapshot has come: installs it, and calls `done` when the apply loop has it. */
  snapshotArrived(member: Member, snapshot: SnapshotMetadata): void;
  /** How long a snapshot to a member takes on its way, beside the delay of a message. */
  snapshotSpan(from: Member, to: MemberId): Nanoseconds;
  /** Whether anybody is to learn of commits at a member at once. */
  isFollowed(member: MemberId): boolean;
  /** Changes of the membership were applied. */
  membershipChanged(member: Member): void;
}

/** What a member is made of. */
export interface MemberOptions {
  readonly simulation: Simulation;
  readonly parameters: ValuesOf<typeof etcdParameters>;
  readonly id: MemberId;
  readonly host: Host;
  readonly log: WriteAheadLog;
  readonly network: PeerNetwork;
  readonly events: MemberEvents;
  readonly owner: MemberOwner;
  /** Makes the apply loop, whose entries the member hands over. */
  readonly apply: ApplyLoop;
  readonly random: () => number;
}

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
  /** How often it has stood still, statistic. */
  pauses = 0;
  /** Whether its disk is full: the next write ends the process, state; a fault. */
  isDiskFull = false;
  /** Last entry that is in the backend's file: a process that starts applies those behind it again, state. */
  persistedIndex = 0;
  /** Last entry that was handed to the apply loop, and the last that is durable in the log, state. */
  handedOver = 0;
  private durable = 0;

  private readonly options: MemberOptions;
  private readonly port: number;
  private readonly cpuPort: number;
  private readonly clock: TickClock;
  /** Whether the log is being written, and what with, state. */
  private writing: Ready<Proposal> | undefined;
  /** Proposals of its own clients, and those forwarded to it, that wait for the next batch, state. */
  private proposals: Proposal[] = [];
  private forwarded: Message<Proposal>[] = [];
  /** Batches that take their CPU, by number; at most one at a time of each life of the process, state. */
  private readonly batches = new Map<number, Batch>();
  private lastBatch = 0;
  /** CPU that appends took and that the host was not charged for yet [ns], state. */
  private cpuDebt = 0;
  /** Messages that came while the process stood still, state. */
  private held: Message<Proposal>[] = [];
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
    this.port = host.register((number) => this.onPrepared(number));
    this.cpuPort = host.register(() => {});
    this.clock = new TickClock(simulation, parameters.heartbeatInterval, events.tick, id);
  }

  // ---- life of the process ---------------------------------------------------------------------------------------------------------

  /** The process starts from what is on its disk. */
  start(state: PersistedState<Proposal>): void {
    const { parameters, random } = this.options;
    this.incarnation++;
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
    this.apply.startFrom(state.applied);
    this.handedOver = state.applied;
    this.durable = this.node.lastIndex;
    this.seenRole = Role.Follower;
    this.seenTerm = this.node.term;
    this.seenLeader = NO_MEMBER;
    this.clock.begin(this.node);
  }

  /** Everything so far was before the run: what is committed is applied. */
  beginRun(): void {
    this.handedOver = this.node.applied;
    this.durable = this.node.lastIndex;
    this.apply.startFrom(this.node.applied);
    this.seenRole = this.node.role;
    this.seenTerm = this.node.term;
    this.seenLeader = this.node.leader;
    this.clock.begin(this.node);
  }

  /** The process ends at once: what is not on its disk is gone. Returns what it can start from again. */
  kill(): PersistedState<Proposal> {
    this.incarnation++;
    this.isUp = false;
    this.isPaused = false;
    this.writing = undefined;
    this.proposals = [];
    this.forwarded = [];
    this.batches.clear();
    this.held = [];
    this.clock.stop();
    this.apply.reset();
    return this.node.survivingState(this.persistedIndex, this.node.configuration);
  }

  /** The process stands still (a pause of its garbage collector, SIGSTOP): what comes in waits. */
  pause(): void {
    this.isPaused = true;
    this.pauses++;
    this.clock.stop();
    this.apply.pause(true);
  }

  /** It goes on. Ticks that it has missed are lost, as those of Go's tickers. */
  resume(): void {
    this.isPaused = false;
    this.clock.begin(this.node);
    this.apply.pause(false);
    const { held } = this;
    this.held = [];
    for (const message of held) this.receive(message);
    if (this.writing !== undefined) this.options.simulation.after(nanoseconds(1), this.options.events.written, this.id, this.incarnation);
    this.startBatch();
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
    this.proposals.push(proposal);
    this.startBatch();
  }

  /** Proposals that wait for the next batch. */
  get queued(): readonly Proposal[] {
    return this.proposals;
  }

  /** Proposals that wait for the log to be free, or for the quorum when they are durable here. */
  get waitingForLog(): number {
    const { node } = this;
    let waiting = this.proposals.length + this.forwarded.length;
    if (node.role === Role.Leader) waiting += Math.max(0, this.durable - this.handedOver);
    return waiting;
  }

  /** Takes everything that waits as one batch. A leader's log must be free: what comes meanwhile joins. */
  startBatch(): void {
    const { simulation, parameters } = this.options;
    if (this.proposals.length + this.forwarded.length === 0 || this.batches.size > 0 || !this.isRunning) return;
    const leads = this.node.role === Role.Leader;
    if (this.node.leader === NO_MEMBER || (leads && this.writing !== undefined)) return;
    let cpu = parameters.requestCpu * this.proposals.length + parameters.followerEntryCpu * this.forwarded.length;
    if (leads) cpu += parameters.batchCpu + parameters.sendCpu * (this.node.peerCount);
    this.lastBatch = (this.lastBatch + 1) % BATCH_NUMBERS;
    this.batches.set(this.lastBatch, {
      proposals: this.proposals,
      forwarded: this.forwarded,
      startedAt: simulation.now,
      cpu: nanoseconds(cpu),
    });
    this.proposals = [];
    this.forwarded = [];
    this.host.run(this.port, nanoseconds(cpu), this.lastBatch);
  }

  /** The batch has had its CPU: into the log, or on to the leader. */
  private onPrepared(number: number): void {
    const batch = this.batches.get(number);
    if (batch === undefined) return;
    this.batches.delete(number);
    const { now } = this.options.simulation;
    const took = now - batch.startedAt;
    const waited = Math.max(0, took - batch.cpu);
    this.clock.catchUp();
    for (const proposal of batch.proposals) {
      proposal.waitedForCpu += waited;
      proposal.service += took;
      this.handIn(proposal);
    }
    for (const message of batch.forwarded) {
      for (const { payload } of message.entries) if (payload !== undefined) payload.service += took;
      this.node.step(message);
    }
    this.process();
    this.startBatch();
  }

  private handIn(proposal: Proposal): void {
    const outcome = this.node.propose(proposal, proposal.bytes);
    // The hop to the leader is no waiting; its end is added there.
    if (outcome === ProposalOutcome.Forwarded) proposal.service -= this.options.simulation.now;
    if (outcome !== ProposalOutcome.Dropped) return;
    if (this.node.leader === NO_MEMBER) this.proposals.push(proposal);
    else this.options.owner.proposalDropped(proposal);
  }

  // ---- raft ------------------------------------------------------------------------------------------------------------------------

  /** A message of another member. */
  receive(message: Message<Proposal>): void {
    if (this.isPaused) {
      this.held.push(message);
      return;
    }
    this.clock.catchUp();
    if (message.type === MessageType.Propose) {
      const { now } = this.options.simulation;
      for (const { payload } of message.entries) if (payload !== undefined) payload.service += now;
      this.forwarded.push(message);
      this.startBatch();
      return;
    }
    this.node.step(message);
    this.process();
  }

  /** Asks for an index to read at. */
  readIndex(context: number): void {
    this.clock.catchUp();
    this.node.readIndex(context);
    this.process();
  }

  /** Something was asked of the node from outside: what it has ready is taken. */
  wake(ask: (node: RaftNode<Proposal>) => void): void {
    if (!this.isRunning) return;
    this.clock.catchUp();
    ask(this.node);
    this.process();
    this.startBatch();
  }

  /** A message to a member met no process: its connection is broken. */
  unreachable(to: MemberId): void {
    if (!this.isRunning) return;
    this.node.reportUnreachable(to);
    this.node.reportSnapshot(to, false);
    this.process();
  }

  /** The event of {@link MemberEvents.tick}. */
  onTick(incarnation: number): void {
    if (incarnation !== this.clock.life || !this.isRunning) return;
    this.clock.onTick();
    this.process();
    this.startBatch();
  }

  /** Takes what the node has ready, as long as the log is free. */
  process(): void {
    const { node } = this;
    while (this.writing === undefined && this.isUp && node.hasReady) this.handle(node.ready());
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
    if (ready.committed.length > 0) {
      this.handedOver = (ready.committed[ready.committed.length - 1] as Entry<Proposal>).index;
      this.apply.enqueue(ready.committed);
    }
    this.sendAll(ready.messages);
    if (ready.mustSync) {
      if (this.isDiskFull) {
        owner.panicked(this, 'its disk is full');
        return;
      }
      this.write(ready);
    } else {
      this.finish(ready);
    }
  }

  private write(ready: Ready<Proposal>): void {
    const { simulation, events } = this.options;
    this.writing = ready;
    let span = 0;
    if (ready.entries.length > 0 && this.node.role !== Role.Leader) span += this.chargeAppend(ready.entries.length);
    span += this.log.write(plus(simulation.now, nanoseconds(span)), ready.entriesBytes + HARD_STATE_BYTES);
    if (this.node.role === Role.Leader) {
      for (const { payload } of ready.entries) if (payload !== undefined) payload.service += span;
    }
    simulation.after(nanoseconds(span), events.written, this.id, this.incarnation);
  }

  /** A follower's CPU for an append: it comes before the write, slowed by what else runs there. Returns how long it takes. */
  private chargeAppend(entries: number): number {
    const { parameters } = this.options;
    const cpu = parameters.followerBatchCpu + parameters.followerEntryCpu * entries;
    this.cpuDebt += cpu;
    const took = Math.round(cpu * this.host.slowdown());
    if (this.cpuDebt >= CPU_LUMP) {
      this.host.run(this.cpuPort, nanoseconds(this.cpuDebt), 0);
      this.cpuDebt = 0;
    }
    return took;
  }

  /** The event of {@link MemberEvents.written}. */
  onWritten(incarnation: number): void {
    const ready = this.writing;
    if (incarnation !== this.incarnation || ready === undefined || !this.isRunning) return;
    this.writing = undefined;
    this.clock.catchUp();
    this.finish(ready);
    this.process();
    this.startBatch();
  }

  private finish(ready: Ready<Proposal>): void {
    const { entries } = ready;
    if (entries.length > 0) this.durable = (entries[entries.length - 1] as Entry<Proposal>).index;
    this.sendAll(ready.messagesAfterSync);
    const { configuration } = this.node;
    this.node.advance();
    if (this.node.configuration !== configuration) this.options.owner.membershipChanged(this);
  }

  private sendAll(messages: readonly Message<Proposal>[]): void {
    for (const message of messages) this.send(message);
  }

  private send(message: Message<Proposal>): void {
    const { network, owner } = this.options;
    if (message.type === MessageType.Append && message.entries.length === 0 && this.isIdle(message.to)) return;
    const isSnapshot = message.type === MessageType.Snapshot;
    if (isSnapshot && !network.isOpen(this.id, message.to)) this.node.reportSnapshot(message.to, false);
    network.send(message, isSnapshot ? owner.snapshotSpan(this, message.to) : 0);
  }

  /**
   * Nobody waits for the commit at that follower: it learns it with the next append or heartbeat, as it would if this message were lost. A leader
   * sends an append without entries at every commit; two members without clients would cost four events a write.
   */
  private isIdle(to: MemberId): boolean {
    return this.node.isReplicating(to) && !this.options.owner.isFollowed(to);
  }
}
