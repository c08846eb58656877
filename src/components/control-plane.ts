/**
 * The wiring: everything that makes one simulated cluster, put together here and nowhere else. Components know each other only by the small
 * interfaces they declare.
 */
import {
  type CustomResource,
  type Kind,
  kinds,
  type Labels,
  type NodeSpecification,
  ObjectTables,
} from '../cluster/index.ts';
import type { Simulation } from '../engine/index.ts';
import { type MetricRecorder, WaitLedger } from '../metrics/index.ts';
import { type Nanoseconds, nanoseconds } from '../units/index.ts';
import { addonSurroundings } from './addon-surroundings.ts';
import { CsiProvisioner } from './addons/csi-provisioner.ts';
import { Descheduler } from './addons/descheduler.ts';
import { type Addon, type AddonName, type AddonOf, type AddonSelection, createAddons } from './addons/index.ts';
import { AllocationCensus } from './allocation-census.ts';
import { Requests } from './api-machinery/index.ts';
import { Census } from './census.ts';
import {
  type ApiClient,
  ClientGo,
  type Encoding,
  type EventRecorderReplies,
  eventRecorderReplies,
} from './client-go/index.ts';
import { ControlPlaneMachines } from './control-plane-machines.ts';
import type { DeschedulerPolicy } from './descheduler/index.ts';
import { ElectedComponent, type ReplicatedComponent } from './elected-component.ts';
import { EtcdCluster, type StoreEndpoints } from './etcd/index.ts';
import type { Host } from './host/host.ts';
import { ProcessCpu } from './host/process-cpu.ts';
import {
  ApiServer,
  bootstrapConfiguration,
  type DeriveTemplate,
  type FlowControlConfiguration,
  FlowControlSurroundings,
  type WebhookConfiguration,
  type WebhookOutageMode,
  WebhookServer,
} from './kube-apiserver/index.ts';
import { KubeControllerManager } from './kube-controller-manager/index.ts';
import { KubeProxyFleet } from './kube-proxy/index.ts';
import { type KubeSchedulerOptions, PodExplanation } from './kube-scheduler/index.ts';
import { type Kubelet, KubeletFleet, type StaticProcess } from './kubelet/index.ts';
import type { NodeAgent } from './node-agent.ts';
import { NodeMachines } from './node-machines.ts';
import type { ModelParameters } from './parameters.ts';
import { Preload } from './preload.ts';
import { replicateScheduler, type SchedulerOptions } from './scheduler-replicas.ts';
import { type ServiceTraffic, trafficOf } from './service-traffic/index.ts';
import { staticProcess } from './static-control-plane.ts';

/** What components of the control plane share. */
type ComponentSurroundings = Pick<KubeSchedulerOptions, 'clientGo' | 'reflectorReplies' | 'eventRecorderReplies'>;

/** What a cluster is made from. */
export interface ControlPlaneOptions {
  readonly simulation: Simulation;
  readonly recorder: MetricRecorder;
  readonly parameters: ModelParameters;
  readonly schedulers: readonly SchedulerOptions[];
  /** Kinds beside the built-in ones; none if left out. */
  readonly customResources?: readonly CustomResource[];
  /** Admission webhooks; none if left out. */
  readonly webhooks?: readonly WebhookConfiguration[];
  /** Levels and schemas of priority and fairness; the bootstrap set if left out. */
  readonly flowControl?: FlowControlConfiguration;
  /** Add-ons that the cluster has, each once; none if left out. */
  readonly addons?: readonly AddonSelection[];
  /** CSI drivers that make volumes, of each of which a provisioner runs; none if left out. */
  readonly csiDrivers?: readonly string[];
  /** What a descheduler evicts; none runs if left out. */
  readonly descheduler?: DeschedulerPolicy | undefined;
  /** Compressed sizes of images by name [B]; those of others are drawn. */
  readonly imageSizes?: ReadonlyMap<string, number>;
  /** A pod of which the schedulers are to tell every step; nobody if left out. */
  readonly explainPod?: { readonly namespace: string; readonly name: string };
  /** Where templates that admission changes come from. */
  readonly deriveTemplate: DeriveTemplate;
}

/** A load-generating client as a scenario describes it. */
export interface LoadClientOptions {
  readonly name: string;
  readonly user: string;
  readonly groups: readonly string[];
  readonly qps: number;
  readonly burst: number;
  readonly encoding: Encoding;
}

