/**
 * All kubelets of a cluster (kubelet 1.36). https://github.com/kubernetes/kubernetes/tree/master/pkg/kubelet.
 * Registration, watches, crash and return of nodes are here; heartbeats, pod workers and the status manager have files of their own.
 * A kubelet reaches the control plane only over its clients' links and its watches. Left out here: see docs/not-modelled.md
 * (probes other than readiness, crash loops, pressure evictions, static pods, image garbage collection, volumes beyond the token).
 */
import {
  kinds,
  LABEL_HOSTNAME,
  NO_VERSION,
  type NodeSpecification,
  type ObjectKey,
  PodCondition,
  type PodTemplate,
  TAINT_NOT_READY,
  type Taint,
  type VersionHandle,
} from '../../cluster/index.ts';
import type { EventType, KeyedStream, Process, ValuesOf } from '../../engine/index.ts';
import { type Nanoseconds, nanoseconds } from '../../units/index.ts';
import { isSuccess, StatusCode, writes } from '../api-machinery/index.ts';
import {
  type ClientGo,
  EventRecorder,
  type EventRecorderReplies,
  Reflector,
  type ReflectorListener,
} from '../client-go/index.ts';
import { EVERYTHING } from '../kube-apiserver/index.ts';
import { Heartbeats } from './heartbeats.ts';
import type { kubeletParameters } from './kubelet.parameters.ts';
import { Kubelet } from './kubelet.ts';
import type { PodNetwork } from './pod-network.ts';
import { PodTable } from './pod-table.ts';
import { PodWorkers } from './pod-workers.ts';
import { StatusManager } from './status-manager.ts';

/** Namespace of the nodes' leases. */
export const NODE_LEASE_NAMESPACE = 'kube-node-lease';
/** The ConfigMap that every pod of a namespace mounts beside its token. */
const ROOT_CA_CONFIG_MAP = 'kube-root-ca.crt';
/** What a kubelet tells of its node when it starts (kubelet_node_status.go, container_manager_linux.go). */
const STARTUP_EVENTS = [
  'Starting',
  'NodeHasSufficientMemory',
  'NodeHasNoDiskPressure',
  'NodeHasSufficientPID',
  'NodeAllocatableEnforced',
] as const;
const NO_WAIT = nanoseconds(0);

/** All kubelets. */
export class KubeletFleet {
  readonly kubelets: Kubelet[] = [];
  private readonly byNode = new Map<ObjectKey, Kubelet>();
  private readonly clientGo: ClientGo;
  private readonly parameters: ValuesOf<typeof kubeletParameters>;
  private readonly eventReplies: EventRecorderReplies;
  private readonly table = new PodTable();
  private readonly heartbeats: Heartbeats;
  private readonly statuses: StatusManager;
  private readonly workers: PodWorkers;
  private readonly phases: KeyedStream;
  private readonly evReturn: EventType;
  /** Told when a node that had crashed boots again. */
  onReturned: (node: ObjectKey) => void = () => {};

  constructor(clientGo: ClientGo, parameters: ValuesOf<typeof kubeletParameters>, eventReplies: EventRecorderReplies) {
    this.clientGo = clientGo;
    this.parameters = parameters;
    this.eventReplies = eventReplies;
    this.heartbeats = new Heartbeats(clientGo, parameters, this.kubelets);
    this.statuses = new StatusManager(clientGo, parameters, this.table, this.kubelets, {
      gone: (slot) => this.workers.forget(slot),
      written: (slot) => this.workers.statusWritten(slot),
    });
    this.workers = new PodWorkers(clientGo, parameters, this.table, this.kubelets, this.statuses);
    this.phases = clientGo.simulation.streams.keyed('kubelet.phases');
    this.evReturn = clientGo.simulation.on('kubelet: node returns', (index) =>
      this.comeBack(this.kubelets[index] as Kubelet),
    );
  }

  /** Pods get their addresses from this CNI plugin from now on. */
  connectNetwork(network: PodNetwork): void {
    this.workers.connect(network);
  }

  // ---- nodes -------------------------------------------------------------------------------------------------------------------

