/**
 * TaintToleration: taints that a pod does not tolerate keep it off a node (NoSchedule, NoExecute) or make the node less attractive
 * (PreferNoSchedule). K:pkg/scheduler/framework/plugins/tainttoleration.
 */
import { type Taint, tolerates } from '../../../cluster/index.ts';
import type { FilterPlugin, NodeFacts, Plugin, ScorePlugin } from '../framework.ts';
import type { NodeColumns } from '../node-columns.ts';
import type { PodRequirements } from '../pod-requirements.ts';
import type { PluginContext, PluginDefinition } from './plugin-definition.ts';

/** Weight in the default profile (K:pkg/scheduler/apis/config/v1/default_plugins.go): taints weigh most, as they are put on nodes by intent. */
const DEFAULT_WEIGHT = 3;

/** How the taint classes look to the pods of one template. */
interface Verdicts {
  /** By class: 1 = all hard taints are tolerated. */
  readonly admitted: number[];
  /** By class: soft taints that are not tolerated [taint]. */
  readonly avoided: number[];
  /** Whether all classes so far are admitted, and whether none has taints to avoid. */
  allAdmitted: boolean;
  noneAvoided: boolean;
}

class TaintToleration implements FilterPlugin, ScorePlugin {
  readonly unresolvable = true;
  readonly normalisation = 'reversed';
  private readonly nodes: NodeColumns;
  /** By template. */
  private readonly verdicts: (Verdicts | undefined)[] = [];

  constructor(nodes: NodeColumns) {
    this.nodes = nodes;
  }

  // ---- filter ------------------------------------------------------------------------------------------------------------------

  admits(pod: PodRequirements, node: NodeFacts): boolean {
    return hardTaintsTolerated(pod, node.taints);
  }

  skips(pod: PodRequirements): boolean {
    return this.verdictsFor(pod).allAdmitted;
  }

  keep(pod: PodRequirements, slots: Int32Array, count: number): number {
    const { admitted } = this.verdictsFor(pod);
    const { taintClass } = this.nodes;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const slot = slots[i] as number;
      if (admitted[taintClass[slot] as number] === 1) slots[kept++] = slot;
    }
    return kept;
  }

  helpedByNode(pod: PodRequirements, node: NodeFacts, before: NodeFacts | undefined): boolean {
    return hardTaintsTolerated(pod, node.taints) && (before === undefined || !hardTaintsTolerated(pod, before.taints));
  }

  // ---- score -------------------------------------------------------------------------------------------------------------------

  skipsScore(pod: PodRequirements): boolean {
    return this.verdictsFor(pod).noneAvoided;
  }

  rate(pod: PodRequirements, node: NodeFacts): number {
    return softTaintsNotTolerated(pod, node.taints);
  }

  rateAll(pod: PodRequirements, slots: Int32Array, count: number, scores: Float64Array): void {
    const { avoided } = this.verdictsFor(pod);
    const { taintClass } = this.nodes;
    for (let i = 0; i < count; i++) scores[i] = avoided[taintClass[slots[i] as number] as number] as number;
  }

  /** The verdicts on all classes that exist; those that are new are worked out. */
  private verdictsFor(pod: PodRequirements): Verdicts {
    const { id } = pod.template;
    let verdicts = this.verdicts[id];
    if (verdicts === undefined) {
      verdicts = { admitted: [], avoided: [], allAdmitted: true, noneAvoided: true };
      this.verdicts[id] = verdicts;
    }
    const { taintClasses } = this.nodes;
    for (let number = verdicts.admitted.length; number < taintClasses.length; number++) {
      const taints = taintClasses[number] as readonly Taint[];
      const admitted = hardTaintsTolerated(pod, taints);
      verdicts.admitted.push(admitted ? 1 : 0);
      const avoided = softTaintsNotTolerated(pod, taints);
      verdicts.avoided.push(avoided);
      if (!admitted) verdicts.allAdmitted = false;
      if (avoided > 0) verdicts.noneAvoided = false;
    }
    return verdicts;
  }
}

function hardTaintsTolerated(pod: PodRequirements, taints: readonly Taint[]): boolean {
  return taints.every((taint) => taint.effect === 'PreferNoSchedule' || tolerates(pod.template.tolerations, taint));
}

function softTaintsNotTolerated(pod: PodRequirements, taints: readonly Taint[]): number {
  return taints.filter((taint) => taint.effect === 'PreferNoSchedule' && !tolerates(pod.template.tolerations, taint))
    .length;
}

export const taintToleration: PluginDefinition = {
  help: 'Keeps pods off nodes with taints that they do not tolerate, and prefers nodes with fewer PreferNoSchedule taints.',
  points: ['filter', 'preScore', 'score'],
  defaultWeight: DEFAULT_WEIGHT,
  create: ({ nodes }: PluginContext): Plugin => {
    const plugin = new TaintToleration(nodes);
    return { filter: plugin, score: plugin };
  },
};
