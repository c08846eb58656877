/**
 * etcd 3.6: members that agree on a log, each with a write-ahead log on a disk, and the key space that the agreed entries are applied to.
 * https://github.com/etcd-io/etcd (server/etcdserver), https://github.com/etcd-io/raft.
 *
 * Modelled: group commit, sending while syncing, commit by quorum (replicated-log.ts); read-index rounds (read-index.ts); loss of the leader and
 * election (leadership.ts); revisions and history (keyspace.ts). Here: entries are applied one after the other, backend commits hold up the apply
 * loop, transactions are conditional on a mod revision, requests that find no leader wait and time out, watchers are notified batch by batch.
 * All API servers talk to the leader. Left out here: see docs/not-modelled.md (probe and snapshot states, learners, quota, defragmentation,
 * leases, watch groups).
 */
import { type Kind, NO_VERSION, type ObjectKey, type ObjectTables, type VersionHandle } from '../../cluster/index.ts';
import {
  type EventType,
  LinkTable,
  type RandomStream,
  SerialServer,
  type Simulation,
  type ValuesOf,
} from '../../engine/index.ts';
import {
  type CounterSeries,
  type HistogramSeries,
  type MetricRecorder,
  publishServer,
  type WaitLedger,
} from '../../metrics/index.ts';
import { type Nanoseconds, nanoseconds, plus, type SimTime } from '../../units/index.ts';
import { type RequestId, type Requests, Verb, WaitPlace } from '../api-machinery/index.ts';
import type { networkParameters } from '../host/host.parameters.ts';
import type { Host } from '../host/host.ts';
import type { etcdParameters } from './etcd.parameters.ts';
import { type Change, Keyspace } from './keyspace.ts';
import { Leadership, NO_LEADER } from './leadership.ts';
import { ReadIndex } from './read-index.ts';
import { type Batch, ReplicatedLog } from './replicated-log.ts';
import { WriteAheadLog } from './write-ahead-log.ts';

/** Outcome of a request to the store, the second argument of its answer. */
export const StoreOutcome = { Succeeded: 0, ConditionFailed: 1, Unavailable: 2 } as const;

/** What etcd needs of its clients, the API servers. */
export interface StoreClient {
  /** Event type of "a transaction or read was answered" (request, {@link StoreOutcome}). */
  readonly storeAnswered: EventType;
  /** Event type of "changes arrived on the watch" (server, position in {@link EtcdCluster.changeAt} up to which). */
  readonly changesArrived: EventType;
  /** Whether the API server is up and watching. */
  readonly isWatching: boolean;
}

/** Mark in {@link Requests.transactionRevision} of a request that only reads a key on behalf of a write. */
export const READ = -1;
/** Bytes of an empty entry or a hard state. */
const SMALL_ENTRY = 100;
/** Changes that every API server has taken over are dropped in lumps of this many, so that the array is not shifted for each. */
const DROP_LUMP = 256;

/** A request that waits for a leader. */
interface Stranded {
  readonly request: RequestId;
  readonly since: SimTime;
}

/** All members and the key space. */
export class EtcdCluster {
  private readonly simulation: Simulation;
  private readonly tables: ObjectTables;
  private readonly requests: Requests;
  private readonly parameters: ValuesOf<typeof etcdParameters>;
  private readonly network: ValuesOf<typeof networkParameters>;
  private readonly waits: WaitLedger;
  /** The keys; only etcd reads what is current. */
  private readonly keyspace: Keyspace;
  private readonly leadership: Leadership;
  private readonly log: ReplicatedLog;
  private readonly reads: ReadIndex;
  private readonly clients: StoreClient[] = [];
  private readonly links: LinkTable;
  private readonly delays: RandomStream;
  private readonly commitDraws: RandomStream;
  /** The serial apply loop. */
  private readonly apply = new SerialServer(1);
  /** Operations since the last backend commit, state. */
  private uncommittedOperations = 0;
  /** Requests that arrived while there was no leader, state. */
  private stranded: Stranded[] = [];
  /** Changes that some API server has not received yet; position of the first one, state. */
  private readonly changeLog: Change[] = [];
  private changesDropped = 0;
  private readonly consumed: number[] = [];
  /** Told of every change as it is committed: statistics, and views that are kept once per revision. They never act on it. */
  private readonly observers: ((change: Change) => void)[] = [];

