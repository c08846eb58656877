/**
 * PodTopologySpread: keeps like pods spread over zones, nodes or whatever label a constraint names. K:pkg/scheduler/framework/plugins/podtopologyspread.
 * Constraints that say DoNotSchedule filter, those that say ScheduleAnyway rate. The column form reads counts that placements keep up to date.
 */
import { LABEL_HOSTNAME, type Labels, selectorMatches } from '../../../cluster/index.ts';
import type { ValuesOf } from '../../../engine/index.ts';
import type { DefaultConstraints } from '../configuration.ts';
import {
  type ClusterFacts,
  type FilterPlugin,
  LEFT_OUT,
  type NodeFacts,
  type Plugin,
  type ScorePlugin,
} from '../framework.ts';
import type { kubeSchedulerParameters } from '../kube-scheduler.parameters.ts';
import type { NodeColumns } from '../node-columns.ts';
import type { PodRequirements } from '../pod-requirements.ts';
import type { DomainCounts } from '../topology/domain-counts.ts';
import { type EligibilityRule, isEligible } from '../topology/node-eligibility.ts';
import type { PodSet, PodSetRule } from '../topology/pod-set.ts';
import { tagOfSelector } from '../topology/pod-tags.ts';
import { NO_DOMAIN, type TopologyKey } from '../topology/topology-key.ts';
import { walkOver } from './cluster-walk.ts';
import type { PluginContext, PluginDefinition } from './plugin-definition.ts';
import { type SpreadConstraint, type SpreadConstraints, spreadConstraintsOf } from './topology-constraints.ts';

/** Weight in the default profile. */
const DEFAULT_WEIGHT = 2;

/** A constraint that must be kept. */
interface HardConstraint {
  readonly maxSkew: number;
  readonly minDomains: number;
  readonly counts: DomainCounts;
  /** 1 if the pod counts itself. */
  readonly self: number;
}

/** A constraint that should be kept. */
interface SoftConstraint {
  readonly maxSkew: number;
  readonly topology: TopologyKey;
  /** Pods that it counts; by node where it spreads over nodes, otherwise by domain. */
  readonly pods: PodSet;
  readonly counts: DomainCounts | undefined;
  /** What a pod in a domain weighs, worked out for the nodes that are being rated. */
  weight: number;
}

/** What the constraints of one pod come to. */
interface Spread {
  /** Version of the Services for which it holds. */
  readonly servicesVersion: number;
  readonly hard: readonly HardConstraint[];
  readonly soft: readonly SoftConstraint[];
  readonly requiresAllKeys: boolean;
}

class PodTopologySpread implements FilterPlugin, ScorePlugin {
  readonly normalisation = 'spread';
  private readonly nodes: NodeColumns;
  private readonly defaults: DefaultConstraints;
  private readonly parameters: ValuesOf<typeof kubeSchedulerParameters>;
  /** By requirements. */
  private readonly spreads: (Spread | undefined)[] = [];
  /** Domains met while sizes are counted, by domain: the number of the count in which they were met last. */
  private met = new Int32Array(0);
  private counting = 0;

  constructor({ nodes, arguments: { podTopologySpread }, parameters }: PluginContext) {
    this.nodes = nodes;
    this.defaults = podTopologySpread;
    this.parameters = parameters;
  }

  // ---- filter ------------------------------------------------------------------------------------------------------------------

  admits(pod: PodRequirements, node: NodeFacts, cluster: ClusterFacts): boolean {
    const { constraints } = this.constraintsOf(pod, 'DoNotSchedule');
    const keys = constraints.map(({ topologyKey }) => topologyKey);
    return constraints.every((constraint) => {
      const value = node.labels[constraint.topologyKey];
      if (value === undefined) return false;
      const pods = podsByValue(pod, constraint, ruleOf(pod, constraint, keys), cluster);
      const least = pods.size < constraint.minDomains ? 0 : Math.min(...pods.values());
      return (pods.get(value) ?? 0) + selfMatch(pod, constraint) - least <= constraint.maxSkew;
    });
  }

  filtersPod(pod: PodRequirements): boolean {
    return !this.skips(pod);
  }

  skips(pod: PodRequirements): boolean {
    return this.spreadOf(pod).hard.length === 0;
  }

