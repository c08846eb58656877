/**
 * etcd 3.6: members that agree on a log, each with a write-ahead log on a disk, and the key space that the agreed entries are applied to.
 * https://github.com/etcd-io/etcd (server/etcdserver), https://github.com/etcd-io/raft. Model reference section 1.
 *
 * Modelled: proposals that arrive while the log is being synced form the next batch (group commit emerges); the leader sends while it syncs;
 * an entry commits with the quorum-th acknowledgement; entries are applied one after the other; backend commits hold up the apply loop;
 * linearizable reads join the next read-index round; transactions conditional on a mod revision; loss of the leader, election by the shortest
 * randomised timeout, requests that find no leader wait and time out.
 * Left out here: see docs/not-modelled.md (probe and snapshot states, learners, quota, defragmentation, leases, watch groups).
 */
import type { Kind, ObjectKey, ObjectTables } from '../../cluster/index.ts';
import { NO_VERSION, type VersionHandle } from '../../cluster/index.ts';
import { type EventType, LinkTable, type RandomStream, SerialServer, type Simulation, type ValuesOf } from '../../engine/index.ts';
import type { CounterSeries, GaugeSeries, HistogramSeries, MetricRecorder, WaitLedger } from '../../metrics/index.ts';
import { publishServer } from '../../metrics/index.ts';
import { type Nanoseconds, nanoseconds, plus, type SimTime } from '../../units/index.ts';
import { type RequestId, type Requests, Verb, WaitPlace } from '../api-machinery/index.ts';
import type { Host } from '../host/host.ts';
import type { networkParameters } from '../host/host.parameters.ts';
import type { etcdParameters } from './etcd.parameters.ts';
import { type Change, Keyspace } from './keyspace.ts';
import { WriteAheadLog } from './write-ahead-log.ts';

/** Outcome of a request to the store, the second argument of its answer. */
export const StoreOutcome = { Succeeded: 0, ConditionFailed: 1, Unavailable: 2 } as const;

/** What etcd needs of its clients, the API servers. */
export interface StoreClient {
  /** Event type of "a transaction or read was answered" (request, {@link StoreOutcome}). */
  readonly storeAnswered: EventType;
  /** Event type of "changes arrived on the watch" (server, position in {@link EtcdCluster.changes} up to which). */
  readonly changesArrived: EventType;
  /** Whether the API server is up and watching. */
  readonly isWatching: boolean;
}

/** Mark in {@link Requests.transactionRevision} of a request that only reads a key on behalf of a write. */
export const READ = -1;

/** A batch of proposals on its way through the log. */
interface Batch {
  readonly requests: RequestId[];
  readonly startedAt: SimTime;
  /** CPU that it takes [ns]. */
  readonly cpu: Nanoseconds;
  /** Time on the CPU and in the leader's sync [ns]; the rest of the time from proposal to commit is waiting for the log and the quorum. */
  service: number;
}

/** Batch numbers before they repeat; far more than can be on their way, and fit for a tag of work on a host. */
const BATCH_NUMBERS = 1 << 20;
/** No leader. */
const NO_LEADER = -1;
/** Bytes of a log entry beside the value. */
const ENTRY_OVERHEAD = 100;

/** All members and the key space. */
export class EtcdCluster {
  private readonly simulation: Simulation;
  private readonly tables: ObjectTables;
  private readonly requests: Requests;
  private readonly parameters: ValuesOf<typeof etcdParameters>;
  private readonly network: ValuesOf<typeof networkParameters>;
  private readonly waits: WaitLedger;
  private readonly hosts: readonly Host[];
  private readonly readPorts: readonly number[];
  private readonly batchPorts: readonly number[];
  private readonly commitStream: RandomStream;
  /** The keys; only etcd reads what is current. */
  private readonly keyspace: Keyspace;
  private readonly logs: readonly WriteAheadLog[];
  /** Members that run. */
  private readonly up: boolean[];
  /** Index of the leader, NO_LEADER while there is none, state. */
  private leader = 0;
  /** Raised at every change of leader: batches and rounds of an older one are void, state. */
  private term = 1;
  private readonly clients: StoreClient[] = [];
  private readonly links: LinkTable;
  private readonly delays: RandomStream;
  private readonly elections: RandomStream;

