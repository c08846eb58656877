/**
 * NodeResourcesBalancedAllocation: prefers nodes whose resources are used in like shares. True requests count here, without defaults.
 * K:pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go. Up to 1.35 the score is the balance with the pod; from 1.36 on it says
 * how much better (or worse) the pod makes the balance, 75 where it changes nothing.
 */
import type { ResourceWeight } from '../configuration.ts';
import { MAX_NODE_SCORE, type NodeFacts, type Plugin, type ScorePlugin } from '../framework.ts';
import type { NodeColumns } from '../node-columns.ts';
import type { PodRequirements } from '../pod-requirements.ts';
import type { PluginContext, PluginDefinition } from './plugin-definition.ts';
import { RememberedRatings, type SlotRater } from './remembered-ratings.ts';
import { ScoredResources } from './scored-resources.ts';

/** The score that a change of the balance is added to, halved: balances lie in 50..100, so that scores do as well. */
const HALF_SCORE = MAX_NODE_SCORE / 2;

class BalancedAllocation implements ScorePlugin, SlotRater {
  readonly normalisation = 'none';
  private readonly resources: ScoredResources;
  private readonly remembered: RememberedRatings;
  /** Whether the score is the change of the balance (1.36) or the balance itself. */
  private readonly scoresChange: boolean;
  /** Shares of the resources of the node being rated, with and without the pod. */
  private readonly sharesWith: Float64Array;
  private readonly sharesWithout: Float64Array;
  readonly scoreTime: number;

  constructor(nodes: NodeColumns, resources: readonly ResourceWeight[], scoresChange: boolean, scoreTime: number) {
    this.scoreTime = scoreTime;
    this.resources = new ScoredResources(nodes, resources, false);
    this.remembered = new RememberedRatings(nodes);
    this.scoresChange = scoresChange;
    this.sharesWith = new Float64Array(resources.length);
    this.sharesWithout = new Float64Array(resources.length);
  }

  /** A pod that requests none of the resources is left out: it would pile up on one node (issue 129138). */
  scoresPod(pod: PodRequirements): boolean {
    return !this.skipsScore(pod);
  }

  skipsScore(pod: PodRequirements): boolean {
    return this.resources.areNotRequestedBy(pod);
  }

  rate(pod: PodRequirements, node: NodeFacts): number {
    const readings = this.resources.readingsOf(pod, node);
    const withPod = readings.map(({ used, request, capacity }) => Math.min(1, (used + request) / capacity));
    const balance = balanceOf(withPod, withPod.length);
    if (!this.scoresChange) return balance;
    const withoutPod = readings.map(({ used, capacity }) => Math.min(1, used / capacity));
    return scoreOfChange(balance, balanceOf(withoutPod, withoutPod.length));
  }

  rateAll(pod: PodRequirements, slots: Int32Array, count: number, scores: Float64Array): void {
    this.resources.prepare(pod);
    this.remembered.rateAll(pod.shape, this, slots, count, scores);
  }

  rateSlot(slot: number): number {
    const { sharesWith, sharesWithout } = this;
    const { count, allocatable, requested, requests } = this.resources;
    let shares = 0;
    for (let r = 0; r < count; r++) {
      const capacity = (allocatable[r] as Float64Array)[slot] as number;
      if (capacity === 0) continue;
      const used = (requested[r] as Float64Array)[slot] as number;
      const after = used + (requests[r] as number);
      sharesWith[shares] = after < capacity ? after / capacity : 1;
      sharesWithout[shares] = used < capacity ? used / capacity : 1;
      shares++;
    }
    const balance = balanceOf(sharesWith, shares);
    return this.scoresChange ? scoreOfChange(balance, balanceOf(sharesWithout, shares)) : balance;
  }
}

/** 1.36: 50 and half of what the balance gained above -50. */
function scoreOfChange(withPod: number, withoutPod: number): number {
  return HALF_SCORE + Math.trunc((HALF_SCORE + withPod - withoutPod) / 2);
}

/** 100 less the standard deviation of the shares (of the population; half the difference of two, 0 of one), in hundredths. */
function balanceOf(shares: ArrayLike<number>, count: number): number {
  let deviation = 0;
  if (count === 2) {
    deviation = Math.abs(((shares[0] as number) - (shares[1] as number)) / 2);
  } else if (count > 2) {
    let total = 0;
    for (let i = 0; i < count; i++) total += shares[i] as number;
    const mean = total / count;
    let squares = 0;
    for (let i = 0; i < count; i++) squares += ((shares[i] as number) - mean) * ((shares[i] as number) - mean);
    deviation = Math.sqrt(squares / count);
  }
  return Math.trunc((1 - deviation) * MAX_NODE_SCORE);
}

export const nodeResourcesBalancedAllocation: PluginDefinition = {
  help: 'Prefers nodes on which the pod leaves CPU and memory used in like shares.',
  points: ['preScore', 'score'],
  defaultWeight: 1,
  create: ({
    nodes,
    arguments: {
      nodeResourcesBalancedAllocation: { resources },
    },
    parameters,
  }: PluginContext): Plugin => ({
    score: new BalancedAllocation(
      nodes,
      resources,
      parameters.balancedAllocation === 'change',
      parameters.resourceScoreTime,
    ),
  }),
};