  keep(pod: PodRequirements, slots: Int32Array, count: number): number {
    let kept = count;
    for (const { maxSkew, minDomains, counts, self } of this.spreadOf(pod).hard) {
      const least = counts.domains < minDomains ? 0 : counts.minimum;
      const most = maxSkew + least - self;
      const examined = kept;
      kept = 0;
      for (let i = 0; i < examined; i++) {
        const slot = slots[i] as number;
        const domain = counts.topology.domainOf(slot);
        if (domain !== NO_DOMAIN && counts.in(domain) <= most) slots[kept++] = slot;
      }
    }
    return kept;
  }

  /** Nobody's removal gives a node a label that it lacks. */
  unresolvable(pod: PodRequirements, slot: number): boolean {
    return this.spreadOf(pod).hard.some(({ counts }) => counts.topology.domainOf(slot) === NO_DOMAIN);
  }

  /** PreFilter looks at every node and at all pods on those that count, for each constraint (calPreFilterState). */
  preFilterWork(pod: PodRequirements): number {
    const { spreadFilterTimePerNode } = this.parameters;
    const { hard } = this.spreadOf(pod);
    if (hard.length === 0) return 0;
    let work = this.nodes.order.count * spreadFilterTimePerNode;
    for (const { counts } of hard) work += this.countingWork(pod, counts);
    return walkOver(this.nodes.order.count, work, this.parameters);
  }

  helpedByNode(pod: PodRequirements, node: NodeFacts, before: NodeFacts | undefined): boolean {
    const { constraints } = this.constraintsOf(pod, 'DoNotSchedule');
    const counts = hasAllKeys(node.labels, constraints);
    if (before === undefined) return counts;
    if (counts !== hasAllKeys(before.labels, constraints)) return true;
    return counts && constraints.some(({ topologyKey: key }) => node.labels[key] !== before.labels[key]);
  }

  helpedByNodeDeletion(pod: PodRequirements, node: NodeFacts): boolean {
    return hasAllKeys(node.labels, this.constraintsOf(pod, 'DoNotSchedule').constraints);
  }

  helpedByPlacement(pod: PodRequirements, placed: PodRequirements): boolean {
    const { constraints } = this.constraintsOf(pod, 'DoNotSchedule');
    return placed.namespace === pod.namespace && constraints.some((constraint) => selects(constraint, placed.labels));
  }

  helpedByDeletion(pod: PodRequirements, deleted: PodRequirements): boolean {
    return this.helpedByPlacement(pod, deleted);
  }

  // ---- score -------------------------------------------------------------------------------------------------------------------

  rate(pod: PodRequirements, node: NodeFacts, cluster: ClusterFacts): number {
    const { constraints, requiresAllKeys } = this.constraintsOf(pod, 'ScheduleAnyway');
    const keys = requiresAllKeys ? constraints.map(({ topologyKey }) => topologyKey) : [];
    const counts = (facts: NodeFacts) => keys.every((key) => facts.labels[key] !== undefined);
    if (!counts(node)) return LEFT_OUT;
    const rated = cluster.candidates.filter(counts);
    let score = 0;
    for (const constraint of constraints) {
      const { topologyKey, maxSkew } = constraint;
      const value = node.labels[topologyKey];
      if (value === undefined) continue;
      const isHostname = topologyKey === LABEL_HOSTNAME;
      const size = isHostname ? rated.length : new Set(rated.map(({ labels }) => labels[topologyKey])).size;
      const pods = isHostname
        ? countedPods(pod, constraint, cluster).filter((placed) => placed.node.name === node.name).length
        : (podsByValue(pod, constraint, ruleOf(pod, constraint, keys), cluster).get(value) ?? 0);
      score += pods * Math.log(size + 2) + maxSkew - 1;
    }
    return Math.round(score);
  }

  scoresPod(pod: PodRequirements): boolean {
    return !this.skipsScore(pod);
  }

  skipsScore(pod: PodRequirements): boolean {
    return this.spreadOf(pod).soft.length === 0;
  }

  rateAll(pod: PodRequirements, slots: Int32Array, count: number, scores: Float64Array): void {
    const { soft, requiresAllKeys } = this.spreadOf(pod);
    const leftOut = requiresAllKeys ? this.leaveOut(soft, slots, count, scores) : this.leaveNoneOut(count, scores);
    for (const constraint of soft) {
      const { topology, counts } = constraint;
      const size = counts === undefined ? count - leftOut : this.domainsAmong(topology, slots, count, scores);
      constraint.weight = Math.log(size + 2);
    }
    for (let i = 0; i < count; i++) {
      if (scores[i] !== LEFT_OUT) scores[i] = scoreOf(soft, slots[i] as number);
    }
  }

