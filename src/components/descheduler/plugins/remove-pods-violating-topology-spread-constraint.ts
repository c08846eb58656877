/**
 * RemovePodsViolatingTopologySpreadConstraint: where pods lie less evenly over the values of a label than they ask for, as many are evicted from full
 * domains as empty ones lack, so that the scheduler spreads them anew.
 * kubernetes-sigs/descheduler: pkg/framework/plugins/removepodsviolatingtopologyspreadconstraint/topologyspreadconstraint.go.
 */
import { selectorMatches, type TopologySpreadConstraint } from '../../../cluster/index.ts';
import { defineParameters, flag, sourceCode, type ValuesOf } from '../../../engine/index.ts';
import type { PodRequirements } from '../../kube-scheduler/pod-requirements.ts';
import { requirementsOf } from '../../kube-scheduler/topology/affinity-term.ts';
import type { DeschedulerPluginDefinition, EvictionWish, EvictorRules, Wishes } from '../descheduler-plugin.ts';
import {
  type DeschedulingView,
  fitsElsewhere,
  suitsSelector,
  toleratesNode,
  type ViewNode,
} from '../descheduling-view.ts';

const UPSTREAM =
  'kubernetes-sigs/descheduler: pkg/framework/plugins/removepodsviolatingtopologyspreadconstraint/types.go, defaults.go';

/** What it can be set to. */
const settings = defineParameters({
  softConstraints: flag({
    help: 'Whether constraints with whenUnsatisfiable: ScheduleAnyway are held too (constraints).',
    default: false,
    source: sourceCode(UPSTREAM),
  }),
  topologyBalanceNodeFit: flag({
    help: 'Whether only pods are evicted that fit on some node of a domain with fewer of them than the mean.',
    default: true,
    source: sourceCode(UPSTREAM),
  }),
});

/** A value of the label with its pods. */
interface Domain {
  readonly value: string;
  readonly nodes: ViewNode[];
  pods: EvictionWish[];
}

/** A constraint and whose it is. */
interface HeldConstraint {
  readonly constraint: TopologySpreadConstraint;
  readonly requirements: PodRequirements;
}

function* balance(view: DeschedulingView, written: object, evictor: EvictorRules): Wishes {
  const { softConstraints, topologyBalanceNodeFit } = written as ValuesOf<typeof settings>;
  const chosen = new Map<number, EvictionWish>();
  for (const held of constraintsOf(view, softConstraints)) {
    const domains = domainsOf(held, view, evictor);
    if (isBalanced(domains, held.constraint)) continue;
    for (const wish of surplusOf(domains, held.constraint, topologyBalanceNodeFit ? view : undefined))
      chosen.set(wish.pod.id, wish);
  }
  const full = new Set<ViewNode>();
  for (const wish of chosen.values()) {
    if (full.has(wish.node) || !evictor.isEvictable(wish.pod) || !evictor.mayEvict(wish.pod, wish.node)) continue;
    const answer = yield wish;
    if (answer === 'total limit') return;
    if (answer === 'node limit') full.add(wish.node);
  }
}

/** The constraints of the pods that have a node, each once in a namespace. */
function constraintsOf({ nodes }: DeschedulingView, withSoft: boolean): HeldConstraint[] {
  const found = new Map<string, HeldConstraint>();
  for (const { pods } of nodes) {
    for (const { requirements, namespace } of pods) {
      for (const constraint of requirements.template.topologySpread ?? []) {
        if (constraint.whenUnsatisfiable === 'ScheduleAnyway' && !withSoft) continue;
        const own = constraint.matchLabelKeys.map((key) => requirements.labels[key]);
        const key = JSON.stringify([namespace, constraint, own]);
        if (!found.has(key)) found.set(key, { constraint, requirements });
      }
    }
  }
  return [...found.values()];
}