  /** Adds a node whose Node and Lease exist already and whose pods run. */
  addPreloaded(nodeKey: ObjectKey, specification: NodeSpecification, leaseRevision: number, revision: number): Kubelet {
    const kubelet = this.add(nodeKey, specification);
    kubelet.leaseRevision = leaseRevision;
    this.openWatches(kubelet);
    for (const reflector of kubelet.reflectors) reflector.startPreloaded(revision);
    this.heartbeats.startPreloaded(kubelet, this.phases.uniform(kubelet.index, 1));
    return kubelet;
  }

  /** A pod that runs on a preloaded node since before the run. */
  addPreloadedPod(kubelet: Kubelet, pod: VersionHandle): void {
    const { pods } = this.clientGo.tables;
    const slot = this.allocate(kubelet, pod);
    this.workers.beginPreloaded(slot, pods.conditions.get(pod), pods.runningAt.get(pod));
  }

  /** Adds a node that boots now and registers itself. */
  addAndRegister(nodeKey: ObjectKey, specification: NodeSpecification): Kubelet {
    const kubelet = this.add(nodeKey, specification);
    this.boot(kubelet, this.parameters.registration.span(this.phases.uniform(kubelet.index, 2)));
    return kubelet;
  }

  /** The kubelet of a node, by the node's key. */
  ofNode(nodeKey: ObjectKey): Kubelet | undefined {
    return this.byNode.get(nodeKey);
  }

  private add(nodeKey: ObjectKey, specification: NodeSpecification): Kubelet {
    const { clientGo, parameters } = this;
    const nodeName = clientGo.tables.keysOf('nodes').name(nodeKey);
    const index = this.kubelets.length;
    const user = `system:node:${nodeName}`;
    const groups = ['system:nodes', 'system:authenticated'];
    const own = { user, groups, onNode: true, process: `kubelet ${nodeName}` };
    const client = (name: string, qps: number, burst: number) =>
      clientGo.newClient({ ...own, name, qps, burst, startsPods: name === 'kubelet' });
    const kubelet = new Kubelet({
      index,
      nodeKey,
      nodeName,
      specification,
      client: client('kubelet', parameters.apiQps, parameters.apiBurst),
      heartbeatClient: clientGo.newClient({
        ...own,
        name: 'kubelet heartbeat',
        qps: 0,
        burst: 1,
        timeout: parameters.heartbeatTimeout,
      }),
      recorder: new EventRecorder(
        clientGo,
        client('kubelet events', parameters.eventQps, parameters.eventBurst),
        this.eventReplies,
      ),
      leaseKey: clientGo.tables.keysOf('leases').intern(NODE_LEASE_NAMESPACE, nodeName),
      loopPhase: Math.floor(this.phases.uniform(index, 0) * parameters.statusSyncPeriod),
    });
    this.kubelets.push(kubelet);
    this.byNode.set(nodeKey, kubelet);
    return kubelet;
  }

  private boot(kubelet: Kubelet, untilReady: Nanoseconds): void {
    this.clientGo.simulation.processes.spawn('kubelet boots', this.run(kubelet, kubelet.epoch, untilReady));
  }

  /** POST node, watches, lease, events, and Ready once runtime and network are there. Without TLS bootstrap. */
  private *run(kubelet: Kubelet, epoch: number, untilReady: Nanoseconds): Process {
    if (!(yield* this.register(kubelet, epoch))) return;
    this.clientGo.simulation.processes.spawn('kubelet CSINode', this.announceDrivers(kubelet, epoch));
    for (const driver of Object.keys(kubelet.specification.devices ?? {})) {
      this.clientGo.simulation.processes.spawn('DRA driver', this.announceDevices(kubelet, epoch, driver));
    }
    this.openWatches(kubelet);
    for (const reflector of kubelet.reflectors) reflector.start();
    this.heartbeats.start(kubelet);
    for (const reason of STARTUP_EVENTS) kubelet.recorder.record(reason, kinds.nodes, kubelet.nodeKey);
    yield untilReady;
    if (kubelet.epoch !== epoch) return;
    this.heartbeats.reportReady(kubelet);
    kubelet.recorder.record('NodeReady', kinds.nodes, kubelet.nodeKey);
  }

