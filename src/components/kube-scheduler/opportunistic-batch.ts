/**
 * Opportunistic batching: the ranking that was made for one pod serves the next ones that are like it, as long as each of them fills its node.
 * K:pkg/scheduler/framework/runtime/batch.go, with the signatures of K:staging kube-scheduler/framework/signers.go (1.35 and later, beta and on).
 *
 * A ranking is used if the pod has the signature of the one that it was made for, comes in the very next cycle, within {@link MOST_AGE}, and does not fit
 * where the last one went: if it did, nobody would know how that node compares with the others now. Its first node is then checked by the filters alone.
 * Pods are not signed whose place depends on other pods: those with rules about them or with claims on devices, and all pods of a profile with default
 * constraints for spreading. The default profile has such constraints, so that batching takes a configuration without them.
 *
 * Simplification: upstream signs what each plugin of the profile reads; here all that plugins of the default profile read is signed.
 */
import { type Decision, NO_NODE, type RankingBatch } from './algorithms/scheduling-algorithm.ts';
import type { PodRequirements } from './pod-requirements.ts';
import type { Profile } from './profile.ts';

/** How a ranking was of use to a pod. */
export type BatchResult = 'hint_used' | 'hint_not_used' | 'no_hint';
/** Why a ranking was of none, or none was kept. */
export type FlushReason =
  | 'pod_skipped'
  | 'pod_incompatible'
  | 'pod_not_batchable'
  | 'node_missing'
  | 'node_not_full'
  | 'empty_list'
  | 'expired';

/** What batching asks its scheduler. */
export interface BatchSurroundings {
  /** Virtual time [ns]. */
  now(): number;
  /** Whether a node is known. */
  isKnown(slot: number): boolean;
  /** A random number from 0 to 1, by which equals are told apart. */
  draw(): number;
  attempted(profile: string, result: BatchResult): void;
  flushed(profile: string, reason: FlushReason): void;
}

/** For how long a ranking serves (maxBatchAge) [ns]. */
const MOST_AGE = 500_000_000;
/** The number of a pod that is not signed. */
const UNSIGNED = -1;

/** A ranking of nodes that is left after the best one was taken. */
interface Ranking {
  readonly signature: number;
  readonly madeAt: number;
  readonly slots: Int32Array;
  readonly totals: Float64Array;
  /** Nodes that are left, state: they come first in the two lists. */
  left: number;
}

/** What is kept of each profile. */
interface ProfileState {
  ranking: Ranking | undefined;
  /** The last cycle in which a node was found, and the node. */
  cycle: number;
  chosen: number;
}

/** The rankings of one scheduler. */
export class OpportunisticBatch implements RankingBatch {
  private readonly surroundings: BatchSurroundings;
  private readonly states = new Map<Profile, ProfileState>();
  /** Number of each signature, and by requirements the number of theirs, for profiles that sign labels and for those that do not. */
  private readonly numbers = new Map<string, number>();
  private readonly known: [number[], number[]] = [[], []];

  constructor(surroundings: BatchSurroundings) {
    this.surroundings = surroundings;
  }

  hint(pod: PodRequirements, profile: Profile, cycle: number, isFull: (slot: number) => boolean): number {
    const state = this.stateOf(profile);
    const { ranking } = state;
    const reason =
      ranking === undefined || ranking.left === 0 ? 'none' : this.obstacle(pod, profile, cycle, state, isFull);
    if (reason !== undefined) {
      if (reason !== 'none') this.surroundings.flushed(profile.name, reason);
      this.surroundings.attempted(profile.name, 'no_hint');
      return NO_NODE;
    }
    return takeBest(ranking as Ranking, this.surroundings.draw());
  }

  private obstacle(
    pod: PodRequirements,
    profile: Profile,
    cycle: number,
    { ranking, cycle: last, chosen }: ProfileState,
    isFull: (slot: number) => boolean,
  ): FlushReason | undefined {
    const { signature, madeAt } = ranking as Ranking;
    if (cycle !== last + 1) return 'pod_skipped';
    if (signature !== this.signature(pod, profile)) return 'pod_incompatible';
    if (this.surroundings.now() > madeAt + MOST_AGE) return 'expired';
    if (!this.surroundings.isKnown(chosen)) return 'node_missing';
    return isFull(chosen) ? undefined : 'node_not_full';
  }

