/**
 * All kubelets of a cluster (kubelet 1.36). https://github.com/kubernetes/kubernetes/tree/master/pkg/kubelet.
 * The lives of machines, of the kubelets' processes on them and of their container runtimes are here; what a process does is in files of its own:
 * registration, watches, heartbeats, node status, pod workers, status manager.
 * A process that ends leaves the containers running; the next one begins with new connections and clients, registers, reports, lists its pods and
 * goes on with each from where the runtime has it. A kubelet reaches the control plane only over its clients' links and its watches.
 * Left out here: see docs/not-modelled.md.
 */
import {
  kinds,
  type NodeSpecification,
  type ObjectKey,
  type PodTemplate,
  type VersionHandle,
} from '../../cluster/index.ts';
import type { EventType, KeyedStream, Process, ValuesOf } from '../../engine/index.ts';
import { type Nanoseconds, nanoseconds } from '../../units/index.ts';
import {
  type ApiClient,
  type ClientGo,
  type ClientPath,
  EventRecorder,
  type EventRecorderReplies,
} from '../client-go/index.ts';
import { ContainerRuntimes } from './container-runtimes.ts';
import { Heartbeats } from './heartbeats.ts';
import type { kubeletParameters } from './kubelet.parameters.ts';
import { Kubelet, type KubeletClients } from './kubelet.ts';
import { KubeletWatches } from './kubelet-watches.ts';
import { NodeRegistration } from './node-registration.ts';
import { NodeStatusReports, UNREPORTED } from './node-status.ts';
import type { PodNetwork } from './pod-network.ts';
import { PodTable } from './pod-table.ts';
import { PodWorkers } from './pod-workers.ts';
import { StaticPods, type StaticProcess } from './static-pods.ts';
import { StatusManager } from './status-manager.ts';
import { Supervision } from './supervision.ts';

/** Namespace of the nodes' leases. */
export const NODE_LEASE_NAMESPACE = 'kube-node-lease';
/** What a kubelet tells of its node when it starts (kubelet_node_status.go, container_manager_linux.go). */
const STARTUP_EVENTS = [
  'Starting',
  'NodeHasSufficientMemory',
  'NodeHasNoDiskPressure',
  'NodeHasSufficientPID',
  'NodeAllocatableEnforced',
] as const;
const NO_WAIT = nanoseconds(0);
/** Numbers of a node's draws at its start. */
const Draw = { LoopPhase: 0, LeasePhase: 1, Registration: 2, ProcessStart: 3 } as const;

/** All kubelets. */
export class KubeletFleet {
  readonly kubelets: Kubelet[] = [];
  private readonly byNode = new Map<ObjectKey, Kubelet>();
  private readonly clientGo: ClientGo;
  private readonly parameters: ValuesOf<typeof kubeletParameters>;
  private readonly eventReplies: EventRecorderReplies;
  private readonly table = new PodTable();
  private readonly heartbeats: Heartbeats;
  private readonly nodeStatuses: NodeStatusReports;
  private readonly statuses: StatusManager;
  private readonly workers: PodWorkers;
  readonly staticPods: StaticPods;
  private readonly watches: KubeletWatches;
  private readonly registration: NodeRegistration;
  private readonly supervision: Supervision;
  private readonly runtimes: ContainerRuntimes;
  private readonly phases: KeyedStream;
  private readonly evReturn: EventType;
  private readonly evProcessStarted: EventType;
  private readonly evCrashAgain: EventType;
  /** Told when a node that had crashed boots again. */
  onReturned: (node: ObjectKey) => void = () => {};

