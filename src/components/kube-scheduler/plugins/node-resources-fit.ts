/**
 * NodeResourcesFit: a pod goes only where its requests fit; how free or full the node would be rates it.
 * K:pkg/scheduler/framework/plugins/noderesources/fit.go. Filtering compares true requests, scoring counts defaults where none are stated.
 */
import type { FitScoring } from '../configuration.ts';
import { type FilterPlugin, MAX_NODE_SCORE, type NodeFacts, type Plugin, type ScorePlugin } from '../framework.ts';
import type { NodeColumns } from '../node-columns.ts';
import type { PodRequirements } from '../pod-requirements.ts';
import { type ResourceScore, resourceScoreOf } from './fit-strategies.ts';
import type { PluginContext, PluginDefinition } from './plugin-definition.ts';
import { type ResourceReader, resourceReaders } from './resource-readers.ts';

class NodeResourcesFit implements FilterPlugin, ScorePlugin {
  readonly normalisation = 'none';
  private readonly nodes: NodeColumns;
  private readonly extendedNames: readonly string[];
  private readonly resources: readonly ResourceReader[];
  private readonly strategy: FitScoring['strategy'];
  private readonly scoreOf: ResourceScore;
  /** Whether resources that score 0 are left out of the mean, which is rounded (RequestedToCapacityRatio). */
  private readonly leavesOutZeros: boolean;
  /** Weighted sums of scores and sums of weights of the nodes being rated. */
  private sums = new Float64Array(0);
  private weights = new Float64Array(0);

  constructor(nodes: NodeColumns, scoring: FitScoring) {
    this.nodes = nodes;
    this.extendedNames = nodes.extendedNames;
    this.resources = resourceReaders(nodes, scoring.resources, true);
    this.strategy = scoring.strategy;
    this.scoreOf = resourceScoreOf(scoring);
    this.leavesOutZeros = scoring.strategy === 'RequestedToCapacityRatio';
  }

  // ---- filter ------------------------------------------------------------------------------------------------------------------

  admits(pod: PodRequirements, node: NodeFacts): boolean {
    const { allocatable, requested } = node;
    if (node.pods + 1 > node.allowedPods) return false;
    // A request of 0 fits even a node that is over-committed.
    if (pod.cpu > 0 && pod.cpu > allocatable.cpu - requested.cpu) return false;
    if (pod.memory > 0 && pod.memory > allocatable.memory - requested.memory) return false;
    const storage = allocatable.ephemeralStorage - requested.ephemeralStorage;
    if (pod.ephemeralStorage > 0 && pod.ephemeralStorage > storage) return false;
    return pod.extended.every(({ resource, amount }) => {
      const name = this.extendedNames[resource] as string;
      return amount <= (allocatable.extended[name] ?? 0) - (requested.extended[name] ?? 0);
    });
  }

  skips(): boolean {
    return false;
  }

  keep(pod: PodRequirements, slots: Int32Array, count: number): number {
    let kept = this.keepByPodsCpuAndMemory(pod, slots, count);
    if (pod.ephemeralStorage > 0) {
      const { allocatableStorage, requestedStorage } = this.nodes;
      kept = keepWithRoom(slots, kept, pod.ephemeralStorage, allocatableStorage, requestedStorage);
    }
    for (const { resource, amount } of pod.extended) {
      const allocatable = this.nodes.allocatableExtended[resource];
      const requested = this.nodes.requestedExtended[resource];
      // Without columns no node has any of it.
      if (allocatable === undefined || requested === undefined) return 0;
      kept = keepWithRoom(slots, kept, amount, allocatable, requested);
    }
    return kept;
  }

  /** The usual three in one pass: this is the hottest loop of the filters. */
  private keepByPodsCpuAndMemory({ cpu, memory }: PodRequirements, slots: Int32Array, count: number): number {
    const { pods, allowedPods, allocatableCpu, requestedCpu, allocatableMemory, requestedMemory } = this.nodes;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const slot = slots[i] as number;
      if ((pods[slot] as number) >= (allowedPods[slot] as number)) continue;
      if (cpu > 0 && cpu > (allocatableCpu[slot] as number) - (requestedCpu[slot] as number)) continue;
      if (memory > 0 && memory > (allocatableMemory[slot] as number) - (requestedMemory[slot] as number)) continue;
      slots[kept++] = slot;
    }
    return kept;
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
        const name = this.extendedNames[resource] as string;
        return (now.extended[name] ?? 0) > (then.extended[name] ?? 0);
      })
    );
  }

  // ---- score -------------------------------------------------------------------------------------------------------------------

  skipsScore(): boolean {
    return false;
  }

  rate(pod: PodRequirements, node: NodeFacts): number {
    let sum = 0;
    let weights = 0;
    for (const reader of this.resources) {
      const request = reader.request(pod);
      const capacity = reader.allocatable(node);
      if (request === undefined || capacity === 0) continue;
      const score = this.scoreOf(reader.requested(node) + request, capacity);
      if (this.leavesOutZeros && score === 0) continue;
      sum += score * reader.weight;
      weights += reader.weight;
    }
    return this.mean(sum, weights);
  }

  rateAll(pod: PodRequirements, slots: Int32Array, count: number, scores: Float64Array): void {
    const [first, second] = this.resources;
    const isUsual = this.strategy !== 'RequestedToCapacityRatio' && this.resources.length === 2;
    const requestA = first?.request(pod);
    const requestB = second?.request(pod);
    if (!isUsual || requestA === undefined || requestB === undefined) {
      this.rateByMany(pod, slots, count, scores);
    } else {
      const rateByTwo = this.strategy === 'LeastAllocated' ? leastByTwo : mostByTwo;
      rateByTwo(first as ResourceReader, requestA, second as ResourceReader, requestB, slots, count, scores);
    }
  }

  private rateByMany(pod: PodRequirements, slots: Int32Array, count: number, scores: Float64Array): void {
    if (this.sums.length < count) {
      this.sums = new Float64Array(scores.length);
      this.weights = new Float64Array(scores.length);
    }
    const { sums, weights } = this;
    sums.fill(0, 0, count);
    weights.fill(0, 0, count);
    for (const reader of this.resources) {
      const request = reader.request(pod);
      if (request !== undefined) this.addScores(reader, request, slots, count);
    }
    for (let i = 0; i < count; i++) scores[i] = this.mean(sums[i] as number, weights[i] as number);
  }

  private addScores(reader: ResourceReader, request: number, slots: Int32Array, count: number): void {
    const { sums, weights, scoreOf, leavesOutZeros } = this;
    const { weight } = reader;
    const allocatable = reader.allocatableColumn();
    const requested = reader.requestedColumn();
    for (let i = 0; i < count; i++) {
      const slot = slots[i] as number;
      const capacity = allocatable[slot] as number;
      if (capacity === 0) continue;
      const score = scoreOf((requested[slot] as number) + request, capacity);
      if (leavesOutZeros && score === 0) continue;
      sums[i] = (sums[i] as number) + score * weight;
      weights[i] = (weights[i] as number) + weight;
    }
  }

  private mean(sum: number, weights: number): number {
    if (weights === 0) return 0;
    return this.leavesOutZeros ? Math.round(sum / weights) : Math.floor(sum / weights);
  }
}

