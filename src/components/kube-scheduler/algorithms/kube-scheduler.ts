/**
 * kube-scheduler's own algorithm: filter nodes from where the last search ended until enough are feasible, rate those, take the best.
 * K:pkg/scheduler/schedule_one.go (schedulePod, findNodesThatPassFilters, numFeasibleNodesToFind, prioritizeNodes, selectHost).
 *
 * The filters run over chunks of nodes, plugin by plugin; a node counts against the first plugin that rejects it, as upstream's per-node loop
 * has it.
 */
import { choice, sourceCode } from '../../../engine/index.ts';
import type { FitScoring, SchedulerConfiguration } from '../configuration.ts';
import type { Extenders } from '../extenders/extenders.ts';
import { normaliseScores } from '../framework.ts';
import { NO_FILTER, NodeCheck } from '../node-check.ts';
import type { PodRequirements } from '../pod-requirements.ts';
import type { Profile, ProfileFilter } from '../profile.ts';
import { EXTENDERS } from '../queued-pod.ts';
import { LockstepTurns } from './lockstep.ts';
import { adaptiveShare } from './node-share.ts';
import { type CalledFilter, preFilter, runFilters } from './pre-filter.ts';
import {
  type AlgorithmContext,
  type AlgorithmDefinition,
  type Decision,
  NO_NODE,
  type RankingBatch,
  type SchedulingAlgorithm,
} from './scheduling-algorithm.ts';

/** Nodes that are filtered together at least; a longer chunk is cut behind the last node that is wanted. */
const SMALLEST_CHUNK = 64;

class KubeSchedulerAlgorithm implements SchedulingAlgorithm {
  private readonly context: AlgorithmContext;
  /** Place in the order of nodes at which the next search starts, state. */
  private nextStart = 0;
  /** Filters that have something to say on the pod being scheduled, and all that upstream calls for it. */
  private active: readonly ProfileFilter[] = [];
  private called: readonly CalledFilter[] = [];
  private readonly check: NodeCheck;
  /** Pods for which it was asked so far, state. */
  private cycle = 0;
  /** Goroutines that filter, and how many of them run at once, parameter. */
  private readonly turns: LockstepTurns;
  private readonly goroutines: number;
  /** Slots of the chunk being filtered, the same before it was, and of the nodes found. */
  private chunk = new Int32Array(0);
  private unfiltered = new Int32Array(0);
  private found = new Int32Array(0);
  /** Scores of one plugin, and weighted sums, by place in `found`. */
  private scores = new Float64Array(0);
  private totals = new Float64Array(0);

  constructor(context: AlgorithmContext) {
    this.context = context;
    this.check = new NodeCheck(context.nominations);
    this.goroutines = context.goroutines ?? 1;
    this.turns = new LockstepTurns(context.parallelism ?? context.parameters.parallelism, this.goroutines);
  }

  decide(pod: PodRequirements, profile: Profile, decision: Decision): void {
    this.makeRoom();
    const { active, called, narrowed, narrowedBy, work, mergeWork } = preFilter(pod, profile);
    this.active = active;
    this.called = called;
    decision.preFilterWork = work;
    decision.mergeWork = mergeWork;
    decision.rejectors |= narrowedBy;
    const { batch } = this.context;
    this.cycle++;
    if (batch !== undefined) this.askBatch(batch, pod, profile, decision);
    this.decideOn(pod, profile, decision, narrowed);
    if (batch === undefined || decision.node === NO_NODE) return;
    batch.store(pod, profile, this.cycle, decision, this.found, this.totals);
  }

  /** GetNodeHint; upstream asks even where there is a nominated node, which is tried first. */
  private askBatch(batch: RankingBatch, pod: PodRequirements, profile: Profile, decision: Decision): void {
    const isFull = (slot: number) => this.check.rejector(pod, decision.podKey, this.active, slot) !== NO_FILTER;
    decision.wasBatched = true;
    decision.hint = batch.hint(pod, profile, this.cycle, isFull);
  }

  private decideOn(
    pod: PodRequirements,
    profile: Profile,
    decision: Decision,
    narrowed: readonly number[] | undefined,
  ): void {
    const tried = decision.nominated === NO_NODE ? decision.hint : decision.nominated;
    if (tried !== NO_NODE && this.takeTried(pod, decision, tried)) return;
    const { extenders, nodes } = this.context;
    const { order } = nodes;
    const processed =
      narrowed === undefined
        ? this.search(order.slots(), order.count, pod, profile, decision)
        : this.search(Int32Array.from(narrowed), narrowed.length, pod, profile, decision);
    if (order.count > 0) this.nextStart = (this.nextStart + processed) % order.count;
    if (extenders !== undefined) this.askExtenders(extenders, pod, this.found, decision);
    if (decision.feasible === 1) decision.node = this.found[0] as number;
    else if (decision.feasible > 1) this.choose(pod, profile, decision);
  }

