/**
 * etcd alone, with benchmark clients as `etcd benchmark` has them: they speak to etcd as API servers do, over connections of their own. The CPU that
 * a client takes for a call runs on the machine that it shares with etcd, or on one of its own.
 */
import { type Kind, kinds, NO_VERSION, type ObjectKey, ObjectTables, type VersionHandle } from '../cluster/index.ts';
import { RequestFlag, type RequestId, Requests, Verb } from '../components/api-machinery/index.ts';
import { EtcdCluster, type GrantLease, KEEP_ALIVE, type StoreClient, StoreOutcome } from '../components/etcd/index.ts';
import { Host, type ProcessHeap } from '../components/host/host.ts';
import type { ModelParameters } from '../components/parameters.ts';
import {
  type EventType,
  type Process,
  type ProcessId,
  type RandomStream,
  Simulation,
  SUSPEND,
} from '../engine/index.ts';
import { MetricRecorder, WaitLedger } from '../metrics/index.ts';
import { nanoseconds, seconds, simTime } from '../units/index.ts';

/** How a world is set up. */
export interface StoreWorldOptions {
  readonly parameters: ModelParameters;
  /** Cores of the machine of each member; `shared` = all members and the clients are on one. */
  readonly cores: number;
  readonly shared: boolean;
  /** Keys that the clients use, whether they exist at the start, and the size of their values then [B]. */
  readonly keys: number;
  readonly preload: boolean;
  readonly size: number;
  /** Connections of the clients. */
  readonly connections: number;
  /** CPU of a client for one call [ns]. */
  readonly clientCpu: number;
}

/** Cores of a machine that only clients run on: never the bottleneck. */
const CLIENT_CORES = 16;

/** Heap of the load generator, a Go program: about 10 kB a call, of which little stays alive, and what it sends and receives as often as it is copied. */
const CLIENT_COPIES = 2;
const CLIENT_HEAP: ProcessHeap = { gogc: 100, allocation: 0.3, liveBytes: () => 2e6 };

/** CPU of a client for each key of the answer to a range: range_grid.csv, 0.5 cores at 22 ranges of 9,990 keys a second, of which it waits for a third [ns]. */
const CLIENT_CPU_OF_KEY = 700;

/** CPU of a client for each event of a watch: watch_fanout.csv, 0.13 cores at 10,130 events a second [ns]. */
const CLIENT_CPU_OF_EVENT = 12_000;

/** Time after which a client gives up a member that does not answer [s]; none stops answering here. */
const GIVE_UP_S = 40;
/** Life of the leases. */
const LEASE = seconds(60);

/** One connection. */
class Connection implements StoreClient {
  readonly storeAnswered: EventType;
  readonly changesArrived: EventType;
  /** Whether it also watches everything. */
  isWatching: boolean;

  constructor(
    simulation: Simulation,
    number: number,
    onAnswer: (request: RequestId, outcome: number) => void,
    onChanges?: (upTo: number) => void,
  ) {
    this.storeAnswered = simulation.on(`benchmark connection ${number}: answered`, (request, outcome) =>
      onAnswer(request as RequestId, outcome),
    );
    this.changesArrived = simulation.on(`benchmark connection ${number}: changes`, (_, upTo) => onChanges?.(upTo));
    this.isWatching = onChanges !== undefined;
  }
}

/** etcd and its clients. */
export class StoreWorld {
  readonly simulation = new Simulation({ seed: 'validation' });
  readonly recorder = new MetricRecorder(this.simulation);
  readonly tables = new ObjectTables();
  readonly requests = new Requests();
  readonly store: EtcdCluster;
  /** Machines of the members; the clients' one is the first if they share it. */
  readonly hosts: readonly Host[];
  readonly random: RandomStream;
  readonly kind: Kind = kinds.configmaps;
  readonly keys: readonly ObjectKey[];
  readonly parameters: ModelParameters;
  private readonly options: StoreWorldOptions;
  private readonly clientHost: Host;
  private readonly clientWork: number;
  private readonly waiting: (ProcessId | undefined)[] = [];
  /** Clients that compute, by the number of their work, and numbers that are free, state. */
  private readonly workers: ProcessId[] = [];
  private readonly freeWorkers: number[] = [];
  /** CPU that clients have taken so far [ns], statistic. */
  clientBusy = 0;
  /** Keys that a put is on its way to, state: no two puts race for one. */
  private readonly inFlight = new Set<ObjectKey>();
  /** Ids of leases, state. */
  private readonly leases: number[] = [];
  private nextConnection = 0;
  private connected = 0;