/** Sums of a node on which nothing is placed. */
const NOTHING_REQUESTED = { cpu: 0, memory: 0, ephemeralStorage: 0, extended: {} } as const;

/** Keeps the slots that have `amount` left of a resource. */
function keepWithRoom(
  slots: Int32Array,
  count: number,
  amount: number,
  allocatable: Float64Array,
  requested: Float64Array,
): number {
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const slot = slots[i] as number;
    if (amount <= (allocatable[slot] as number) - (requested[slot] as number)) slots[kept++] = slot;
  }
  return kept;
}

/** {@link leastAllocated} over two resources in one pass: with CPU and memory, as by default, the hottest loop of the scores. */
function leastByTwo(
  first: ResourceReader,
  requestA: number,
  second: ResourceReader,
  requestB: number,
  slots: Int32Array,
  count: number,
  scores: Float64Array,
): void {
  const { weight: weightA } = first;
  const { weight: weightB } = second;
  const allocatableA = first.allocatableColumn();
  const allocatableB = second.allocatableColumn();
  const requestedA = first.requestedColumn();
  const requestedB = second.requestedColumn();
  for (let i = 0; i < count; i++) {
    const slot = slots[i] as number;
    const capacityA = allocatableA[slot] as number;
    const capacityB = allocatableB[slot] as number;
    const freeA = capacityA - (requestedA[slot] as number) - requestA;
    const freeB = capacityB - (requestedB[slot] as number) - requestB;
    const scoreA = freeA > 0 ? ((freeA * MAX_NODE_SCORE) / capacityA) | 0 : 0;
    const scoreB = freeB > 0 ? ((freeB * MAX_NODE_SCORE) / capacityB) | 0 : 0;
    const weights = (capacityA > 0 ? weightA : 0) + (capacityB > 0 ? weightB : 0);
    scores[i] = weights > 0 ? ((scoreA * weightA + scoreB * weightB) / weights) | 0 : 0;
  }
}

/** {@link mostAllocated} over two resources in one pass. */
function mostByTwo(
  first: ResourceReader,
  requestA: number,
  second: ResourceReader,
  requestB: number,
  slots: Int32Array,
  count: number,
  scores: Float64Array,
): void {
  const { weight: weightA } = first;
  const { weight: weightB } = second;
  const allocatableA = first.allocatableColumn();
  const allocatableB = second.allocatableColumn();
  const requestedA = first.requestedColumn();
  const requestedB = second.requestedColumn();
  for (let i = 0; i < count; i++) {
    const slot = slots[i] as number;
    const capacityA = allocatableA[slot] as number;
    const capacityB = allocatableB[slot] as number;
    const usedA = (requestedA[slot] as number) + requestA;
    const usedB = (requestedB[slot] as number) + requestB;
    const scoreA = usedA < capacityA ? ((usedA * MAX_NODE_SCORE) / capacityA) | 0 : capacityA > 0 ? MAX_NODE_SCORE : 0;
    const scoreB = usedB < capacityB ? ((usedB * MAX_NODE_SCORE) / capacityB) | 0 : capacityB > 0 ? MAX_NODE_SCORE : 0;
    const weights = (capacityA > 0 ? weightA : 0) + (capacityB > 0 ? weightB : 0);
    scores[i] = weights > 0 ? ((scoreA * weightA + scoreB * weightB) / weights) | 0 : 0;
  }
}

export const nodeResourcesFit: PluginDefinition = {
  help: 'Keeps pods off nodes where their requests do not fit, and prefers free nodes (or full ones, by its scoring strategy).',
  points: ['preFilter', 'filter', 'preScore', 'score'],
  defaultWeight: 1,
  create: ({ nodes, arguments: { nodeResourcesFit: scoring } }: PluginContext): Plugin => {
    const plugin = new NodeResourcesFit(nodes, scoring);
    return { filter: plugin, score: plugin };
  },
};
