/**
 * Objects that exist, in their final state, when the run begins: nodes with leases, Deployments with their pods bound and Ready, Services with
 * their endpoints. Each takes one revision and no request. Pods go to the node with the fewest pods that has room, as a spreading scheduler would.
 */
import {
  budgetCovers,
  ConditionStatus,
  type DeploymentStrategy,
  type Kind,
  kinds,
  LABEL_HOSTNAME,
  type LabelSelector,
  type Labels,
  type LimitRangeIntent,
  NO_VERSION,
  type NodeSpecification,
  type ObjectKey,
  type ObjectTables,
  PodCondition,
  type PodDisruptionBudgetIntent,
  type PodGroupIntent,
  PodPhase,
  type PodTemplate,
  type PriorityClassIntent,
  type ResourceQuotaIntent,
  SettingsVersions,
  type SliceEndpoint,
  type VersionHandle,
} from '../cluster/index.ts';
import type { ValuesOf } from '../engine/index.ts';
import { disruptionStatus, type objectSizeParameters, usageOfNamespace } from './api-machinery/index.ts';
import type { Change, EtcdCluster } from './etcd/index.ts';
import type { ApiServer } from './kube-apiserver/index.ts';
import { NODE_LEASE_NAMESPACE } from './kubelet/index.ts';
import { PreloadedDevices } from './preload-devices.ts';
import { PreloadedNetworkObjects } from './preload-network.ts';
import { PreloadedPriorityClasses } from './preload-priorities.ts';
import { PreloadedServices } from './preload-services.ts';
import { PreloadedStorage } from './preload-storage.ts';

/** A Deployment as it is preloaded. */
export interface PreloadedDeployment {
  readonly namespace: string;
  readonly name: string;
  readonly replicas: number;
  readonly selector: LabelSelector;
  readonly template: PodTemplate;
  readonly strategy: DeploymentStrategy;
  readonly minReady: number;
  readonly revisionHistoryLimit: number;
  readonly bytes: number;
}

/** The parts of it that a ReplicaSet has. */
export type ReplicaSetBody = Omit<PreloadedDeployment, 'strategy' | 'revisionHistoryLimit'>;

/** Owner of what nobody owns. */
const NOBODY = -1;

/** A node that was preloaded, and what is on it. */
export interface PreloadedNode {
  readonly key: ObjectKey;
  readonly specification: NodeSpecification;
  readonly leaseRevision: number;
  /** Whether a kubelet and a kube-proxy run on it. */
  readonly agents: boolean;
  /** Pods on it. */
  readonly pods: VersionHandle[];
  /** Components of the control plane that run in static pods on it, by the pod's place among them; none on other nodes. */
  readonly staticPods: Map<VersionHandle, string>;
  /** What the pods have left [milli-CPU, B]. */
  cpu: number;
  memory: number;
}

/** Namespace of the components of the control plane. */
const STATIC_POD_NAMESPACE = 'kube-system';
/** Condition bits of a pod that runs and is Ready. */
const READY =
  PodCondition.Reported |
  PodCondition.Scheduled |
  PodCondition.ReadyToStartContainers |
  PodCondition.Initialized |
  PodCondition.ContainersReady |
  PodCondition.Ready;

/** Puts objects into the store and into every API server's cache. */
export class Preload {
  private readonly tables: ObjectTables;
  private readonly sizes: ValuesOf<typeof objectSizeParameters>;
  private readonly store: EtcdCluster;
  private readonly servers: readonly ApiServer[];
  readonly nodes: PreloadedNode[] = [];
  /** Services with their endpoints. */
  readonly services: PreloadedServices;
  /** Volumes, claims and classes. */
  readonly storage: PreloadedStorage;
  readonly devices: PreloadedDevices;
  readonly network: PreloadedNetworkObjects;
  /** Where the search for a node goes on: nodes are filled in turn, which spreads equal pods evenly. */
  private nextNode = 0;
  private readonly quotas: ResourceQuotaIntent[] = [];
  private readonly budgets: PodDisruptionBudgetIntent[] = [];
  /** PriorityClasses that are there. */
  readonly priorityClasses = new PreloadedPriorityClasses();
  /** Pods that were preloaded, by namespace and labels; pods of one template share their labels. */
  private readonly groups = new Map<string, Map<Labels, SliceEndpoint[]>>();

