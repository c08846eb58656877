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
import { type ResourceReader, resourceReaders } from './resource-readers.ts';

/** The score that a change of the balance is added to, halved: balances lie in 50..100, so that scores do as well. */
const HALF_SCORE = MAX_NODE_SCORE / 2;

class BalancedAllocation implements ScorePlugin {
  readonly normalisation = 'none';
  private readonly resources: readonly ResourceReader[];
  /** Whether the score is the change of the balance (1.36) or the balance itself. */
  private readonly scoresChange: boolean;
  /** Shares of the resources of the node being rated, with and without the pod. */
  private readonly sharesWith: Float64Array;
  private readonly sharesWithout: Float64Array;

  constructor(nodes: NodeColumns, resources: readonly ResourceWeight[], scoresChange: boolean) {
    this.resources = resourceReaders(nodes, resources, false);
    this.scoresChange = scoresChange;
    this.sharesWith = new Float64Array(resources.length);
    this.sharesWithout = new Float64Array(resources.length);
  }

  /** A pod that requests none of the resources is left out: it would pile up on one node (issue 129138). */
  skipsScore(pod: PodRequirements): boolean {
    return this.resources.every((reader) => (reader.request(pod) ?? 0) === 0);
  }

  rate(pod: PodRequirements, node: NodeFacts): number {
    const withPod: number[] = [];
    const withoutPod: number[] = [];
    for (const reader of this.resources) {
      const request = reader.request(pod);
      const capacity = reader.allocatable(node);
      if (request === undefined || capacity === 0) continue;
      withPod.push(Math.min(1, (reader.requested(node) + request) / capacity));
      withoutPod.push(Math.min(1, reader.requested(node) / capacity));
    }
    const balance = balanceOf(withPod, withPod.length);
    return this.scoresChange ? scoreOfChange(balance, balanceOf(withoutPod, withoutPod.length)) : balance;
  }

  rateAll(pod: PodRequirements, slots: Int32Array, count: number, scores: Float64Array): void {
    const read = this.resources.filter((reader) => reader.request(pod) !== undefined);
    if (read.length === 2)
      this.rateByTwo(pod, read[0] as ResourceReader, read[1] as ResourceReader, slots, count, scores);
    else this.rateByMany(pod, read, slots, count, scores);
  }

  /** Two resources, as by default: the deviation is half the difference of the shares. */
  private rateByTwo(
    pod: PodRequirements,
    first: ResourceReader,
    second: ResourceReader,
    slots: Int32Array,
    count: number,
    scores: Float64Array,
  ): void {
    const { scoresChange } = this;
    const requestA = first.request(pod) as number;
    const requestB = second.request(pod) as number;
    const allocatableA = first.allocatableColumn();
    const allocatableB = second.allocatableColumn();
    const requestedA = first.requestedColumn();
    const requestedB = second.requestedColumn();
    for (let i = 0; i < count; i++) {
      const slot = slots[i] as number;
      const capacityA = allocatableA[slot] as number;
      const capacityB = allocatableB[slot] as number;
      const usedA = requestedA[slot] as number;
      const usedB = requestedB[slot] as number;
      // With one resource only there is no deviation.
      const isOne = capacityA === 0 || capacityB === 0;
      const balance = isOne ? MAX_NODE_SCORE : balanceOfTwo(usedA + requestA, capacityA, usedB + requestB, capacityB);
      if (!scoresChange) scores[i] = balance;
      else
        scores[i] = scoreOfChange(balance, isOne ? MAX_NODE_SCORE : balanceOfTwo(usedA, capacityA, usedB, capacityB));
    }
  }

  private rateByMany(
    pod: PodRequirements,
    readers: readonly ResourceReader[],
    slots: Int32Array,
    count: number,
    scores: Float64Array,
  ): void {
    const { sharesWith, sharesWithout } = this;
    const requests = readers.map((reader) => reader.request(pod) as number);
    const allocatable = readers.map((reader) => reader.allocatableColumn());
    const requested = readers.map((reader) => reader.requestedColumn());
    for (let i = 0; i < count; i++) {
      const slot = slots[i] as number;
      let shares = 0;
      for (let r = 0; r < requests.length; r++) {
        const capacity = (allocatable[r] as Float64Array)[slot] as number;
        if (capacity === 0) continue;
        const used = (requested[r] as Float64Array)[slot] as number;
        sharesWith[shares] = Math.min(1, (used + (requests[r] as number)) / capacity);
        sharesWithout[shares] = Math.min(1, used / capacity);
        shares++;
      }
      const balance = balanceOf(sharesWith, shares);
      scores[i] = this.scoresChange ? scoreOfChange(balance, balanceOf(sharesWithout, shares)) : balance;
    }
  }
}

/** 1.36: 50 and half of what the balance gained above -50. */
function scoreOfChange(withPod: number, withoutPod: number): number {
  return HALF_SCORE + Math.trunc((HALF_SCORE + withPod - withoutPod) / 2);
}

function balanceOfTwo(usedA: number, capacityA: number, usedB: number, capacityB: number): number {
  const shareA = usedA / capacityA;
  const shareB = usedB / capacityB;
  const deviation = Math.abs((Math.min(1, shareA) - Math.min(1, shareB)) / 2);
  return Math.trunc((1 - deviation) * MAX_NODE_SCORE);
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
    score: new BalancedAllocation(nodes, resources, parameters.balancedAllocation === 'change'),
  }),
};