  private readonly evArrived: EventType;
  private readonly evBackendCommit: EventType;
  private readonly evStrandedCheck: EventType;
  private readonly evRangeRead: EventType;
  private readonly backendSeconds: HistogramSeries;
  private readonly succeeded: CounterSeries;
  private readonly failed: CounterSeries;
  private readonly waitCpu: number;
  private readonly waitDisk: number;
  private readonly waitApply: number;
  private readonly waitLeader: number;

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
    const { simulation, tables, requests, parameters, network, hosts, recorder, waits } = options;
    this.simulation = simulation;
    this.tables = tables;
    this.requests = requests;
    this.parameters = parameters;
    this.network = network;
    this.waits = waits;
    this.keyspace = new Keyspace(tables, parameters.revisionOverhead);
    const logs = hosts.map((_, member) => {
      const syncs = simulation.streams.stream(`etcd.walSync.${member}`);
      return new WriteAheadLog(parameters.walSync, parameters.walSyncPerByte, syncs);
    });
    this.links = new LinkTable(simulation, 'etcd');
    this.delays = simulation.streams.stream('etcd.delays');
    this.commitDraws = simulation.streams.stream('etcd.backendCommit');
    const hop = () => network.peerDelay.sample(this.delays);
    const sync = (member: number) => (logs[member] as WriteAheadLog).draw(SMALL_ENTRY);
    this.leadership = new Leadership(simulation, parameters, { hop, sync }, recorder, () => this.onElected());
    const { leadership } = this;
    const around = { simulation, tables, requests, parameters, hosts, logs, leadership, recorder, hop };
    this.log = new ReplicatedLog({ ...around, onCommitted: (batch) => this.onCommitted(batch) });
    this.reads = new ReadIndex({ ...around, onConfirmed: (request, waited) => this.onReadConfirmed(request, waited) });
    this.evArrived = simulation.on('etcd.requestArrived', (request) => this.onRequestArrived(request as RequestId));
    this.evBackendCommit = simulation.on('etcd.backendCommit', () => this.onBackendCommit());
    this.evRangeRead = simulation.on('etcd.rangeRead', (request) =>
      this.answer(request as RequestId, simulation.now, StoreOutcome.Succeeded),
    );
    this.evStrandedCheck = simulation.on('etcd.strandedCheck', () => this.onStrandedCheck());
    this.backendSeconds = recorder.histogram('etcd_disk_backend_commit_duration_seconds');
    this.succeeded = recorder.counter('plimsoll_etcd_transactions_total', { result: 'succeeded' });
    this.failed = recorder.counter('plimsoll_etcd_transactions_total', { result: 'condition_failed' });
    this.waitCpu = waits.server('etcd CPU', 'server');
    this.waitDisk = waits.server('etcd disk (WAL)', 'server');
    this.waitApply = waits.server('etcd apply', 'server');
    this.waitLeader = waits.server('etcd leader', 'server');
    this.publish(recorder);
    simulation.addInvariantCheck('etcd', () => this.checkInvariants());
    simulation.after(parameters.backendBatchInterval, this.evBackendCommit);
  }

  private publish(recorder: MetricRecorder): void {
    const { simulation } = this;
    publishServer(recorder, simulation, 'etcd disk (WAL)', () => ({
      busyNanoseconds: this.log.diskBusyNanoseconds,
      capacity: 1,
      queueLength: this.log.waiting,
    }));
    publishServer(recorder, simulation, 'etcd apply', () => ({
      busyNanoseconds: this.apply.busyNanoseconds(simulation.now),
      capacity: 1,
      queueLength: this.apply.waiting(simulation.now),
    }));
    const total = recorder.gauge('etcd_mvcc_db_total_size_in_bytes');
    const inUse = recorder.gauge('etcd_mvcc_db_total_size_in_use_in_bytes');
    const pending = recorder.gauge('etcd_server_proposals_pending');
    recorder.onSample(() => {
      total.set(this.keyspace.totalBytes);
      inUse.set(this.keyspace.inUseBytes);
      pending.set(this.log.pending);
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
    this.requests.storeAt[request] = this.simulation.now;
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
    if (drop > DROP_LUMP || drop === this.changeLog.length) {
      this.changeLog.splice(0, drop);
      this.changesDropped = first;
    }
  }

  /** What happened to the leadership, in words. */
  get notes(): readonly string[] {
    return this.leadership.notes;
  }

  /** Fault: the leader's process is killed and comes back after `duration` (`memberRestart` if left out; null = never). */
  killLeader(duration: Nanoseconds | null = this.parameters.memberRestart): void {
    this.log.countLeader(1);
    if (!this.leadership.killLeader(duration)) return;
    // Everything that it was working on fails: its connections broke.
    for (const request of [...this.log.breakOff(), ...this.reads.breakOff()]) this.fail(request);
  }

  // ---- requests ----------------------------------------------------------------------------------------------------------------

  private onRequestArrived(request: RequestId): void {
    if (this.leadership.leader === NO_LEADER) {
      this.strand(request);
      return;
    }
    this.requests.stageAt[request] = this.simulation.now;
    const verb = this.requests.verb[request] as number;
    const isRead = verb === Verb.Get || verb === Verb.List || this.requests.transactionRevision[request] === READ;
    if (isRead) this.reads.join(request);
    else this.log.propose(request);
  }

  /** Applies a batch that a quorum has, and tells the watchers. */
  private onCommitted(batch: Batch): void {
    const { requests, waits, simulation } = this;
    let end = simulation.now;
    for (const request of batch.requests) {
      const since = requests.stageAt[request] as number;
      const waited = Math.max(0, simulation.now - since - batch.service);
      requests.addWait(request, WaitPlace.StoreCpu, batch.waitedForCpu);
      waits.passed(this.waitCpu, batch.waitedForCpu);
      requests.addWait(request, WaitPlace.StoreDisk, waited);
      waits.passed(this.waitDisk, waited);
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

  /** A quorum has confirmed the leader for a read. */
  private onReadConfirmed(request: RequestId, waitedForCpu: number): void {
    this.requests.addWait(request, WaitPlace.StoreCpu, waitedForCpu);
    this.waits.passed(this.waitCpu, waitedForCpu);
    const kind = this.requests.kind[request] as Kind;
    const { now } = this.simulation;
    // A read waits until everything committed before it is applied.
    const applied = Math.max(now, this.apply.earliestFree);
    if (this.requests.verb[request] === Verb.List) {
      // What is listed is what there is at this revision, however long the answer takes.
      this.requests.resultRevision[request] = this.keyspace.revision;
      this.requests.object[request] = this.keyspace.holdAll(kind);
      const span = this.parameters.readService + this.parameters.rangeServicePerKey * this.objectCount(kind);
      // A long answer does not hold up the others on its connection (HTTP/2 streams): it is sent when it is complete.
      this.simulation.at((applied + span) as SimTime, this.evRangeRead, request);
      return;
    }
    this.attachCurrent(request, kind, this.requests.key[request] as ObjectKey);
    this.answer(request, (applied + this.parameters.readService) as SimTime, StoreOutcome.Succeeded);
  }

  // ---- backend -----------------------------------------------------------------------------------------------------------------

  private onBackendCommit(): void {
    const { simulation, parameters } = this;
    if (this.uncommittedOperations > 0) {
      const span = nanoseconds(
        parameters.backendCommit.sample(this.commitDraws) +
          parameters.backendCommitPerOperation * this.uncommittedOperations,
      );
      this.apply.reserve(simulation.now, span);
      this.backendSeconds.recordSpan(span as Nanoseconds);
      this.uncommittedOperations = 0;
    }
    simulation.after(parameters.backendBatchInterval, this.evBackendCommit);
  }

  // ---- without a leader ----------------------------------------------------------------------------------------------------------

  private onElected(): void {
    this.log.countLeader(-1);
    const waiting = this.stranded;
    this.stranded = [];
    for (const stranded of waiting) {
      this.countStranded(stranded);
      this.onRequestArrived(stranded.request);
    }
  }

  private countStranded({ request, since }: Stranded): void {
    const waited = this.simulation.now - since;
    this.requests.addWait(request, WaitPlace.StoreLeader, waited);
    this.waits.passed(this.waitLeader, waited);
  }

  private fail(request: RequestId): void {
    this.answer(request, this.simulation.now, StoreOutcome.Unavailable);
  }

  private strand(request: RequestId): void {
    if (this.stranded.length === 0) this.simulation.after(this.parameters.requestTimeout, this.evStrandedCheck);
    this.stranded.push({ request, since: this.simulation.now });
  }

  private onStrandedCheck(): void {
    const { now } = this.simulation;
    const limit = this.parameters.requestTimeout;
    while (this.stranded.length > 0 && now - (this.stranded[0] as Stranded).since >= limit) {
      const stranded = this.stranded.shift() as Stranded;
      this.countStranded(stranded);
      this.fail(stranded.request);
    }
    const first = this.stranded[0];
    if (first !== undefined) this.simulation.at(plus(first.since, limit), this.evStrandedCheck);
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
