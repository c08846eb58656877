/**
 * What a scheduler knows of nodes, as typed columns: the merger of upstream's cache and snapshot. K:pkg/scheduler/backend/cache.
 *
 * A cycle reads the columns at the instant at which it starts, which is when upstream takes its snapshot, so that no copy is needed. A node's
 * slot is the number of its key. Placed pods may name nodes that are not known (yet, or any more): such a slot counts them and is not offered.
 */
import {
  LABEL_ZONE,
  type Labels,
  type NodeSpecification,
  type NodeVersions,
  type ObjectKey,
  type ObjectKeys,
  type Taint,
  type VersionHandle,
} from '../../cluster/index.ts';
import type { ClusterFacts, NodeFacts, PlacedPod } from './framework.ts';
import { GpuColumns } from './gpu-columns.ts';
import { NodeImages } from './node-images.ts';
import { ZoneOrder } from './node-order.ts';
import type { ExtendedResources, HostPort, PodRequirements } from './pod-requirements.ts';
import { PodTopology } from './topology/pod-topology.ts';
import { ServiceSelectors } from './topology/service-selectors.ts';

/** Slots at the start; doubled. */
const INITIAL_SLOTS = 128;
/** Label of a node's region, which upstream's zone key includes. */
const LABEL_REGION = 'topology.kubernetes.io/region';

const NO_LABELS: Labels = {};
const NO_TAINTS: readonly Taint[] = [];

/** What differs between two versions of a node, as far as scheduling minds (K:pkg/scheduler/framework/events.go:nodeSchedulingPropertiesChange). */
export const NodeChange = { Allocatable: 1, Labels: 2, Taints: 4 } as const;

/** Columns of nodes, by slot. */
export class NodeColumns {
  /** Known nodes, in upstream's order: the first of each zone, the second of each zone, … */
  readonly order = new ZoneOrder();
  /** 1 = the node is known. */
  known = new Uint8Array(INITIAL_SLOTS);
  /** Allocatable amounts [milli-CPU, B, B, pod]. */
  allocatableCpu = new Float64Array(INITIAL_SLOTS);
  allocatableMemory = new Float64Array(INITIAL_SLOTS);
  allocatableStorage = new Float64Array(INITIAL_SLOTS);
  allowedPods = new Int32Array(INITIAL_SLOTS);
  /** Sums of the requests of placed pods [milli-CPU, B, B, pod]. */
  requestedCpu = new Float64Array(INITIAL_SLOTS);
  requestedMemory = new Float64Array(INITIAL_SLOTS);
  requestedStorage = new Float64Array(INITIAL_SLOTS);
  pods = new Int32Array(INITIAL_SLOTS);
  /** The same sums with defaults for containers that request nothing: what scores count [milli-CPU, B]. */
  nonZeroCpu = new Float64Array(INITIAL_SLOTS);
  nonZeroMemory = new Float64Array(INITIAL_SLOTS);
  /** Allocatable amounts and sums of extended resources, by resource number, then slot. */
  readonly allocatableExtended: Float64Array[] = [];
  readonly requestedExtended: Float64Array[] = [];
  /** 1 = spec.unschedulable. */
  unschedulable = new Uint8Array(INITIAL_SLOTS);
  /** Known nodes that are unschedulable. */
  unschedulableCount = 0;
  /** Class of the node's taints: nodes with the same taints share one. */
  taintClass = new Int32Array(INITIAL_SLOTS);
  /** Taints of each class. Classes are never given up. */
  readonly taintClasses: (readonly Taint[])[] = [NO_TAINTS];
  /** Raised whenever the node's labels (or whether it is known) change, so that what was worked out from them is known to be old; 1 or more. */
  labelVersion = new Int32Array(INITIAL_SLOTS).fill(1);
  /** Labels of each node; they are immutable values. */
  readonly labels: Labels[] = [];
  /** Raised whenever anything about the node or what is placed on it changes. */
  version = new Int32Array(INITIAL_SLOTS);
  /** Host ports in use on each node, with as many entries as pods use them; undefined = none were ever used. */
  readonly usedPorts: (HostPort[] | undefined)[] = [];
  /** The placed pods, counted for plugins that look at other pods. */
  readonly placed = new PodTopology(this);
  /** Images of nodes. */
  readonly images = new NodeImages();
  /** What Services select. */
  readonly services = new ServiceSelectors();

