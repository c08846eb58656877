/**
 * etcd 3.6 as API servers see it. https://github.com/etcd-io/etcd (server/etcdserver).
 *
 * The members, each a raft node with a log on a disk and an apply loop, are in member.ts and members.ts; the key space with its history and their databases in
 * mvcc/. Here: requests of API servers arrive at a member, are refused, proposed or read, and answered by the member that was asked, after it has applied them;
 * watchers are told of what their member has applied. Left out here: see docs/not-modelled.md.
 */
import type { Kind, ObjectKey, ObjectTables, VersionHandle } from '../../cluster/index.ts';
import { LinkTable, type RandomStream, type Simulation, type ValuesOf } from '../../engine/index.ts';
import { type MetricRecorder, Timeline, type WaitLedger } from '../../metrics/index.ts';
import { type Nanoseconds, nanoseconds, type SimTime } from '../../units/index.ts';
import type { RequestId, Requests } from '../api-machinery/index.ts';
import type { networkParameters } from '../host/host.parameters.ts';
import { Host } from '../host/host.ts';
import { AlarmRequests } from './alarm-requests.ts';
import type { Answer } from './answer.ts';
import { ChangeLog } from './change-log.ts';
import { ClientConnections } from './client-connections.ts';
import { ClientRequests } from './client-requests.ts';
import { addClusterInvariants } from './cluster-invariants.ts';
import type { etcdParameters } from './etcd.parameters.ts';
import { Maintenance } from './maintenance.ts';
import type { Member } from './member.ts';
import { MemberFaults } from './member-faults.ts';
import { MemberOutages } from './member-outages.ts';
import { Members } from './members.ts';
import type { MembersListener } from './members-listener.ts';
import { Membership } from './membership.ts';
import {
  type Change,
  COMMAND_BYTES,
  type Command,
  CommandState,
  elementSizes,
  hasRoom,
  Keyspace,
  Lessor,
  publishKeyspace,
  quotaCost,
  SpaceAlarm,
} from './mvcc/index.ts';
import { Operations } from './operations.ts';
import type { Proposal } from './proposal.ts';
import { publishMembers } from './publish-members.ts';
import { type MemberId, NO_MEMBER } from './raft/index.ts';
import { ReplicatedState } from './replicated-state.ts';
import type { Seat } from './seat.ts';
import type { StoreClient, StoreEndpoints } from './store-client.ts';
import { StoreOutcome } from './store-outcome.ts';
import { Watches } from './watches.ts';

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
  /** What operators do by hand. */
  readonly maintenance: Maintenance;
  readonly membership: Membership;
  /** What breaks. */
  readonly faults: MemberFaults;
  private readonly options: EtcdClusterOptions;
  /** Checks that there is one leader in a term, and that logs agree. */
  private readonly checkRaft: () => void;
  private readonly keyspace: Keyspace;
  /** Leases, and the alarm of a database that is full. */
  readonly lessor: Lessor;
  /** Who asks for the alarm NOSPACE, and for its end. */
  readonly alarmRequests: AlarmRequests;
  private readonly state: ReplicatedState;
  private readonly operations: Operations;
  private readonly connections: ClientConnections;
  private readonly watches: Watches;
  private readonly clientRequests: ClientRequests;
  private readonly outages: MemberOutages;
  private readonly changeLog: ChangeLog;
  private readonly clients: StoreClient[] = [];
  private readonly links: LinkTable;
  private readonly delays: RandomStream;
  /** Told of every change as it is committed: statistics, and views that are kept once per revision. They never act on it. */
  private readonly observers: ((change: Change) => void)[] = [];
  /** Whether the run has begun: what is stored before is in every member's database, state. */
  private isRunning = false;
  /** Term of the leader that lets leases expire, 0 = none does, state. */
  private leaseTerm = 0;
  private readonly elementBytes: ReturnType<typeof elementSizes>;
  /** What raft promises of the members' logs. */

  constructor(options: EtcdClusterOptions) {
    const { simulation, tables, requests, parameters, network, hosts, recorder, waits, endpoints } = options;
    this.options = options;
    this.timeline = new Timeline(simulation);
    this.changeLog = new ChangeLog();
    this.elementBytes = elementSizes(tables, parameters.keyLength);
    this.keyspace = new Keyspace(tables, this.elementBytes);
    const alarm = new SpaceAlarm();
    const propose = (command: Command, done?: () => void) => this.command(command, done);
    this.alarmRequests = new AlarmRequests({ timeline: this.timeline, alarm, propose });
    const proposeRevocation = (lease: number) => this.command({ type: 'revokeLease', lease });
    this.lessor = new Lessor({ simulation, parameters, proposeRevocation });
    this.links = new LinkTable(simulation, 'etcd');
    this.delays = simulation.streams.stream('etcd.delays');
    this.operations = new Operations(simulation, parameters.requestTimeout, (request) =>
      this.outages.onTimeout(request),
    );
    const { operations, keyspace, lessor } = this;
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
      only: endpoints.only,
      isReachable: (member) => this.isReachable(member),
      servesWatches: (member) => this.servesWatches(member),
    });
    const { state, timeline, connections, changeLog, clients, links, delays } = this;
    this.members = new Members({
      simulation,
      tables,
      keyspace,
      parameters,
      network,
      hosts,
      recorder,
      timeline,
      state,
      listener: this,
    });
    const { members } = this;
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
    const around = { simulation, requests, parameters, waits, operations };
    this.clientRequests = new ClientRequests({
      ...around,
      tables,
      network,
      recorder,
      keyspace,
      state,
      alarm,
      lessor,
      connections,
      clients,
      links,
      delays,
      leader: () => members.leader,
      seat: (member) => members.seats[member] as Seat,
      outOfSpace: (member) => this.alarmRequests.raise(member),
      holdBack: (request, serial, hasArrived) =>
        this.outages.hold(operations.memberOf(request), request, serial, hasArrived),
    });
    const { watches, clientRequests } = this;
    this.outages = new MemberOutages({
      ...around,
      timeline,
      members,
      watches,
      clientRequests,
      keepAlive: endpoints.keepAlive,
    });
    this.maintenance = new Maintenance({
      simulation,
      parameters,
      timeline,
      members,
      keyspace,
      elementBytes: this.elementBytes,
      state,
      watches,
      onDifference: (change) => {
        for (const observer of this.observers) observer(change);
      },
    });
    this.faults = new MemberFaults({ simulation, timeline, members, outages: this.outages });
    this.membership = new Membership({
      simulation,
      parameters,
      timeline,
      members,
      newHost: (number) => {
        const { cores, options: host } = hosts[0] as Host;
        return new Host(simulation, `etcd host ${number}`, cores, host);
      },
      onAdded: () => connections.memberAdded(),
    });
    publishKeyspace(recorder, keyspace, parameters.quotaBackendBytes);
    publishMembers({ simulation, recorder, members: this.members, pending: () => operations.countOpen() });
    this.checkRaft = addClusterInvariants({ simulation, keyspace, operations, state, seats: members.seats });
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
    if (!this.isRunning) this.beginRun();
    this.clientRequests.send(server, request);
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
    this.faults.kill('leader', duration);
  }

  /** Proposes a command at the leader; lost if there is none. `done` is called with its outcome when the leader has applied it. */
  command(command: Command, done?: (outcome: number) => void): void {
    const { leader } = this.members;
    if (!this.isRunning) this.beginRun();
    if (leader === undefined) return;
    if (command.type === 'grantLease' && !this.hasRoomForLease(leader)) {
      this.alarmRequests.raise(leader);
      done?.(StoreOutcome.NoSpace);
      return;
    }
    leader.propose({
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

  private hasRoomForLease({ id }: Member): boolean {
    const { store } = this.members.seats[id] as Seat;
    return hasRoom(store.backend.size, quotaCost.leaseGrant, this.options.parameters.quotaBackendBytes);
  }

  private beginRun(): void {
    this.isRunning = true;
    for (const { store } of this.members.seats) store.backend.commit();
  }

  // ---- what members tell ---------------------------------------------------------------------------------------------------------

  isFollowed(member: MemberId): boolean {
    return this.connections.isFollowed(member);
  }

  onGone(member: Member): void {
    this.outages.onGone(member);
    this.maintenance.onGone(member);
  }

  onLeaderSeen(member: Member): void {
    this.outages.onLeaderSeen(member);
  }

  onProposalDropped(proposal: Proposal): void {
    this.clientRequests.onProposalDropped(proposal);
  }

  onFirstCommit(proposal: Proposal): void {
    this.clientRequests.onFirstCommit(proposal);
  }

  onEntry(member: Member, proposal: Proposal, end: SimTime, waited: number): void {
    this.clientRequests.onEntry(member, proposal, end, waited);
  }

  onAnswered(answer: Answer, waitedForCpu: number): void {
    this.clientRequests.onAnswered(answer, waitedForCpu);
  }

  onReadReady(member: Member, request: RequestId, waitedForCpu: number): void {
    this.clientRequests.onReadReady(member, request, waitedForCpu);
  }

  onBatch(member: Member, lastIndex: number, end: SimTime): void {
    this.watches.onBatch(member, lastIndex, end);
    this.state.forgetBefore(this.state.computed - INDEXES_KEPT);
  }

  private onChange(change: Change): void {
    this.changeLog.push(change);
    for (const observer of this.observers) observer(change);
  }

  /** Only the member that leads lets leases expire. */
  private followLeader(): void {
    const { leader } = this.members;
    const { electionTicks, heartbeatInterval } = this.options.parameters;
    const term = leader?.node.term ?? 0;
    if (term === this.leaseTerm) return;
    this.checkRaft();
    this.leaseTerm = term;
    this.alarmRequests.leaderChanged();
    this.clientRequests.keepAlives.leaderChanged();
    if (leader === undefined) this.lessor.demote();
    else this.lessor.promote(nanoseconds(electionTicks * heartbeatInterval));
  }

  // ---- who serves -----------------------------------------------------------------------------------------------------------------

  private isReachable(number: MemberId): boolean {
    const member = this.members.seat(number)?.member;
    if (member === undefined || !member.isUp || this.outages.isHung(number)) return false;
    return member.node.configuration.voters.includes(number);
  }

  private servesWatches(number: MemberId): boolean {
    const member = this.members.seat(number)?.member;
    return member?.isRunning === true && member.node.leader !== NO_MEMBER;
  }
}