  constructor(
    clientGo: ClientGo,
    parameters: ValuesOf<typeof kubeletParameters>,
    eventReplies: EventRecorderReplies,
    imageSizes: ReadonlyMap<string, number> = new Map(),
  ) {
    const { simulation, recorder } = clientGo;
    this.clientGo = clientGo;
    this.parameters = parameters;
    this.eventReplies = eventReplies;
    this.heartbeats = new Heartbeats(clientGo, parameters, this.kubelets);
    this.nodeStatuses = new NodeStatusReports(clientGo, parameters, this.kubelets);
    this.statuses = new StatusManager(clientGo, parameters, this.table, this.kubelets, {
      gone: (slot) => this.workers.forget(slot),
      written: (slot) => this.workers.statusWritten(slot),
      finished: (slot) => this.staticPods.finished(slot),
    });
    this.workers = new PodWorkers(clientGo, parameters, this.table, this.kubelets, this.statuses, {
      imageSizes,
      conditionChanged: (kubelet) => this.nodeStatuses.conditionChanged(kubelet),
    });
    const { table, workers, statuses, nodeStatuses } = this;
    this.staticPods = new StaticPods(clientGo, parameters, { table, workers, statuses });
    workers.onStaticChanged = (slot) => this.staticPods.changed(slot);
    this.watches = new KubeletWatches(clientGo, table, workers, statuses, this.staticPods, nodeStatuses);
    this.registration = new NodeRegistration(clientGo, parameters);
    this.supervision = new Supervision(simulation, recorder, parameters, this.kubelets, (kubelet) =>
      this.execute(kubelet),
    );
    this.runtimes = new ContainerRuntimes(simulation, parameters, this.kubelets, {
      readinessChanged: (kubelet) => this.nodeStatuses.conditionChanged(kubelet),
    });
    this.phases = simulation.streams.keyed('kubelet.phases');
    this.evReturn = simulation.on('kubelet: node returns', (index) => this.comeBack(this.kubelets[index] as Kubelet));
    this.evProcessStarted = simulation.on('kubelet: process started', (index, epoch) => this.onStarted(index, epoch));
    this.evCrashAgain = simulation.on('kubelet: process crashes again', (index, epoch) =>
      this.onCrashAgain(index, epoch),
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
    this.watches.open(kubelet);
    for (const reflector of kubelet.reflectors) reflector.startPreloaded(revision);
    this.heartbeats.startPreloaded(kubelet, this.phases.uniform(kubelet.index, Draw.LeasePhase));
    this.nodeStatuses.startPreloaded(kubelet);
    return kubelet;
  }

  /** A pod that runs on a preloaded node since before the run, which began at `revision`. `process`: it is a static pod, and this runs in it. */
  addPreloadedPod(kubelet: Kubelet, pod: VersionHandle, revision: number, process?: StaticProcess): void {
    const { pods } = this.clientGo.tables;
    const slot = this.watches.allocate(kubelet, pod);
    if (process !== undefined) {
      this.table.isStatic[slot] = 1;
      this.staticPods.adopt(kubelet, slot, process);
    }
    const statuses = this.workers.beginPreloaded(slot, pods.conditions.get(pod), pods.runningAt.get(pod), revision);
    // What its kubelet had told of its containers before the run.
    pods.containers.set(pod, statuses);
  }

  /** Adds a node that boots now and registers itself. */
  addAndRegister(nodeKey: ObjectKey, specification: NodeSpecification): Kubelet {
    const kubelet = this.add(nodeKey, specification);
    kubelet.isReady = false;
    this.boot(kubelet, this.parameters.registration.span(this.phases.uniform(kubelet.index, Draw.Registration)));
    return kubelet;
  }

  /** Pods of a node, with what each was made from. */
  *templatesOn(node: ObjectKey): Generator<readonly [pod: ObjectKey, template: PodTemplate]> {
    for (const [pod, slot] of this.byNode.get(node)?.pods ?? []) yield [pod, this.table.template[slot] as PodTemplate];
  }

  /** The kubelet of a node, by the node's key. */
  ofNode(nodeKey: ObjectKey): Kubelet | undefined {
    return this.byNode.get(nodeKey);
  }

  /** The clients through which the kubelet of a node talks. */
  clientsOf(nodeKey: ObjectKey): readonly ApiClient[] {
    const clients = this.byNode.get(nodeKey)?.clients;
    return clients === undefined ? [] : [clients.main, clients.heartbeat, clients.recorder.client];
  }

  private add(nodeKey: ObjectKey, specification: NodeSpecification): Kubelet {
    const { clientGo, parameters } = this;
    const nodeName = clientGo.tables.keysOf('nodes').name(nodeKey);
    const index = this.kubelets.length;
    const kubelet = new Kubelet({
      index,
      nodeKey,
      nodeName,
      specification,
      clients: this.newClients(nodeName, 0, undefined),
      leaseKey: clientGo.tables.keysOf('leases').intern(NODE_LEASE_NAMESPACE, nodeName),
      loopPhase: Math.floor(this.phases.uniform(index, Draw.LoopPhase) * parameters.statusSyncPeriod),
    });
    this.kubelets.push(kubelet);
    this.byNode.set(nodeKey, kubelet);
    return kubelet;
  }

  /** The clients of a new process, with full token buckets and no connections yet. */
  private newClients(nodeName: string, epoch: number, path: ClientPath | undefined): KubeletClients {
    const { clientGo, parameters } = this;
    const user = `system:node:${nodeName}`;
    const groups = ['system:nodes', 'system:authenticated'];
    const process = epoch === 0 ? `kubelet ${nodeName}` : `kubelet ${nodeName} (process ${epoch + 1})`;
    const own = { user, groups, onNode: true, process };
    const client = (name: string, qps: number, burst: number) =>
      clientGo.newClient({ ...own, name, qps, burst, startsPods: name === 'kubelet' });
    const main = client('kubelet', parameters.apiQps, parameters.apiBurst);
    const timeout = parameters.heartbeatTimeout;
    const heartbeat = clientGo.newClient({ ...own, name: 'kubelet heartbeat', qps: 0, burst: 1, timeout });
    const events = client('kubelet events', parameters.eventQps, parameters.eventBurst);
    // The network of a node does not change with its processes.
    for (const one of [main, heartbeat, events]) one.path = path;
    return { main, heartbeat, recorder: new EventRecorder(clientGo, events, this.eventReplies) };
  }

  // ---- a process begins ----------------------------------------------------------------------------------------------------------

  private boot(kubelet: Kubelet, untilReady: Nanoseconds): void {
    this.clientGo.simulation.processes.spawn('kubelet boots', this.run(kubelet, untilReady));
  }

  /** POST node, watches, lease, status and events, and Ready once runtime and network are there. */
  private *run(kubelet: Kubelet, untilReady: Nanoseconds): Process {
    const { epoch } = kubelet;
    if (!(yield* this.registration.register(kubelet))) return;
    this.registration.announce(kubelet);
    this.watches.open(kubelet);
    for (const reflector of kubelet.reflectors) reflector.start();
    this.heartbeats.start(kubelet);
    for (const reason of STARTUP_EVENTS) kubelet.recorder.record(reason, kinds.nodes, kubelet.nodeKey);
    this.nodeStatuses.start(kubelet);
    if (untilReady === 0) return;
    yield this.parameters.fastStatusUpdatePeriod * Math.ceil(untilReady / this.parameters.fastStatusUpdatePeriod);
    if (kubelet.epoch === epoch) this.nodeStatuses.becameReady(kubelet);
  }

  // ---- a process ends and begins anew ----------------------------------------------------------------------------------------------

  /**
   * Fault: the process of a kubelet crashes, and `more` times again, each `lifetime` after its start. Its supervisor starts it as it does.
   */
  crashProcess(kubelet: Kubelet, more: number, lifetime: Nanoseconds): void {
    if (!kubelet.isUp || !kubelet.isRunning) return;
    kubelet.crashesLeft = more;
    kubelet.crashLifetime = lifetime;
    this.endProcess(kubelet);
    this.supervision.exited(kubelet);
  }

  /** Fault: somebody restarts a kubelet, or starts one that was given up. */
  restartProcess(kubelet: Kubelet): void {
    if (!kubelet.isUp) return;
    this.endProcess(kubelet);
    kubelet.crashesLeft = 0;
    this.supervision.startByHand(kubelet);
  }

  /** Fault: the container runtime of a node is restarted or hangs: it is away for a span. */
  failRuntime(kubelet: Kubelet, kind: 'down' | 'hung', span: Nanoseconds): void {
    if (kubelet.isUp) this.runtimes.fail(kubelet, kind, span);
  }

  /** The process has ended; containers run on. */
  private endProcess(kubelet: Kubelet): void {
    if (kubelet.isRunning) this.dropProcess(kubelet);
    else kubelet.epoch++;
    for (const slot of kubelet.pods.values()) this.workers.detach(slot);
  }

  /** Everything in the memory of the process is gone, and its connections with it. */
  private dropProcess(kubelet: Kubelet): void {
    const { main, heartbeat, recorder } = kubelet.clients;
    kubelet.isRunning = false;
    kubelet.epoch++;
    for (const client of [main, heartbeat, recorder.client]) client.retire();
    this.clientGo.connections.processEnded(main.options.process as string);
    recorder.clear();
    for (const reflector of kubelet.reflectors) reflector.stop();
    kubelet.reflectors.length = 0;
    this.statuses.interrupt(kubelet);
    this.workers.processEnded(kubelet);
    kubelet.heldSteps.length = 0;
    kubelet.reportedStatus = UNREPORTED;
    kubelet.statusPlan++;
  }

  /** The process is executed; some time later it gets to its pods. */
  private execute(kubelet: Kubelet): void {
    const { simulation } = this.clientGo;
    const { processStart } = this.parameters;
    const span = processStart.span(this.phases.uniform(kubelet.index, Draw.ProcessStart + kubelet.epoch));
    if (kubelet.crashesLeft > 0 && kubelet.crashLifetime < span)
      simulation.after(kubelet.crashLifetime, this.evCrashAgain, kubelet.index, kubelet.epoch);
    else simulation.after(span, this.evProcessStarted, kubelet.index, kubelet.epoch);
  }

  private onStarted(index: number, epoch: number): void {
    const kubelet = this.kubelets[index] as Kubelet;
    if (kubelet.epoch !== epoch || !kubelet.isUp) return;
    // A kubelet that finds no runtime exits.
    if (kubelet.runtime === 'down') {
      kubelet.epoch++;
      this.supervision.exited(kubelet);
      return;
    }
    const { simulation } = this.clientGo;
    if (kubelet.crashesLeft > 0) {
      const left = kubelet.supervision.startedAt + kubelet.crashLifetime - simulation.now;
      simulation.after(nanoseconds(left), this.evCrashAgain, index, epoch);
    }
    kubelet.clients = this.newClients(kubelet.nodeName, kubelet.epoch, kubelet.client.path);
    kubelet.isRunning = true;
    for (const slot of kubelet.pods.values()) kubelet.orphans.add(slot);
    this.staticPods.resume(kubelet);
    this.boot(kubelet, NO_WAIT);
  }

  private onCrashAgain(index: number, epoch: number): void {
    const kubelet = this.kubelets[index] as Kubelet;
    if (kubelet.epoch !== epoch || !kubelet.isUp) return;
    kubelet.crashesLeft--;
    this.endProcess(kubelet);
    this.supervision.exited(kubelet);
  }

  // ---- a machine loses power ---------------------------------------------------------------------------------------------------------

  /** Fault: the node loses power. It returns after `span`, or never. */
  crash(kubelet: Kubelet, span: Nanoseconds | undefined): void {
    if (!kubelet.isUp) return;
    kubelet.isUp = false;
    if (kubelet.isRunning) this.dropProcess(kubelet);
    else kubelet.epoch++;
    this.staticPods.lose(kubelet);
    for (const slot of kubelet.pods.values()) this.workers.lose(slot);
    kubelet.pods.clear();
    kubelet.orphans.clear();
    kubelet.resources.clear();
    kubelet.crashesLeft = 0;
    this.supervision.forget(kubelet);
    this.runtimes.reset(kubelet);
    if (span !== undefined) this.clientGo.simulation.after(span, this.evReturn, kubelet.index);
  }

  /** The node boots: its kubelet lists its pods and starts them anew. Runtime and network are set up already. */
  private comeBack(kubelet: Kubelet): void {
    kubelet.isUp = true;
    kubelet.isRunning = true;
    kubelet.clients = this.newClients(kubelet.nodeName, kubelet.epoch, kubelet.client.path);
    this.staticPods.boot(kubelet);
    this.boot(kubelet, NO_WAIT);
    this.onReturned(kubelet.nodeKey);
  }
}
