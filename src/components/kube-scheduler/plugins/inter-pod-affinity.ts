/**
 * InterPodAffinity: places pods near to, or away from, other pods. K:pkg/scheduler/framework/plugins/interpodaffinity.
 *
 * Filter: the pod's required terms, and the required anti-affinity of pods that are there. Score: the preferred terms of both sides, and required
 * affinity of pods that are there. The column form reads counts that placements keep up to date (inter-pod-counts.ts).
 */
import type { ValuesOf } from '../../../engine/index.ts';
import type { InterPodAffinityArguments } from '../configuration.ts';
import type { ClusterFacts, FilterPlugin, NodeFacts, Plugin, ScorePlugin } from '../framework.ts';
import type { kubeSchedulerParameters } from '../kube-scheduler.parameters.ts';
import type { NodeColumns } from '../node-columns.ts';
import type { PodRequirements } from '../pod-requirements.ts';
import { type AffinityTerm, allTermsSelect, termSelects } from '../topology/affinity-term.ts';
import type { DomainCounts } from '../topology/domain-counts.ts';
import { NO_DOMAIN } from '../topology/topology-key.ts';
import { walkOver } from './cluster-walk.ts';
import { InterPodCounts, type PodCounts } from './inter-pod-counts.ts';
import type { PluginContext, PluginDefinition } from './plugin-definition.ts';

/** Weight in the default profile. */
const DEFAULT_WEIGHT = 2;
/** Labels of a namespace where upstream looks none up: queueing hints. */
const NO_LABELS = {};

class InterPodAffinity implements FilterPlugin, ScorePlugin {
  readonly normalisation = 'range';
  private readonly nodes: NodeColumns;
  private readonly settings: InterPodAffinityArguments;
  private readonly parameters: ValuesOf<typeof kubeSchedulerParameters>;
  private readonly counts: InterPodCounts;

  constructor({ nodes, arguments: { interPodAffinity }, parameters }: PluginContext) {
    this.nodes = nodes;
    this.settings = interPodAffinity;
    this.parameters = parameters;
    this.counts = new InterPodCounts(nodes.placed, interPodAffinity);
  }

  // ---- filter: plain form ------------------------------------------------------------------------------------------------------

  admits(pod: PodRequirements, node: NodeFacts, cluster: ClusterFacts): boolean {
    return (
      affinityHolds(pod, node, cluster) && antiAffinityHolds(pod, node, cluster) && !isRepelled(pod, node, cluster)
    );
  }

  // ---- filter: column form -----------------------------------------------------------------------------------------------------

  filtersPod(pod: PodRequirements): boolean {
    return !this.skips(pod);
  }

  skips(pod: PodRequirements): boolean {
    const { requiredAffinity, requiredAntiAffinity } = pod.interPod;
    if (requiredAffinity.length > 0 || requiredAntiAffinity.length > 0) return false;
    return this.counts.of(pod).repelling.every(({ total }) => total === 0);
  }

  keep(pod: PodRequirements, slots: Int32Array, count: number): number {
    const counts = this.counts.of(pod);
    let kept = keepNear(counts, slots, count);
    for (const avoided of counts.avoided) kept = keepApart(avoided, slots, kept);
    for (const repelling of counts.repelling) kept = keepApart(repelling, slots, kept);
    return kept;
  }

  /** Where the pods are not that it wants to be near to, removals are no help. */
  unresolvable(pod: PodRequirements, slot: number): boolean {
    const { wanted, selectsItself } = this.counts.of(pod);
    return wanted.length > 0 && !isNear(wanted, slot, selectsItself && wanted.every(({ total }) => total === 0));
  }

  /**
   * PreFilter looks at every pod for required terms of its own, and at the required anti-affinity of all pods that have some
   * (getIncomingAffinityAntiAffinityCounts, getExistingAntiAffinityCounts).
   */
  preFilterWork({ interPod }: PodRequirements): number {
    const { interPodFilterTimePerNode, interPodTimePerPod } = this.parameters;
    const { placed, order } = this.nodes;
    const { pods, nodes } = this.counts.withRequiredAntiAffinity();
    let work = nodes * interPodFilterTimePerNode + pods * interPodTimePerPod;
    // The terms of required affinity are held against a pod until one fails; most pods fail or match them together.
    const passes = Math.min(1, interPod.requiredAffinity.length) + interPod.requiredAntiAffinity.length;
    if (passes > 0) work += order.count * interPodFilterTimePerNode + passes * placed.count * interPodTimePerPod;
    return walkOver(order.count, work, this.parameters);
  }