  constructor(
    tables: ObjectTables,
    sizes: ValuesOf<typeof objectSizeParameters>,
    store: EtcdCluster,
    servers: readonly ApiServer[],
    endpointsPerSlice: number,
  ) {
    this.tables = tables;
    this.sizes = sizes;
    this.store = store;
    this.servers = servers;
    this.services = new PreloadedServices(tables, sizes, endpointsPerSlice, (kind, version) => this.put(kind, version));
    this.storage = new PreloadedStorage(tables, (kind, version) => this.put(kind, version));
    this.devices = new PreloadedDevices(tables, sizes, (kind, version) => this.put(kind, version));
    this.network = new PreloadedNetworkObjects(tables, (kind, version) => this.put(kind, version));
  }

  /** An object of which only name and size matter. */
  opaque(
    kind: Kind,
    namespace: string,
    name: string,
    size: number,
    finalizers: readonly string[] = [],
    isImmutable = false,
  ): void {
    const key = this.tables.keysOf(kind).intern(namespace, name);
    if (this.store.current(kind, key) !== NO_VERSION) return;
    const table = this.tables.of(kind);
    const version = table.allocate(key);
    table.bytes.set(version, size);
    table.finalizers.set(version, this.tables.finalizers.bitsOf(finalizers));
    if (isImmutable && table instanceof SettingsVersions) table.immutable.set(version, 1);
    this.put(kind, version);
  }

  /** A namespace with its labels. */
  namespace(name: string, labels: Labels, size: number, finalizers: readonly string[] = []): void {
    const key = this.tables.keysOf('namespaces').intern('', name);
    if (this.store.current(kinds.namespaces, key) !== NO_VERSION) return;
    const { namespaces } = this.tables;
    const version = namespaces.allocate(key);
    namespaces.bytes.set(version, size);
    namespaces.finalizers.set(version, this.tables.finalizers.bitsOf(finalizers));
    namespaces.labels.set(version, labels);
    this.put(kinds.namespaces, version);
  }

  /** A node that is Ready, and its lease; without agents nobody renews it. */
  node(name: string, specification: NodeSpecification, agents = true): void {
    const { nodes, leases } = this.tables;
    const key = this.tables.keysOf('nodes').intern('', name);
    const version = nodes.allocate(key);
    const labelled = { ...specification, labels: { ...specification.labels, [LABEL_HOSTNAME]: name } };
    nodes.specification.set(version, labelled);
    nodes.taints.set(version, specification.taints);
    nodes.unschedulable.set(version, specification.unschedulable ? 1 : 0);
    nodes.ready.set(version, ConditionStatus.True);
    nodes.bytes.set(version, this.sizes.node);
    this.put(kinds.nodes, version);
    const lease = leases.allocate(this.tables.keysOf('leases').intern(NODE_LEASE_NAMESPACE, name));
    leases.bytes.set(lease, this.sizes.lease);
    const { revision } = this.put(kinds.leases, lease);
    this.storage.csiNode(name, specification.csiDrivers ?? {}, this.sizes.lease);
    this.devices.slices(key, name, specification.devices ?? {});
    const { cpu, memory } = specification.allocatable;
    this.nodes.push({
      key,
      specification: labelled,
      leaseRevision: revision,
      agents,
      pods: [],
      staticPods: new Map(),
      cpu,
      memory,
    });
  }

  /** The lease of a component's leader, which holds it; returns its revision. */
  electionLease(namespace: string, name: string, holder: number): number {
    const { leases } = this.tables;
    const lease = leases.allocate(this.tables.keysOf('leases').intern(namespace, name));
    leases.holder.set(lease, holder);
    leases.bytes.set(lease, this.sizes.lease);
    return this.put(kinds.leases, lease).revision;
  }

  /** A ResourceQuota; what it counts follows with {@link finish}. */
  resourceQuota(quota: ResourceQuotaIntent): void {
    this.quotas.push(quota);
  }

  /** A LimitRange. What is preloaded keeps the requests that it was written with. */
  limitRange({ namespace, name, limits, bytes }: LimitRangeIntent): void {
    const { limitranges } = this.tables;
    const version = limitranges.allocate(this.tables.keysOf('limitranges').intern(namespace, name));
    limitranges.limits.set(version, limits);
    limitranges.bytes.set(version, bytes);
    this.put(kinds.limitranges, version);
  }