/** The domains of a constraint with the pods that it counts: those that are evicted first at the end. */
function domainsOf(
  { constraint, requirements }: HeldConstraint,
  { nodes }: DeschedulingView,
  evictor: EvictorRules,
): Domain[] {
  const { topologyKey, selector, matchLabelKeys, nodeAffinityPolicy, nodeTaintsPolicy } = constraint;
  const domains = new Map<string, Domain>();
  const wanted = selector && [...selector, ...requirementsOf(matchLabelKeys, requirements.labels, 'In')];
  for (const node of nodes) {
    const value = node.specification.labels[topologyKey];
    if (value === undefined) continue;
    if (nodeAffinityPolicy === 'Honor' && !suitsSelector(requirements, node)) continue;
    if (nodeTaintsPolicy === 'Honor' && !toleratesNode(requirements, node)) continue;
    const domain = domains.get(value) ?? { value, nodes: [], pods: [] };
    domains.set(value, domain);
    domain.nodes.push(node);
    for (const pod of node.pods) {
      const isCounted =
        wanted !== undefined &&
        !pod.isTerminating &&
        pod.requirements.namespace === requirements.namespace &&
        selectorMatches(wanted, pod.requirements.labels);
      if (isCounted) domain.pods.push({ pod, node });
    }
  }
  const rankOf = ({ pod }: EvictionWish) => (evictor.isEvictable(pod) ? (isPicky(pod.requirements) ? 1 : 2) : 0);
  for (const domain of domains.values())
    domain.pods.sort((a, b) => rankOf(a) - rankOf(b) || b.pod.priority - a.pod.priority);
  return [...domains.values()].sort((a, b) => a.pods.length - b.pods.length);
}

/** Whether a pod says on which nodes it may be. */
function isPicky({ template: { nodeSelector, nodeAffinity } }: PodRequirements): boolean {
  return (
    Object.keys(nodeSelector).length > 0 || nodeAffinity.required !== undefined || nodeAffinity.preferred.length > 0
  );
}

function isBalanced(domains: readonly Domain[], { maxSkew }: TopologySpreadConstraint): boolean {
  const sizes = domains.map(({ pods }) => pods.length);
  return sizes.length === 0 || Math.max(...sizes) - Math.min(...sizes) <= maxSkew;
}

/**
 * Pods that are too many where they are: from the fullest domain to the emptiest, up to half of what they differ by more than the skew, and neither
 * below nor above the mean (balanceDomains). With a view, those that fit nowhere else are passed over, though counted as moved.
 */
function surplusOf(
  domains: readonly Domain[],
  { maxSkew }: TopologySpreadConstraint,
  view: DeschedulingView | undefined,
): EvictionWish[] {
  const mean = domains.reduce((sum, { pods }) => sum + pods.length, 0) / domains.length;
  const lacking = domains.filter(({ pods }) => pods.length < mean).flatMap(({ nodes }) => nodes);
  const surplus: EvictionWish[] = [];
  let low = 0;
  let high = domains.length - 1;
  while (low < high) {
    if ((domains[high] as Domain).pods.length <= mean) high--;
    const [from, to] = [domains[high] as Domain, domains[low] as Domain];
    const skew = from.pods.length - to.pods.length;
    const toMean = Math.min(Math.ceil(from.pods.length - mean), Math.ceil(mean - to.pods.length));
    const moved = skew <= maxSkew ? 0 : Math.min(toMean, Math.ceil((skew - maxSkew) / 2));
    if (moved <= 0) {
      low++;
      continue;
    }
    const leaving = from.pods.slice(-moved);
    surplus.push(...leaving.filter(({ pod, node }) => view === undefined || fitsElsewhere(pod, node, lacking, view)));
    from.pods = from.pods.slice(0, -moved);
    to.pods = [...to.pods, ...leaving];
  }
  return surplus;
}

export const removePodsViolatingTopologySpreadConstraint: DeschedulerPluginDefinition = {
  help: 'Evicts pods of domains that have more of them than their topology spread constraints allow.',
  settings,
  balance,
};
