/**
 * The members of one cluster: they are made, started, ended and watched here. What they agree on is in replicated-state.ts, what their clients see in
 * etcd-cluster.ts.
 */
import type { EventType } from '../../engine/index.ts';
import type { CounterSeries } from '../../metrics/index.ts';
import { type Nanoseconds, NS_PER_SECOND, nanoseconds } from '../../units/index.ts';
import type { Host } from '../host/host.ts';
import type { Answer } from './answer.ts';
import { AppliedEntries } from './applied-entries.ts';
import { ApplyLoop } from './apply-loop.ts';
import { electAtOnce } from './first-election.ts';
import { LeadershipHistory } from './leadership-history.ts';
import { Member } from './member.ts';
import type { MemberOwner } from './member-surroundings.ts';
import { MemberStore, restartTime, snapshotRestoreTime, snapshotSaveTime } from './mvcc/index.ts';
import { PeerNetwork } from './peer-network.ts';
import type { Proposal } from './proposal.ts';
import {
  type Configuration,
  foundingState,
  type MemberId,
  NO_MEMBER,
  quorumOf,
  type SnapshotMetadata,
} from './raft/index.ts';
import { ReadIndex } from './read-index.ts';
import { reckonRound } from './reckoned-round.ts';
import { RequestWorkers } from './request-workers.ts';
import type { MembersOptions, Seat } from './seat.ts';
import { WriteAheadLog } from './write-ahead-log.ts';

/** Time for which a removed member goes on, so that the others learn of it (E:server/etcdserver/server.go:stopWithDelay) [ns]. */
const REMOVED_ENDS_AFTER = nanoseconds(NS_PER_SECOND);
/** Bytes of a megabyte, for people. */
const BYTES_PER_MB = 1e6;

/** All members. */
export class Members implements MemberOwner {
  readonly seats: Seat[] = [];
  readonly network: PeerNetwork;
  readonly history: LeadershipHistory;
  private readonly options: MembersOptions;
  private readonly leaderListeners: (() => void)[] = [];
  private readonly evTick: EventType;
  private readonly evWritten: EventType;
  private readonly evApplied: EventType;
  private readonly evReadRetry: EventType;
  private readonly evReckoned: EventType;
  /** Who starts the process of a member again, state. */
  private readonly supervisors = new Map<MemberId, () => void>();
  private readonly evStarted: EventType;
  private readonly evRemoved: EventType;
  private readonly failedReads: CounterSeries;
  private readonly applied: AppliedEntries;

  /** Who voted when the cluster was founded. */
  private readonly founders: Configuration;

  constructor(options: MembersOptions) {
    const { simulation, network, recorder, timeline, hosts } = options;
    this.options = options;
    const seat = (number: number): Seat => this.seats[number] as Seat;
    this.network = new PeerNetwork(simulation, network, recorder);
    this.history = new LeadershipHistory(simulation, recorder, timeline);
    this.applied = new AppliedEntries(options, this.seats);
    this.failedReads = recorder.counter('etcd_server_read_indexes_failed_total');
    this.evTick = simulation.on('etcd.tick', (number, life) => seat(number).member.onTick(life));
    this.evWritten = simulation.on('etcd.logWritten', (number, life) => seat(number).member.onWritten(life));
    this.evApplied = simulation.on('etcd.applied', (number) => seat(number).member.apply.onFree());
    this.evReadRetry = simulation.on('etcd.readIndexRetry', (number) => seat(number).reads.onRetry());
    this.evReckoned = simulation.on('etcd.readIndexConfirmed', (number, round) => seat(number).reads.onReckoned(round));
    this.evStarted = simulation.on('etcd.memberStarted', (number, life) => this.onStarted(number, life));
    this.evRemoved = simulation.on('etcd.removedMemberEnds', (number, life) => {
      if (seat(number).member.incarnation === life) this.end(seat(number), 'is removed and ends', null);
    });
    const voters = hosts.map((host) => this.create(host).member.id);
    this.founders = { voters, learners: [] };
    for (const { member } of this.seats) member.start(foundingState(this.founders));
    const members = this.seats.map(({ member }) => member);
    electAtOnce(members, 0, (entry) => options.state.apply(entry));
    this.history.begin(0, (members[0] as Member).node.term);
  }

  /** The member that leads: of those that believe so, the one of the latest term. */
  get leader(): Member | undefined {
    let leader: Member | undefined;
    for (const { member } of this.seats) {
      if (member.isLeader && (leader === undefined || member.node.term > leader.node.term)) leader = member;
    }
    return leader;
  }