  constructor(options: StoreWorldOptions) {
    const { parameters, cores, shared } = options;
    const { simulation, recorder, tables, requests } = this;
    this.options = options;
    this.parameters = parameters;
    const members = parameters.etcd.members;
    const first = new Host(simulation, 'etcd host', cores, parameters.host);
    this.hosts = Array.from({ length: members }, (_, i) =>
      shared || i === 0 ? first : new Host(simulation, `etcd host ${i}`, cores, parameters.host),
    );
    this.clientHost = shared ? first : new Host(simulation, 'client host', CLIENT_CORES, parameters.host);
    this.store = new EtcdCluster({
      simulation,
      tables,
      requests,
      parameters: parameters.etcd,
      network: parameters.network,
      hosts: this.hosts,
      // All benchmarks went through one member, which leads.
      endpoints: { only: () => 0, keepAlive: seconds(GIVE_UP_S) },
      recorder,
      waits: new WaitLedger(recorder),
    });
    this.clientWork = this.clientHost.register((worker) => {
      this.freeWorkers.push(worker);
      simulation.processes.resume(this.workers[worker] as ProcessId, 0);
    }, 'benchmark');
    this.clientHost.collect('benchmark', CLIENT_HEAP);
    this.random = simulation.streams.stream('benchmark');
    this.keys = Array.from({ length: options.keys }, (_, i) => tables.keysOf(this.kind).intern('', `key-${i}`));
    for (const key of options.preload ? this.keys : []) this.store.preload(this.kind, this.draft(key, options.size));
    for (let i = 0; i < options.connections; i++) this.connect();
  }

  private connect(onChanges?: (upTo: number) => void): number {
    const answered = (request: RequestId, outcome: number) => {
      const process = this.waiting[request] as ProcessId;
      this.simulation.processes.resume(process, outcome);
    };
    const number = this.store.connect(new Connection(this.simulation, this.connected++, answered, onChanges));
    return number;
  }

  /** Opens a watch of everything. */
  watch(onChanges: (upTo: number) => void): void {
    const { store } = this;
    const server: number = this.connect((upTo) => {
      store.consumedUpTo(server, upTo);
      this.spawn(this.receive(() => onChanges(upTo)));
    });
  }

  /** The client takes its CPU for an event. */
  private *receive(done: () => void): Process {
    yield* this.work(CLIENT_CPU_OF_EVENT, this.options.size);
    done();
  }

  /** A value to be written. */
  private draft(key: ObjectKey, size: number): VersionHandle {
    const table = this.tables.of(this.kind);
    const draft = table.allocate(key);
    table.bytes.set(draft, size);
    return draft;
  }

  /** A key at random, of the first `among`. */
  anyKey(among = this.keys.length): ObjectKey {
    return this.keys[Math.floor(this.random.next() * among)] as ObjectKey;
  }

  /** The client's own CPU. */
  private *work(cpu: number, bytes: number): Generator<number, void, number> {
    if (cpu <= 0) return;
    const worker = this.freeWorkers.pop() ?? this.workers.length;
    this.workers[worker] = this.simulation.processes.current;
    this.clientBusy += this.clientHost.run(this.clientWork, nanoseconds(cpu), worker, CLIENT_COPIES * bytes);
    yield SUSPEND;
  }

  /** Sends a request and takes its outcome in; each is half of the client's CPU for a call. */
  private *call(request: RequestId): Generator<number, number, number> {
    yield* this.work(this.options.clientCpu / 2, this.options.size);
    this.waiting[request] = this.simulation.processes.current;
    this.store.send(this.nextConnection++ % this.options.connections, request);
    const outcome = yield SUSPEND;
    yield* this.work(this.options.clientCpu / 2, 0);
    return outcome;
  }

  /** Gives a request back with the versions in its answer. */
  private release(request: RequestId): void {
    const { requests, tables } = this;
    const table = tables.of(this.kind);
    const result = requests.result[request] as VersionHandle;
    const draft = requests.draft[request] as VersionHandle;
    if (result !== NO_VERSION) table.release(result);
    if (draft !== NO_VERSION) table.release(draft);
    for (const version of (requests.object[request] as VersionHandle[] | null) ?? []) table.release(version);
    requests.release(request);
  }