  /** registerWithAPIServer: tried until it succeeds or the node is there already. Returns false if the node has crashed meanwhile. */
  private *register(kubelet: Kubelet, epoch: number): Generator<number, boolean, number> {
    const { leaseBackoff, leaseBackoffMaximum } = this.parameters;
    const { requests } = this.clientGo;
    for (let attempt = 0; kubelet.epoch === epoch; attempt++) {
      const post = kubelet.client.write(writes.nodeCreate, kubelet.nodeKey);
      requests.object[post] = registeredAs(kubelet);
      const code = requests.code[yield* kubelet.client.call(post)] as number;
      if (isSuccess(code)) return kubelet.epoch === epoch;
      if (code === StatusCode.Conflict) {
        const read = yield* kubelet.client.call(kubelet.client.read(kinds.nodes, kubelet.nodeKey));
        if (requests.code[read] === StatusCode.Ok) return kubelet.epoch === epoch;
      }
      yield Math.min(leaseBackoff * 2 ** attempt, leaseBackoffMaximum);
    }
    return false;
  }

  /** The node's CSINode, which names its CSI drivers or that it has none (K:pkg/volume/csi/nodeinfomanager: InitializeCSINodeWithAnnotation). */
  private *announceDrivers(kubelet: Kubelet, epoch: number): Process {
    const { leaseBackoff, leaseBackoffMaximum } = this.parameters;
    const { tables, requests } = this.clientGo;
    for (let attempt = 0; kubelet.epoch === epoch; attempt++) {
      const post = kubelet.client.write(writes.csiNodeCreate, tables.keysOf('csinodes').intern('', kubelet.nodeName));
      requests.object[post] = kubelet.specification.csiDrivers ?? {};
      const code = requests.code[yield* kubelet.client.call(post)] as number;
      if (isSuccess(code) || code === StatusCode.Conflict) return;
      yield Math.min(leaseBackoff * 2 ** attempt, leaseBackoffMaximum);
    }
  }

  /** The slice in which a driver on the node tells of its devices (K:staging dynamic-resource-allocation/resourceslice). */
  private *announceDevices(kubelet: Kubelet, epoch: number, driver: string): Process {
    const { leaseBackoff, leaseBackoffMaximum } = this.parameters;
    const { tables, requests } = this.clientGo;
    const key = tables.keysOf('resourceslices').intern('', `${kubelet.nodeName}-${driver}`);
    for (let attempt = 0; kubelet.epoch === epoch; attempt++) {
      const post = kubelet.client.write(writes.resourceSliceCreate, key);
      requests.object[post] = driver;
      requests.setNumber(post, 0, kubelet.nodeKey);
      requests.setNumber(post, 1, kubelet.specification.devices?.[driver] ?? 0);
      const code = requests.code[yield* kubelet.client.call(post)] as number;
      if (isSuccess(code) || code === StatusCode.Conflict) return;
      yield Math.min(leaseBackoff * 2 ** attempt, leaseBackoffMaximum);
    }
  }

  /** Fault: the node loses power. It returns after `span`, or never. */
  crash(kubelet: Kubelet, span: Nanoseconds | undefined): void {
    if (!kubelet.isUp) return;
    kubelet.isUp = false;
    kubelet.epoch++;
    this.cut(kubelet, true);
    for (const reflector of kubelet.reflectors) reflector.stop();
    kubelet.reflectors.length = 0;
    kubelet.watchedNamespaces.clear();
    for (const slot of kubelet.pods.values()) this.workers.lose(slot);
    kubelet.pods.clear();
    kubelet.resources.clear();
    kubelet.images.interrupt();
    this.statuses.interrupt(kubelet);
    kubelet.recorder.clear();
    if (span !== undefined) this.clientGo.simulation.after(span, this.evReturn, kubelet.index);
  }

  /** The node boots: its kubelet lists its pods and starts them anew. Runtime and network are set up already. */
  private comeBack(kubelet: Kubelet): void {
    kubelet.isUp = true;
    this.cut(kubelet, false);
    this.boot(kubelet, NO_WAIT);
    this.onReturned(kubelet.nodeKey);
  }

  private cut(kubelet: Kubelet, isCut: boolean): void {
    kubelet.client.isCut = isCut;
    kubelet.heartbeatClient.isCut = isCut;
    kubelet.recorder.client.isCut = isCut;
  }

  // ---- what a kubelet watches ------------------------------------------------------------------------------------------------------

