/**
 * etcd 3.6 as API servers see it. https://github.com/etcd-io/etcd (server/etcdserver).
 *
 * The members, each a raft node with a log on a disk and an apply loop, are in member.ts and members.ts; the key space with its history and their databases in
 * mvcc/. Here: requests of API servers arrive at a member, are refused, proposed or read, and answered by the member that was asked, after it has applied them;
 * watchers are told of what their member has applied. Left out here: see docs/not-modelled.md.
 */
import { type Kind, NO_VERSION, type ObjectKey, type ObjectTables, type VersionHandle } from '../../cluster/index.ts';
import { type EventType, LinkTable, type RandomStream, type Simulation, type ValuesOf } from '../../engine/index.ts';
import { type CounterSeries, type MetricRecorder, Timeline, type WaitLedger } from '../../metrics/index.ts';
import { type Nanoseconds, nanoseconds, type SimTime } from '../../units/index.ts';
import { type RequestId, type Requests, Verb, WaitPlace } from '../api-machinery/index.ts';
import type { networkParameters } from '../host/host.parameters.ts';
import type { Host } from '../host/host.ts';
import { ChangeLog } from './change-log.ts';
import { ClientConnections } from './client-connections.ts';
import type { etcdParameters } from './etcd.parameters.ts';
import type { Member } from './member.ts';
import { Members, type MembersListener, type Seat } from './members.ts';
import {
  type Change,
  COMMAND_BYTES,
  type Command,
  CommandState,
  elementSizes,
  hasRoom,
  Keyspace,
  Lessor,
  quotaCost,
  SpaceAlarm,
} from './mvcc/index.ts';
import { Operations } from './operations.ts';
import { ENTRY_OVERHEAD, type Proposal } from './proposal.ts';
import { publishMembers } from './publish-members.ts';
import { type MemberId, NO_MEMBER } from './raft/index.ts';
import { ReplicatedState } from './replicated-state.ts';
import { StoreOutcome } from './store-outcome.ts';
import { Watches } from './watches.ts';

/** What etcd needs of its clients, the API servers. */
export interface StoreClient {
  /** Event type of "a transaction or read was answered" (request, {@link StoreOutcome}). */
  readonly storeAnswered: EventType;
  /** Event type of "changes arrived on the watch" (server, position in {@link EtcdCluster.changeAt} up to which). */
  readonly changesArrived: EventType;
  /** Event type of "every change up to this revision has been sent" (server, revision). */
  readonly progressArrived?: EventType;
  /**
   * Event type of "etcd has cancelled all watches" (server, 0 = their member is gone or has no leader: they are opened again by themselves,
   * 1 = what they lack is compacted: the server has to read everything anew).
   */
  readonly watchesCancelled?: EventType;
  /** Whether the API server is up and watching. */
  readonly isWatching: boolean;
}

/** How API servers reach the members. */
export interface StoreEndpoints {
  /** Whether API server i knows only member i. */
  readonly isLocal: boolean;
  /** Time after which a member that does not answer is taken for gone: the keep-alive's period and its timeout. */
  readonly keepAlive: Nanoseconds;
}

/** Mark in {@link Requests.transactionRevision} of a request that only reads a key on behalf of a write. */
export const READ = -1;
/** Mark of a request that only asks for the revision of the store, linearizably. */
export const READ_REVISION = -2;
/** Numbers of a list's message: most objects that it returns (0 = all), position at which it goes on, revision at which it goes on. */
const LIMIT = 1;
const CONTINUE_POSITION = 3;
const CONTINUE_REVISION = 4;
/** Indexes of the log whose revisions are kept for members that lag behind. */
const INDEXES_KEPT = 65_536;

/** What the cluster is made of. */
export interface EtcdClusterOptions {
  readonly simulation: Simulation;
  readonly tables: ObjectTables;
  readonly requests: Requests;
  readonly parameters: ValuesOf<typeof etcdParameters>;
  readonly network: ValuesOf<typeof networkParameters>;
  readonly hosts: readonly Host[];
  readonly endpoints: StoreEndpoints;
  readonly recorder: MetricRecorder;
  readonly waits: WaitLedger;
}

