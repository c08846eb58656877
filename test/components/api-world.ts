/** A small world without nodes, scheduler or controllers: etcd, API servers and clients, for tests of those. */
import { type CustomResource, kinds, type ObjectKey, ObjectTables, type PodTemplate } from '../../src/cluster/index.ts';
import { Requests, writes } from '../../src/components/api-machinery/index.ts';
import { type ApiClient, ClientGo } from '../../src/components/client-go/index.ts';
import { storeEndpoints } from '../../src/components/control-plane.ts';
import { EtcdCluster } from '../../src/components/etcd/index.ts';
import { Host } from '../../src/components/host/host.ts';
import {
  ApiServer,
  bootstrapConfiguration,
  FlowControlSurroundings,
  type WebhookConfiguration,
  WebhookServer,
} from '../../src/components/kube-apiserver/index.ts';
import type { ModelParameters } from '../../src/components/parameters.ts';
import { type Process, Simulation } from '../../src/engine/index.ts';
import { MetricRecorder, WaitLedger } from '../../src/metrics/index.ts';
import { materialiseParameters } from '../../src/scenario/index.ts';
import type { PlainParameters } from '../../src/scenario/resolved-scenario.ts';
import { seconds, simTime } from '../../src/units/index.ts';

/** Plain values that differ from the defaults. */
export type Overrides = PlainParameters;

/** What a cluster may have beside the usual. */
export interface Extras {
  readonly customResources?: readonly CustomResource[];
  readonly webhooks?: readonly WebhookConfiguration[];
  /** Whether processes wake up, vary and collect their heaps as in a run; else work takes what its parameters say. */
  readonly wholeProcesses?: boolean;
}

export class ApiWorld {
  readonly simulation: Simulation;
  readonly recorder: MetricRecorder;
  readonly waits: WaitLedger;
  readonly tables: ObjectTables;
  readonly requests = new Requests();
  readonly parameters: ModelParameters;
  readonly hosts: Host[];
  readonly store: EtcdCluster;
  readonly clientGo: ClientGo;
  readonly webhooks: WebhookServer[];
  readonly servers: ApiServer[];

  constructor(overrides: Overrides = {}, seed = 'small world', extras: Extras = {}) {
    this.tables = new ObjectTables(extras.customResources);
    this.simulation = new Simulation({ seed });
    this.recorder = new MetricRecorder(this.simulation);
    this.waits = new WaitLedger(this.recorder);
    this.parameters = materialiseParameters(overrides);
    const { simulation, recorder, waits, tables, requests, parameters } = this;
    const { network } = parameters;
    const cores = parameters.host.controlPlaneCores;
    this.hosts = Array.from(
      { length: Math.max(parameters.etcd.members, parameters.kubeApiserver.replicas) },
      (_, i) => new Host(simulation, `host ${i}`, cores, extras.wholeProcesses === true ? parameters.host : undefined),
    );
    const members = this.hosts.slice(0, parameters.etcd.members);
    this.store = new EtcdCluster({
      simulation,
      tables,
      requests,
      parameters: parameters.etcd,
      network,
      hosts: members,
      endpoints: storeEndpoints(parameters),
      recorder,
      waits,
    });
    this.clientGo = new ClientGo({
      simulation,
      tables,
      requests,
      parameters: parameters.clientGo,
      network,
      recorder,
      waits,
    });
    this.webhooks = (extras.webhooks ?? []).map((webhook) => new WebhookServer(simulation, recorder, webhook));
    const around = {
      simulation,
      tables,
      requests,
      store: this.store,
      parameters: parameters.kubeApiserver,
      network,
      memoryLimit: parameters.host.apiServerMemory,
      sizes: parameters.objectSize,
      recorder,
      waits,
      carrier: this.clientGo,
      webhooks: this.webhooks,
      deriveTemplate: (template: PodTemplate) => template,
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
    };
    this.servers = this.hosts
      .slice(0, parameters.kubeApiserver.replicas)
      .map((host, index) => new ApiServer(around, index, host));
    this.clientGo.connectTo(this.servers);
  }

  client(qps = 0, burst = 1, groups: readonly string[] = []): ApiClient {
    return this.clientGo.newClient({
      name: 'tester',
      user: 'tester',
      groups,
      qps,
      burst,
      onNode: true,
      encoding: 'json',
    });
  }

  /** Key of a ConfigMap. */
  configMap(name: string): ObjectKey {
    return this.tables.keysOf(kinds.configmaps).intern('default', name);
  }

  /** POST of a ConfigMap of 900 B from inside a process; returns the code. */
  *createConfigMap(client: ApiClient, name: string): Generator<number, number, number> {
    const request = client.write(writes.configMapCreate, this.configMap(name));
    this.requests.setNumber(request, 0, 900);
    const reply = yield* client.call(request);
    return this.requests.code[reply] as number;
  }

  /** Runs a process to its end; fails if it has none within ten virtual minutes. */
  play(body: Process): void {
    let ended = false;
    function* wrapped(): Process {
      yield* body;
      ended = true;
    }
    this.simulation.processes.spawn('test', wrapped());
    const limit = this.simulation.now + seconds(600);
    while (!ended && this.simulation.now < limit) this.simulation.run(simTime(this.simulation.now + seconds(1)));
    if (!ended) throw new Error('the process did not end within ten minutes');
  }
}