  /** The counts of nodes with pods that matter are put together one by one (topologyToMatchedTermCount.mergeWithList). */
  preFilterMerge({ interPod: { requiredAffinity, requiredAntiAffinity } }: PodRequirements): number {
    const counted = requiredAffinity.length + requiredAntiAffinity.length > 0 ? this.nodesWithPods() : 0;
    return (this.counts.withRequiredAntiAffinity().nodes + counted) * this.parameters.interPodMergeTimePerNode;
  }

  // ---- queueing hints ------------------------------------------------------------------------------------------------------------

  helpedByPlacement({ interPod }: PodRequirements, placed: PodRequirements): boolean {
    return allTermsSelect(interPod.requiredAffinity, placed, NO_LABELS);
  }

  /** Upstream asks for all terms of anti-affinity; a pod that only others keep away is not helped (isSchedulableAfterPodChange). */
  helpedByDeletion({ interPod }: PodRequirements, deleted: PodRequirements): boolean {
    return allTermsSelect(interPod.requiredAntiAffinity, deleted, NO_LABELS);
  }

  helpedByNode({ interPod }: PodRequirements, node: NodeFacts, before: NodeFacts | undefined): boolean {
    const { requiredAffinity, requiredAntiAffinity } = interPod;
    if (before === undefined) {
      return requiredAntiAffinity.length > 0 || requiredAffinity.some(({ topologyKey }) => topologyKey in node.labels);
    }
    const changed = ({ topologyKey: key }: AffinityTerm) => node.labels[key] !== before.labels[key];
    return (
      requiredAffinity.some((term) => changed(term) && term.topologyKey in node.labels) ||
      requiredAntiAffinity.some((term) => changed(term) && term.topologyKey in before.labels)
    );
  }

  // ---- score -------------------------------------------------------------------------------------------------------------------

  rate(pod: PodRequirements, node: NodeFacts, cluster: ClusterFacts): number {
    if (this.ignoresOthers(pod)) return 0;
    let score = 0;
    for (const { pod: other, node: itsNode } of cluster.placed) {
      const near = ({ topologyKey: key }: AffinityTerm) =>
        itsNode.labels[key] !== undefined && itsNode.labels[key] === node.labels[key];
      const worth = (
        owner: PodRequirements,
        subject: PodRequirements,
        kind: 'preferredAffinity' | 'preferredAntiAffinity',
      ) => {
        const namespace = cluster.namespaces.of(subject.namespace);
        const counts = owner.interPod[kind].filter(({ term }) => near(term) && termSelects(term, subject, namespace));
        return counts.reduce((sum, { weight }) => sum + weight, 0);
      };
      score += worth(pod, other, 'preferredAffinity') - worth(pod, other, 'preferredAntiAffinity');
      score += worth(other, pod, 'preferredAffinity') - worth(other, pod, 'preferredAntiAffinity');
      const namespace = cluster.namespaces.of(pod.namespace);
      const hard = other.interPod.requiredAffinity.filter((term) => near(term) && termSelects(term, pod, namespace));
      score += hard.length * this.settings.hardPodAffinityWeight;
    }
    return score;
  }

  scoresPod(pod: PodRequirements): boolean {
    return !this.skipsScore(pod);
  }

  skipsScore(pod: PodRequirements): boolean {
    return this.ignoresOthers(pod) || this.counts.of(pod).rated.every(({ counts }) => counts.total === 0);
  }

  rateAll(pod: PodRequirements, slots: Int32Array, count: number, scores: Float64Array): void {
    scores.fill(0, 0, count);
    if (this.ignoresOthers(pod)) return;
    for (const { counts, worth } of this.counts.of(pod).rated) {
      if (counts.total === 0) continue;
      for (let i = 0; i < count; i++) scores[i] = (scores[i] as number) + worth * counts.at(slots[i] as number);
    }
  }

  /** PreScore looks at all pods if the pod has preferred terms, otherwise at those that have terms (scoring.go:PreScore). */
  preScoreWork({ interPod }: PodRequirements): number {
    const { interPodScoreTimePerNode, interPodTimePerPod } = this.parameters;
    const { placed, order } = this.nodes;
    const own = interPod.preferredAffinity.length + interPod.preferredAntiAffinity.length;
    const withTerms = this.counts.withTerms();
    const nodes = own > 0 ? order.count : withTerms.nodes;
    const passes = own * placed.count + withTerms.pods;
    return walkOver(nodes, nodes * interPodScoreTimePerNode + passes * interPodTimePerPod, this.parameters);
  }