  // ---- filter ------------------------------------------------------------------------------------------------------------------

  /** The node that the pod is nominated to, or that batching tells, is taken without another look if it fits (evaluateNominatedNode). */
  private takeTried(pod: PodRequirements, decision: Decision, tried: number): boolean {
    if (!this.context.nodes.isKnown(tried)) return false;
    if (this.check.rejector(pod, decision.podKey, this.active, tried) !== NO_FILTER) return false;
    decision.examined = 1;
    decision.feasible = 1;
    const { extenders } = this.context;
    this.found[0] = tried;
    // One that fails here is passed over: the search over all nodes asks again.
    if (extenders !== undefined) this.askExtenders(extenders, pod, this.found, decision);
    decision.failed = false;
    if (decision.feasible === 0) return false;
    decision.node = tried;
    return true;
  }

  /** Of the nodes found, extenders keep some (findNodesThatPassExtenders). */
  private askExtenders(extenders: Extenders, pod: PodRequirements, found: Int32Array, decision: Decision): void {
    const before = decision.feasible;
    const { kept, span, failed } = extenders.filter(pod, decision.podKey, found, before);
    decision.extenderTime += span;
    decision.failed = failed;
    decision.feasible = kept;
    if (kept === before || failed) return;
    decision.extenderRejected += before - kept;
    decision.rejectors |= EXTENDERS;
  }

  /**
   * Filters from the start index on until enough nodes are feasible or all were examined. Returns how many were processed: the search only ends with
   * one feasible node more than are wanted, which is dropped and not counted, so that the next search begins there.
   */
  private search(slots: Int32Array, total: number, pod: PodRequirements, profile: Profile, decision: Decision): number {
    const wanted = this.nodesToFind(total, profile);
    const start = total === 0 ? 0 : this.nextStart % total;
    if (this.goroutines > 1) return this.searchInTurns(slots, total, start, wanted, pod, decision);
    const { chunk, found } = this;
    let seen = 0;
    while (decision.examined < total && seen <= wanted) {
      const missing = wanted + 1 - seen;
      const length = Math.min(total - decision.examined, Math.max(missing, SMALLEST_CHUNK));
      const first = start + decision.examined;
      for (let i = 0; i < length; i++) {
        const place = first + i;
        chunk[i] = slots[place < total ? place : place - total] as number;
      }
      const kept = this.leaveToNominated(pod, this.filter(pod, length, decision), decision);
      const taken = Math.min(kept, missing);
      for (let i = 0; i < taken; i++) found[seen + i] = chunk[i] as number;
      seen += taken;
      if (seen <= wanted) decision.examined += length;
      else decision.examined = placeAfter(slots, total, first, chunk[taken - 1] as number) - start;
    }
    decision.feasible = Math.min(seen, wanted);
    return seen > wanted ? decision.examined - 1 : decision.examined;
  }

  /**
   * The same where several goroutines run at once: they go through chunks of their own, and end what they have begun when one finds enough. Here nodes
   * are filtered in lumps in the order in which that happens.
   */
  private searchInTurns(
    slots: Int32Array,
    total: number,
    start: number,
    wanted: number,
    pod: PodRequirements,
    decision: Decision,
  ): number {
    const { chunk, unfiltered, found, turns } = this;
    const order = turns.of(total);
    let rejected = 0;
    let end = total;
    let isEnough = false;
    while (decision.examined < end) {
      const first = decision.examined;
      const missing = Math.max(wanted + 1 - decision.feasible, SMALLEST_CHUNK);
      const length = Math.min(end - first, missing);
      for (let i = 0; i < length; i++) {
        const place = start + (order.pieces[first + i] as number);
        unfiltered[i] = slots[place < total ? place : place - total] as number;
        chunk[i] = unfiltered[i] as number;
      }
      const kept = this.leaveToNominated(pod, this.filter(pod, length, decision), decision);
      let passed = 0;
      for (let i = 0; i < length && first + i < end; i++) {
        decision.examined++;
        if (passed === kept || unfiltered[i] !== chunk[passed]) {
          rejected++;
          continue;
        }
        passed++;
        if (decision.feasible < wanted) {
          found[decision.feasible++] = unfiltered[i] as number;
        } else if (!isEnough) {
          isEnough = true;
          end = turns.doneAfter(order, first + i);
        }
      }
    }
    return decision.feasible + rejected;
  }

  /** Runs the filters over the first `length` slots of the chunk, and keeps those with GPUs for the pod if it shares some. */
  private filter(pod: PodRequirements, length: number, decision: Decision): number {
    const { nodes, parameters } = this.context;
    const kept = runFilters(this.called, pod, this.chunk, length, decision, parameters.filterCallTime);
    return pod.gpu === undefined ? kept : nodes.gpus.keep(pod.gpu, this.chunk, kept);
  }