/** Size of the ConfigMap with a namespace's root certificate [B]. */
const ROOT_CA_BYTES = 1_800;
/** Size of a Namespace and of a ServiceAccount (objects/summary.csv: Namespace 179 B) [B]. */
const SMALL_OBJECT_BYTES = 200;

/** How API servers reach etcd: kubeadm's way where it is stacked. */
export function storeEndpoints({ host, etcd, kubeApiserver }: ModelParameters): StoreEndpoints {
  const isLocal = host.stackedEtcd && kubeApiserver.etcdEndpoints === 'local';
  return {
    // An API server without a member on its host knows all of them.
    only: (server) => (isLocal && server < etcd.members ? server : undefined),
    keepAlive: nanoseconds(kubeApiserver.etcdKeepaliveTime + kubeApiserver.etcdKeepaliveTimeout),
  };
}

/** One simulated cluster. */
export class ControlPlane {
  readonly simulation: Simulation;
  readonly recorder: MetricRecorder;
  readonly parameters: ModelParameters;
  readonly tables: ObjectTables;
  readonly requests = new Requests();
  readonly waits: WaitLedger;
  /** The machines of the control plane: those of API servers first. */
  readonly hosts: readonly Host[];
  readonly store: EtcdCluster;
  readonly webhooks: readonly WebhookServer[];
  readonly servers: readonly ApiServer[];
  readonly clientGo: ClientGo;
  readonly eventReplies: EventRecorderReplies;
  readonly kubelets: KubeletFleet;
  readonly proxies: KubeProxyFleet;
  private openedTraffic: ServiceTraffic | undefined;
  /** What runs on each node beside the kubelet. */
  private readonly agents: readonly NodeAgent[];
  /** The nodes as machines that can fail. */
  readonly machines: NodeMachines;
  readonly controllerManager: ElectedComponent;
  readonly schedulers: readonly ReplicatedComponent[];
  /** The steps of the pod that somebody wants explained; undefined = nobody does. */
  readonly explanation: PodExplanation | undefined;
  /** Their names, in the same order. */
  private readonly schedulerNames: readonly string[];
  private readonly descheduler: Descheduler | undefined;
  /** Add-ons by name, and the provisioners of CSI drivers. */
  private readonly addons: ReadonlyMap<AddonName, Addon>;
  private readonly provisioners: readonly Addon[];
  readonly census: Census;
  readonly preload: Preload;
  /** The process of load clients, where it runs on a control-plane host. */
  private readonly loadProcess: ProcessCpu;
  private isRunning = false;

