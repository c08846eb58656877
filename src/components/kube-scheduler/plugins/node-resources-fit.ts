/**
 * NodeResourcesFit: a pod goes only where its requests fit; how free or full the node would be rates it.
 * K:pkg/scheduler/framework/plugins/noderesources/fit.go. Filtering compares true requests, scoring counts defaults where none are stated.
 */
import type { FitScoring } from '../configuration.ts';
import type { FilterPlugin, NodeFacts, Plugin, ScorePlugin } from '../framework.ts';
import type { NodeColumns } from '../node-columns.ts';
import type { PodRequirements } from '../pod-requirements.ts';
import { type ResourceScore, resourceScoreOf } from './fit-strategies.ts';
import type { PluginContext, PluginDefinition } from './plugin-definition.ts';
import { RememberedRatings, type SlotRater } from './remembered-ratings.ts';
import { ScoredResources } from './scored-resources.ts';

/** The filter. */
class Fit implements FilterPlugin, SlotRater {
  private readonly nodes: NodeColumns;
  private readonly remembered: RememberedRatings;
  /** The pod for which slots are being rated: 1 = it fits. */
  private pod: PodRequirements | undefined;
  readonly filterTime: number;

  constructor(nodes: NodeColumns, filterTime: number) {
    this.nodes = nodes;
    this.filterTime = filterTime;
    this.remembered = new RememberedRatings(nodes);
  }

  admits(pod: PodRequirements, node: NodeFacts): boolean {
    const { allocatable, requested } = node;
    if (node.pods + 1 > node.allowedPods) return false;
    // A request of 0 fits even a node that is over-committed.
    if (pod.cpu > 0 && pod.cpu > allocatable.cpu - requested.cpu) return false;
    if (pod.memory > 0 && pod.memory > allocatable.memory - requested.memory) return false;
    const storage = allocatable.ephemeralStorage - requested.ephemeralStorage;
    if (pod.ephemeralStorage > 0 && pod.ephemeralStorage > storage) return false;
    return pod.extended.every(({ resource, amount }) => {
      const name = this.nodes.extendedNames[resource] as string;
      return amount <= (allocatable.extended[name] ?? 0) - (requested.extended[name] ?? 0);
    });
  }

  skips(): boolean {
    return false;
  }

  keep(pod: PodRequirements, slots: Int32Array, count: number): number {
    this.pod = pod;
    return this.remembered.keepRated(pod.shape, this, slots, count);
  }

  rateSlot(slot: number): number {
    const { nodes } = this;
    const { cpu, memory, ephemeralStorage, extended } = this.pod as PodRequirements;
    if ((nodes.pods[slot] as number) + 1 > (nodes.allowedPods[slot] as number)) return 0;
    if (lacks(cpu, nodes.allocatableCpu, nodes.requestedCpu, slot)) return 0;
    if (lacks(memory, nodes.allocatableMemory, nodes.requestedMemory, slot)) return 0;
    if (lacks(ephemeralStorage, nodes.allocatableStorage, nodes.requestedStorage, slot)) return 0;
    for (let i = 0; i < extended.length; i++) {
      const { resource, amount } = extended[i] as { resource: number; amount: number };
      const allocatable = nodes.allocatableExtended[resource];
      const requested = nodes.requestedExtended[resource];
      // Without columns no node has any of it.
      if (allocatable === undefined || requested === undefined) return 0;
      if (lacks(amount, allocatable, requested, slot)) return 0;
    }
    return 1;
  }

  /** More is asked for than the node has when nothing is on it. */
  unresolvable(pod: PodRequirements, slot: number): boolean {
    const { allocatableCpu, allocatableMemory, allocatableStorage, allocatableExtended } = this.nodes;
    return (
      pod.cpu > (allocatableCpu[slot] as number) ||
      pod.memory > (allocatableMemory[slot] as number) ||
      pod.ephemeralStorage > (allocatableStorage[slot] as number) ||
      pod.extended.some(({ resource, amount }) => amount > (allocatableExtended[resource]?.[slot] ?? 0))
    );
  }

  /** fit.go:isSchedulableAfterNodeEvent: the pod fits the node's whole allocatable, and something that it requests has grown. */
  helpedByNode(pod: PodRequirements, node: NodeFacts, before: NodeFacts | undefined): boolean {
    if (!this.admits(pod, { ...node, requested: NOTHING_REQUESTED, pods: 0 })) return false;
    return before === undefined || this.hasGrown(pod, node, before);
  }