  /** Writes a key that nobody else is writing, at random if none is given; true if it went through. */
  *put(size: number, given?: ObjectKey): Generator<number, boolean, number> {
    let key = given ?? this.anyKey();
    while (this.inFlight.has(key)) key = this.anyKey();
    this.inFlight.add(key);
    const current = this.store.current(this.kind, key);
    const revision = current === NO_VERSION ? 0 : this.tables.of(this.kind).revision.get(current);
    const { isStored } = yield* this.transaction(key, revision, size);
    this.inFlight.delete(key);
    return isStored;
  }

  /** Txn(mod_revision = revision) Put else Get: whether it was stored, and the revision of the key afterwards. */
  *transaction(
    key: ObjectKey,
    revision: number,
    size: number,
  ): Generator<number, { readonly isStored: boolean; readonly revision: number }, number> {
    const { requests } = this;
    const request = requests.allocate(Verb.Update, this.kind, key);
    requests.draft[request] = this.draft(key, size);
    requests.transactionRevision[request] = revision;
    const outcome = yield* this.call(request);
    const found = requests.result[request] as VersionHandle;
    const now = found === NO_VERSION ? 0 : this.tables.of(this.kind).revision.get(found);
    this.release(request);
    return { isStored: outcome === StoreOutcome.Succeeded, revision: now };
  }

  /** Reads a key; returns its revision. */
  *get(key: ObjectKey, serializable: boolean): Generator<number, number, number> {
    const { requests } = this;
    const request = requests.allocate(Verb.Get, this.kind, key);
    if (serializable) requests.flags[request] = RequestFlag.FromCache;
    yield* this.call(request);
    const found = requests.result[request] as VersionHandle;
    const revision = found === NO_VERSION ? 0 : this.tables.of(this.kind).revision.get(found);
    this.release(request);
    return revision;
  }

  /** Has leases granted, so that there are some to keep alive. */
  grantLeases(count: number): void {
    for (let lease = 0; lease < count; lease++) {
      const command: GrantLease = { type: 'grantLease', life: LEASE, lease: 0 };
      this.store.command(command, () => this.leases.push(command.lease));
    }
  }

  /** Keeps one of them alive. */
  *keepAlive(): Generator<number, boolean, number> {
    const request = this.requests.allocate(Verb.Get, this.kind, -1 as ObjectKey);
    this.requests.transactionRevision[request] = KEEP_ALIVE;
    this.requests.lease[request] = this.leases[Math.floor(this.random.next() * this.leases.length)] as number;
    const outcome = yield* this.call(request);
    this.release(request);
    return outcome === StoreOutcome.Succeeded;
  }

  /** Reads the first `limit` keys. */
  *range(limit: number): Generator<number, void, number> {
    const request = this.requests.allocate(Verb.List, this.kind, -1 as ObjectKey);
    this.requests.setNumber(request, 0, -1);
    this.requests.setNumber(request, 1, limit);
    yield* this.call(request);
    yield* this.work(CLIENT_CPU_OF_KEY * limit, this.options.size * limit);
    this.release(request);
  }

  /** Runs a process. */
  spawn(body: Process): void {
    this.simulation.processes.spawn('benchmark', body);
  }

  /** Lets virtual time pass [s]. */
  pass(seconds: number): void {
    this.simulation.run(simTime(this.simulation.now + Math.round(seconds * 1e9)));
  }

  /** CPU that the members have taken so far, without the clients' and what the machine takes for their disks [ns]. */
  get serverBusy(): number {
    const { shared } = this.options;
    const busy = [...new Set(this.hosts)].reduce(
      (sum, host) => sum + host.busyCoreNanoseconds() - host.systemNanoseconds,
      0,
    );
    return busy - (shared ? this.clientsBusy : 0);
  }

  /** CPU that the clients have taken so far, their collector and their threads that look for work included [ns]. */
  private get clientsBusy(): number {
    const collector = this.clientHost.collectorOf('benchmark');
    const marking = collector === undefined ? 0 : collector.workersCpu + collector.idleCpu;
    return this.clientBusy + this.clientHost.spinNanoseconds('benchmark') + marking;
  }
}
