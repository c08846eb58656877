/**
 * NodeAffinity: nodeSelector and required node affinity keep a pod off nodes, preferred node affinity rates them.
 * K:pkg/scheduler/framework/plugins/nodeaffinity, K:staging component-helpers/scheduling/corev1/nodeaffinity.
 */
import {
  type LabelRequirement,
  type Labels,
  type NodeSelectorTerm,
  requirementMatches,
  selectorFromLabels,
  selectorMatches,
} from '../../../cluster/index.ts';
import type { FilterPlugin, NodeFacts, Plugin, ScorePlugin } from '../framework.ts';
import type { NodeColumns } from '../node-columns.ts';
import type { PodRequirements } from '../pod-requirements.ts';
import type { PluginContext, PluginDefinition } from './plugin-definition.ts';

/** The only field that a node can be selected by. */
const NAME_FIELD = 'metadata.name';
const NOWHERE: readonly number[] = [];

/** What is known of nodes from the view of one template, by slot, together with the version of the labels that it was worked out from. */
interface Remembered {
  /** Label version for which the verdict holds, 0 = none. */
  filterVersion: Int32Array;
  /** 1 = the node passes. */
  admitted: Uint8Array;
  /** Label version for which the sum of weights holds, 0 = none. */
  scoreVersion: Int32Array;
  /** Sum of the weights of the preferred terms that match. */
  weight: Int32Array;
}

class NodeAffinityPlugin implements FilterPlugin, ScorePlugin {
  readonly unresolvable = true;
  readonly normalisation = 'proportional';
  private readonly nodes: NodeColumns;
  private readonly addedAffinity: readonly NodeSelectorTerm[] | undefined;
  /** By template. */
  private readonly remembered: (Remembered | undefined)[] = [];
  readonly filterTime: number;

  constructor(nodes: NodeColumns, addedAffinity: readonly NodeSelectorTerm[] | undefined, filterTime: number) {
    this.nodes = nodes;
    this.filterTime = filterTime;
    this.addedAffinity = addedAffinity;
  }

  // ---- filter ------------------------------------------------------------------------------------------------------------------

  admits(pod: PodRequirements, node: NodeFacts): boolean {
    return this.matches(pod, node.labels, node.name);
  }

  filtersPod(pod: PodRequirements): boolean {
    return !this.skips(pod);
  }

  skips(pod: PodRequirements): boolean {
    const { nodeSelector, nodeAffinity } = pod.template;
    return (
      this.addedAffinity === undefined && nodeAffinity.required === undefined && Object.keys(nodeSelector).length === 0
    );
  }

