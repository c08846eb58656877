/**
 * RemoveDuplicates: pods of one owner that share a node are evicted as far as the nodes that would do could have fewer of them each.
 * kubernetes-sigs/descheduler: pkg/framework/plugins/removeduplicates/removeduplicates.go.
 */
import type { DeschedulerPluginDefinition, EvictorRules, Wishes } from '../descheduler-plugin.ts';
import {
  type DeschedulingView,
  suitsSelector,
  toleratesNode,
  type ViewNode,
  type ViewPod,
} from '../descheduling-view.ts';

/** Pods of one owner with the same images. */
interface Alike {
  /** All of them. */
  pods: number;
  /** On each node, those beside the first. */
  readonly duplicates: Map<ViewNode, ViewPod[]>;
}

function* balance(view: DeschedulingView, _: object, evictor: EvictorRules): Wishes {
  for (const { pods, duplicates } of groupsOf(view, evictor)) {
    const targets = targetsOf([...duplicates.values()].flat(), view.nodes);
    if (targets < 2) continue;
    const most = Math.ceil(pods / targets);
    for (const [node, found] of duplicates) {
      for (const pod of found.slice(most - 1)) {
        const answer = yield { pod, node };
        if (answer === 'total limit') return;
        if (answer === 'node limit') break;
      }
    }
  }
}

/** Pods that can be evicted, by owner and images. */
function groupsOf({ nodes }: DeschedulingView, evictor: EvictorRules): Iterable<Alike> {
  const groups = new Map<string, Alike>();
  for (const node of nodes) {
    const seen = new Set<Alike>();
    for (const pod of node.pods) {
      if (!evictor.isEvictable(pod) || !evictor.mayEvict(pod, node)) continue;
      const key = `${pod.namespace}/${pod.owner}/${imagesOf(pod)}`;
      const group = groups.get(key) ?? { pods: 0, duplicates: new Map<ViewNode, ViewPod[]>() };
      groups.set(key, group);
      group.pods++;
      if (!seen.has(group)) {
        seen.add(group);
        continue;
      }
      const known = group.duplicates.get(node);
      if (known === undefined) group.duplicates.set(node, [pod]);
      else known.push(pod);
    }
  }
  return groups.values();
}

function imagesOf({ requirements }: ViewPod): string {
  const images = requirements.template.containers.map(({ image }) => image);
  return images.sort().join('#');
}

/** Nodes that would do for some of the pods; those for which one alone would do are not counted (getTargetNodes). */
function targetsOf(pods: readonly ViewPod[], nodes: readonly ViewNode[]): number {
  const templates = new Map(pods.map((pod) => [pod.requirements.template, pod]));
  const targets = new Set<ViewNode>();
  for (const { requirements } of templates.values()) {
    const fitting = nodes.filter((node) => toleratesNode(requirements, node) && suitsSelector(requirements, node));
    if (fitting.length > 1) for (const node of fitting) targets.add(node);
  }
  return targets.size;
}

export const removeDuplicates: DeschedulerPluginDefinition = {
  help: 'Evicts pods of one owner that share a node, as far as they could be spread more evenly.',
  settings: {},
  balance,
};