  /** The leader that a quorum takes for its leader. */
  private lookForLeader(): void {
    for (const listener of this.leaderListeners) listener();
    const { leader } = this;
    if (leader === undefined) {
      this.history.look(NO_MEMBER, 0);
      return;
    }
    const { voters } = leader.node.configuration;
    let followers = 0;
    for (const voter of voters) {
      const member = this.seats[voter]?.member;
      if (member?.isRunning === true && member.node.leader === leader.id) followers++;
    }
    if (followers >= quorumOf(leader.node.configuration)) this.history.look(leader.id, leader.node.term);
    else this.history.look(NO_MEMBER, 0);
  }

  /** Has `listener` called whenever whoever leads may have changed. */
  onLeaderChange(listener: () => void): void {
    this.leaderListeners.push(listener);
  }

  /** A member and what belongs to it. */
  seat(number: MemberId): Seat | undefined {
    return this.seats[number];
  }

  /** The membership as the leader has it, or else the most advanced member. */
  get configuration(): Configuration {
    const { leader, seats } = this;
    if (leader !== undefined) return leader.node.configuration;
    const nodes = seats.map(({ member }) => member.node);
    return nodes.reduce((best, node) => (node.applied > best.applied ? node : best)).configuration;
  }

  /** Whether a member belongs to the cluster. */
  isMember(number: MemberId): boolean {
    const { voters, learners } = this.configuration;
    return voters.includes(number) || learners.includes(number);
  }

  // ---- making and starting -----------------------------------------------------------------------------------------------------------

  /** Makes the next member; it does not run yet. */
  create(host: Host): Seat {
    const { simulation, parameters, recorder, listener, keyspace } = this.options;
    const id = this.seats.length;
    const log = new WriteAheadLog({
      sync: parameters.walSync,
      perByte: parameters.walSyncPerByte,
      stallShare: parameters.walStallShare,
      stall: parameters.walStall,
      segmentBytes: parameters.walSegmentBytes,
      stream: simulation.streams.stream(`etcd.walSync.${id}`),
      otherFiles: simulation.streams.stream(`etcd.otherSyncs.${id}`),
      seconds: recorder.histogram('etcd_disk_wal_fsync_duration_seconds'),
    });
    const apply = new ApplyLoop({
      simulation,
      member: id,
      evFree: this.evApplied,
      service: parameters.applyService,
      onEntry: (entry, end, waited) => this.applied.onEntry(seat, entry, end, waited),
      onBatch: (lastIndex, end) => this.applied.onBatch(seat, lastIndex, end),
    });
    const elections = simulation.streams.stream(`etcd.elections.${id}`);
    const member = new Member({
      simulation,
      parameters,
      id,
      host,
      log,
      network: this.network,
      events: {
        tick: this.evTick,
        written: this.evWritten,
        onReadStates: (_, states) => seat.reads.onReadStates(states),
      },
      owner: this,
      apply,
      random: () => elections.next(),
    });
    const shared = { simulation, parameters };
    const store = new MemberStore({
      ...shared,
      recorder,
      name: member.name,
      occupy: (span, done) => apply.occupy(span, done),
      sync: (bytes) => log.estimate(bytes),
      charge: (cpu) => host.charge(cpu),
    });
    const reads = new ReadIndex({
      ...shared,
      member,
      failed: this.failedReads,
      reckon: (reader) => reckonRound(reader, this.seats, this.network, parameters.readRoundCpu),
      confirmAt: (at, number, round) => void simulation.at(at, this.evReckoned, number, round),
      retryAfter: (span) => void simulation.after(span, this.evReadRetry, id),
      onReady: (request, waited) => listener.onReadReady(member, request, waited),
    });
    const answers = new RequestWorkers<Answer>({
      simulation,
      host,
      process: member.name,
      cpuOf: () => parameters.answerCpu,
      done: (answer, _, waited) => listener.onAnswered(answer, waited),
    });
    const begun = { hasPanicked: false, snapshotIndex: 0, compactionIndex: 0 };
    const seat: Seat = { member, reads, store, answers, surviving: undefined, ...begun };
    host.collect(member.name, { ...parameters, liveBytes: () => parameters.heapBase + keyspace.indexBytes });
    host.addLoad(parameters.restCores);
    this.network.add(member);
    return this.seats[this.seats.push(seat) - 1] as Seat;
  }

  /** A member that joins, with an empty disk. */
  startEmpty(seat: Seat): void {
    seat.member.start(foundingState(this.founders));
  }

  // ---- the end of a process, and its next start ----------------------------------------------------------------------------------------

  /** A member's process ends; it starts again after a span, null = never. */
  end(seat: Seat, why: string, span: Nanoseconds | null): void {
    const { member, store, reads } = seat;
    if (!member.isUp) return;
    member.persistedIndex = store.crash();
    seat.surviving = member.kill();
    reads.reset();
    seat.answers.clear();
    this.options.timeline.record(member.name, why);
    this.lookForLeader();
    this.options.listener.onGone(member);
    const supervisor = this.supervisors.get(seat.member.id);
    // The usual pause stands for whoever starts the process again, who is modelled here.
    if (supervisor !== undefined && span === this.options.parameters.memberRestart) supervisor();
    else if (span !== null) this.startAfter(seat, span);
  }