  /** PreScore looks at every node and at all pods on those that count, for each constraint that does not spread over nodes. */
  preScoreWork(pod: PodRequirements): number {
    const { spreadScoreTimePerNode } = this.parameters;
    const { soft } = this.spreadOf(pod);
    if (soft.length === 0) return 0;
    let work = this.nodes.order.count * spreadScoreTimePerNode;
    for (const { counts } of soft) if (counts !== undefined) work += this.countingWork(pod, counts);
    return walkOver(this.nodes.order.count, work, this.parameters);
  }

  /** Score looks at all pods on the node for a constraint that spreads over nodes. */
  scoreWork(pod: PodRequirements, slots: Int32Array, count: number): number {
    if (this.spreadOf(pod).soft.every(({ counts }) => counts !== undefined)) return 0;
    const { pods } = this.nodes;
    let examined = 0;
    for (let i = 0; i < count; i++) examined += pods[slots[i] as number] as number;
    return examined * this.timePerPod(pod);
  }

  /** Marks nodes that lack one of the labels; returns how many do. */
  private leaveOut(soft: readonly SoftConstraint[], slots: Int32Array, count: number, scores: Float64Array): number {
    let leftOut = 0;
    for (let i = 0; i < count; i++) {
      scores[i] = 0;
      for (const { topology } of soft) {
        if (topology.domainOf(slots[i] as number) === NO_DOMAIN) scores[i] = LEFT_OUT;
      }
      if (scores[i] === LEFT_OUT) leftOut++;
    }
    return leftOut;
  }

  private leaveNoneOut(count: number, scores: Float64Array): number {
    scores.fill(0, 0, count);
    return 0;
  }

  /** Domains in which the nodes lie that are not left out; to lack the label is a domain of its own. */
  private domainsAmong(topology: TopologyKey, slots: Int32Array, count: number, scores: Float64Array): number {
    // Place 0 is for nodes without the label.
    if (this.met.length <= topology.count) this.met = new Int32Array(2 * topology.count + 1);
    const counting = ++this.counting;
    let domains = 0;
    for (let i = 0; i < count; i++) {
      if (scores[i] === LEFT_OUT) continue;
      const place = topology.domainOf(slots[i] as number) + 1;
      if (this.met[place] === counting) continue;
      this.met[place] = counting;
      domains++;
    }
    return domains;
  }

  // ---- what is kept per pod ------------------------------------------------------------------------------------------------------

  private constraintsOf(pod: PodRequirements, action: 'DoNotSchedule' | 'ScheduleAnyway'): SpreadConstraints {
    return spreadConstraintsOf(pod, action, this.defaults, this.nodes.services);
  }

  private spreadOf(pod: PodRequirements): Spread {
    const { version } = this.nodes.services;
    let spread = this.spreads[pod.id];
    if (spread === undefined || spread.servicesVersion !== version) {
      spread = this.work(pod, version);
      this.spreads[pod.id] = spread;
    }
    return spread;
  }

  private work(pod: PodRequirements, servicesVersion: number): Spread {
    const hard = this.constraintsOf(pod, 'DoNotSchedule').constraints;
    const soft = this.constraintsOf(pod, 'ScheduleAnyway');
    const hardKeys = hard.map(({ topologyKey }) => topologyKey);
    const softKeys = soft.requiresAllKeys ? soft.constraints.map(({ topologyKey }) => topologyKey) : [];
    const { placed } = this.nodes;
    return {
      servicesVersion,
      requiresAllKeys: soft.requiresAllKeys,
      hard: hard.map((constraint) => {
        const { maxSkew, minDomains, topologyKey } = constraint;
        const pods = this.podsOf(pod, constraint);
        const counts = placed.countsByDomain(pods, topologyKey, ruleOf(pod, constraint, hardKeys), true);
        return { maxSkew, minDomains, counts, self: selfMatch(pod, constraint) };
      }),
      soft: soft.constraints.map((constraint) => {
        const { maxSkew, topologyKey } = constraint;
        const pods = this.podsOf(pod, constraint);
        const counts =
          topologyKey === LABEL_HOSTNAME
            ? undefined
            : placed.countsByDomain(pods, topologyKey, ruleOf(pod, constraint, softKeys));
        return { maxSkew, topology: placed.topologyKey(topologyKey), pods, counts, weight: 0 };
      }),
    };
  }

