/**
 * The pods that are placed, as those see them who look at other pods: counted by node and by domain, for every set of pods that somebody asked for.
 * Upstream counts them anew in every cycle (PreFilter and PreScore of PodTopologySpread and InterPodAffinity); here a placement changes the counts
 * that it touches, and what upstream's counting costs is charged by the plugins.
 */
import type { Labels, Taint } from '../../../cluster/index.ts';
import type { PodRequirements } from '../pod-requirements.ts';
import { DomainCounts } from './domain-counts.ts';
import { NamespaceLabels } from './namespace-labels.ts';
import { type EligibilityRule, EVERY_NODE, isEligible, NodeEligibility, nameOfRule } from './node-eligibility.ts';
import { PodSet, type PodSetRule } from './pod-set.ts';
import { SlotCounts } from './slot-counts.ts';
import { TagIndex } from './tag-index.ts';
import { TopologyKey } from './topology-key.ts';

/** What has to be known of nodes, by slot. */
export interface PodTopologyNodes {
  readonly capacity: number;
  isKnown(slot: number): boolean;
  nameOf(slot: number): string;
  readonly labels: readonly Labels[];
  taintsOf(slot: number): readonly Taint[];
}

/** Pods with the same requirements. */
interface PodClass {
  readonly pod: PodRequirements;
  /** Such pods by node: those that stay, and those that are being deleted. */
  readonly staying: SlotCounts;
  readonly terminating: SlotCounts;
  /** Sets that such pods are in. */
  members: { readonly set: PodSet; readonly weight: number }[];
}

/** All placed pods. */
export class PodTopology {
  readonly namespaces = new NamespaceLabels();
  /** Raised whenever labels of a namespace change. */
  namespacesVersion = 0;
  /** Placed pods [pod]. */
  count = 0;
  private readonly nodes: PodTopologyNodes;
  private readonly byNamespace = new Map<string, number>();
  /** Classes of pods that were ever placed, by the number of their requirements, and by tag. */
  private readonly classes: (PodClass | undefined)[] = [];
  private readonly classIndex = new TagIndex<PodClass>();
  private readonly sets = new Map<string, PodSet>();
  private readonly setIndex = new TagIndex<PodSet>();
  private readonly topologyKeys = new Map<string, TopologyKey>();
  private readonly eligibilities = new Map<string, NodeEligibility>();
  /** Whether any rule looks at taints. */
  private taintsMatter = false;

  constructor(nodes: PodTopologyNodes) {
    this.nodes = nodes;
  }

  /** Placed pods of a namespace [pod]. */
  countIn(namespace: string): number {
    return this.byNamespace.get(namespace) ?? 0;
  }

  // ---- questions ---------------------------------------------------------------------------------------------------------------

  /** The set under a name; `ruleOf` says what is in it when it is asked for the first time. */
  set(name: string, ruleOf: () => PodSetRule): PodSet {
    let set = this.sets.get(name);
    if (set === undefined) {
      set = new PodSet(ruleOf());
      this.sets.set(name, set);
      this.setIndex.add(set.rule.tag, set);
      this.gather(set);
    }
    return set;
  }

  /** A set's counts by the domains of a label, over the nodes that a rule admits. */
  countsByDomain(set: PodSet, key: string, rule: EligibilityRule = EVERY_NODE, findsLeast = false): DomainCounts {
    const topology = this.topologyKey(key);
    const eligibility = this.eligibility(rule);
    const known = set.domainCounts.find(
      (counts) =>
        counts.topology === topology && counts.eligibility === eligibility && counts.findsLeast === findsLeast,
    );
    if (known !== undefined) return known;
    const counts = new DomainCounts(topology, eligibility, findsLeast);
    set.domainCounts.push(counts);
    for (let slot = 0; slot < this.nodes.capacity; slot++) counts.countNode(slot, set.counts.get(slot), 1);
    return counts;
  }

  /** The domains of a label. */
  topologyKey(key: string): TopologyKey {
    let topology = this.topologyKeys.get(key);
    if (topology === undefined) {
      topology = new TopologyKey(key);
      this.topologyKeys.set(key, topology);
      for (let slot = 0; slot < this.nodes.capacity; slot++) this.tellLabels(topology, slot);
    }
    return topology;
  }

  /** The nodes that a rule admits. */
  eligibility(rule: EligibilityRule): NodeEligibility {
    const name = nameOfRule(rule);
    let eligibility = this.eligibilities.get(name);
    if (eligibility === undefined) {
      eligibility = new NodeEligibility(rule);
      this.eligibilities.set(name, eligibility);
      if (rule.tolerationsOf !== undefined) this.taintsMatter = true;
      for (let slot = 0; slot < this.nodes.capacity; slot++) this.judge(eligibility, slot);
    }
    return eligibility;
  }

  /** Requirements of all pods that were ever placed, in the order in which they first were. */
  get kinds(): readonly { readonly pod: PodRequirements }[] {
    return this.classIndex.all;
  }

  /** Calls `visit` for the pods on each node, as many as there are of a kind at once. */
  forEach(visit: (pod: PodRequirements, slot: number, count: number, terminating: boolean) => void): void {
    for (const { pod, staying, terminating } of this.classIndex.all) {
      staying.forEach((slot, count) => {
        visit(pod, slot, count, false);
      });
      terminating.forEach((slot, count) => {
        visit(pod, slot, count, true);
      });
    }
  }