  /** Raised whenever a node comes, goes or changes what it offers. */
  offerChanges = 0;
  /** GPUs that pods share. */
  readonly gpus = new GpuColumns();

  private readonly keys: ObjectKeys;
  private readonly extended: ExtendedResources;
  private slots = INITIAL_SLOTS;
  private readonly classNumbers = new Map<string, number>([['[]', 0]]);
  /** Class of a list of taints that was seen before: nodes of one template share the list. */
  private readonly classOfList = new WeakMap<readonly Taint[], number>();

  constructor(keys: ObjectKeys, extended: ExtendedResources) {
    this.keys = keys;
    this.extended = extended;
  }

  /** Name of the node in a slot. */
  nameOf(slot: number): string {
    return this.keys.name(slot as ObjectKey);
  }

  /** Labels of the node in a slot; none if it is not known. */
  labelsOf(slot: number): Labels {
    return this.labels[slot] ?? NO_LABELS;
  }

  /** The slot of the known node with this name, -1 if there is none. */
  find(name: string): number {
    const key = this.keys.find('', name);
    return key >= 0 && this.known[key] === 1 ? key : -1;
  }

  /** Whether the node of a slot is known. */
  isKnown(slot: number): boolean {
    return slot < this.slots && this.known[slot] === 1;
  }

  // ---- nodes -------------------------------------------------------------------------------------------------------------------

  /** Takes over a version of a node; returns what it changed, as bits of {@link NodeChange}. */
  setNode(nodes: NodeVersions, version: VersionHandle): number {
    const slot = nodes.key.get(version);
    this.ensure(slot);
    const specification = nodes.specification.get(version) as NodeSpecification;
    let change = this.setAllocatable(slot, specification) ? NodeChange.Allocatable : 0;
    const isNew = this.known[slot] === 0;
    const relabelled = isNew || this.labels[slot] !== specification.labels;
    const taints = nodes.taints.get(version);
    const regrouped = relabelled || (this.placed.asksTaints && this.taintClass[slot] !== this.classOf(taints));
    this.images.set(slot, nodes.images.get(version) ?? specification.images);
    if (regrouped) this.placed.beforeNodeChange(slot);
    if (this.setTaints(slot, taints, nodes.unschedulable.get(version))) change |= NodeChange.Taints;
    if (relabelled) {
      change |= NodeChange.Labels;
      this.setLabels(slot, specification.labels, isNew);
    }
    if (regrouped) this.placed.afterNodeChange(slot);
    if (change !== 0) {
      this.version[slot] = (this.version[slot] as number) + 1;
      this.offerChanges++;
    }
    return change;
  }

  /** Forgets a node. Pods placed on it stay counted, as upstream keeps them until their own deletion is seen. */
  removeNode(slot: number): void {
    if (slot >= this.slots || this.known[slot] === 0) return;
    this.images.set(slot, undefined);
    this.placed.beforeNodeChange(slot);
    this.order.remove(slot, zoneOf(this.labels[slot] as Labels));
    this.known[slot] = 0;
    if (this.unschedulable[slot] === 1) this.unschedulableCount--;
    this.unschedulable[slot] = 0;
    this.offerChanges++;
    this.labelVersion[slot] = (this.labelVersion[slot] as number) + 1;
    this.version[slot] = (this.version[slot] as number) + 1;
    this.placed.afterNodeChange(slot);
  }

  private setAllocatable(slot: number, { allocatable, pods, gpus }: NodeSpecification): boolean {
    let changed =
      this.allocatableCpu[slot] !== allocatable.cpu ||
      this.allocatableMemory[slot] !== allocatable.memory ||
      this.allocatableStorage[slot] !== allocatable.ephemeralStorage ||
      this.allowedPods[slot] !== pods;
    this.allocatableCpu[slot] = allocatable.cpu;
    this.allocatableMemory[slot] = allocatable.memory;
    this.allocatableStorage[slot] = allocatable.ephemeralStorage;
    this.allowedPods[slot] = pods;
    for (const name of Object.keys(allocatable.extended)) this.extendedNumber(name);
    for (let resource = 0; resource < this.allocatableExtended.length; resource++) {
      const column = this.allocatableExtended[resource] as Float64Array;
      const amount = allocatable.extended[this.extended.names[resource] as string] ?? 0;
      if (column[slot] !== amount) changed = true;
      column[slot] = amount;
    }
    if (this.gpus.setNode(slot, gpus)) changed = true;
    return changed;
  }

