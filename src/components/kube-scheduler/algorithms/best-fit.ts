/** Best fit: the node that would be left with least. Worst fit: the one that would be left with most, which spreads load and leaves headroom. */
import { MAX_NODE_SCORE, type NodeFacts } from '../framework.ts';
import type { NodeColumns } from '../node-columns.ts';
import type { PodRequirements } from '../pod-requirements.ts';
import { scoringKnobs } from './knobs.ts';
import type { AlgorithmDefinition } from './scheduling-algorithm.ts';
import { type NodeRater, ScoredChoice } from './scored-choice.ts';
import { Tightness } from './tightness.ts';

/** Rates by what would be left of CPU and GPU (memory where there are no GPUs). */
class FitRater implements NodeRater {
  private readonly tightness: Tightness;
  private readonly prefersTight: boolean;

  constructor(nodes: NodeColumns, prefersTight: boolean) {
    this.tightness = new Tightness(nodes);
    this.prefersTight = prefersTight;
  }

  rate(pod: PodRequirements, node: NodeFacts): number {
    return this.scoreOf(this.tightness.ofNode(pod, node));
  }

  rateAll(pod: PodRequirements, slots: Int32Array, count: number, scores: Float64Array): void {
    for (let i = 0; i < count; i++) scores[i] = this.scoreOf(this.tightness.of(pod, slots[i] as number));
  }

  private scoreOf(tightness: number): number {
    return MAX_NODE_SCORE * (this.prefersTight ? tightness : 1 - tightness);
  }
}

export const bestFit: AlgorithmDefinition = {
  help: 'The node that would be left with least CPU and GPU (memory where no node has GPUs).',
  settings: scoringKnobs,
  create: (context) => new ScoredChoice(context, new FitRater(context.nodes, true)),
};

export const worstFit: AlgorithmDefinition = {
  help: 'The node that would be left with most.',
  settings: scoringKnobs,
  create: (context) => new ScoredChoice(context, new FitRater(context.nodes, false)),
};
