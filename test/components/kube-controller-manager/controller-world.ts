/**
 * A small world with the real controller manager and, in place of scheduler and kubelets, nodes that do what the measured ones did: a pod is
 * bound at once, Ready half a second later, and gone 0.2 s after its deletion. Every answered call is written down.
 */
import {
  ConditionStatus,
  type DeploymentStrategy,
  type Kind,
  kinds,
  NO_VERSION,
  type NodeSpecification,
  type ObjectKey,
  PodCondition,
  PodPhase,
  type PodTemplate,
  resourceName,
  type ServiceSpecification,
  type VersionHandle,
} from '../../../src/cluster/index.ts';
import { type RequestId, Verb, verbNames, writeList, writes } from '../../../src/components/api-machinery/index.ts';
import { type ApiClient, eventRecorderReplies, SharedInformer } from '../../../src/components/client-go/index.ts';
import { KubeControllerManager } from '../../../src/components/kube-controller-manager/index.ts';
import type { EventType } from '../../../src/engine/index.ts';
import { readManifests, TemplateRegistry } from '../../../src/manifests/index.ts';
import { bytes, milliseconds, nanoseconds, seconds, simTime } from '../../../src/units/index.ts';
import { ApiWorld, type Overrides } from '../api-world.ts';

/** A call that was answered. */
export interface Call {
  /** When [s]. */
  readonly at: number;
  readonly client: string;
  /** "POST pods", "PUT replicasets/status". */
  readonly what: string;
  readonly code: number;
}

/** How the nodes behave. */
export interface NodeBehaviour {
  /** From the sight of a pod to its binding, from there to Ready, and from the sight of a deletion to its end [ms]. */
  readonly bind?: number;
  readonly ready?: number;
  readonly gone?: number;
}

const templates = new TemplateRegistry();

/** A template as a user would write it; another version of an app has another image. */
export function podTemplate(app: string, version = 1, tolerations = '[]'): PodTemplate {
  const text =
    `apiVersion: v1\nkind: Pod\nmetadata: { name: ${app}, labels: { app: ${app} } }\n` +
    `spec: { containers: [{ name: c, image: "i:${version}" }], tolerations: ${tolerations} }\n`;
  const [intent] = readManifests('pod.yaml', text, { templates }).intents;
  if (intent?.kind !== 'Pod') throw new Error('no pod');
  return intent.template;
}

/** The default strategy. */
export const ROLLING: DeploymentStrategy = { type: 'RollingUpdate', maxSurge: '25%', maxUnavailable: '25%' };

const READY =
  PodCondition.ReadyToStartContainers | PodCondition.Initialized | PodCondition.ContainersReady | PodCondition.Ready;

export class ControllerWorld extends ApiWorld {
  readonly manager: KubeControllerManager;
  /** A client without limits for the tests and the nodes. */
  readonly user: ApiClient;
  readonly calls: Call[] = [];
  /** Requests by client and sort with the instants at which they were issued [ns]. */
  readonly issued: { readonly at: number; readonly client: string; readonly what: string }[] = [];
  /** Pods as the store has them; held by an informer of the test's own. */
  readonly pods: SharedInformer;
  private readonly behaviour: Required<NodeBehaviour>;
  private readonly nodeKeys: ObjectKey[] = [];
  /** Nodes that are silent. */
  private readonly silent = new Set<ObjectKey>();
  private nextNode = 0;
  private readonly ignore: number;
  private readonly evBind: EventType;
  private readonly evReady: EventType;
  private readonly evGone: EventType;
  private readonly evRenew: EventType;