  keep(pod: PodRequirements, slots: Int32Array, count: number): number {
    const { filterVersion, admitted } = this.rememberedFor(pod);
    const { labelVersion } = this.nodes;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const slot = slots[i] as number;
      if (filterVersion[slot] !== labelVersion[slot]) {
        admitted[slot] = this.matches(pod, this.nodes.labels[slot] as Labels, this.nodes.nameOf(slot)) ? 1 : 0;
        filterVersion[slot] = labelVersion[slot] as number;
      }
      if (admitted[slot] === 1) slots[kept++] = slot;
    }
    return kept;
  }

  /** The nodes that the terms name, if every term names some (node_affinity.go:PreFilter). */
  narrow(pod: PodRequirements): readonly number[] | undefined {
    const { required } = pod.template.nodeAffinity;
    if (required === undefined || required.length === 0) return undefined;
    const named = new Set<number>();
    for (const term of required) {
      const names = namesPinnedBy(term);
      if (names === undefined) return undefined;
      for (const name of names) {
        const slot = this.nodes.find(name);
        if (slot >= 0) named.add(slot);
      }
    }
    return named.size === 0 ? NOWHERE : [...named].sort((a, b) => a - b);
  }

  helpedByNode(pod: PodRequirements, node: NodeFacts, before: NodeFacts | undefined): boolean {
    return (
      this.matches(pod, node.labels, node.name) &&
      (before === undefined || !this.matches(pod, before.labels, before.name))
    );
  }

  private matches(pod: PodRequirements, labels: Labels, name: string): boolean {
    if (this.addedAffinity !== undefined && !anyTermMatches(this.addedAffinity, labels, name)) return false;
    const { nodeSelector, nodeAffinity } = pod.template;
    if (!selectorMatches(selectorFromLabels(nodeSelector), labels)) return false;
    return nodeAffinity.required === undefined || anyTermMatches(nodeAffinity.required, labels, name);
  }

  // ---- score -------------------------------------------------------------------------------------------------------------------

  scoresPod(pod: PodRequirements): boolean {
    return !this.skipsScore(pod);
  }

  skipsScore(pod: PodRequirements): boolean {
    return pod.template.nodeAffinity.preferred.length === 0;
  }

  rate(pod: PodRequirements, node: NodeFacts): number {
    return weightOf(pod, node.labels, node.name);
  }

  rateAll(pod: PodRequirements, slots: Int32Array, count: number, scores: Float64Array): void {
    const { scoreVersion, weight } = this.rememberedFor(pod);
    const { labelVersion } = this.nodes;
    for (let i = 0; i < count; i++) {
      const slot = slots[i] as number;
      if (scoreVersion[slot] !== labelVersion[slot]) {
        weight[slot] = weightOf(pod, this.nodes.labels[slot] as Labels, this.nodes.nameOf(slot));
        scoreVersion[slot] = labelVersion[slot] as number;
      }
      scores[i] = weight[slot] as number;
    }
  }

  private rememberedFor(pod: PodRequirements): Remembered {
    const { capacity } = this.nodes;
    const { id } = pod.template;
    let remembered = this.remembered[id];
    // More room is needed only after nodes have come; what was known is then worked out again.
    if (remembered === undefined || remembered.admitted.length < capacity) {
      remembered = {
        filterVersion: new Int32Array(capacity),
        admitted: new Uint8Array(capacity),
        scoreVersion: new Int32Array(capacity),
        weight: new Int32Array(capacity),
      };
      this.remembered[id] = remembered;
    }
    return remembered;
  }
}

/** Sum of the weights of the preferred terms that match. A term without requirements matches nothing. */
function weightOf(pod: PodRequirements, labels: Labels, name: string): number {
  let sum = 0;
  for (const { weight, term } of pod.template.nodeAffinity.preferred) {
    if (termMatches(term, labels, name)) sum += weight;
  }
  return sum;
}

/** Terms are alternatives. */
function anyTermMatches(terms: readonly NodeSelectorTerm[], labels: Labels, name: string): boolean {
  return terms.some((term) => termMatches(term, labels, name));
}

/** All expressions and fields of a term must hold; a term that has none matches nothing (nodeaffinity.go:isEmptyNodeSelectorTerm). */
function termMatches(term: NodeSelectorTerm, labels: Labels, name: string): boolean {
  if (term.matchExpressions.length === 0 && term.matchFields.length === 0) return false;
  return selectorMatches(term.matchExpressions, labels) && term.matchFields.every((field) => fieldMatches(field, name));
}

function fieldMatches(field: LabelRequirement, name: string): boolean {
  return field.key === NAME_FIELD && requirementMatches(field, { [NAME_FIELD]: name });
}

/** The names that a term demands (all of its In requirements on the name must agree); undefined if it demands none. */
function namesPinnedBy(term: NodeSelectorTerm): readonly string[] | undefined {
  let names: readonly string[] | undefined;
  for (const { key, operator, values } of term.matchFields) {
    if (key !== NAME_FIELD || operator !== 'In') continue;
    names = names === undefined ? values : names.filter((name) => values.includes(name));
  }
  return names;
}

export const nodeAffinity: PluginDefinition = {
  help: 'Keeps pods to nodes that their nodeSelector and required node affinity select, and prefers those of preferred node affinity.',
  points: ['preFilter', 'filter', 'preScore', 'score'],
  defaultWeight: 2,
  create: ({ nodes, arguments: { addedAffinity }, parameters }: PluginContext): Plugin => {
    const plugin = new NodeAffinityPlugin(nodes, addedAffinity, parameters.nodeAffinityFilterTime);
    return { filter: plugin, score: plugin };
  },
};
