/**
 * What the two plugins that go by the utilisation of nodes share: shares of what is requested, thresholds, and evicting pod by pod.
 * kubernetes-sigs/descheduler: pkg/framework/plugins/nodeutilization/nodeutilization.go. Left out: utilisation as metrics servers measure it, extended
 * resources among the thresholds.
 */

import { qualityRank } from '../../cluster/index.ts';
import type { EvictorRules, Wishes } from './descheduler-plugin.ts';
import { type DeschedulingView, toleratesNode, type ViewNode, type ViewPod } from './descheduling-view.ts';

/** Resources by which nodes are judged. */
export const judgedResources = ['cpu', 'memory', 'pods'] as const;
/** Amounts, or percentages, of each. */
export type Judged = Record<(typeof judgedResources)[number], number>;

/** The whole. */
const PERCENT = 100;

/** A node with what is requested of it. */
export interface UsedNode {
  readonly node: ViewNode;
  readonly capacity: Readonly<Judged>;
  /** Requested by its pods; falls as pods are evicted. */
  readonly used: Judged;
  /** The same in percent of its capacity, at the beginning. */
  readonly share: Readonly<Judged>;
}

/** What is requested of all nodes. */
export function usedNodes({ nodes }: DeschedulingView): UsedNode[] {
  return nodes.map((node) => {
    const { allocatable, pods: allowed } = node.specification;
    const used: Judged = { cpu: 0, memory: 0, pods: node.pods.length };
    for (const { requirements } of node.pods) {
      used.cpu += requirements.cpu;
      used.memory += requirements.memory;
    }
    const capacity: Judged = { cpu: allocatable.cpu, memory: allocatable.memory, pods: allowed };
    const share = mapped((resource) => (capacity[resource] > 0 ? (used[resource] / capacity[resource]) * PERCENT : 0));
    return { node, capacity, used, share };
  });
}

/** The amounts by resource. */
export function mapped(amount: (resource: keyof Judged) => number): Judged {
  return { cpu: amount('cpu'), memory: amount('memory'), pods: amount('pods') };
}

/** Resources for which a threshold below 100 % is set; the others do not count. */
export function resourcesOf(thresholds: Readonly<Judged>): (keyof Judged)[] {
  return judgedResources.filter((resource) => thresholds[resource] < PERCENT);
}

/** Whether a node is at or below the thresholds in every resource that counts. */
export function isBelow(
  { share }: UsedNode,
  thresholds: Readonly<Judged>,
  counting: readonly (keyof Judged)[],
): boolean {
  return counting.every((resource) => share[resource] <= thresholds[resource]);
}

/** Whether a node is above one of the thresholds. */
export function isAbove(
  { share }: UsedNode,
  thresholds: Readonly<Judged>,
  counting: readonly (keyof Judged)[],
): boolean {
  return counting.some((resource) => share[resource] > thresholds[resource]);
}

/** So many percent of what a node has, cut to whole numbers. */
export function capped({ capacity }: UsedNode, thresholds: Readonly<Judged>): Judged {
  return mapped((resource) => Math.floor((thresholds[resource] / PERCENT) * capacity[resource]));
}

/** By the sum of what is used, milli-CPUs and bytes added up as they are, as upstream does: memory decides. */
export function sortByUse(nodes: readonly UsedNode[], direction: 1 | -1): UsedNode[] {
  const sum = ({ used }: UsedNode) => used.cpu + used.memory + used.pods;
  return [...nodes].sort((a, b) => direction * (sum(a) - sum(b)));
}

/** Whose pods go where, and when that is enough. */
export interface Move {
  readonly sources: readonly UsedNode[];
  readonly destinations: readonly UsedNode[];
  /** Up to how much of a destination may be used. */
  readonly limitOf: (destination: UsedNode) => Judged;
  /** Whether a source has given enough. */
  readonly isEnough: (source: UsedNode) => boolean;
  /** Most pods to be evicted from one source by this plugin; 0 = no limit. */
  readonly mostPerNode: number;
}

/** Evicts from one source after the other, until each has given enough or the destinations together are full (evictPodsFromSourceNodes). */
export function* evictFrom(
  { sources, destinations, limitOf, isEnough, mostPerNode }: Move,
  evictor: EvictorRules,
): Wishes {
  const left = mapped((resource) =>
    destinations.reduce((sum, each) => sum + limitOf(each)[resource] - each.used[resource], 0),
  );
  const goesOn = (source: UsedNode) => !isEnough(source) && judgedResources.every((resource) => left[resource] > 0);
  for (const source of sources) {
    let evicted = 0;
    for (const pod of byPriority(source.node.pods.filter((each) => evictor.isEvictable(each)))) {
      if (!goesOn(source) || (mostPerNode > 0 && evicted >= mostPerNode)) break;
      if (!destinations.some(({ node }) => toleratesNode(pod.requirements, node))) continue;
      if (!evictor.mayEvict(pod, source.node)) continue;
      const answer = yield { pod, node: source.node };
      if (answer === 'total limit') return;
      if (answer === 'node limit') break;
      if (answer !== 'evicted') continue;
      evicted++;
      const freed: Judged = { cpu: pod.requirements.cpu, memory: pod.requirements.memory, pods: 1 };
      for (const resource of judgedResources) {
        source.used[resource] -= freed[resource];
        left[resource] -= freed[resource];
      }
    }
  }
}

/** Lowest priority first; of equals BestEffort, Burstable, Guaranteed (SortPodsBasedOnPriorityLowToHigh); the rest as they are listed. */
function byPriority(pods: readonly ViewPod[]): ViewPod[] {
  const rankOf = ({ requirements }: ViewPod) => qualityRank(requirements.template);
  return [...pods].sort((a, b) => a.priority - b.priority || rankOf(a) - rankOf(b));
}