/** All members and the key space. */
export class EtcdCluster implements MembersListener {
  /** What happened in the run; others write into it too. */
  readonly timeline: Timeline;
  /** The members, for faults and metrics. */
  readonly members: Members;
  private readonly options: EtcdClusterOptions;
  private readonly keyspace: Keyspace;
  /** Leases, and the alarm of a database that is full. */
  readonly lessor: Lessor;
  private readonly alarm: SpaceAlarm;
  private readonly state: ReplicatedState;
  private readonly operations: Operations;
  private readonly connections: ClientConnections;
  private readonly watches: Watches;
  private readonly changeLog: ChangeLog;
  private readonly clients: StoreClient[] = [];
  private readonly links: LinkTable;
  private readonly delays: RandomStream;
  /** Told of every change as it is committed: statistics, and views that are kept once per revision. They never act on it. */
  private readonly observers: ((change: Change) => void)[] = [];
  /** Whether the run has begun: what is stored before is in every member's database, state. */
  private isRunning = false;
  /** By member: since when it knows no leader [ns], undefined = it knows one; requests that wait for its process to go on, state. */
  private readonly leaderlessSince: (SimTime | undefined)[] = [];
  private readonly held: { request: RequestId; serial: number; hasArrived: boolean }[][] = [];
  /** By member: whether its keep-alives have failed; whether it has asked for the alarm, state. */
  private readonly isHung: boolean[] = [];
  private hasAskedForAlarm = false;
  /** Term of the leader that lets leases expire, 0 = none does, state. */
  private leaseTerm = 0;
  private readonly elementBytes: ReturnType<typeof elementSizes>;

  private readonly evArrived: EventType;
  private readonly evRangeRead: EventType;
  private readonly evNoLeader: EventType;
  private readonly evHung: EventType;
  private readonly succeeded: CounterSeries;
  private readonly failed: CounterSeries;
  private readonly failedProposals: CounterSeries;
  private readonly waitCpu: number;
  private readonly waitDisk: number;
  private readonly waitApply: number;
  private readonly waitLeader: number;

  constructor(options: EtcdClusterOptions) {
    const { simulation, tables, requests, parameters, network, hosts, recorder, waits, endpoints } = options;
    this.options = options;
    this.timeline = new Timeline(simulation);
    this.changeLog = new ChangeLog();
    this.elementBytes = elementSizes(tables, parameters.keyLength);
    this.keyspace = new Keyspace(tables, this.elementBytes);
    this.alarm = new SpaceAlarm();
    const proposeRevocation = (lease: number) => this.command({ type: 'revokeLease', lease });
    this.lessor = new Lessor({ simulation, parameters, proposeRevocation });
    this.links = new LinkTable(simulation, 'etcd');
    this.delays = simulation.streams.stream('etcd.delays');
    this.operations = new Operations(simulation, parameters.requestTimeout, (request) => this.onTimeout(request));
    const { operations, keyspace } = this;
    const { alarm, lessor } = this;
    const commands = new CommandState({
      keyspace,
      sizeOf: this.elementBytes,
      lessor,
      alarm,
      onChange: (change) => this.state.onChange(change),
    });
    const onChange = (change: Change) => this.onChange(change);
    this.state = new ReplicatedState({ tables, requests, keyspace, operations, alarm, lessor, commands, onChange });
    this.connections = new ClientConnections(hosts.length, {
      isLocal: endpoints.isLocal,
      isReachable: (member) => this.isReachable(member),
      servesWatches: (member) => this.servesWatches(member),
    });
    const { state, timeline } = this;
    const listener: MembersListener = this;
    this.members = new Members({
      simulation, tables, keyspace, parameters, network, hosts, recorder, timeline, state, listener,
    });
    const { members, connections, changeLog, clients, links, delays } = this;
    this.watches = new Watches({
      simulation,
      parameters,
      network,
      recorder,
      timeline,
      members,
      connections,
      state,
      keyspace,
      changeLog,
      clients,
      links,
      delays,
    });
    members.onLeaderChange(() => this.followLeader());
    this.evArrived = simulation.on('etcd.requestArrived', (request, serial) =>
      this.onArrived(request as RequestId, serial),
    );
    this.evRangeRead = simulation.on('etcd.rangeRead', (request, serial) => {
      if (this.operations.isOpen(request as RequestId, serial)) {
        this.answer(request as RequestId, simulation.now, StoreOutcome.Succeeded);
      }
    });
    this.evNoLeader = simulation.on('etcd.noLeader', (member, life) => this.onNoLeader(member, life));
    this.evHung = simulation.on('etcd.keepAliveFailed', (member, life) => this.onHung(member, life));
    this.succeeded = recorder.counter('plimsoll_etcd_transactions_total', { result: 'succeeded' });
    this.failed = recorder.counter('plimsoll_etcd_transactions_total', { result: 'condition_failed' });
    this.failedProposals = recorder.counter('etcd_server_proposals_failed_total');
    this.waitCpu = waits.server('etcd CPU', 'server');
    this.waitDisk = waits.server('etcd disk (WAL)', 'server');
    this.waitApply = waits.server('etcd apply', 'server');
    this.waitLeader = waits.server('etcd leader', 'server');
    publishMembers({ simulation, recorder, members: this.members, pending: () => operations.countOpen() });
    simulation.addInvariantCheck('etcd', () => this.checkInvariants());
  }