  /** The pods that a constraint counts. */
  private podsOf({ namespace }: PodRequirements, constraint: SpreadConstraint): PodSet {
    const { selector } = constraint;
    const name = `spread ${JSON.stringify([namespace, selector ?? null])}`;
    return this.nodes.placed.set(
      name,
      (): PodSetRule => ({
        tag: selector && tagOfSelector(selector),
        skipsTerminating: true,
        asksNamespaces: false,
        weightOf: (other) => (other.namespace === namespace && selects(constraint, other.labels) ? 1 : 0),
      }),
    );
  }

  // ---- cost --------------------------------------------------------------------------------------------------------------------

  /** CPU for looking at the pods on the nodes that count [ns]: on average as many as on others. */
  private countingWork(pod: PodRequirements, { eligibility }: DomainCounts): number {
    const { placed, order } = this.nodes;
    if (order.count === 0) return 0;
    return ((placed.count * eligibility.count) / order.count) * this.timePerPod(pod);
  }

  /** Time per pod [ns]: pods of other namespaces are passed over, those of its own are held against the selector. */
  private timePerPod({ namespace }: PodRequirements): number {
    const { placed } = this.nodes;
    const { spreadTimePerPod, spreadTimePerOwnPod } = this.parameters;
    if (placed.count === 0) return 0;
    return spreadTimePerPod + (spreadTimePerOwnPod * placed.countIn(namespace)) / placed.count;
  }
}

/** More pods, and more domains over which they could lie, weigh more; maxSkew only sets off what does not differ between nodes. */
function scoreOf(soft: readonly SoftConstraint[], slot: number): number {
  let score = 0;
  for (let c = 0; c < soft.length; c++) {
    const { topology, counts, pods, weight, maxSkew } = soft[c] as SoftConstraint;
    const domain = topology.domainOf(slot);
    if (domain === NO_DOMAIN) continue;
    score += (counts === undefined ? pods.counts.get(slot) : counts.in(domain)) * weight + maxSkew - 1;
  }
  return Math.round(score);
}

/** The nodes that count for a constraint. */
function ruleOf({ template }: PodRequirements, constraint: SpreadConstraint, keys: readonly string[]): EligibilityRule {
  const { nodeAffinityPolicy, nodeTaintsPolicy } = constraint;
  return {
    keys,
    affinityOf: nodeAffinityPolicy === 'Honor' ? template : undefined,
    tolerationsOf: nodeTaintsPolicy === 'Honor' ? template : undefined,
  };
}

function hasAllKeys(labels: Labels, constraints: readonly SpreadConstraint[]): boolean {
  return constraints.every(({ topologyKey }) => labels[topologyKey] !== undefined);
}

function selects({ selector }: SpreadConstraint, labels: Labels): boolean {
  return selector !== undefined && selectorMatches(selector, labels);
}

function selfMatch({ labels }: PodRequirements, constraint: SpreadConstraint): number {
  return selects(constraint, labels) ? 1 : 0;
}

/** Plain form: the pods that a constraint counts, wherever they are (countPodsMatchSelector). */
function countedPods({ namespace }: PodRequirements, constraint: SpreadConstraint, { placed }: ClusterFacts) {
  return placed.filter(
    ({ pod, isTerminating }) => !isTerminating && pod.namespace === namespace && selects(constraint, pod.labels),
  );
}

/** Plain form: the number of these pods by the value of the label, over the nodes that count. */
function podsByValue(
  pod: PodRequirements,
  constraint: SpreadConstraint,
  rule: EligibilityRule,
  cluster: ClusterFacts,
): Map<string, number> {
  const { topologyKey } = constraint;
  const domainValueOf = ({ labels, taints, name }: NodeFacts) =>
    isEligible(rule, labels, taints, name) ? labels[topologyKey] : undefined;
  const pods = new Map<string, number>();
  for (const node of cluster.nodes) {
    const value = domainValueOf(node);
    if (value !== undefined) pods.set(value, pods.get(value) ?? 0);
  }
  for (const { node } of countedPods(pod, constraint, cluster)) {
    const value = domainValueOf(node);
    if (value !== undefined) pods.set(value, (pods.get(value) ?? 0) + 1);
  }
  return pods;
}

export const podTopologySpread: PluginDefinition = {
  help: 'Spreads like pods over zones, nodes or other domains, as topology spread constraints demand or prefer.',
  points: ['preFilter', 'filter', 'preScore', 'score'],
  defaultWeight: DEFAULT_WEIGHT,
  create: (context: PluginContext): Plugin => {
    const plugin = new PodTopologySpread(context);
    return { filter: plugin, score: plugin };
  },
};