  store(
    pod: PodRequirements,
    profile: Profile,
    cycle: number,
    { hint, node, scored }: Decision,
    slots: Int32Array,
    totals: Float64Array,
  ): void {
    const { surroundings } = this;
    const state = this.stateOf(profile);
    state.cycle = cycle;
    state.chosen = node;
    if (hint === node) {
      surroundings.attempted(profile.name, 'hint_used');
      return;
    }
    if (hint !== NO_NODE) surroundings.attempted(profile.name, 'hint_not_used');
    const signature = this.signature(pod, profile);
    state.ranking = undefined;
    if (scored <= 1) surroundings.flushed(profile.name, 'empty_list');
    else if (signature === UNSIGNED) surroundings.flushed(profile.name, 'pod_not_batchable');
    else state.ranking = rankingWithout(node, signature, surroundings.now(), slots, totals, scored);
  }

  private stateOf(profile: Profile): ProfileState {
    let state = this.states.get(profile);
    if (state === undefined) {
      state = { ranking: undefined, cycle: Number.NEGATIVE_INFINITY, chosen: NO_NODE };
      this.states.set(profile, state);
    }
    return state;
  }

  private signature(pod: PodRequirements, { signing }: Profile): number {
    if (signing === undefined) return UNSIGNED;
    const known = this.known[signing.labels ? 1 : 0];
    let number = known[pod.id];
    if (number === undefined) {
      number = this.sign(pod, signing.labels);
      known[pod.id] = number;
    }
    return number;
  }

  private sign(
    { template, labels, shape, nonZeroCpu, nonZeroMemory, hostPorts }: PodRequirements,
    withLabels: boolean,
  ): number {
    const { podAffinity, podAntiAffinity, topologySpread = [], resourceClaims = [], tolerations, volumes } = template;
    if (podAffinity !== undefined || podAntiAffinity !== undefined) return UNSIGNED;
    if (topologySpread.length + resourceClaims.length > 0) return UNSIGNED;
    const { nodeSelector, nodeAffinity, nodeName, containers, initContainers } = template;
    const images = [...initContainers, ...containers].map(({ image }) => image);
    const requests = [shape, nonZeroCpu, nonZeroMemory, hostPorts];
    const read = [
      requests,
      tolerations,
      nodeSelector,
      nodeAffinity,
      nodeName,
      images,
      volumes,
      withLabels ? labels : {},
    ];
    const text = JSON.stringify(read);
    let number = this.numbers.get(text);
    if (number === undefined) {
      number = this.numbers.size;
      this.numbers.set(text, number);
    }
    return number;
  }
}

function rankingWithout(
  chosen: number,
  signature: number,
  madeAt: number,
  slots: Int32Array,
  totals: Float64Array,
  count: number,
): Ranking {
  const ranking = { signature, madeAt, slots: slots.slice(0, count), totals: totals.slice(0, count), left: count };
  drop(ranking, ranking.slots.indexOf(chosen));
  return ranking;
}

/** Takes the node with the highest total out of a ranking, any of those that have it. */
function takeBest(ranking: Ranking, draw: number): number {
  const { slots, totals, left } = ranking;
  let ties = 0;
  let best = 0;
  for (let i = 0; i < left; i++) {
    const total = totals[i] as number;
    if (ties === 0 || total > best) {
      best = total;
      ties = 1;
    } else if (total === best) {
      ties++;
    }
  }
  let place = -1;
  for (let passed = Math.floor(draw * ties); passed >= 0; passed--) place = totals.indexOf(best, place + 1);
  const slot = slots[place] as number;
  drop(ranking, place);
  return slot;
}

/** The last of those that are left takes the place. */
function drop(ranking: Ranking, place: number): void {
  ranking.left--;
  ranking.slots[place] = ranking.slots[ranking.left] as number;
  ranking.totals[place] = ranking.totals[ranking.left] as number;
}