  // ---- ports -------------------------------------------------------------------------------------------------------------------

  /** Connects an API server; returns its number. */
  connect(client: StoreClient): number {
    this.clients.push(client);
    this.changeLog.addReader();
    this.links.add(this.options.network.minimumDelay);
    this.links.add(this.options.network.minimumDelay);
    const server = this.connections.add();
    this.watches.add();
    return server;
  }

  /** Sends a transaction or a read of an API server. A read has verb GET or LIST and no draft. */
  send(server: number, request: RequestId): void {
    const { requests, simulation, network } = this.options;
    if (!this.isRunning) this.beginRun();
    requests.server[request] = server;
    requests.storeAt[request] = simulation.now;
    requests.stageAt[request] = simulation.now;
    const member = this.connections.choose(server);
    const serial = this.operations.begin(request, member);
    if (member === NO_MEMBER) {
      this.answer(request, simulation.now, StoreOutcome.Unavailable);
      return;
    }
    const delay = network.controlPlaneDelay.sample(this.delays);
    this.links.transmit(2 * server, delay, this.evArrived, request, serial);
  }

  /** Asks for a progress notification on the watch of an API server; without a watch there is none. */
  requestProgress(server: number): void {
    this.watches.requestProgress(server);
  }

  /** Puts an object into the store before the run begins, at one revision, without a request. The key space takes `version` over. */
  preload(kind: Kind, version: VersionHandle): Change {
    const position = this.keyspace.log.end;
    const change = this.keyspace.put(kind, version);
    const bytes = this.elementBytes(kind, version);
    for (const { store } of this.members.seats) store.append(position, bytes);
    this.state.preloaded();
    for (const observer of this.observers) observer(change);
    return change;
  }

  /** Adds an observer of committed changes; before the run begins. */
  observe(observer: (change: Change) => void): void {
    this.observers.push(observer);
  }

  /** Reads a kind as it is now, for an API server that builds its cache (its cost is the caller's). */
  forEachCurrent(kind: Kind, visit: (key: ObjectKey, version: VersionHandle) => void): void {
    this.keyspace.forEach(kind, visit);
  }

  /** Objects of a kind that exist. */
  objectCount(kind: Kind): number {
    return this.keyspace.objects[kind] as number;
  }

  /** Revision of the store. */
  get revision(): number {
    return this.keyspace.revision;
  }

  /** Everything up to this revision is compacted. */
  get compactedRevision(): number {
    return this.keyspace.compactedRevision;
  }

  /** Version that a request or cache may keep reading until it is compacted. */
  current(kind: Kind, key: ObjectKey): VersionHandle {
    return this.keyspace.current(kind, key);
  }

  /** Asks for history up to a revision to be dropped; an API server does every five minutes. */
  compact(revision: number): void {
    this.command({ type: 'compact', revision });
  }

  /** The change at a position of the change log. */
  changeAt(position: number): Change {
    return this.changeLog.at(position);
  }

  /** Position behind the last change. */
  get changeCount(): number {
    return this.changeLog.end;
  }

  /** An API server has taken over the changes before `position`. */
  consumedUpTo(server: number, position: number): void {
    this.watches.consumedUpTo(server, position);
  }