  /** Proposals that wait for the log, state. */
  private proposals: RequestId[] = [];
  /** Whether the leader's log is busy with a batch, state. */
  private syncing = false;
  /** Batches between their start and their commit, by number, in the order of their starts, state. */
  private readonly batches = new Map<number, Batch>();
  private nextBatch = 0;
  /** When the latest batch commits [ns]: batches commit in order, state. */
  private lastCommit = 0;
  /** Reads that wait for the next read-index round, and those of the round in progress, state. */
  private nextReaders: RequestId[] = [];
  private roundReaders: RequestId[] = [];
  private roundInProgress = false;
  /** The serial apply loop. */
  private readonly apply = new SerialServer(1);
  /** Operations since the last backend commit, state. */
  private uncommittedOperations = 0;
  /** Requests that arrived while there was no leader, with their arrival, state. */
  private stranded: { request: RequestId; since: SimTime }[] = [];
  /** Changes that some API server has not received yet; position of the first one, state. */
  private readonly changeLog: Change[] = [];
  private changesDropped = 0;
  private readonly consumed: number[] = [];
  /** Told of every change as it is committed: statistics, and views that are kept once per revision. They never act on it. */
  private readonly observers: ((change: Change) => void)[] = [];
  /** What happened to the leadership, for the verdict. */
  readonly notes: string[] = [];
  private lostAt: SimTime | undefined;

  private readonly evArrived: EventType;
  private readonly evLogFree: EventType;
  private readonly evCommitted: EventType;
  private readonly evRoundConfirmed: EventType;
  private readonly evBackendCommit: EventType;
  private readonly evElected: EventType;
  private readonly evMemberUp: EventType;
  private readonly evStrandedCheck: EventType;

  private readonly syncSeconds: HistogramSeries;
  private readonly backendSeconds: HistogramSeries;
  private readonly succeeded: CounterSeries;
  private readonly failed: CounterSeries;
  private readonly leaderChanges: CounterSeries;
  private readonly hasLeader: GaugeSeries;
  private readonly waitCpu: number;
  private readonly waitDisk: number;
  private readonly waitApply: number;