  constructor(overrides: Overrides = {}, behaviour: NodeBehaviour = {}, seed = 'controllers') {
    super({ ...overrides, etcd: { members: 1, ...overrides.etcd } }, seed);
    const { simulation, clientGo } = this;
    this.behaviour = { bind: 10, ready: 500, gone: 200, ...behaviour };
    this.recordCalls();
    this.manager = new KubeControllerManager({
      clientGo,
      reflectorReplies: clientGo.reflectorReplies,
      eventRecorderReplies: eventRecorderReplies(clientGo),
      parameters: this.parameters.kubeControllerManager,
    });
    this.user = this.client();
    this.ignore = clientGo.onReplyDo(() => {});
    this.evBind = simulation.on('test: bind', (pod) => this.bind(pod as ObjectKey));
    this.evReady = simulation.on('test: ready', (pod) => this.makeReady(pod as ObjectKey));
    this.evGone = simulation.on('test: gone', (pod) => this.remove(pod as ObjectKey));
    this.evRenew = simulation.on('test: renew', (node) => this.renew(node as ObjectKey));
    this.pods = new SharedInformer(clientGo, this.user, kinds.pods, clientGo.reflectorReplies);
    this.pods.addHandler({
      onAdd: (pod) => this.onPod(pod, NO_VERSION),
      onUpdate: (pod, before) => this.onPod(pod, before),
    });
  }

  /** Starts everything and runs until the caches are filled. */
  start(): void {
    this.pods.start();
    this.manager.start({ preloaded: false });
    this.runFor(1);
    this.calls.length = 0;
  }

  runFor(span: number): void {
    this.simulation.run(simTime(this.simulation.now + seconds(span)));
  }

  /** Runs until a condition holds; fails after `limit` seconds. Returns how long it took [s]. */
  runUntil(condition: () => boolean, limit = 600): number {
    const start = this.simulation.now;
    while (!condition()) {
      if (this.simulation.now - start > seconds(limit)) throw new Error(`not within ${limit} s`);
      this.simulation.run(simTime(this.simulation.now + milliseconds(1)));
    }
    return (this.simulation.now - start) / seconds(1);
  }

  // ---- what tests look at ------------------------------------------------------------------------------------------------------