  /** What happened to the leadership, in words. */
  get notes(): readonly string[] {
    return this.members.history.notes;
  }

  /** Fault: the leader's process is killed and comes back after `duration` (`memberRestart` if left out; null = never). */
  killLeader(duration: Nanoseconds | null = this.options.parameters.memberRestart): void {
    const { leader } = this.members;
    if (leader === undefined) {
      this.members.history.notes.push('an etcdLeaderLoss struck nobody: there was no leader');
      return;
    }
    this.members.end(this.members.seats[leader.id] as Seat, 'is killed', duration);
  }

  /** Fault: a member's process is killed and comes back after `duration`, null = never. */
  killMember(number: MemberId, duration: Nanoseconds | null): void {
    const seat = this.members.seat(number);
    if (seat !== undefined) this.members.end(seat, 'is killed', duration);
  }

  /** Proposes a command at the leader; lost if there is none. `done` is called with its outcome when the leader has applied it. */
  command(command: Command, done?: (outcome: number) => void): void {
    const { leader } = this.members;
    if (!this.isRunning) this.beginRun();
    leader?.propose({
      member: leader.id,
      bytes: COMMAND_BYTES,
      transaction: undefined,
      command,
      done,
      effects: undefined,
      commandOutcome: undefined,
      since: this.options.simulation.now,
      service: 0,
      waitedForCpu: 0,
    });
  }

  private beginRun(): void {
    this.isRunning = true;
    for (const { store } of this.members.seats) store.backend.commit();
  }

  // ---- requests ----------------------------------------------------------------------------------------------------------------

  private onArrived(request: RequestId, serial: number): void {
    if (!this.operations.isOpen(request, serial)) return;
    const seat = this.members.seats[this.operations.memberOf(request)] as Seat;
    if (!seat.member.isUp) this.breakOff(request);
    else if (seat.member.isPaused) this.hold(seat.member.id, request, serial, false);
    else this.take(seat, request);
  }

  /** A member takes a request in. */
  private take(seat: Seat, request: RequestId): void {
    const { requests, simulation } = this.options;
    this.operations.arrived(request);
    requests.stageAt[request] = simulation.now;
    const refusal = this.isRead(request) ? 0 : this.refusal(seat, request);
    if (refusal !== 0) this.answer(request, simulation.now, refusal);
    else if (this.isRead(request)) seat.reads.join(request);
    else seat.member.propose(this.proposal(seat.member, request));
  }

  private isRead(request: RequestId): boolean {
    const { requests } = this.options;
    const verb = requests.verb[request] as number;
    return verb === Verb.Get || verb === Verb.List || (requests.transactionRevision[request] as number) < 0;
  }

  /** Why a member refuses a transaction, 0 if it does not. */
  private refusal({ member, store }: Seat, request: RequestId): number {
    const { parameters, requests } = this.options;
    const bytes = this.valueBytes(request);
    if (bytes + ENTRY_OVERHEAD > parameters.maximumRequestBytes) return StoreOutcome.TooLarge;
    if (member.node.commit - member.apply.applied > parameters.maximumApplyGap) return StoreOutcome.TooManyRequests;
    if (requests.draft[request] === NO_VERSION) return 0;
    const cost = quotaCost.put(parameters.keyLength, bytes);
    if (!this.alarm.isRaised && hasRoom(store.backend.size, cost, parameters.quotaBackendBytes)) return 0;
    this.askForAlarm(member);
    return StoreOutcome.NoSpace;
  }

  private askForAlarm(member: Member): void {
    if (this.hasAskedForAlarm) return;
    this.hasAskedForAlarm = true;
    this.timeline.record(member.name, 'has no space left: the alarm NOSPACE is raised, writes are refused');
    this.command({ type: 'raiseAlarm', member: member.id });
  }

  /** An operator says that there is space again. */
  disarm(): void {
    this.hasAskedForAlarm = false;
    this.command({ type: 'disarmAlarm' });
  }

  private valueBytes(request: RequestId): number {
    const { requests, tables } = this.options;
    const draft = requests.draft[request] as VersionHandle;
    return draft === NO_VERSION ? 0 : tables.of(requests.kind[request] as Kind).bytes.get(draft);
  }