  constructor(options: {
    simulation: Simulation;
    tables: ObjectTables;
    requests: Requests;
    parameters: ValuesOf<typeof etcdParameters>;
    network: ValuesOf<typeof networkParameters>;
    hosts: readonly Host[];
    recorder: MetricRecorder;
    waits: WaitLedger;
  }) {
    const { simulation, recorder, parameters, waits } = options;
    this.simulation = simulation;
    this.tables = options.tables;
    this.requests = options.requests;
    this.parameters = parameters;
    this.network = options.network;
    this.waits = waits;
    this.hosts = options.hosts;
    this.readPorts = options.hosts.map((host) => host.register((slot) => this.onReadsPrepared(slot)));
    this.batchPorts = options.hosts.map((host) => host.register((slot) => this.onBatchPrepared(slot)));
    this.keyspace = new Keyspace(options.tables, parameters.revisionOverhead);
    this.logs = options.hosts.map(
      (_, member) =>
        new WriteAheadLog(
          parameters.walSync,
          parameters.walSyncPerByte,
          simulation.streams.stream(`etcd.walSync.${member}`),
        ),
    );
    this.up = options.hosts.map(() => true);
    this.links = new LinkTable(simulation, 'etcd');
    this.delays = simulation.streams.stream('etcd.delays');
    this.elections = simulation.streams.stream('etcd.elections');
    this.commitStream = simulation.streams.stream('etcd.backendCommit');

    this.evArrived = simulation.on('etcd.requestArrived', (request) => this.onRequestArrived(request as RequestId));
    this.evLogFree = simulation.on('etcd.logFree', (term) => this.onLogFree(term));
    this.evCommitted = simulation.on('etcd.committed', (slot, term) => this.onCommitted(slot, term));
    this.evRoundConfirmed = simulation.on('etcd.readIndexConfirmed', (term) => this.onRoundConfirmed(term));
    this.evBackendCommit = simulation.on('etcd.backendCommit', () => this.onBackendCommit());
    this.evElected = simulation.on('etcd.leaderElected', (member, term) => this.onElected(member, term));
    this.evMemberUp = simulation.on('etcd.memberUp', (member) => this.onMemberUp(member));
    this.evStrandedCheck = simulation.on('etcd.strandedCheck', () => this.onStrandedCheck());

    this.syncSeconds = recorder.histogram('etcd_disk_wal_fsync_duration_seconds');
    this.backendSeconds = recorder.histogram('etcd_disk_backend_commit_duration_seconds');
    this.succeeded = recorder.counter('plimsoll_etcd_transactions_total', { result: 'succeeded' });
    this.failed = recorder.counter('plimsoll_etcd_transactions_total', { result: 'condition_failed' });
    this.leaderChanges = recorder.counter('etcd_server_leader_changes_seen_total');
    this.hasLeader = recorder.gauge('etcd_server_has_leader');
    this.hasLeader.set(1);
    this.waitCpu = waits.server('etcd CPU', 'server');
    this.waitDisk = waits.server('etcd disk (WAL)', 'server');
    this.waitApply = waits.server('etcd apply', 'server');
    this.publish(recorder);
    simulation.addInvariantCheck('etcd', () => this.checkInvariants());
    simulation.after(parameters.backendBatchInterval, this.evBackendCommit);
  }

  private publish(recorder: MetricRecorder): void {
    const { simulation } = this;
    publishServer(recorder, simulation, 'etcd disk (WAL)', () => ({
      busyNanoseconds: this.logs[Math.max(0, this.leader)]?.busyNanoseconds(simulation.now) ?? 0,
      capacity: 1,
      queueLength: this.proposals.length,
    }));
    publishServer(recorder, simulation, 'etcd apply', () => ({
      busyNanoseconds: this.apply.busyNanoseconds(simulation.now),
      capacity: 1,
      queueLength: this.apply.busyServers(simulation.now),
    }));
    const total = recorder.gauge('etcd_mvcc_db_total_size_in_bytes');
    const inUse = recorder.gauge('etcd_mvcc_db_total_size_in_use_in_bytes');
    const pending = recorder.gauge('etcd_server_proposals_pending');
    recorder.onSample(() => {
      total.set(this.keyspace.totalBytes);
      inUse.set(this.keyspace.inUseBytes);
      pending.set(this.proposals.length);
    });
  }

  // ---- ports -------------------------------------------------------------------------------------------------------------------

  /** Connects an API server; returns its number. */
  connect(client: StoreClient): number {
    this.clients.push(client);
    this.consumed.push(0);
    this.links.add(this.network.minimumDelay);
    this.links.add(this.network.minimumDelay);
    return this.clients.length - 1;
  }

  /** Sends a transaction or a read of an API server. A read has verb GET or LIST and no draft. */
  send(server: number, request: RequestId): void {
    this.requests.server[request] = server;
    this.links.transmit(2 * server, this.network.controlPlaneDelay.sample(this.delays), this.evArrived, request);
  }