  /** Likewise (scoreMap.append). */
  preScoreMerge({ interPod: { preferredAffinity, preferredAntiAffinity } }: PodRequirements): number {
    const own = preferredAffinity.length + preferredAntiAffinity.length;
    return (own > 0 ? this.nodesWithPods() : this.counts.withTerms().nodes) * this.parameters.interPodMergeTimePerNode;
  }

  private nodesWithPods(): number {
    return Math.min(this.nodes.order.count, this.nodes.placed.count);
  }

  private ignoresOthers({ interPod }: PodRequirements): boolean {
    const { preferredAffinity, preferredAntiAffinity } = interPod;
    return (
      this.settings.ignorePreferredTermsOfExistingPods &&
      preferredAffinity.length === 0 &&
      preferredAntiAffinity.length === 0
    );
  }
}

/** Keeps nodes near pods that all terms of required affinity select; all of them for the first pod of a group that wants to be near itself. */
function keepNear({ wanted, selectsItself }: PodCounts, slots: Int32Array, count: number): number {
  if (wanted.length === 0) return count;
  const isFirst = selectsItself && wanted.every(({ total }) => total === 0);
  let kept = count;
  for (const counts of wanted) kept = keepIn(counts, slots, kept, isFirst);
  return kept;
}

/** Keeps nodes in a domain where pods of a set lie, or in any domain. */
function keepIn(counts: DomainCounts, slots: Int32Array, count: number, inAny: boolean): number {
  const { topology } = counts;
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const slot = slots[i] as number;
    const domain = topology.domainOf(slot);
    if (domain !== NO_DOMAIN && (inAny || counts.in(domain) !== 0)) slots[kept++] = slot;
  }
  return kept;
}

function isNear(wanted: readonly DomainCounts[], slot: number, isFirst: boolean): boolean {
  for (const counts of wanted) {
    const domain = counts.topology.domainOf(slot);
    if (domain === NO_DOMAIN || (!isFirst && counts.in(domain) === 0)) return false;
  }
  return true;
}

/** Keeps nodes in whose domain no pod of a set lies. */
function keepApart(counts: DomainCounts, slots: Int32Array, count: number): number {
  if (counts.total === 0) return count;
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const slot = slots[i] as number;
    if (counts.at(slot) === 0) slots[kept++] = slot;
  }
  return kept;
}

/** satisfyPodAffinity. */
function affinityHolds(pod: PodRequirements, node: NodeFacts, { placed, namespaces }: ClusterFacts): boolean {
  const terms = pod.interPod.requiredAffinity;
  if (!terms.every(({ topologyKey }) => topologyKey in node.labels)) return false;
  const selected = placed.filter((other) => allTermsSelect(terms, other.pod, namespaces.of(other.pod.namespace)));
  const near = ({ topologyKey: key }: AffinityTerm) =>
    selected.some((other) => other.node.labels[key] === node.labels[key]);
  if (terms.every(near)) return true;
  const anyCounts = selected.some((other) => terms.some(({ topologyKey }) => topologyKey in other.node.labels));
  return !anyCounts && allTermsSelect(terms, pod, namespaces.of(pod.namespace));
}

/** satisfyPodAntiAffinity. */
function antiAffinityHolds(pod: PodRequirements, node: NodeFacts, { placed, namespaces }: ClusterFacts): boolean {
  return pod.interPod.requiredAntiAffinity.every((term) => {
    const value = node.labels[term.topologyKey];
    if (value === undefined) return true;
    const near = placed.filter((other) => other.node.labels[term.topologyKey] === value);
    return !near.some((other) => termSelects(term, other.pod, namespaces.of(other.pod.namespace)));
  });
}

/** satisfyExistingPodsAntiAffinity, the other way round. */
function isRepelled(pod: PodRequirements, node: NodeFacts, { placed, namespaces }: ClusterFacts): boolean {
  const namespaceLabels = namespaces.of(pod.namespace);
  return placed.some((other) =>
    other.pod.interPod.requiredAntiAffinity.some((term) => {
      const value = node.labels[term.topologyKey];
      return (
        value !== undefined && other.node.labels[term.topologyKey] === value && termSelects(term, pod, namespaceLabels)
      );
    }),
  );
}

export const interPodAffinity: PluginDefinition = {
  help: 'Places pods near to, or away from, other pods, as pod affinity and anti-affinity of both sides demand or prefer.',
  points: ['preFilter', 'filter', 'preScore', 'score'],
  defaultWeight: DEFAULT_WEIGHT,
  create: (context: PluginContext): Plugin => {
    const plugin = new InterPodAffinity(context);
    return { filter: plugin, score: plugin };
  },
};
