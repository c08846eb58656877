/**
 * Finding the nodes that a pod fits: the filters of its profile, and its GPUs. Choosers other than kube-scheduler's own take their candidates from here.
 * As kube-scheduler does, a search with a share of nodes goes on where the last one ended.
 */
import type { PodRequirements } from '../pod-requirements.ts';
import type { Profile } from '../profile.ts';
import { adaptiveShare, PERCENT } from './node-share.ts';
import { type CalledFilter, preFilter, runFilters } from './pre-filter.ts';
import type { AlgorithmContext, Decision } from './scheduling-algorithm.ts';

/** Nodes that are filtered together where one may be enough. */
const SMALL_CHUNK = 64;

/** Nodes to look through. */
export interface SearchOrder {
  readonly slots: Int32Array;
  /** Slots in it. */
  readonly total: number;
  /** Place at which it begins, below `total`. */
  readonly from: number;
  /** Feasible nodes that are enough. */
  readonly wanted: number;
}

/** The search. */
export class NodeSearch {
  /** Slots of the nodes found, in the order in which they were looked at; {@link count} of them are valid. */
  found = new Int32Array(0);
  count = 0;
  private readonly context: AlgorithmContext;
  /** Share of nodes that is enough [%]; 0 = adaptive. */
  private readonly share: number;
  /** Place in the order of nodes at which the next search begins, state. */
  private start = 0;
  /** Filters that are called for the pod. */
  private called: readonly CalledFilter[] = [];

  constructor(context: AlgorithmContext) {
    this.context = context;
    this.share = (context.settings.nodeSampling as number | undefined) ?? PERCENT;
  }

  /** Finds all feasible nodes, or the share of them that is enough. */
  all(pod: PodRequirements, profile: Profile, decision: Decision): void {
    const { order } = this.context.nodes;
    const total = order.count;
    const wanted = this.wanted(total);
    const isSampled = wanted < total;
    const from = isSampled ? this.start % total : 0;
    this.through(pod, profile, decision, { slots: order.slots(), total, from, wanted });
    if (isSampled) this.start = from + decision.examined;
  }

  /** Looks through nodes in an order until so many are found. */
  through(
    pod: PodRequirements,
    profile: Profile,
    decision: Decision,
    { slots, total, from, wanted }: SearchOrder,
  ): void {
    const { nodes } = this.context;
    if (this.found.length < nodes.capacity) this.found = new Int32Array(nodes.capacity);
    nodes.gpus.ensure(nodes.capacity - 1);
    this.count = 0;
    const { called, narrowed, narrowedBy, work } = preFilter(pod, profile);
    this.called = called;
    decision.preFilterWork = work;
    decision.rejectors |= narrowedBy;
    if (narrowed === undefined) this.search(pod, slots, total, from, wanted, decision);
    else this.search(pod, Int32Array.from(narrowed), narrowed.length, 0, wanted, decision);
  }

  private wanted(total: number): number {
    const { minFeasibleNodes } = this.context.parameters;
    if (this.share === PERCENT || total < minFeasibleNodes) return total;
    return adaptiveShare(total, this.share, this.context.parameters);
  }

  /** Filters from place `from` on, in chunks, until `wanted` nodes are found or all were looked at. */
  private search(
    pod: PodRequirements,
    order: Int32Array,
    total: number,
    from: number,
    wanted: number,
    decision: Decision,
  ): void {
    const { found } = this;
    while (decision.examined < total && this.count < wanted) {
      const begin = this.count;
      const length = Math.min(Math.max(wanted - begin, SMALL_CHUNK), total - decision.examined);
      const first = from + decision.examined;
      for (let i = 0; i < length; i++) {
        const place = first + i;
        found[begin + i] = order[place < total ? place : place - total] as number;
      }
      const kept = this.filter(pod, found.subarray(begin, begin + length), length, decision);
      this.count += Math.min(kept, wanted - begin);
      if (this.count < wanted) decision.examined += length;
      else decision.examined += placesUpTo(order, total, first, found[this.count - 1] as number);
    }
    decision.feasible = this.count;
  }

  private filter(pod: PodRequirements, slots: Int32Array, length: number, decision: Decision): number {
    const kept = runFilters(this.called, pod, slots, length, decision, this.context.parameters.filterCallTime);
    return pod.gpu === undefined ? kept : this.context.nodes.gpus.keep(pod.gpu, slots, kept);
  }
}

/** Places from `first` on up to the one that holds a slot, which is among them. */
function placesUpTo(order: Int32Array, total: number, first: number, slot: number): number {
  let place = first;
  while (order[place < total ? place : place - total] !== slot) place++;
  return place + 1 - first;
}