  /** Pods of the node, the node itself, all services. */
  private openWatches(kubelet: Kubelet): void {
    const { clientGo } = this;
    const replies = clientGo.reflectorReplies;
    const listener: ReflectorListener = {
      onListed: (versions) => this.onListed(kubelet, versions),
      onChanged: (version, previous) => this.onChanged(kubelet, version, previous),
      concerns: (version, previous) => this.concerns(version, previous),
    };
    kubelet.reflectors.push(
      new Reflector(clientGo, kubelet.client, kinds.pods, kubelet.nodeKey, replies, listener),
      new Reflector(clientGo, kubelet.client, kinds.nodes, kubelet.nodeKey, replies),
      new Reflector(clientGo, kubelet.client, kinds.services, EVERYTHING, replies),
    );
  }

  private onListed(kubelet: Kubelet, versions: readonly VersionHandle[]): void {
    const { pods } = this.clientGo.tables;
    const listed = new Set<ObjectKey>();
    for (const version of versions) {
      listed.add(pods.key.get(version) as ObjectKey);
      this.onChanged(kubelet, version, NO_VERSION);
    }
    for (const [key, slot] of kubelet.pods) if (!listed.has(key)) this.workers.forget(slot);
  }

  private onChanged(kubelet: Kubelet, version: VersionHandle, previous: VersionHandle): void {
    const { pods } = this.clientGo.tables;
    const key = pods.key.get(version === NO_VERSION ? previous : version) as ObjectKey;
    let slot = kubelet.pods.get(key);
    if (version === NO_VERSION) {
      if (slot !== undefined) this.workers.forget(slot);
      return;
    }
    // A list after a gap may show another pod of that name.
    if (slot !== undefined && this.table.uid[slot] !== pods.uid.get(version)) {
      this.workers.forget(slot);
      slot = undefined;
    }
    if (slot !== undefined) {
      if (pods.isTerminating(version)) this.workers.stop(slot);
      return;
    }
    // Pods that ended before this kubelet started are not started again.
    if (pods.isTerminal(version) && !pods.isTerminating(version)) return;
    const added = this.allocate(kubelet, version);
    this.watchNamespace(kubelet, key);
    if (pods.isTerminating(version)) this.workers.beginTerminating(added);
    else this.workers.begin(added, (pods.conditions.get(version) & PodCondition.Reported) !== 0);
  }

  /** A kubelet reacts to pods that come, go or are to be stopped; its own status writes tell it nothing new. */
  private concerns(version: VersionHandle, previous: VersionHandle): boolean {
    const { pods } = this.clientGo.tables;
    if (version === NO_VERSION || previous === NO_VERSION || pods.node.get(previous) < 0) return true;
    return pods.isTerminating(version) && !pods.isTerminating(previous);
  }

  private allocate(kubelet: Kubelet, pod: VersionHandle): number {
    const { pods } = this.clientGo.tables;
    const key = pods.key.get(pod) as ObjectKey;
    const slot = this.table.allocate(key, pods.uid.get(pod), kubelet.index, pods.template.get(pod) as PodTemplate);
    this.table.createdAt[slot] = pods.createdAt.get(pod);
    kubelet.pods.set(key, slot);
    return slot;
  }

  /** The first pod of a namespace makes the kubelet watch that namespace's root certificate. */
  private watchNamespace(kubelet: Kubelet, pod: ObjectKey): void {
    const { clientGo } = this;
    const namespace = clientGo.tables.keysOf('pods').namespace(pod);
    if (kubelet.watchedNamespaces.has(namespace)) return;
    kubelet.watchedNamespaces.add(namespace);
    const configMap = clientGo.tables.keysOf('configmaps').intern(namespace, ROOT_CA_CONFIG_MAP);
    const reflector = new Reflector(clientGo, kubelet.client, kinds.configmaps, configMap, clientGo.reflectorReplies);
    kubelet.reflectors.push(reflector);
    reflector.start();
  }
}

/** The Node object that a kubelet registers: its labels, and the taint that the API server's admission puts on (TaintNodesByCondition). */
function registeredAs({ specification, nodeName }: Kubelet): NodeSpecification {
  const notReady: Taint = { key: TAINT_NOT_READY, value: '', effect: 'NoSchedule' };
  return {
    ...specification,
    labels: { ...specification.labels, [LABEL_HOSTNAME]: nodeName },
    taints: [...specification.taints, notReady],
  };
}