  private setTaints(slot: number, taints: readonly Taint[], unschedulable: number): boolean {
    const taintClass = this.classOf(taints);
    const changed = this.taintClass[slot] !== taintClass || this.unschedulable[slot] !== unschedulable;
    this.unschedulableCount += unschedulable - (this.unschedulable[slot] as number);
    this.taintClass[slot] = taintClass;
    this.unschedulable[slot] = unschedulable;
    return changed;
  }

  private setLabels(slot: number, labels: Labels, isNew: boolean): void {
    const zone = zoneOf(labels);
    if (isNew) {
      this.order.add(slot, zone);
    } else if (zone !== zoneOf(this.labels[slot] as Labels)) {
      this.order.remove(slot, zoneOf(this.labels[slot] as Labels));
      this.order.add(slot, zone);
    }
    this.known[slot] = 1;
    this.labels[slot] = labels;
    this.labelVersion[slot] = (this.labelVersion[slot] as number) + 1;
  }

  private classOf(taints: readonly Taint[]): number {
    let number = this.classOfList.get(taints);
    if (number !== undefined) return number;
    const text = JSON.stringify(taints.map(({ key, value, effect }) => [key, value, effect]));
    number = this.classNumbers.get(text);
    if (number === undefined) {
      number = this.taintClasses.push(taints) - 1;
      this.classNumbers.set(text, number);
    }
    this.classOfList.set(taints, number);
    return number;
  }

  // ---- pods --------------------------------------------------------------------------------------------------------------------

  /** Counts a pod on a node (`sign` 1) or no longer (-1). One that is being deleted takes its room until it is gone. */
  count(slot: number, pod: PodRequirements, sign: 1 | -1, isTerminating = false): void {
    this.ensure(slot);
    this.placed.place(slot, pod, sign, isTerminating);
    this.requestedCpu[slot] = (this.requestedCpu[slot] as number) + sign * pod.cpu;
    this.requestedMemory[slot] = (this.requestedMemory[slot] as number) + sign * pod.memory;
    this.requestedStorage[slot] = (this.requestedStorage[slot] as number) + sign * pod.ephemeralStorage;
    this.nonZeroCpu[slot] = (this.nonZeroCpu[slot] as number) + sign * pod.nonZeroCpu;
    this.nonZeroMemory[slot] = (this.nonZeroMemory[slot] as number) + sign * pod.nonZeroMemory;
    this.pods[slot] = (this.pods[slot] as number) + sign;
    this.version[slot] = (this.version[slot] as number) + 1;
    for (const { resource, amount } of pod.extended) {
      this.ensureExtended(resource);
      const column = this.requestedExtended[resource] as Float64Array;
      column[slot] = (column[slot] as number) + sign * amount;
    }
    if (pod.hostPorts.length > 0) this.countPorts(slot, pod.hostPorts, sign);
  }

  private countPorts(slot: number, ports: readonly HostPort[], sign: 1 | -1): void {
    let used = this.usedPorts[slot];
    if (used === undefined) {
      used = [];
      this.usedPorts[slot] = used;
    }
    if (sign > 0) {
      used.push(...ports);
      return;
    }
    // Pods of one template share their port objects, and equal ports are interchangeable in the list.
    for (const port of ports) used.splice(used.indexOf(port), 1);
  }

  /** Taints of the node in a slot. */
  taintsOf(slot: number): readonly Taint[] {
    return this.taintClasses[this.taintClass[slot] as number] as readonly Taint[];
  }

  // ---- reading -----------------------------------------------------------------------------------------------------------------

  /** The node in a slot as plain facts. */
  facts(slot: number): NodeFacts {
    const amountsOf = (columns: readonly Float64Array[]) =>
      Object.fromEntries(columns.map((column, resource) => [this.extended.names[resource], column[slot] ?? 0]));
    return {
      name: this.nameOf(slot),
      labels: this.labels[slot] ?? NO_LABELS,
      taints: this.taintsOf(slot),
      unschedulable: this.unschedulable[slot] === 1,
      allocatable: {
        cpu: this.allocatableCpu[slot] as number,
        memory: this.allocatableMemory[slot] as number,
        ephemeralStorage: this.allocatableStorage[slot] as number,
        extended: amountsOf(this.allocatableExtended),
      },
      allowedPods: this.allowedPods[slot] as number,
      requested: {
        cpu: this.requestedCpu[slot] as number,
        memory: this.requestedMemory[slot] as number,
        ephemeralStorage: this.requestedStorage[slot] as number,
        extended: amountsOf(this.requestedExtended),
      },
      nonZeroCpu: this.nonZeroCpu[slot] as number,
      nonZeroMemory: this.nonZeroMemory[slot] as number,
      pods: this.pods[slot] as number,
      usedPorts: this.usedPorts[slot] ?? [],
      gpus: this.gpus.facts(slot),
      images: this.images.of(slot),
    };
  }