  private proposal(member: Member, request: RequestId): Proposal {
    const { requests, simulation } = this.options;
    const draft = requests.draft[request] as VersionHandle;
    const bytes = ENTRY_OVERHEAD + this.valueBytes(request);
    // The entry may be applied when the request is long forgotten, so it takes the draft over.
    requests.draft[request] = NO_VERSION;
    const transaction = {
      request,
      serial: this.operations.serialOf(request),
      kind: requests.kind[request] as Kind,
      key: requests.key[request] as ObjectKey,
      draft,
      isDeletion: draft === NO_VERSION,
      expected: requests.transactionRevision[request] as number,
      lease: requests.lease[request] as number,
      outcome: undefined,
    };
    return {
      member: member.id,
      bytes,
      transaction,
      command: undefined,
      done: undefined,
      effects: undefined,
      commandOutcome: undefined,
      since: simulation.now,
      service: 0,
      waitedForCpu: 0,
    };
  }

  onProposalDropped({ transaction }: Proposal): void {
    if (transaction === undefined) return;
    this.state.giveUp(transaction);
    if (this.operations.isOpen(transaction.request, transaction.serial)) this.fail(transaction.request);
  }

  onFirstCommit({ transaction, since, service, waitedForCpu }: Proposal): void {
    if (transaction === undefined || !this.operations.isOpen(transaction.request, transaction.serial)) return;
    const { requests, waits, simulation } = this.options;
    const waited = Math.max(0, simulation.now - since - service);
    requests.addWait(transaction.request, WaitPlace.StoreCpu, waitedForCpu);
    waits.passed(this.waitCpu, waitedForCpu);
    requests.addWait(transaction.request, WaitPlace.StoreDisk, waited);
    waits.passed(this.waitDisk, waited);
  }

  onEntry(member: Member, proposal: Proposal, end: SimTime, waited: number): void {
    const { transaction } = proposal;
    if (proposal.member !== member.id) return;
    proposal.done?.(proposal.commandOutcome ?? StoreOutcome.Succeeded);
    if (transaction === undefined) return;
    const { request, serial, outcome } = transaction;
    if (!this.operations.isOpen(request, serial)) return;
    this.options.requests.addWait(request, WaitPlace.StoreApply, waited);
    this.options.waits.passed(this.waitApply, waited);
    if (outcome === StoreOutcome.Succeeded) this.succeeded.add();
    else if (outcome === StoreOutcome.ConditionFailed) this.failed.add();
    this.answer(request, end, outcome as number);
  }

  private onChange(change: Change): void {
    this.changeLog.push(change);
    for (const observer of this.observers) observer(change);
  }

  private answer(request: RequestId, at: SimTime, outcome: number): void {
    const { requests, simulation, network } = this.options;
    const server = requests.server[request] as number;
    this.operations.end(request);
    const delay = nanoseconds(at - simulation.now + network.controlPlaneDelay.sample(this.delays));
    this.links.transmit(2 * server + 1, delay, (this.clients[server] as StoreClient).storeAnswered, request, outcome);
  }

  private fail(request: RequestId): void {
    if (!this.isRead(request)) this.failedProposals.add();
    this.answer(request, this.options.simulation.now, StoreOutcome.Unavailable);
  }

  /** The connection to the member broke: a read is tried elsewhere, the outcome of a write is not known. */
  private breakOff(request: RequestId): void {
    const server = this.options.requests.server[request] as number;
    const other = this.isRead(request) ? this.connections.choose(server) : NO_MEMBER;
    if (other === NO_MEMBER) {
      this.fail(request);
      return;
    }
    const serial = this.operations.move(request, other);
    const delay = this.options.network.controlPlaneDelay.sample(this.delays);
    this.links.transmit(2 * server, delay, this.evArrived, request, serial);
  }

  private onTimeout(request: RequestId): void {
    const { requests, simulation } = this.options;
    const member = this.operations.memberOf(request);
    if (this.members.seat(member)?.member.isPaused === true) {
      this.hold(member, request, this.operations.serialOf(request), true);
      return;
    }
    const since = this.leaderlessSince[member];
    if (since !== undefined) {
      this.waitedForLeader(request, simulation.now - Math.max(since, requests.stageAt[request] as number));
    }
    this.fail(request);
  }

  // ---- reads --------------------------------------------------------------------------------------------------------------------

