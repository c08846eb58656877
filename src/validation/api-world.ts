/**
 * etcd, API servers and clients, and nothing else: no nodes, scheduler or controllers. Clients run on a machine of their own, where a call takes
 * CPU before it is made, as the load generator of the measurements had it.
 */
import { kinds, type ObjectKey, ObjectTables } from '../cluster/index.ts';
import { Requests } from '../components/api-machinery/index.ts';
import { type ApiClient, type ApiClientOptions, ClientGo, type Encoding } from '../components/client-go/index.ts';
import { storeEndpoints } from '../components/control-plane.ts';
import { EtcdCluster } from '../components/etcd/index.ts';
import { Host } from '../components/host/host.ts';
import { ApiServer, bootstrapConfiguration, FlowControlSurroundings } from '../components/kube-apiserver/index.ts';
import type { Caller, LoadPattern } from '../components/load-generator/index.ts';
import type { ModelParameters } from '../components/parameters.ts';
import { type ProcessId, Simulation, SUSPEND } from '../engine/index.ts';
import { MetricRecorder, WaitLedger } from '../metrics/index.ts';
import { nanoseconds, simTime } from '../units/index.ts';

/** Cores of the machine that the clients are on. */
const CLIENT_CORES = 1;

/** A small world. */
export class ApiWorld {
  readonly simulation = new Simulation({ seed: 'validation' });
  readonly recorder = new MetricRecorder(this.simulation);
  readonly waits = new WaitLedger(this.recorder);
  readonly tables = new ObjectTables();
  readonly requests = new Requests();
  readonly parameters: ModelParameters;
  /** The machine of API server and etcd. */
  readonly host: Host;
  readonly store: EtcdCluster;
  readonly clientGo: ClientGo;
  readonly server: ApiServer;
  private readonly clientHost: Host;
  private readonly clientWork: number;
  /** Clients that run, by the number of their work. */
  private readonly workers: ProcessId[] = [];
  private readonly freeWorkers: number[] = [];

  constructor(parameters: ModelParameters) {
    const { simulation, recorder, waits, tables, requests } = this;
    const { network } = parameters;
    this.parameters = parameters;
    this.host = new Host(simulation, 'control-plane host', parameters.host.controlPlaneCores, parameters.host);
    const shared = { simulation, tables, requests, network, recorder, waits };
    const hosts = Array.from({ length: parameters.etcd.members }, () => this.host);
    this.store = new EtcdCluster({
      ...shared,
      parameters: parameters.etcd,
      hosts,
      endpoints: storeEndpoints(parameters),
    });
    this.clientGo = new ClientGo({ ...shared, parameters: parameters.clientGo });
    this.server = new ApiServer(
      {
        ...shared,
        store: this.store,
        parameters: parameters.kubeApiserver,
        memoryLimit: parameters.host.apiServerMemory,
        sizes: parameters.objectSize,
        carrier: this.clientGo,
        webhooks: [],
        deriveTemplate: (template) => template,
        flowControl: parameters.kubeApiserver.priorityAndFairness
          ? new FlowControlSurroundings({
              simulation,
              requests,
              tables,
              recorder,
              waits,
              configuration: bootstrapConfiguration,
              identityOf: (client) => this.clientGo.identityOf(client),
            })
          : null,
      },
      0,
      this.host,
    );
    this.clientGo.connectTo([this.server]);
    this.clientHost = new Host(simulation, 'client host', CLIENT_CORES, parameters.host);
    this.clientWork = this.clientHost.register((worker) => {
      this.freeWorkers.push(worker);
      simulation.processes.resume(this.workers[worker] as ProcessId, 0);
    }, 'benchmark');
  }

  /** A connection of its own, of a cluster administrator unless someone else is named. */
  client(
    user = 'admin',
    groups: readonly string[] = ['system:masters', 'system:authenticated'],
    options: Partial<ApiClientOptions> = {},
  ): ApiClient {
    const benchmark = {
      name: 'benchmark',
      qps: 0,
      burst: 1,
      onNode: true,
      encoding: 'json',
      acceptsGzip: false,
    } as const;
    return this.clientGo.newClient({ ...benchmark, user, groups, ...options });
  }

  /** Connections. */
  clients(count: number, encoding: Encoding = 'json'): ApiClient[] {
    return Array.from({ length: count }, () => this.client(undefined, undefined, { encoding }));
  }

  /** Keys of ConfigMaps that exist. */
  preloadConfigMaps(count: number, size: number): ObjectKey[] {
    const table = this.tables.configmaps;
    return Array.from({ length: count }, (_, i) => {
      const key = this.tables.keysOf(kinds.configmaps).intern('default', `c${i}`);
      const version = table.allocate(key);
      table.bytes.set(version, size);
      const { revision } = this.store.preload(kinds.configmaps, version);
      this.server.preload(kinds.configmaps, key, version, revision);
      return key;
    });
  }

  /** CPU that a client takes for a call, on the machine of the clients. */
  *clientCpu(span: number): Generator<number, void, number> {
    if (span <= 0) return;
    const worker = this.freeWorkers.pop() ?? this.workers.length;
    this.workers[worker] = this.simulation.processes.current;
    this.clientHost.run(this.clientWork, nanoseconds(span), worker);
    yield SUSPEND;
  }

  /** Lets virtual time pass [s]. */
  pass(seconds: number): void {
    this.simulation.run(simTime(this.simulation.now + Math.round(seconds * 1e9)));
  }
}

/** A pattern whose clients take CPU of their own before each operation. */
export class WithClientCpu implements LoadPattern {
  private readonly world: ApiWorld;
  private readonly pattern: LoadPattern;
  private readonly span: number;

  constructor(world: ApiWorld, pattern: LoadPattern, span: number) {
    this.world = world;
    this.pattern = pattern;
    this.span = span;
  }

  *perform(caller: Caller): Generator<number, number, number> {
    yield* this.world.clientCpu(this.span);
    return yield* this.pattern.perform(caller);
  }
}
