/**
 * A small world with, in place of scheduler and kubelets, nodes that do what the measured ones did: a pod is bound at once, Ready half a second
 * later, and gone 0.2 s after its deletion.
 */
import {
  ConditionStatus,
  kinds,
  NO_VERSION,
  type NodeSpecification,
  type ObjectKey,
  PodCondition,
  PodPhase,
  type VersionHandle,
} from '../../../src/cluster/index.ts';
import { type RequestId, writes } from '../../../src/components/api-machinery/index.ts';
import { type ApiClient, SharedInformer } from '../../../src/components/client-go/index.ts';
import type { EventType } from '../../../src/engine/index.ts';
import { bytes, milliCpu, milliseconds, nanoseconds, seconds, simTime } from '../../../src/units/index.ts';
import { ApiWorld, type Overrides } from '../api-world.ts';

/** How the nodes behave. */
export interface NodeBehaviour {
  /** From the sight of a pod to its binding, from there to Ready, and from the sight of a deletion to its end [ms]. */
  readonly bind?: number;
  readonly ready?: number;
  readonly gone?: number;
}

const READY =
  PodCondition.ReadyToStartContainers | PodCondition.Initialized | PodCondition.ContainersReady | PodCondition.Ready;

/** What the nodes of the tests offer: more than is ever asked for. */
const ALLOCATABLE = { cpu: milliCpu(64_000), memory: bytes(2 ** 38), ephemeralStorage: bytes(2 ** 40), extended: {} };

export class NodeWorld extends ApiWorld {
  /** A client without limits for the tests and the nodes. */
  readonly user: ApiClient;
  /** Pods as an informer of the test's own has them. */
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

  constructor(overrides: Overrides, behaviour: NodeBehaviour, seed: string) {
    super({ ...overrides, etcd: { members: 1, ...overrides.etcd } }, seed);
    const { simulation, clientGo } = this;
    this.behaviour = { bind: 10, ready: 500, gone: 200, ...behaviour };
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

  runFor(span: number): void {
    this.simulation.run(simTime(this.simulation.now + seconds(span)));
  }

  /** Sends a request whose answer nobody waits for. */
  send(request: RequestId): void {
    this.user.send(request, this.ignore);
  }

  /** The pod is not Ready any more. */
  breakPod(pod: ObjectKey): void {
    const request = this.user.write(writes.podStatus, pod);
    const numbers = [PodPhase.Running, READY & ~PodCondition.Ready, 0, 1, this.simulation.now];
    for (const [index, number] of numbers.entries()) this.requests.setNumber(request, index, number);
    this.send(request);
  }

  /** Adds nodes that are Ready and renew their leases every ten seconds from now on. */
  addNodes(count: number, zone = ''): ObjectKey[] {
    const added: ObjectKey[] = [];
    for (let i = 0; i < count; i++) {
      const name = `node-${this.nodeKeys.length}`;
      const key = this.tables.keysOf('nodes').intern('', name);
      const specification: NodeSpecification = {
        allocatable: ALLOCATABLE,
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
}