  onReadReady(member: Member, request: RequestId, waitedForCpu: number): void {
    const serial = this.operations.serialOf(request);
    if (serial === 0 || this.operations.memberOf(request) !== member.id) return;
    const { requests, waits, simulation, parameters } = this.options;
    requests.addWait(request, WaitPlace.StoreCpu, waitedForCpu);
    waits.passed(this.waitCpu, waitedForCpu);
    const revision = this.state.revisionAfter(member.apply.applied);
    requests.resultRevision[request] = revision;
    if (requests.verb[request] === Verb.List) {
      this.list(request, serial, revision);
      return;
    }
    const at = (simulation.now + parameters.readService) as SimTime;
    if (requests.transactionRevision[request] !== READ_REVISION) this.attachAt(request, revision);
    this.answer(request, at, StoreOutcome.Succeeded);
  }

  private attachAt(request: RequestId, revision: number): void {
    const { requests, tables } = this.options;
    const kind = requests.kind[request] as Kind;
    const version = this.keyspace.versionAt(kind, requests.key[request] as ObjectKey, revision);
    requests.result[request] = version === NO_VERSION ? NO_VERSION : tables.of(kind).retain(version);
  }

  /** What is listed is what there is at the revision, however long the answer takes. */
  private list(request: RequestId, serial: number, present: number): void {
    const { requests, simulation } = this.options;
    const kind = requests.kind[request] as Kind;
    const wanted = requests.number(request, CONTINUE_REVISION);
    const revision = wanted === 0 ? present : wanted;
    if (revision < this.keyspace.compactedRevision) {
      this.answer(request, simulation.now, StoreOutcome.Compacted);
      return;
    }
    requests.resultRevision[request] = revision;
    const listed = this.keyspace.holdAllAt(kind, revision);
    requests.object[request] = listed;
    // A long answer does not hold up the others on its connection (HTTP/2 streams): it is sent when it is complete.
    simulation.after(this.rangeTime(request, listed.length), this.evRangeRead, request, serial);
  }

  /** A limited range visits every index key behind its beginning, to count them. */
  private rangeTime(request: RequestId, keys: number): Nanoseconds {
    const { requests, parameters } = this.options;
    const limit = requests.number(request, LIMIT);
    const behind = Math.max(0, keys - requests.number(request, CONTINUE_POSITION));
    const returned = limit === 0 ? behind : Math.min(limit, behind);
    const visits = limit === 0 ? 0 : behind;
    return nanoseconds(
      parameters.readService + parameters.rangeServicePerKey * returned + parameters.indexVisit * visits,
    );
  }

  onBatch(member: Member, lastIndex: number, end: SimTime): void {
    this.watches.onBatch(member, lastIndex, end);
    this.state.forgetBefore(this.state.computed - INDEXES_KEPT);
  }

  /** Only the member that leads lets leases expire. */
  private followLeader(): void {
    const { leader } = this.members;
    const { parameters } = this.options;
    const term = leader?.node.term ?? 0;
    if (term === this.leaseTerm) return;
    this.leaseTerm = term;
    if (leader === undefined) this.lessor.demote();
    else this.lessor.promote(nanoseconds(parameters.electionTicks * parameters.heartbeatInterval));
  }

  // ---- what members tell ---------------------------------------------------------------------------------------------------------

  isFollowed(member: MemberId): boolean {
    return this.connections.isFollowed(member);
  }

  onGone(member: Member): void {
    this.leaderlessSince[member.id] = undefined;
    this.held[member.id] = [];
    for (const request of this.operations.openAt(member.id)) this.breakOff(request);
    this.watches.cancel(member, 'the member is gone');
  }

  onLeaderSeen(member: Member): void {
    const { simulation, parameters } = this.options;
    const since = this.leaderlessSince[member.id];
    if (member.node.leader === NO_MEMBER) {
      if (since !== undefined) return;
      this.leaderlessSince[member.id] = simulation.now;
      const span = parameters.watchLeaderTimeouts * parameters.electionTicks * parameters.heartbeatInterval;
      simulation.after(nanoseconds(span), this.evNoLeader, member.id, member.incarnation);
      return;
    }
    this.leaderlessSince[member.id] = undefined;
    if (since !== undefined) this.countLeaderless(member, since);
    this.watches.open();
  }