  /**
   * What is wrong with the counts of one set, counted anew; undefined = nothing. `turn` chooses the set, so that all come in turn.
   */
  findMiscount(turn: number): string | undefined {
    const sets = this.setIndex.all;
    const set = sets[turn % Math.max(1, sets.length)];
    if (set === undefined) return undefined;
    const counted = new Map<number, number>();
    for (const { pod, staying, terminating } of this.classIndex.all) {
      const weight = set.rule.weightOf(pod);
      if (weight === 0) continue;
      const add = (slot: number, count: number): void => {
        counted.set(slot, (counted.get(slot) ?? 0) + weight * count);
      };
      staying.forEach(add);
      if (!set.rule.skipsTerminating) terminating.forEach(add);
    }
    for (const [slot, count] of counted) {
      if (set.counts.get(slot) !== count)
        return `${set.counts.get(slot)} pods on ${this.nodes.nameOf(slot)}, not ${count}`;
    }
    for (const { topology, eligibility, total } of set.domainCounts) {
      let sum = 0;
      for (const [slot, count] of counted) if (eligibility.has(slot) && topology.domainOf(slot) >= 0) sum += count;
      if (sum !== total) return `${total} pods by ${topology.key}, not ${sum}`;
    }
    return undefined;
  }

  // ---- pods --------------------------------------------------------------------------------------------------------------------

  /** A pod is placed on a node (`sign` 1) or is no longer (-1). */
  place(slot: number, pod: PodRequirements, sign: 1 | -1, isTerminating: boolean): void {
    const kind = this.classes[pod.id] ?? this.learn(pod);
    const { capacity } = this.nodes;
    this.count += sign;
    this.byNamespace.set(pod.namespace, (this.byNamespace.get(pod.namespace) ?? 0) + sign);
    (isTerminating ? kind.terminating : kind.staying).add(slot, sign, capacity);
    for (const { set, weight } of kind.members) {
      if (!isTerminating || !set.rule.skipsTerminating) set.change(slot, sign * weight, capacity);
    }
  }

  /** A placed pod is now being deleted. */
  markTerminating(slot: number, pod: PodRequirements): void {
    const kind = this.classes[pod.id] ?? this.learn(pod);
    const { capacity } = this.nodes;
    kind.staying.add(slot, -1, capacity);
    kind.terminating.add(slot, 1, capacity);
    for (const { set, weight } of kind.members) {
      if (set.rule.skipsTerminating) set.change(slot, -weight, capacity);
    }
  }

  /** No pods any more. */
  clear(): void {
    for (const { staying, terminating } of this.classIndex.all) {
      staying.clear();
      terminating.clear();
    }
    for (const set of this.setIndex.all) set.clear();
    this.count = 0;
    this.byNamespace.clear();
  }

  private learn(pod: PodRequirements): PodClass {
    const kind: PodClass = { pod, staying: new SlotCounts(), terminating: new SlotCounts(), members: [] };
    this.classes[pod.id] = kind;
    this.classIndex.addTagged(pod.tags, kind);
    this.setIndex.forEachConcerning(pod.tags, (set) => {
      const weight = set.rule.weightOf(pod);
      if (weight !== 0) kind.members.push({ set, weight });
    });
    return kind;
  }

  /** Counts what is in a set already. */
  private gather(set: PodSet): void {
    const { capacity } = this.nodes;
    for (const kind of this.classIndex.tagged(set.rule.tag)) {
      const weight = set.rule.weightOf(kind.pod);
      if (weight === 0) continue;
      kind.members.push({ set, weight });
      const add = (slot: number, count: number): void => {
        set.change(slot, weight * count, capacity);
      };
      kind.staying.forEach(add);
      if (!set.rule.skipsTerminating) kind.terminating.forEach(add);
    }
  }

  // ---- namespaces --------------------------------------------------------------------------------------------------------------

  /** A namespace has these labels now; undefined = it is gone. Sets that ask for labels of namespaces are counted anew. */
  setNamespace(namespace: string, labels: Labels | undefined): void {
    if (!this.namespaces.set(namespace, labels)) return;
    this.namespacesVersion++;
    for (const set of this.setIndex.all) {
      if (!set.rule.asksNamespaces) continue;
      set.clear();
      for (const kind of this.classIndex.all) kind.members = kind.members.filter((member) => member.set !== set);
      this.gather(set);
    }
  }

  // ---- nodes -------------------------------------------------------------------------------------------------------------------

  /** A node is about to change in a way that its domains or its eligibility may depend on. */
  beforeNodeChange(slot: number): void {
    this.countNode(slot, -1);
  }

  /** The node has changed. */
  afterNodeChange(slot: number): void {
    for (const topology of this.topologyKeys.values()) this.tellLabels(topology, slot);
    for (const eligibility of this.eligibilities.values()) this.judge(eligibility, slot);
    this.countNode(slot, 1);
  }

  /** Whether a change of taints alone matters. */
  get asksTaints(): boolean {
    return this.taintsMatter;
  }

  private countNode(slot: number, sign: 1 | -1): void {
    for (const set of this.setIndex.all) {
      for (const counts of set.domainCounts) counts.countNode(slot, set.counts.get(slot), sign);
    }
  }

  private tellLabels(topology: TopologyKey, slot: number): void {
    const { nodes } = this;
    topology.set(slot, nodes.isKnown(slot) ? nodes.labels[slot] : undefined, nodes.capacity);
  }

  private judge(eligibility: NodeEligibility, slot: number): void {
    const { nodes } = this;
    const { rule } = eligibility;
    const counts =
      nodes.isKnown(slot) && isEligible(rule, nodes.labels[slot] as Labels, nodes.taintsOf(slot), nodes.nameOf(slot));
    eligibility.set(slot, counts, nodes.capacity);
  }
}