  /** Of the nodes that passed, keeps those that also pass with the pods counted that are nominated there; returns how many. */
  private leaveToNominated(pod: PodRequirements, count: number, decision: Decision): number {
    const { nominations } = this.context;
    if (nominations === undefined || nominations.size === 0) return count;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const slot = this.chunk[i] as number;
      const rejector = nominations.isNominated(slot)
        ? this.check.rejector(pod, decision.podKey, this.active, slot)
        : NO_FILTER;
      if (rejector === NO_FILTER) {
        this.chunk[kept++] = slot;
      } else {
        decision.rejectors |= 1 << rejector;
        decision.rejected[rejector] = (decision.rejected[rejector] as number) + 1;
      }
    }
    return kept;
  }

  /** How many feasible nodes are enough: one will do where nothing rates them. */
  private nodesToFind(total: number, { scores, percentageOfNodesToScore }: Profile): number {
    const { minFeasibleNodes } = this.context.parameters;
    if (scores.length === 0 && this.context.extenders?.asksForNodes !== true) return 1;
    if (total < minFeasibleNodes) return total;
    return adaptiveShare(total, percentageOfNodesToScore, this.context.parameters);
  }

  // ---- score -------------------------------------------------------------------------------------------------------------------

  /** Rates the nodes found; the highest weighted sum wins, a random one of them if there are several. */
  private choose(pod: PodRequirements, profile: Profile, decision: Decision): void {
    const { found, scores, totals } = this;
    const count = decision.feasible;
    decision.scored = count;
    totals.fill(0, 0, count);
    const { scoreCallTime } = this.context.parameters;
    const { details } = decision;
    for (const { number, score, weight } of profile.scores) {
      decision.preScoreWork += score.preScoreWork?.(pod, found, count) ?? 0;
      decision.mergeWork += score.preScoreMerge?.(pod) ?? 0;
      if (score.scoresPod?.(pod) === false) continue;
      decision.scoreWork +=
        count * (scoreCallTime + (score.scoreTime ?? 0)) + (score.scoreWork?.(pod, found, count) ?? 0);
      if (score.skipsScore(pod)) continue;
      score.rateAll(pod, found, count, scores);
      normaliseScores(scores, count, score.normalisation);
      for (let i = 0; i < count; i++) totals[i] = (totals[i] as number) + weight * (scores[i] as number);
      details?.plugins.push({ number, weight, scores: [...scores.subarray(0, count)] });
    }
    decision.extenderTime += this.context.extenders?.rate(pod, decision.podKey, found, count, totals) ?? 0;
    details?.slots.push(...found.subarray(0, count));
    details?.totals.push(...totals.subarray(0, count));
    let best = 0;
    let ties = 0;
    for (let i = 0; i < count; i++) {
      const total = totals[i] as number;
      if (ties === 0 || total > best) {
        best = total;
        ties = 1;
      } else if (total === best) {
        ties++;
      }
    }
    // Always one draw, so that variants of a scenario keep their random numbers in step.
    let chosen = Math.floor(this.context.tieBreak.next() * ties);
    let place = -1;
    do if (totals[++place] === best) chosen--;
    while (chosen >= 0);
    decision.node = found[place] as number;
  }

  private makeRoom(): void {
    const { capacity } = this.context.nodes;
    if (this.chunk.length >= capacity) return;
    this.chunk = new Int32Array(capacity);
    this.unfiltered = new Int32Array(capacity);
    this.found = new Int32Array(capacity);
    this.scores = new Float64Array(capacity);
    this.totals = new Float64Array(capacity);
  }
}

/** Place behind a slot in the order, counted on from `first` without wrapping round. */
function placeAfter(slots: Int32Array, total: number, first: number, slot: number): number {
  let place = first;
  while (slots[place < total ? place : place - total] !== slot) place++;
  return place + 1;
}

/** The configuration with another scoring strategy in every profile. */
function withScoring(configuration: SchedulerConfiguration, strategy: FitScoring['strategy']): SchedulerConfiguration {
  const profiles = configuration.profiles.map((profile) => ({
    ...profile,
    arguments: { ...profile.arguments, nodeResourcesFit: { ...profile.arguments.nodeResourcesFit, strategy } },
  }));
  return { ...configuration, profiles };
}

export const kubeScheduler: AlgorithmDefinition = {
  help: 'The scheduling framework of Kubernetes with its plugins.',
  settings: {
    scoring: choice({
      help: 'Scoring strategy of NodeResourcesFit in every profile: spread pods, pack them, or as the configuration says.',
      default: 'configured',
      choices: ['configured', 'LeastAllocated', 'MostAllocated'],
      source: sourceCode('K:pkg/scheduler/apis/config/v1/defaults.go'),
    }),
  },
  configure: (configuration, { scoring }) =>
    scoring === 'configured' ? configuration : withScoring(configuration, scoring as FitScoring['strategy']),
  create: (context) => new KubeSchedulerAlgorithm(context),
};
