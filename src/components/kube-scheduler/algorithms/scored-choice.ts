/**
 * Choosers that rate every feasible node from 0 to 100 and take the best: what they share. A chooser gives its plain form (one pod, the facts of one
 * node: the specification) and its column form (many nodes: what runs); ties, rounding and sampling are the same for all.
 */
import { MAX_NODE_SCORE, type NodeFacts } from '../framework.ts';
import type { PodRequirements } from '../pod-requirements.ts';
import type { Profile } from '../profile.ts';
import { DeviceChoice } from './device-choice.ts';
import { NodeSearch } from './node-search.ts';
import type { AlgorithmContext, Decision, SchedulingAlgorithm } from './scheduling-algorithm.ts';
import { Tightness } from './tightness.ts';

/** How a chooser rates nodes. Higher is better; what is rated is known to fit. */
export interface NodeRater {
  /** Plain form. */
  rate(pod: PodRequirements, node: NodeFacts): number;
  /** Column form: writes the ratings of the first `count` slots to the same places in `scores`. */
  rateAll(pod: PodRequirements, slots: Int32Array, count: number, scores: Float64Array): void;
  /** GPUs that go with the rating of a node, as bits; by `gpuSelection` if left out. */
  devicesOn?(pod: PodRequirements, slot: number): number;
  /** A pod was placed, or is about to be: for raters that learn the workload. */
  seen?(pod: PodRequirements): void;
}

/** How the ratings of one rater become part of a score. */
export interface Mixture {
  /** Its part, 0 to 1. */
  readonly weight: number;
  /** Whether its ratings are spread over 0 to 100 first, as the nodes that fit have them. */
  readonly spread: boolean;
  /** Whose ratings are the rest, as they are; GPUs go by it. Left out = there is no other. */
  readonly beside?: NodeRater;
}

/** Takes the best node that a rater knows. */
export class ScoredChoice implements SchedulingAlgorithm {
  /** The rater, for tests of its plain form. */
  readonly rater: NodeRater;
  private readonly context: AlgorithmContext;
  private readonly search: NodeSearch;
  private readonly tightness: Tightness;
  private readonly devices: DeviceChoice;
  private readonly cutsScores: boolean;
  private readonly tieBreak: string;
  private readonly mixture: Mixture | undefined;
  private scores = new Float64Array(0);
  private others = new Float64Array(0);

  constructor(context: AlgorithmContext, rater: NodeRater, mixture?: Mixture) {
    this.mixture = mixture;
    this.context = context;
    this.rater = rater;
    this.search = new NodeSearch(context);
    this.tightness = new Tightness(context.nodes);
    this.devices = new DeviceChoice(context);
    this.cutsScores = context.settings.quantise === 'integer';
    this.tieBreak = context.settings.tieBreak as string;
  }

  decide(pod: PodRequirements, profile: Profile, decision: Decision): void {
    const { search, rater } = this;
    rater.seen?.(pod);
    this.mixture?.beside?.seen?.(pod);
    search.all(pod, profile, decision);
    const { found, count } = search;
    if (count === 0) return;
    if (count === 1) {
      decision.node = found[0] as number;
    } else {
      if (this.scores.length < count) this.scores = new Float64Array(this.context.nodes.capacity);
      rater.rateAll(pod, found, count, this.scores);
      if (this.mixture !== undefined) this.mix(pod, found, count, this.mixture);
      decision.scored = count;
      decision.node = this.best(pod, found, count);
    }
    decision.devices =
      (this.mixture?.beside ?? rater).devicesOn?.(pod, decision.node) ?? this.devices.choose(pod, decision.node);
  }

  /** Spreads the scores, and adds those of the other rater. */
  private mix(pod: PodRequirements, found: Int32Array, count: number, { weight, spread, beside }: Mixture): void {
    const { scores } = this;
    if (spread) spreadScores(scores, count, this.cutsScores);
    if (beside === undefined) return;
    if (this.others.length < count) this.others = new Float64Array(scores.length);
    beside.rateAll(pod, found, count, this.others);
    for (let i = 0; i < count; i++)
      scores[i] = weight * (scores[i] as number) + (1 - weight) * (this.others[i] as number);
  }

  /** The best node by the rule for ties. */
  private best(pod: PodRequirements, found: Int32Array, count: number): number {
    const { scores } = this;
    if (this.cutsScores) for (let i = 0; i < count; i++) scores[i] = Math.trunc(scores[i] as number);
    let most = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < count; i++) if ((scores[i] as number) > most) most = scores[i] as number;
    let tied = 0;
    for (let i = 0; i < count; i++) if (scores[i] === most) found[tied++] = found[i] as number;
    return this.oneOf(pod, found, tied);
  }

  /** One of the first `count` nodes, which are equally good. */
  private oneOf(pod: PodRequirements, tied: Int32Array, count: number): number {
    switch (this.tieBreak) {
      case 'random':
        // Always one draw, so that variants of a scenario keep their random numbers in step.
        return tied[Math.floor(this.context.tieBreak.next() * count)] as number;
      case 'rank':
        return leastOf(tied, count, this.context.rankOf ?? ((slot) => slot));
      case 'tightest':
        return leastOf(tied, count, (slot) => -this.tightness.of(pod, slot));
      default:
        return tied[0] as number;
    }
  }
}

/** Spreads scores over 0 (the least) to 100 (the most); all are 100 where they are the same. */
function spreadScores(scores: Float64Array, count: number, cuts: boolean): void {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < count; i++) {
    least = Math.min(least, scores[i] as number);
    most = Math.max(most, scores[i] as number);
  }
  for (let i = 0; i < count; i++) {
    const score = most === least ? MAX_NODE_SCORE : ((scores[i] as number) - least) * (MAX_NODE_SCORE / (most - least));
    scores[i] = cuts ? Math.trunc(score) : score;
  }
}

/** The slot for which `measure` is least, the first of several. */
function leastOf(slots: Int32Array, count: number, measure: (slot: number) => number): number {
  let best = slots[0] as number;
  let least = measure(best);
  for (let i = 1; i < count; i++) {
    const slot = slots[i] as number;
    const value = measure(slot);
    if (value >= least) continue;
    least = value;
    best = slot;
  }
  return best;
}