  /** Counts of calls by what they were, of one client or of all. */
  counts(client?: string): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const call of this.calls) {
      if (client !== undefined && call.client !== client) continue;
      const name = `${call.what} ${call.code}`;
      counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  }

  /** Calls of a client of one sort. */
  of(client: string, what: string): Call[] {
    return this.calls.filter((call) => call.client === client && call.what === what);
  }

  /** Versions of a kind in the store. */
  stored(kind: Kind): VersionHandle[] {
    const found: VersionHandle[] = [];
    this.store.forEachCurrent(kind, (_, version) => {
      found.push(version);
    });
    return found;
  }

  /** Pods that are neither ended nor on their way out. */
  activePods(): VersionHandle[] {
    return this.stored(kinds.pods).filter((pod) => this.tables.pods.isActive(pod));
  }

  readyPods(): number {
    return this.activePods().filter((pod) => this.tables.pods.isReady(pod)).length;
  }

  /** A Deployment's version in the store. */
  deployment(key: ObjectKey): VersionHandle {
    return this.store.current(kinds.deployments, key);
  }

  /** Whether a Deployment's status says that its rollout is complete. */
  isComplete(key: ObjectKey): boolean {
    const { deployments } = this.tables;
    const version = this.deployment(key);
    const wanted = deployments.replicas.get(version);
    return (
      deployments.observedGeneration.get(version) === deployments.generation.get(version) &&
      deployments.updatedReplicas.get(version) === wanted &&
      deployments.statusReplicas.get(version) === wanted &&
      deployments.availableReplicas.get(version) === wanted
    );
  }

  // ---- what users do -----------------------------------------------------------------------------------------------------------

  send(request: RequestId): void {
    this.user.send(request, this.ignore);
  }

  createDeployment(
    name: string,
    replicas: number,
    template: PodTemplate,
    options: { strategy?: DeploymentStrategy; minReady?: number; history?: number } = {},
  ): ObjectKey {
    const key = this.tables.keysOf('deployments').intern('default', name);
    const request = this.user.write(writes.deploymentCreate, key);
    this.requests.object[request] = {
      replicas,
      template,
      selector: [],
      strategy: options.strategy ?? ROLLING,
      minReady: seconds(options.minReady ?? 0),
      revisionHistoryLimit: options.history ?? 10,
      bytes: bytes(2546),
    };
    this.send(request);
    return key;
  }

  setTemplate(deployment: ObjectKey, template: PodTemplate): void {
    const request = this.user.write(writes.deploymentTemplate, deployment);
    this.requests.object[request] = template;
    this.send(request);
  }

  scale(deployment: ObjectKey, replicas: number): void {
    const request = this.user.write(writes.deploymentScale, deployment);
    this.requests.setNumber(request, 0, replicas);
    this.send(request);
  }

  createReplicaSet(name: string, replicas: number, template: PodTemplate): ObjectKey {
    const key = this.tables.keysOf('replicasets').intern('default', name);
    const request = this.user.write(writes.replicaSetCreate, key);
    const body = { replicas, template, selector: [], minReady: 0, owner: -1, rollout: 0, desired: -1 };
    this.requests.object[request] = body;
    this.send(request);
    return key;
  }

  scaleReplicaSet(key: ObjectKey, replicas: number): void {
    const request = this.user.write(writes.replicaSetUpdate, key);
    this.requests.setNumber(request, 0, replicas);
    this.requests.setNumber(request, 2, -1);
    this.send(request);
  }

  createService(name: string, app: string): ObjectKey {
    const key = this.tables.keysOf('services').intern('default', name);
    const request = this.user.write(writes.serviceCreate, key);
    const specification: ServiceSpecification = {
      type: 'ClusterIP',
      headless: false,
      selector: { app },
      ports: [],
      sessionAffinity: 'None',
      externalTrafficPolicy: 'Cluster',
      internalTrafficPolicy: 'Cluster',
      loadBalancerSourceRanges: [],
      externalIps: [],
    };
    this.requests.object[request] = specification;
    this.send(request);
    return key;
  }

  delete(kind: Kind, key: ObjectKey): void {
    this.send(this.user.deletion(kind, key));
  }

  /** The pod is not Ready any more. */
  breakPod(pod: ObjectKey): void {
    const request = this.user.write(writes.podStatus, pod);
    const numbers = [PodPhase.Running, READY & ~PodCondition.Ready, 0, 1, this.simulation.now];
    for (const [index, number] of numbers.entries()) this.requests.setNumber(request, index, number);
    this.send(request);
  }

  // ---- nodes -------------------------------------------------------------------------------------------------------------------

  /** Adds nodes that are Ready and renew their leases every ten seconds from now on. */
  addNodes(count: number, zone = ''): ObjectKey[] {
    const added: ObjectKey[] = [];
    for (let i = 0; i < count; i++) {
      const name = `node-${this.nodeKeys.length}`;
      const key = this.tables.keysOf('nodes').intern('', name);
      const specification: NodeSpecification = {
        allocatable: { cpu: 0 as never, memory: 0 as never, ephemeralStorage: 0 as never, extended: {} },
        pods: 110,
        labels: zone === '' ? {} : { 'topology.kubernetes.io/zone': zone },
        taints: [],
        unschedulable: false,
      };
      const create = this.user.write(writes.nodeCreate, key);
      this.requests.object[create] = specification;
      this.send(create);
      const lease = this.user.write(writes.leaseCreate, this.leaseOf(key));
      this.requests.setNumber(lease, 0, this.simulation.now);
      this.send(lease);
      this.nodeKeys.push(key);
      added.push(key);
    }
    this.runFor(0.1);
    for (const [i, key] of added.entries()) {
      this.reportReady(key);
      this.simulation.after(nanoseconds((seconds(10) * (i + 1)) / count), this.evRenew, key);
    }
    this.runFor(0.1);
    return added;
  }

  /** The node says nothing any more. Returns when it said something last [s]. */
  silence(node: ObjectKey): void {
    this.silent.add(node);
  }

  /** The node is back. */
  revive(node: ObjectKey): void {
    this.silent.delete(node);
    this.renew(node);
    this.reportReady(node);
  }

  /** Taints of a node as "key:effect". */
  taints(node: ObjectKey): string[] {
    const version = this.store.current(kinds.nodes, node);
    return this.tables.nodes.taints
      .get(version)
      .map(({ key, effect }) => `${key.slice(key.indexOf('/') + 1)}:${effect}`)
      .sort();
  }

  ready(node: ObjectKey): number {
    return this.tables.nodes.ready.get(this.store.current(kinds.nodes, node));
  }

  private leaseOf(node: ObjectKey): ObjectKey {
    return this.tables.keysOf('leases').intern('kube-node-lease', this.tables.keysOf('nodes').name(node));
  }

  /** The kubelet's PATCH of its node's status. */
  reportReady(node: ObjectKey): void {
    const request = this.user.write(writes.nodeStatus, node);
    this.requests.setNumber(request, 0, ConditionStatus.True);
    this.requests.setNumber(request, 1, this.simulation.now);
    this.send(request);
  }

  private renew(node: ObjectKey): void {
    if (this.silent.has(node)) return;
    const lease = this.leaseOf(node);
    const request = this.user.write(writes.leaseRenew, lease);
    const present = this.store.current(kinds.leases, lease);
    this.requests.expectedRevision[request] = this.tables.leases.revision.get(present);
    this.requests.setNumber(request, 0, this.simulation.now);
    this.send(request);
    this.simulation.after(seconds(10), this.evRenew, node);
  }

  private onPod(pod: VersionHandle, before: VersionHandle): void {
    const { pods } = this.tables;
    const key = pods.key.get(pod);
    if (this.nodeKeys.length === 0) return;
    const { bind, ready, gone } = this.behaviour;
    if (pods.node.get(pod) < 0) {
      if (before === NO_VERSION) this.simulation.after(milliseconds(bind), this.evBind, key);
      return;
    }
    const wasBound = before !== NO_VERSION && pods.node.get(before) >= 0;
    if (!wasBound) this.simulation.after(milliseconds(ready), this.evReady, key);
    const wasTerminating = before !== NO_VERSION && pods.isTerminating(before);
    if (pods.isTerminating(pod) && !wasTerminating) this.simulation.after(milliseconds(gone), this.evGone, key);
  }

  private bind(pod: ObjectKey): void {
    const free = this.nodeKeys.filter((key) => !this.silent.has(key) && this.taints(key).length === 0);
    if (this.pods.get(pod) === NO_VERSION || free.length === 0) return;
    const request = this.user.write(writes.podBinding, pod);
    this.requests.setNumber(request, 0, free[this.nextNode++ % free.length] as ObjectKey);
    this.send(request);
  }

  private makeReady(pod: ObjectKey): void {
    const version = this.pods.get(pod);
    if (version === NO_VERSION || this.tables.pods.isTerminating(version)) return;
    if (this.silent.has(this.tables.pods.node.get(version) as ObjectKey)) return;
    const request = this.user.write(writes.podStatus, pod);
    const numbers = [PodPhase.Running, READY, 0, 1, this.simulation.now];
    for (const [index, number] of numbers.entries()) this.requests.setNumber(request, index, number);
    this.send(request);
  }

  private remove(pod: ObjectKey): void {
    const version = this.pods.get(pod);
    if (version === NO_VERSION || this.silent.has(this.tables.pods.node.get(version) as ObjectKey)) return;
    this.send(this.user.deletion(kinds.pods, pod, 0, true));
  }

  // ---- the record of calls -----------------------------------------------------------------------------------------------------

  private recordCalls(): void {
    const { clientGo, requests } = this;
    const carry = clientGo.carryReply.bind(clientGo);
    const issue = clientGo.issue.bind(clientGo);
    clientGo.issue = (client, request, reply, context) => {
      this.issued.push({ at: this.simulation.now, client: client.options.name, what: this.describe(request) });
      issue(client, request, reply, context);
    };
    clientGo.carryReply = (request) => {
      const what = this.describe(request);
      const client = this.nameOf(requests.client[request] as number);
      this.calls.push({ at: this.simulation.now / seconds(1), client, what, code: requests.code[request] as number });
      carry(request);
    };
  }

  private describe(request: RequestId): string {
    const { requests } = this;
    const verb = requests.verb[request] as number;
    const hasWrite = verb === Verb.Create || verb === Verb.Update || verb === Verb.Patch;
    const subresource = hasWrite ? (writeList[requests.write[request] as number]?.subresource ?? '') : '';
    const resource = resourceName(requests.kind[request] as Kind);
    return `${verbNames[verb]} ${resource}${subresource === '' ? '' : `/${subresource}`}`;
  }

  /** Clients are numbered in the order of their making. */
  private nameOf(client: number): string {
    const clients = (this.clientGo as unknown as { clients: ApiClient[] }).clients;
    return (clients[client] as ApiClient).options.name;
  }
}