  /** The whole cluster as plain facts; `candidates` are the slots of the nodes that are to be rated. */
  clusterFacts(candidates: readonly number[]): ClusterFacts {
    const nodes = new Map<number, NodeFacts>();
    for (let slot = 0; slot < this.slots; slot++) if (this.known[slot] === 1) nodes.set(slot, this.facts(slot));
    const placed: PlacedPod[] = [];
    this.placed.forEach((pod, slot, count, isTerminating) => {
      const node = nodes.get(slot);
      for (let i = 0; node !== undefined && i < count; i++) placed.push({ pod, node, isTerminating });
    });
    return {
      nodes: [...nodes.values()],
      placed,
      candidates: candidates.map((slot) => nodes.get(slot) as NodeFacts),
      namespaces: this.placed.namespaces,
      services: this.services,
    };
  }

  /** Forgets everything: the process has ended. */
  clear(): void {
    for (let slot = 0; slot < this.slots; slot++) {
      if (this.known[slot] === 1) this.removeNode(slot);
    }
    const sums = [this.requestedCpu, this.requestedMemory, this.requestedStorage, this.nonZeroCpu, this.nonZeroMemory];
    for (const column of [...sums, this.pods, ...this.requestedExtended]) column.fill(0);
    this.usedPorts.length = 0;
    this.gpus.clear();
    this.placed.clear();
  }

  // ---- room --------------------------------------------------------------------------------------------------------------------

  /** Slots there is room for: every slot number is below it. */
  get capacity(): number {
    return this.slots;
  }

  /** Names of extended resources by number; grows. */
  get extendedNames(): readonly string[] {
    return this.extended.names;
  }

  /** The number of an extended resource, with columns made for it. */
  extendedNumber(name: string): number {
    const resource = this.extended.numberOf(name);
    this.ensureExtended(resource);
    return resource;
  }

  /** Makes columns for an extended resource. */
  private ensureExtended(resource: number): void {
    while (this.allocatableExtended.length <= resource) {
      this.allocatableExtended.push(new Float64Array(this.slots));
      this.requestedExtended.push(new Float64Array(this.slots));
    }
  }

  private ensure(slot: number): void {
    if (slot < this.slots) return;
    const slots = Math.max(slot + 1, this.slots * 2);
    const bigger = <T extends Uint8Array | Int32Array | Float64Array>(from: T): T => {
      const to = new (from.constructor as new (length: number) => T)(slots);
      to.set(from);
      return to;
    };
    this.known = bigger(this.known);
    this.allocatableCpu = bigger(this.allocatableCpu);
    this.allocatableMemory = bigger(this.allocatableMemory);
    this.allocatableStorage = bigger(this.allocatableStorage);
    this.allowedPods = bigger(this.allowedPods);
    this.requestedCpu = bigger(this.requestedCpu);
    this.requestedMemory = bigger(this.requestedMemory);
    this.requestedStorage = bigger(this.requestedStorage);
    this.pods = bigger(this.pods);
    this.nonZeroCpu = bigger(this.nonZeroCpu);
    this.nonZeroMemory = bigger(this.nonZeroMemory);
    this.unschedulable = bigger(this.unschedulable);
    this.taintClass = bigger(this.taintClass);
    this.labelVersion = bigger(this.labelVersion).fill(1, this.slots);
    this.version = bigger(this.version);
    for (const columns of [this.allocatableExtended, this.requestedExtended]) {
      columns.forEach((column, resource) => {
        columns[resource] = bigger(column);
      });
    }
    this.slots = slots;
  }
}

/** The zone of a node as upstream's node tree keys it (component-helpers/node/topology:GetZoneKey); "" without region and zone. */
function zoneOf(labels: Labels): string {
  const region = labels[LABEL_REGION] ?? '';
  const zone = labels[LABEL_ZONE] ?? '';
  return region === '' && zone === '' ? '' : `${region}:${zone}`;
}