  /** From now on somebody else starts the process of a member again after its usual ends; `ended` is told of each. */
  supervise(number: MemberId, ended: () => void): void {
    this.supervisors.set(number, ended);
  }

  /** The process of a member is killed, and nobody is told: its supervisor knows. */
  killProcess(number: MemberId): void {
    const seat = this.seats[number];
    if (seat !== undefined) this.end(seat, 'is stopped', null);
  }

  /** The process of a member is started by whoever supervises it. */
  startProcess(number: MemberId): void {
    const seat = this.seats[number];
    if (seat !== undefined && !seat.member.isUp) this.startAfter(seat, nanoseconds(0));
  }

  /** It starts again after a span, and is there when its files are opened and its index is built. */
  startAfter(seat: Seat, span: Nanoseconds): void {
    const { simulation, parameters } = this.options;
    const replayed = seat.surviving?.entries.length ?? 0;
    const opening = restartTime(parameters, replayed, seat.store.backend.revisions);
    simulation.after(nanoseconds(span + opening), this.evStarted, seat.member.id, seat.member.incarnation);
  }

  private onStarted(number: MemberId, life: number): void {
    const seat = this.seats[number] as Seat;
    if (seat.member.incarnation !== life || seat.surviving === undefined) return;
    if (!this.isMember(number)) {
      this.options.timeline.record(seat.member.name, 'is started, finds that it was removed, and ends');
      return;
    }
    const { surviving } = seat;
    seat.surviving = undefined;
    seat.hasPanicked = false;
    seat.store.restart();
    seat.snapshotIndex = surviving.applied;
    seat.compactionIndex = surviving.applied;
    seat.member.start(surviving);
    this.options.timeline.record(seat.member.name, 'runs again');
    seat.member.process();
    this.options.listener.onLeaderSeen(seat.member);
  }

  /** A member's process stands still, or goes on. */
  memberPaused(member: Member): void {
    this.options.timeline.record(member.name, 'stands still');
    this.lookForLeader();
  }

  memberResumed(member: Member): void {
    this.options.timeline.record(member.name, 'goes on');
    this.lookForLeader();
  }

  // ---- what members tell ------------------------------------------------------------------------------------------------------------

  roleChanged(member: Member): void {
    this.lookForLeader();
    const seat = this.seats[member.id] as Seat;
    seat.reads.leaderChanged();
    this.options.listener.onLeaderSeen(member);
  }

  panicked(member: Member, why: string): void {
    const seat = this.seats[member.id] as Seat;
    this.end(seat, `ended: ${why}`, null);
    seat.hasPanicked = true;
  }

  proposalDropped(proposal: Proposal): void {
    this.options.listener.onProposalDropped(proposal);
  }

  isFollowed(member: MemberId): boolean {
    return this.options.listener.isFollowed(member);
  }

  membershipChanged(member: Member): void {
    const { voters, learners } = member.node.configuration;
    if (!member.isLeader) return;
    const learning = learners.length === 0 ? '' : `, learners ${learners.join(', ')}`;
    this.options.timeline.record('etcd', `the members are ${voters.join(', ')}${learning}`);
    for (const seat of this.seats) {
      const { id, isUp, incarnation } = seat.member;
      if (!isUp || this.isMember(id)) continue;
      this.options.simulation.after(REMOVED_ENDS_AFTER, this.evRemoved, id, incarnation);
    }
  }

  snapshotSpan(from: Member, to: MemberId): Nanoseconds {
    const { timeline, parameters } = this.options;
    const { size } = (this.seats[from.id] as Seat).store.backend;
    timeline.record(from.name, `sends its database of ${Math.round(size / BYTES_PER_MB)} MB to member ${to}`);
    return snapshotSaveTime(parameters, size);
  }

  snapshotArrived(member: Member, snapshot: SnapshotMetadata): void {
    const { parameters, timeline } = this.options;
    const seat = this.seats[member.id] as Seat;
    const source = this.seats[member.node.leader] ?? seat;
    source.member.wake((node) => node.reportSnapshot(member.id, true));
    member.apply.startOver(
      snapshot.index,
      () => snapshotRestoreTime(parameters, source.store.backend.size),
      () => {
        seat.store.copyFrom(source.store, snapshot.index);
        seat.snapshotIndex = snapshot.index;
        seat.compactionIndex = snapshot.index;
        timeline.record(member.name, 'has taken the database over');
        this.options.listener.onBatch(member, snapshot.index, this.options.simulation.now);
      },
    );
  }
}