  /** Requests that waited at a member without a leader. */
  private countLeaderless(member: Member, since: SimTime): void {
    const { now } = this.options.simulation;
    for (const proposal of member.queued) {
      if (proposal.transaction !== undefined) {
        this.waitedForLeader(proposal.transaction.request, now - Math.max(since, proposal.since));
      }
      proposal.since = now;
    }
    for (const request of (this.members.seats[member.id] as Seat).reads.waiting) {
      this.waitedForLeader(request, now - Math.max(since, this.options.requests.stageAt[request] as number));
    }
  }

  private waitedForLeader(request: RequestId, waited: number): void {
    this.options.requests.addWait(request, WaitPlace.StoreLeader, waited);
    this.options.waits.passed(this.waitLeader, waited);
  }

  private onNoLeader(number: MemberId, life: number): void {
    const { member } = this.members.seats[number] as Seat;
    const since = this.leaderlessSince[number];
    const { simulation, parameters } = this.options;
    const span = parameters.watchLeaderTimeouts * parameters.electionTicks * parameters.heartbeatInterval;
    if (member.incarnation !== life || since === undefined || simulation.now - since < span) return;
    this.watches.cancel(member, 'there is no leader');
  }

  // ---- a process that stands still -----------------------------------------------------------------------------------------------

  private hold(member: MemberId, request: RequestId, serial: number, hasArrived: boolean): void {
    this.held[member] ??= [];
    (this.held[member] as { request: RequestId; serial: number; hasArrived: boolean }[]).push({
      request,
      serial,
      hasArrived,
    });
  }

  /** Fault: a member's process stands still; clients notice when a keep-alive stays without answer. */
  pause(seat: Seat): void {
    const { simulation, endpoints } = this.options;
    const { member } = seat;
    member.pause();
    this.members.memberPaused(member);
    simulation.after(endpoints.keepAlive, this.evHung, member.id, member.pauses);
  }

  /** It goes on: what came meanwhile is taken, what was overdue fails. */
  resume(seat: Seat): void {
    const { member } = seat;
    this.isHung[member.id] = false;
    member.resume();
    this.members.memberResumed(member);
    const held = this.held[member.id] ?? [];
    this.held[member.id] = [];
    for (const { request, serial, hasArrived } of held) {
      if (!this.operations.isOpen(request, serial)) continue;
      if (hasArrived) this.fail(request);
      else this.take(seat, request);
    }
    this.watches.open();
  }

  private onHung(number: MemberId, pause: number): void {
    const { member } = this.members.seats[number] as Seat;
    if (!member.isPaused || member.pauses !== pause) return;
    this.isHung[number] = true;
    this.timeline.record(member.name, 'does not answer keep-alives: connections are closed');
    for (const request of this.operations.openAt(number)) this.breakOff(request);
    this.watches.cancel(member, 'the member does not answer');
  }

  // ---- who serves -----------------------------------------------------------------------------------------------------------------

  private isReachable(number: MemberId): boolean {
    const member = this.members.seat(number)?.member;
    if (member === undefined || !member.isUp || this.isHung[number] === true) return false;
    return member.node.configuration.voters.includes(number);
  }

  private servesWatches(number: MemberId): boolean {
    const member = this.members.seat(number)?.member;
    return member?.isRunning === true && member.node.leader !== NO_MEMBER;
  }

  /** Every revision is a transaction that changed a key; no request is lost; no member has applied what is not computed. */
  checkInvariants(): void {
    const { keyspace, operations, state } = this;
    const simulation: Simulation = this.options.simulation;
    simulation.invariant(
      keyspace.revision - 1 === keyspace.commits,
      'etcd',
      `revision ${keyspace.revision} but ${keyspace.commits} committed transactions that changed a key`,
    );
    simulation.invariant(
      operations.begun === operations.ended + operations.countOpen(),
      'etcd',
      `${operations.begun} requests came, ${operations.ended} were answered, ${operations.countOpen()} are open`,
    );
    for (const { member } of this.members.seats) {
      simulation.invariant(
        member.apply.applied <= state.computed,
        'etcd',
        `${member.name} has applied ${member.apply.applied}, but ${state.computed} is the last that was computed`,
      );
    }
  }
}