  /** A PriorityClass; pods that are preloaded after it may name it. */
  priorityClass({ name, content, bytes }: PriorityClassIntent): void {
    const { priorityclasses } = this.tables;
    const version = priorityclasses.allocate(this.tables.keysOf('priorityclasses').intern('', name));
    priorityclasses.content.set(version, content);
    priorityclasses.bytes.set(version, bytes);
    this.put(kinds.priorityclasses, version);
    this.priorityClasses.add(name, content);
  }

  /** A PodGroup. */
  podGroup({ namespace, name, minCount, bytes }: PodGroupIntent): void {
    const { podgroups } = this.tables;
    const version = podgroups.allocate(this.tables.keysOf('podgroups').intern(namespace, name));
    podgroups.minCount.set(version, minCount);
    podgroups.bytes.set(version, bytes);
    this.put(kinds.podgroups, version);
  }

  /** A PodDisruptionBudget; what it allows follows with {@link finish}. */
  disruptionBudget(budget: PodDisruptionBudgetIntent): void {
    this.budgets.push(budget);
  }

  /** All pods that are preloaded are healthy, and as many as their workloads ask for. */
  private storeBudget({ namespace, name, budget, bytes }: PodDisruptionBudgetIntent): void {
    const { poddisruptionbudgets: budgets } = this.tables;
    let pods = 0;
    for (const [labels, group] of this.groups.get(namespace) ?? []) {
      if (budgetCovers(budget, labels)) pods += group.length;
    }
    const status = disruptionStatus(budget, { pods, healthy: pods, wanted: pods });
    const version = budgets.allocate(this.tables.keysOf('poddisruptionbudgets').intern(namespace, name));
    budgets.budget.set(version, budget);
    budgets.bytes.set(version, bytes);
    for (const column of ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const) {
      budgets[column].set(version, status[column]);
    }
    this.put(kinds.poddisruptionbudgets, version);
  }

  private storeQuota({ namespace, name, hard, bytes }: ResourceQuotaIntent): void {
    const { resourcequotas } = this.tables;
    const version = resourcequotas.allocate(this.tables.keysOf('resourcequotas').intern(namespace, name));
    resourcequotas.hard.set(version, hard);
    resourcequotas.bytes.set(version, bytes);
    const used = usageOfNamespace(this.tables, namespace, hard, (kind, each) => this.store.forEachCurrent(kind, each));
    resourcequotas.usage.set(version, used);
    this.put(kinds.resourcequotas, version);
  }

  /** A Deployment, its ReplicaSet and its pods. Returns how many pods found no node. */
  deployment(body: PreloadedDeployment): number {
    const key = this.tables.keysOf('replicasets').generate(body.namespace, body.name);
    return this.replicas(body, this.storeReplicaSet(body, key, this.storeDeployment(body), 1));
  }

  /** A ReplicaSet that no Deployment owns, with its pods; returns how many of them found no node. */
  replicaSet(body: ReplicaSetBody): number {
    const key = this.tables.keysOf('replicasets').intern(body.namespace, body.name);
    return this.replicas(body, this.storeReplicaSet(body, key, NOBODY, 0));
  }

  private replicas(body: ReplicaSetBody, replicaSet: ObjectKey): number {
    const prefix = this.tables.keysOf('replicasets').name(replicaSet);
    let unplaced = 0;
    for (let i = 0; i < body.replicas; i++) {
      if (!this.pod(body.namespace, prefix, body.template, replicaSet)) unplaced++;
    }
    return unplaced;
  }

  /** A pod that runs; false if no node has room for it. `owner` -1 = nobody's. */
  pod(namespace: string, prefix: string, template: PodTemplate, owner: number): boolean {
    const node = this.roomiest(template);
    if (node === undefined) return false;
    this.placePod(this.tables.keysOf('pods').generate(namespace, prefix), template, owner, node);
    return true;
  }

  /** The mirror pod of a component of the control plane that runs in a static pod of the node that was made last. */
  staticPod(component: string, template: PodTemplate): void {
    const node = this.nodes[this.nodes.length - 1] as PreloadedNode;
    const name = `${component}-${this.tables.keysOf('nodes').name(node.key)}`;
    const key = this.tables.keysOf('pods').intern(STATIC_POD_NAMESPACE, name);
    node.staticPods.set(this.placePod(key, template, NOBODY, node), component);
  }