  /** Puts an object into the store before the run begins, at one revision, without a request. The key space takes `version` over. */
  preload(kind: Kind, version: VersionHandle): Change {
    const change = this.keyspace.put(kind, version);
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

  /** Version that a request or cache may keep reading until it is compacted. */
  current(kind: Kind, key: ObjectKey): VersionHandle {
    return this.keyspace.current(kind, key);
  }

  /** Drops history up to a revision; asked for by an API server every five minutes. */
  compact(revision: number): number {
    return this.keyspace.compact(revision);
  }

  /** The change at a position of the change log. */
  changeAt(position: number): Change {
    return this.changeLog[position - this.changesDropped] as Change;
  }

  /** Position behind the last change. */
  get changeCount(): number {
    return this.changesDropped + this.changeLog.length;
  }

  /** An API server has taken over the changes before `position`. */
  consumedUpTo(server: number, position: number): void {
    this.consumed[server] = position;
    let first = this.changeCount;
    for (let i = 0; i < this.clients.length; i++) {
      if ((this.clients[i] as StoreClient).isWatching) first = Math.min(first, this.consumed[i] as number);
    }
    const drop = first - this.changesDropped;
    // Dropped in lumps, so that the array is not shifted for every change.
    if (drop > 256 || drop === this.changeLog.length) {
      this.changeLog.splice(0, drop);
      this.changesDropped = first;
    }
  }

  /** Fault: the leader's process is killed and comes back after `duration` (`memberRestart` if left out; null = never). */
  killLeader(duration: Nanoseconds | null = this.parameters.memberRestart): void {
    const member = this.leader;
    if (member === NO_LEADER) return;
    this.up[member] = false;
    this.leader = NO_LEADER;
    this.term++;
    this.lostAt = this.simulation.now;
    this.hasLeader.set(0);
    this.breakOff();
    if (duration !== null) this.simulation.after(duration, this.evMemberUp, member);
    this.campaign();
    if (this.stranded.length === 0) this.simulation.after(this.parameters.requestTimeout, this.evStrandedCheck);
  }

  // ---- requests ----------------------------------------------------------------------------------------------------------------

  private onRequestArrived(request: RequestId): void {
    if (this.leader === NO_LEADER) {
      this.strand(request);
      return;
    }
    this.requests.stageAt[request] = this.simulation.now;
    const verb = this.requests.verb[request] as number;
    if (this.isRead(request, verb)) this.joinReadRound(request);
    else this.propose(request);
  }

  private isRead(request: RequestId, verb: number): boolean {
    return verb === Verb.Get || verb === Verb.List || this.requests.transactionRevision[request] === READ;
  }

  private propose(request: RequestId): void {
    this.proposals.push(request);
    if (!this.syncing) this.startBatch();
  }

  /** Takes every proposal that waits as one batch: first the CPU of its requests and of the batch itself, then the log. */
  private startBatch(): void {
    const { batchCpu, requestCpu } = this.parameters;
    const cpu = nanoseconds(batchCpu + requestCpu * this.proposals.length);
    const batch: Batch = { requests: this.proposals, startedAt: this.simulation.now, cpu, service: 0 };
    this.proposals = [];
    this.syncing = true;
    const slot = this.nextBatchNumber();
    this.batches.set(slot, batch);
    const host = this.hosts[this.leader] as Host;
    host.run(this.batchPorts[this.leader] as number, cpu, slot);
  }

  /** The leader sends the batch to its followers and writes it to its own log at the same time. */
  private onBatchPrepared(slot: number): void {
    const batch = this.batches.get(slot);
    if (batch === undefined || this.leader === NO_LEADER) return;
    const { now } = this.simulation;
    let size = 0;
    for (const request of batch.requests) size += this.entryBytes(request);
    const leaderLog = this.logs[this.leader] as WriteAheadLog;
    const durable = leaderLog.append(now, size);
    this.syncSeconds.record((durable - now) / 1e9);
    batch.service = now - batch.startedAt + (durable - now);
    const waitedForCpu = Math.max(0, now - batch.startedAt - batch.cpu);
    for (const request of batch.requests) {
      this.requests.addWait(request, WaitPlace.StoreCpu, waitedForCpu);
      this.waits.passed(this.waitCpu, waitedForCpu);
    }
    const commit = Math.max(this.quorumTime(durable, size), this.lastCommit);
    this.lastCommit = commit;
    this.simulation.at(durable, this.evLogFree, this.term);
    this.simulation.at(commit as SimTime, this.evCommitted, slot, this.term);
  }

  /** When a quorum has the batch: the leader at `durable`, each follower after a hop, its own sync and a hop back. */
  private quorumTime(durable: SimTime, size: number): number {
    const quorum = Math.floor(this.logs.length / 2) + 1;
    const times: number[] = [durable];
    for (let member = 0; member < this.logs.length; member++) {
      if (member === this.leader || this.up[member] !== true) continue;
      const there = this.network.peerDelay.sample(this.delays);
      const back = this.network.peerDelay.sample(this.delays);
      const log = this.logs[member] as WriteAheadLog;
      times.push(log.append(plus(this.simulation.now, there), size) + back);
    }
    times.sort((a, b) => a - b);
    return times[quorum - 1] as number;
  }

  private onLogFree(term: number): void {
    if (term !== this.term) return;
    this.syncing = false;
    if (this.proposals.length > 0) this.startBatch();
  }

  private onCommitted(slot: number, term: number): void {
    const batch = this.batches.get(slot);
    if (term !== this.term || batch === undefined) return;
    this.batches.delete(slot);
    let end = this.simulation.now;
    for (const request of batch.requests) {
      const since = this.requests.stageAt[request] as number;
      const waited = Math.max(0, this.simulation.now - since - batch.service);
      this.requests.addWait(request, WaitPlace.StoreDisk, waited);
      this.waits.passed(this.waitDisk, waited);
      end = this.applyEntry(request);
    }
    this.notifyWatchers(end);
  }

  /** Applies one entry and sends the answer; returns when the apply loop is done with it. */
  private applyEntry(request: RequestId): SimTime {
    const { requests, keyspace } = this;
    const { now } = this.simulation;
    const service = this.parameters.applyService;
    const end = this.apply.reserve(now, service);
    requests.addWait(request, WaitPlace.StoreApply, end - now - service);
    this.waits.passed(this.waitApply, end - now - service);
    this.uncommittedOperations++;
    const kind = requests.kind[request] as Kind;
    const key = requests.key[request] as ObjectKey;
    const holds = keyspace.modRevision(kind, key) === requests.transactionRevision[request];
    if (holds) {
      this.commit(request, kind, key);
      this.succeeded.add();
    } else {
      this.attachCurrent(request, kind, key);
      this.failed.add();
    }
    this.answer(request, end, holds ? StoreOutcome.Succeeded : StoreOutcome.ConditionFailed);
    return end;
  }

  private commit(request: RequestId, kind: Kind, key: ObjectKey): void {
    const { requests, keyspace } = this;
    const draft = requests.draft[request] as VersionHandle;
    const change = draft === NO_VERSION ? keyspace.remove(kind, key) : keyspace.put(kind, draft);
    // The key space has taken the draft over; the request keeps a hold of its own on what it wrote, or deleted.
    requests.draft[request] = NO_VERSION;
    requests.result[request] = this.tables.of(kind).retain(draft === NO_VERSION ? change.previous : draft);
    requests.resultRevision[request] = change.revision;
    this.changeLog.push(change);
    for (const observer of this.observers) observer(change);
  }

  private attachCurrent(request: RequestId, kind: Kind, key: ObjectKey): void {
    const current = this.keyspace.current(kind, key);
    this.requests.result[request] = current === NO_VERSION ? NO_VERSION : this.tables.of(kind).retain(current);
    this.requests.resultRevision[request] = this.keyspace.revision;
  }

  private notifyWatchers(at: SimTime): void {
    const upTo = this.changeCount;
    for (let server = 0; server < this.clients.length; server++) {
      const client = this.clients[server] as StoreClient;
      if (!client.isWatching) continue;
      const delay = nanoseconds(at - this.simulation.now + this.network.controlPlaneDelay.sample(this.delays));
      this.links.transmit(2 * server + 1, delay, client.changesArrived, server, upTo);
    }
  }

  private answer(request: RequestId, at: SimTime, outcome: number): void {
    const server = this.requests.server[request] as number;
    const delay = nanoseconds(at - this.simulation.now + this.network.controlPlaneDelay.sample(this.delays));
    this.links.transmit(2 * server + 1, delay, (this.clients[server] as StoreClient).storeAnswered, request, outcome);
  }

  // ---- linearizable reads ------------------------------------------------------------------------------------------------------

  private joinReadRound(request: RequestId): void {
    this.nextReaders.push(request);
    if (!this.roundInProgress) this.startReadRound();
  }

  /** One heartbeat round to a quorum confirms the leader for every read that has joined (a single member needs none). */
  private startReadRound(): void {
    this.roundReaders = this.nextReaders;
    this.nextReaders = [];
    this.roundInProgress = true;
    const members = this.logs.length;
    const rounds: number[] = [];
    for (let member = 1; member < members; member++) {
      rounds.push(this.network.peerDelay.sample(this.delays) + this.network.peerDelay.sample(this.delays));
    }
    rounds.sort((a, b) => a - b);
    const quorumOthers = Math.floor(members / 2);
    const span = quorumOthers === 0 ? 1 : (rounds[quorumOthers - 1] as number);
    this.simulation.after(nanoseconds(span), this.evRoundConfirmed, this.term);
  }

  /** A quorum has confirmed the leader: the round's reads take their CPU, and the next round may start. */
  private onRoundConfirmed(term: number): void {
    if (term !== this.term) return;
    const readers = this.roundReaders;
    this.roundReaders = [];
    this.roundInProgress = false;
    const cpu = nanoseconds(this.parameters.requestCpu * readers.length);
    const slot = this.nextBatchNumber();
    this.batches.set(slot, { requests: readers, startedAt: this.simulation.now, cpu, service: 0 });
    (this.hosts[this.leader] as Host).run(this.readPorts[this.leader] as number, cpu, slot);
    if (this.nextReaders.length > 0) this.startReadRound();
  }

  private onReadsPrepared(slot: number): void {
    const batch = this.batches.get(slot);
    if (batch === undefined) return;
    this.batches.delete(slot);
    const waited = Math.max(0, this.simulation.now - batch.startedAt - batch.cpu);
    for (const request of batch.requests) {
      this.requests.addWait(request, WaitPlace.StoreCpu, waited);
      this.waits.passed(this.waitCpu, waited);
      this.serveRead(request);
    }
  }

  private nextBatchNumber(): number {
    this.nextBatch = (this.nextBatch + 1) % BATCH_NUMBERS;
    return this.nextBatch;
  }

  private serveRead(request: RequestId): void {
    const kind = this.requests.kind[request] as Kind;
    const { now } = this.simulation;
    // A read waits until everything committed before it is applied.
    const applied = Math.max(now, this.apply.earliestFree);
    let service: number = this.parameters.readService;
    if (this.requests.verb[request] === Verb.List) {
      service += this.parameters.rangeServicePerKey * this.objectCount(kind);
      this.requests.resultRevision[request] = this.keyspace.revision;
    } else {
      this.attachCurrent(request, kind, this.requests.key[request] as ObjectKey);
    }
    this.answer(request, (applied + service) as SimTime, StoreOutcome.Succeeded);
  }

  // ---- backend -----------------------------------------------------------------------------------------------------------------

  private onBackendCommit(): void {
    const { simulation, parameters } = this;
    if (this.uncommittedOperations > 0) {
      const span = nanoseconds(
        parameters.backendCommit.sample(this.commitStream) +
          parameters.backendCommitPerOperation * this.uncommittedOperations,
      );
      this.apply.reserve(simulation.now, span);
      this.backendSeconds.record(span / 1e9);
      this.uncommittedOperations = 0;
    }
    simulation.after(parameters.backendBatchInterval, this.evBackendCommit);
  }

  // ---- leadership --------------------------------------------------------------------------------------------------------------

  /** Everything the lost leader was working on fails: its connections broke. */
  private breakOff(): void {
    for (const batch of this.batches.values()) for (const request of batch.requests) this.fail(request);
    this.batches.clear();
    for (const request of [...this.proposals, ...this.roundReaders, ...this.nextReaders]) this.fail(request);
    this.proposals = [];
    this.roundReaders = [];
    this.nextReaders = [];
    this.roundInProgress = false;
    this.syncing = false;
    this.lastCommit = 0;
  }

  private fail(request: RequestId): void {
    this.answer(request, this.simulation.now, StoreOutcome.Unavailable);
  }

  /** Each survivor has drawn its own timeout since the last heartbeat; the first one to run out wins, if a quorum is up. */
  private campaign(): void {
    const { parameters, simulation } = this;
    const alive = this.up.filter(Boolean).length;
    if (alive < Math.floor(this.up.length / 2) + 1) return;
    const ticks = parameters.electionTicksMaximum - parameters.electionTicksMinimum + 1;
    let winner = NO_LEADER;
    let earliest = Number.POSITIVE_INFINITY;
    for (let member = 0; member < this.up.length; member++) {
      const drawn = parameters.electionTicksMinimum + Math.floor(this.elections.next() * ticks);
      const phase = this.elections.next();
      const timeout = (drawn - phase) * parameters.heartbeatInterval;
      if (this.up[member] === true && timeout < earliest) {
        winner = member;
        earliest = timeout;
      }
    }
    // Pre-vote and vote are a round trip each; the vote and the new leader's empty entry are synced by a quorum.
    const hop = () => this.network.peerDelay.sample(this.delays);
    const log = this.logs[winner] as WriteAheadLog;
    const span = earliest + hop() * 2 + hop() * 2 + log.draw(ENTRY_OVERHEAD) * 2 + hop() * 2;
    simulation.after(nanoseconds(span), this.evElected, winner, this.term);
  }

  private onElected(member: number, term: number): void {
    if (term !== this.term || this.leader !== NO_LEADER || this.up[member] !== true) return;
    this.leader = member;
    this.leaderChanges.add();
    this.hasLeader.set(1);
    if (this.lostAt !== undefined) {
      const outage = ((this.simulation.now - this.lostAt) / 1e9).toFixed(2);
      this.notes.push(`etcd lost its leader at ${(this.lostAt / 1e9).toFixed(0)} s and had a new one after ${outage} s`);
      this.lostAt = undefined;
    }
    const waiting = this.stranded;
    this.stranded = [];
    for (const { request } of waiting) this.onRequestArrived(request);
  }

  private onMemberUp(member: number): void {
    this.up[member] = true;
    if (this.leader === NO_LEADER) this.campaign();
  }

  private strand(request: RequestId): void {
    if (this.stranded.length === 0) this.simulation.after(this.parameters.requestTimeout, this.evStrandedCheck);
    this.stranded.push({ request, since: this.simulation.now });
  }

  private onStrandedCheck(): void {
    const { now } = this.simulation;
    const limit = this.parameters.requestTimeout;
    while (this.stranded.length > 0 && now - (this.stranded[0] as { since: SimTime }).since >= limit) {
      this.fail((this.stranded.shift() as { request: RequestId }).request);
    }
    const first = this.stranded[0];
    if (first !== undefined) this.simulation.at(plus(first.since, limit), this.evStrandedCheck);
  }

  // ---- costs and checks --------------------------------------------------------------------------------------------------------

  private entryBytes(request: RequestId): number {
    const draft = this.requests.draft[request] as VersionHandle;
    const kind = this.requests.kind[request] as Kind;
    return ENTRY_OVERHEAD + (draft === NO_VERSION ? 0 : this.tables.of(kind).bytes.get(draft));
  }

  /** Every revision is a transaction that changed a key. */
  checkInvariants(): void {
    const { keyspace } = this;
    const simulation: Simulation = this.simulation;
    simulation.invariant(
      keyspace.revision - 1 === keyspace.commits,
      'etcd',
      `revision ${keyspace.revision} but ${keyspace.commits} committed transactions that changed a key`,
    );
    simulation.invariant(
      keyspace.inUseBytes <= keyspace.totalBytes,
      'etcd',
      `${keyspace.inUseBytes} bytes in use of a file of ${keyspace.totalBytes}`,
    );
  }
}