  helpedByDeletion(): boolean {
    return true;
  }

  private hasGrown(pod: PodRequirements, node: NodeFacts, before: NodeFacts): boolean {
    const [now, then] = [node.allocatable, before.allocatable];
    return (
      node.allowedPods > before.allowedPods ||
      (pod.cpu > 0 && now.cpu > then.cpu) ||
      (pod.memory > 0 && now.memory > then.memory) ||
      (pod.ephemeralStorage > 0 && now.ephemeralStorage > then.ephemeralStorage) ||
      pod.extended.some(({ resource }) => {
        const name = this.nodes.extendedNames[resource] as string;
        return (now.extended[name] ?? 0) > (then.extended[name] ?? 0);
      })
    );
  }
}

/** The score, by the strategy of the profile. */
class FitScore implements ScorePlugin, SlotRater {
  readonly normalisation = 'none';
  private readonly resources: ScoredResources;
  private readonly scoreOf: ResourceScore;
  /** Whether resources that score 0 are left out of the mean, which is rounded (RequestedToCapacityRatio). */
  private readonly leavesOutZeros: boolean;
  private readonly remembered: RememberedRatings;
  readonly scoreTime: number;

  constructor(nodes: NodeColumns, scoring: FitScoring, scoreTime: number) {
    this.scoreTime = scoreTime;
    this.resources = new ScoredResources(nodes, scoring.resources, true);
    this.scoreOf = resourceScoreOf(scoring);
    this.leavesOutZeros = scoring.strategy === 'RequestedToCapacityRatio';
    this.remembered = new RememberedRatings(nodes);
  }

  skipsScore(): boolean {
    return false;
  }

  rate(pod: PodRequirements, node: NodeFacts): number {
    let sum = 0;
    let weights = 0;
    for (const { weight, request, capacity, used } of this.resources.readingsOf(pod, node)) {
      const score = this.scoreOf(used + request, capacity);
      if (this.leavesOutZeros && score === 0) continue;
      sum += score * weight;
      weights += weight;
    }
    return this.mean(sum, weights);
  }

  rateAll(pod: PodRequirements, slots: Int32Array, count: number, scores: Float64Array): void {
    this.resources.prepare(pod);
    this.remembered.rateAll(pod.shape, this, slots, count, scores);
  }

  rateSlot(slot: number): number {
    const { count, allocatable, requested, requests, weights: weightOf } = this.resources;
    let sum = 0;
    let weights = 0;
    for (let r = 0; r < count; r++) {
      const capacity = (allocatable[r] as Float64Array)[slot] as number;
      if (capacity === 0) continue;
      const used = (requested[r] as Float64Array)[slot] as number;
      const score = this.scoreOf(used + (requests[r] as number), capacity);
      if (this.leavesOutZeros && score === 0) continue;
      sum += score * (weightOf[r] as number);
      weights += weightOf[r] as number;
    }
    return this.mean(sum, weights);
  }

  private mean(sum: number, weights: number): number {
    if (weights === 0) return 0;
    return this.leavesOutZeros ? Math.round(sum / weights) : Math.floor(sum / weights);
  }
}

/** Sums of a node on which nothing is placed. */
const NOTHING_REQUESTED = { cpu: 0, memory: 0, ephemeralStorage: 0, extended: {} } as const;

/** Whether a node has less than `amount` left of a resource; of nothing there is always enough. */
function lacks(amount: number, allocatable: Float64Array, requested: Float64Array, slot: number): boolean {
  return amount > 0 && amount > (allocatable[slot] as number) - (requested[slot] as number);
}

export const nodeResourcesFit: PluginDefinition = {
  help: 'Keeps pods off nodes where their requests do not fit, and prefers free nodes (or full ones, by its scoring strategy).',
  points: ['preFilter', 'filter', 'preScore', 'score'],
  defaultWeight: 1,
  create: ({ nodes, arguments: { nodeResourcesFit: scoring }, parameters }: PluginContext): Plugin => ({
    filter: new Fit(nodes, parameters.resourceFilterTime),
    score: new FitScore(nodes, scoring, parameters.resourceScoreTime),
  }),
};