  private placePod(key: ObjectKey, template: PodTemplate, owner: number, node: PreloadedNode): VersionHandle {
    const { pods } = this.tables;
    const version = pods.allocate(key);
    pods.template.set(version, template);
    pods.finalizers.set(version, this.tables.finalizers.bitsOf(template.finalizers ?? []));
    pods.owner.set(version, owner);
    pods.node.set(version, node.key);
    pods.phase.set(version, PodPhase.Running);
    pods.conditions.set(version, READY);
    pods.hasIp.set(version, 1);
    pods.scheduledAt.set(version, 0);
    pods.runningAt.set(version, 0);
    pods.readyAt.set(version, 0);
    pods.bytes.set(
      version,
      template.bytes + this.sizes.podManagedFields + this.sizes.podStatus * template.containers.length,
    );
    this.put(kinds.pods, version);
    this.storage.claimsOfPod(template, key, node);
    node.pods.push(version);
    node.cpu -= template.requests.cpu;
    node.memory -= template.requests.memory;
    this.group(this.tables.keysOf('pods').namespace(key), template.labels).push({
      pod: key,
      node: node.key,
      ready: true,
      serving: true,
      terminating: false,
    });
    return version;
  }

  /** Endpoints of all Services, and what budgets and quotas count; when everything else is there. */
  finish(): void {
    this.services.finish(this.nodes, this.groups);
    this.storage.finish();
    for (const budget of this.budgets) this.storeBudget(budget);
    for (const quota of this.quotas) this.storeQuota(quota);
  }

  private group(namespace: string, labels: Labels): SliceEndpoint[] {
    let groups = this.groups.get(namespace);
    if (groups === undefined) {
      groups = new Map();
      this.groups.set(namespace, groups);
    }
    let group = groups.get(labels);
    if (group === undefined) {
      group = [];
      groups.set(labels, group);
    }
    return group;
  }

  private storeDeployment(body: PreloadedDeployment): ObjectKey {
    const { deployments } = this.tables;
    const key = this.tables.keysOf('deployments').intern(body.namespace, body.name);
    const version = deployments.allocate(key);
    deployments.template.set(version, body.template);
    deployments.selector.set(version, body.selector);
    deployments.strategy.set(version, body.strategy);
    deployments.replicas.set(version, body.replicas);
    deployments.minReady.set(version, body.minReady);
    deployments.revisionHistoryLimit.set(version, body.revisionHistoryLimit);
    deployments.observedGeneration.set(version, deployments.generation.get(version));
    deployments.rollout.set(version, 1);
    for (const column of ['statusReplicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas'] as const) {
      deployments[column].set(version, body.replicas);
    }
    deployments.progress.set(version, 2);
    deployments.bytes.set(version, body.bytes);
    this.put(kinds.deployments, version);
    return key;
  }

  private storeReplicaSet(body: ReplicaSetBody, key: ObjectKey, owner: number, rollout: number): ObjectKey {
    const { replicasets } = this.tables;
    const version = replicasets.allocate(key);
    replicasets.owner.set(version, owner);
    replicasets.template.set(version, body.template);
    replicasets.selector.set(version, body.selector);
    replicasets.replicas.set(version, body.replicas);
    replicasets.minReady.set(version, body.minReady);
    replicasets.rollout.set(version, rollout);
    replicasets.desired.set(version, owner === NOBODY ? -1 : body.replicas);
    replicasets.observedGeneration.set(version, replicasets.generation.get(version));
    for (const column of ['statusReplicas', 'readyReplicas', 'availableReplicas'] as const) {
      replicasets[column].set(version, body.replicas);
    }
    replicasets.bytes.set(version, this.sizes.replicaSet);
    this.put(kinds.replicasets, version);
    return key;
  }

  private roomiest(template: PodTemplate): PreloadedNode | undefined {
    const { cpu, memory } = template.requests;
    for (let i = 0; i < this.nodes.length; i++) {
      const node = this.nodes[(this.nextNode + i) % this.nodes.length] as PreloadedNode;
      if (node.cpu < cpu || node.memory < memory || node.pods.length >= node.specification.pods) continue;
      this.nextNode = (this.nextNode + i + 1) % this.nodes.length;
      return node;
    }
    return undefined;
  }

  private put(kind: Kind, version: VersionHandle): Change {
    const change = this.store.preload(kind, version);
    for (const server of this.servers) server.preload(kind, change.key, version, change.revision);
    return change;
  }
}