  constructor(options: ControlPlaneOptions) {
    const { simulation, recorder, parameters, schedulers, customResources, webhooks } = options;
    const { flowControl, deriveTemplate } = options;
    this.tables = new ObjectTables(customResources);
    this.simulation = simulation;
    this.recorder = recorder;
    this.parameters = parameters;
    this.waits = new WaitLedger(recorder);
    this.webhooks = (webhooks ?? []).map((webhook) => new WebhookServer(simulation, recorder, webhook));
    const { tables, requests, waits } = this;
    const { network } = parameters;
    const machines = new ControlPlaneMachines(simulation, parameters);
    const { servers, members } = machines.place();
    this.hosts = machines.hosts;
    this.loadProcess = new ProcessCpu('load clients', servers);
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
      deriveTemplate,
      flowControl: parameters.kubeApiserver.priorityAndFairness
        ? new FlowControlSurroundings({
            simulation,
            requests,
            tables,
            recorder,
            waits,
            configuration: flowControl ?? bootstrapConfiguration,
            identityOf: (client) => this.clientGo.identityOf(client),
          })
        : null,
    };
    this.servers = servers.map((host, index) => new ApiServer(around, index, host));
    this.clientGo.connectTo(this.servers);
    this.census = new Census(simulation, tables, this.store, recorder, waits);
    new AllocationCensus(simulation, tables, this.store, recorder);
    const { maxEndpointsPerSlice } = parameters.kubeControllerManager;
    this.preload = new Preload(tables, parameters.objectSize, this.store, this.servers, maxEndpointsPerSlice);
    this.eventReplies = eventRecorderReplies(this.clientGo);
    const { clientGo, eventReplies } = this;
    this.kubelets = new KubeletFleet(clientGo, parameters.kubelet, eventReplies, options.imageSizes);
    this.proxies = new KubeProxyFleet(clientGo, this.store, parameters.kubeProxy);
    const surroundings = addonSurroundings(clientGo, eventReplies, this.kubelets, this.servers, servers);
    this.addons = createAddons(options.addons ?? [], parameters, surroundings);
    this.agents = [this.proxies, ...this.addonAgents()];
    this.machines = new NodeMachines(clientGo, this.kubelets, this.proxies, this.agents);
    const { reflectorReplies } = clientGo;
    const shared = { clientGo, reflectorReplies, eventRecorderReplies: eventReplies };
    this.provisioners = (options.csiDrivers ?? []).map(
      (driver) => new CsiProvisioner({ ...shared, parameters: parameters.csiProvisioner, driver }),
    );
    const { descheduler: policy } = options;
    if (policy !== undefined)
      this.descheduler = new Descheduler({ ...shared, recorder, parameters: parameters.descheduler, policy });
    this.controllerManager = this.electControllerManager(shared);
    const { explainPod } = options;
    this.explanation =
      explainPod === undefined
        ? undefined
        : new PodExplanation(simulation, this.tables, explainPod.namespace, explainPod.name);
    this.schedulerNames = schedulers.map(({ name }) => name);
    const schedulerSurroundings = {
      ...shared,
      timeline: this.store.timeline,
      parameters,
      servers: this.servers.length,
      explanation: this.explanation,
    };
    this.schedulers = schedulers.map((options) =>
      replicateScheduler(options, {
        ...schedulerSurroundings,
        controlPlane: machines.hosts,
        newHost: (name) => machines.add(name),
      }),
    );
    machines.publish(recorder);
    this.publishServers();
  }

  /** What of the add-ons runs on nodes; a CNI plugin is made known to the kubelets. */
  private addonAgents(): readonly NodeAgent[] {
    const addons = [...this.addons.values()];
    for (const { podNetwork } of addons) if (podNetwork !== undefined) this.kubelets.connectNetwork(podNetwork);
    return addons.flatMap(({ agent }) => (agent === undefined ? [] : [agent]));
  }

  /** An add-on, if the cluster has it. */
  addon<Name extends AddonName>(name: Name): AddonOf<Name> | undefined {
    return this.addons.get(name) as AddonOf<Name> | undefined;
  }

  /** The instances of kube-controller-manager; each that comes to lead is a process of its own. */
  private electControllerManager(shared: ComponentSurroundings): ElectedComponent {
    const parameters = this.parameters.kubeControllerManager;
    let generation = 0;
    return new ElectedComponent({
      clientGo: this.clientGo,
      timeline: this.store.timeline,
      name: 'kube-controller-manager',
      client: {
        user: 'system:kube-controller-manager',
        groups: ['system:authenticated'],
        qps: parameters.clientQps,
        burst: parameters.clientBurst,
      },
      instances: parameters.enabled ? parameters.instances || this.servers.length : 0,
      // The gate ControllerManagerReleaseLeaderElectionLockOnExit is off by default.
      releaseOnCancel: false,
      newProcess: () => new KubeControllerManager({ ...shared, parameters, generation: ++generation }),
    });
  }

  /** What all API servers together have in service and are watched for. */
  private publishServers(): void {
    const { recorder, servers } = this;
    const inflight = (kind: string) => recorder.gauge('apiserver_current_inflight_requests', { request_kind: kind });
    const readOnly = inflight('readOnly');
    const mutating = inflight('mutating');
    const watchers = this.tables.resourceNames.map((resource) =>
      recorder.gauge('apiserver_registered_watchers', { resource }),
    );
    const memory = servers.map(({ name }) =>
      recorder.gauge('process_resident_memory_bytes', { job: 'kube-apiserver', instance: name }),
    );
    recorder.onSample(() => {
      memory.forEach((gauge, index) => {
        gauge.set((servers[index] as ApiServer).residentBytes);
      });
      readOnly.setPast(servers.reduce((sum, server) => sum + server.takePeak(false), 0));
      mutating.setPast(servers.reduce((sum, server) => sum + server.takePeak(true), 0));
      watchers.forEach((gauge, kind) => {
        gauge.set(this.watchersOf(kind as Kind));
      });
    });
  }

  /** Watches of a kind that are open, over all API servers. */
  private watchersOf(kind: Kind): number {
    return this.servers.reduce((sum, server) => sum + server.cache(kind).log.watchers, 0);
  }

  /** Watches that are open, of all kinds over all API servers. */
  get openWatches(): number {
    return this.tables.resourceNames.reduce((sum, _, kind) => sum + this.watchersOf(kind as Kind), 0);
  }

  /** Pods that are Ready. */
  get readyPods(): number {
    return this.census.all.ready;
  }

  // ---- before the run ------------------------------------------------------------------------------------------------------------

  /** A namespace as it is after its controllers have seen to it: with its default service account and root certificate. */
  ensureNamespace(namespace: string, labels: Labels = {}): void {
    this.preload.namespace(namespace, labels, SMALL_OBJECT_BYTES);
    this.preload.opaque(kinds.serviceaccounts, namespace, 'default', SMALL_OBJECT_BYTES);
    this.preload.opaque(kinds.configmaps, namespace, 'kube-root-ca.crt', ROOT_CA_BYTES);
  }

  /** Everything that was preloaded begins to live; from now on objects come by requests only. */
  start(): void {
    this.preload.finish();
    for (const component of [this.controllerManager, ...this.schedulers]) component.preload(this.preload);
    this.census.beginRun();
    this.isRunning = true;
    const { revision } = this.store;
    for (const component of [this.controllerManager, ...this.schedulers]) component.start();
    this.descheduler?.startPreloaded();
    for (const addon of [...this.provisioners, ...this.addons.values()]) addon.start();
    let host = -1;
    for (const node of this.preload.nodes) {
      if (!node.agents) continue;
      const kubelet = this.kubelets.addPreloaded(node.key, node.specification, node.leaseRevision, revision);
      if (node.staticPods.size > 0) host++;
      for (const pod of node.pods)
        this.kubelets.addPreloadedPod(kubelet, pod, revision, this.staticProcess(node.staticPods.get(pod), host));
      for (const agent of this.agents) agent.addPreloaded(node.key, revision);
    }
  }

  /** What runs in a static pod of the control-plane node with a number. */
  private staticProcess(component: string | undefined, node: number): StaticProcess | undefined {
    if (component === undefined) return undefined;
    const { servers, store, controllerManager } = this;
    const [first] = this.schedulers;
    const scheduler = first instanceof ElectedComponent ? first : undefined;
    const isStacked = this.parameters.host.stackedEtcd;
    return staticProcess({ servers, store, isStacked, controllerManager, scheduler }, component, node);
  }

  /** How many nodes can be those of the control plane: as many as have an API server. */
  get controlPlaneSize(): number {
    return this.servers.length;
  }

  /** A scheduler by its name under spec.schedulers; the first if none is named. */
  scheduler(name?: string): ReplicatedComponent | undefined {
    if (name === undefined) return this.schedulers[0];
    return this.schedulers[this.schedulerNames.indexOf(name)];
  }

  // ---- during the run ------------------------------------------------------------------------------------------------------------

  /** A machine boots and joins. */
  addNode(name: string, specification: NodeSpecification): void {
    if (!this.isRunning) throw new RangeError('nodes join while the cluster runs; preload the others');
    const key = this.tables.keysOf('nodes').intern('', name);
    this.kubelets.addAndRegister(key, specification);
    for (const agent of this.agents) agent.addAndStart(key);
  }

  /** A client outside of the cluster. */
  newLoadClient(options: LoadClientOptions): ApiClient {
    const { host } = this.parameters;
    const cpu = host.stackedLoad ? { process: this.loadProcess, perRequest: host.loadRequestCpu } : undefined;
    return this.clientGo.newClient({ ...options, onNode: true, cpu });
  }

  /** Fault: the API servers are restarted gracefully, each when the one before is ready again. */
  restartServersInTurn(duration: Nanoseconds | undefined, first = 0): void {
    this.servers[first]?.restartGracefully(duration, () => this.restartServersInTurn(duration, first + 1));
  }

  /** Fault: the programs behind a webhook fail for a while. */
  failWebhook(name: string, mode: WebhookOutageMode, duration: Nanoseconds, factor: number): void {
    const webhook = this.webhooks.find(({ configuration }) => configuration.name === name);
    if (webhook === undefined) throw new RangeError(`there is no webhook ${name}`);
    webhook.fail(mode, duration, factor);
  }

  /** Connections to Services; asked for before anything is preloaded, or never. */
  get traffic(): ServiceTraffic {
    this.openedTraffic ??= trafficOf(this);
    return this.openedTraffic;
  }

  /** Kubelets of the cluster, in the order in which their nodes came. */
  get nodes(): readonly Kubelet[] {
    return this.kubelets.kubelets;
  }
}
