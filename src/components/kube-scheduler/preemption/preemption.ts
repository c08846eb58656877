/**
 * DefaultPreemption: for a pod that fits nowhere, the node where the removal of the least important pods makes room.
 * K:pkg/scheduler/framework/preemption/preemption.go (Preempt), K:pkg/scheduler/framework/plugins/defaultpreemption.
 *
 * Decided on what is known when the cycle starts. What follows, the removal itself, is in evictions.ts. Nodes are tried from a random one on, as many
 * at once as the scheduler has cores for, until there are enough candidates. Extenders have their say before one of them is picked.
 */
import type { RandomStream, ValuesOf } from '../../../engine/index.ts';
import { Lockstep } from '../algorithms/lockstep.ts';
import { preFilter } from '../algorithms/pre-filter.ts';
import type { Extenders } from '../extenders/extenders.ts';
import type { kubeSchedulerParameters } from '../kube-scheduler.parameters.ts';
import { NodeCheck } from '../node-check.ts';
import type { NodeColumns } from '../node-columns.ts';
import type { Nominations } from '../nominations.ts';
import type { Profile, ProfileFilter } from '../profile.ts';
import type { QueuedPod } from '../queued-pod.ts';
import { type Candidate, chooseCandidate } from './candidate.ts';
import { DryRun, type PlacedVictims, type Preemptor } from './dry-run.ts';
import { isUnresolvable, potentialNodes } from './potential-nodes.ts';
import type { VictimBudget } from './victim.ts';

/** The whole of a share in percent. */
const PERCENT = 100;

/** What preemption asks its scheduler. */
export interface PreemptionView extends PlacedVictims {
  /** Whether a pod that was preempted before is still on its way out on this node, with a priority below the one given. */
  hasTerminatingVictim(slot: number, priority: number): boolean;
  /** Disruption budgets. */
  budgets(): readonly VictimBudget[];
}

/** What preemption works with. */
export interface PreemptionOptions {
  readonly nodes: NodeColumns;
  readonly nominations: Nominations;
  readonly view: PreemptionView;
  /** Services that are asked about victims; undefined = there are none. */
  readonly extenders?: Extenders | undefined;
  readonly parameters: ValuesOf<typeof kubeSchedulerParameters>;
  readonly parallelism: number;
  /** How many of its goroutines run at once. */
  readonly goroutines: number;
  /** Where the search for candidates begins. */
  readonly offsets: RandomStream;
}

/** What became of an attempt to preempt. */
export interface PreemptionResult {
  /** It may not preempt (now), and keeps its nomination; no removal would help; a node was found. */
  readonly outcome: 'notEligible' | 'noCandidate' | 'found';
  readonly candidate?: Candidate;
  /** Nodes on which a dry run was made, and runs of all filters over one node in them. */
  readonly dryRuns: number;
  readonly filterRuns: number;
  /** Time for which extenders were asked [ns]. */
  readonly extenderTime: number;
}

/** A pod that may not preempt. */
const NOT_ELIGIBLE: PreemptionResult = { outcome: 'notEligible', dryRuns: 0, filterRuns: 0, extenderTime: 0 };

/** Preemption of one scheduler. */
export class Preemption {
  private readonly options: PreemptionOptions;
  private readonly check: NodeCheck;
  private readonly dryRun: DryRun;

  constructor(options: PreemptionOptions) {
    this.options = options;
    this.check = new NodeCheck(options.nominations);
    this.dryRun = new DryRun(options.view, this.check);
  }

  /** Looks for a node for a pod for which there is none as things stand. `nominated`: slot that its status names, negative = none. */
  evaluate(pod: QueuedPod, nominated: number): PreemptionResult {
    const { nodes, nominations } = this.options;
    const { active, narrowed } = preFilter(pod.requirements, pod.profile);
    if (!this.isEligible(pod, nominated, active)) return NOT_ELIGIBLE;
    const { order } = nodes;
    const slots = narrowed === undefined ? order.slots() : Int32Array.from(narrowed);
    const count = narrowed === undefined ? order.count : narrowed.length;
    const potential = potentialNodes(pod.requirements, active, slots, count, nominations);
    if (potential.length === 0) return { ...NOT_ELIGIBLE, outcome: 'noCandidate' };
    return this.search({ requirements: pod.requirements, key: pod.key, filters: active }, potential, pod.profile);
  }

  /**
   * PodEligibleToPreemptOthers: not with policy Never, and not while pods that it preempted before are still on their way out; unless its
   * nominated node has meanwhile become one that no removal makes fit.
   */
  private isEligible({ requirements, key }: QueuedPod, slot: number, filters: readonly ProfileFilter[]): boolean {
    const { template } = requirements;
    if (template.preemptionPolicy === 'Never') return false;
    if (slot < 0 || !this.options.nodes.isKnown(slot)) return true;
    const rejector = this.check.rejector(requirements, key, filters, slot);
    const rejecting = filters.find(({ number }) => number === rejector);
    if (rejecting !== undefined && isUnresolvable(rejecting.filter, requirements, slot)) return true;
    return !this.options.view.hasTerminatingVictim(slot, template.priority);
  }

  private search(preemptor: Preemptor, potential: readonly number[], profile: Profile): PreemptionResult {
    const { parallelism, goroutines, offsets, view } = this.options;
    const budgets = view.budgets();
    const runsBefore = this.check.runs;
    const wanted = this.candidatesWanted(potential.length, profile);
    const offset = Math.floor(offsets.next() * potential.length);
    const violating: Candidate[] = [];
    const others: Candidate[] = [];
    const lockstep = new Lockstep(potential.length, parallelism, goroutines);
    for (let piece = lockstep.next(); piece >= 0; piece = lockstep.next()) {
      const slot = potential[(offset + piece) % potential.length] as number;
      const candidate = this.dryRun.on(slot, preemptor, budgets);
      if (candidate === undefined) continue;
      const list = candidate.violations > 0 ? violating : others;
      if (list.length < wanted) list.push(candidate);
      if (others.length > 0 && others.length + violating.length >= wanted) lockstep.stop();
    }
    const filterRuns = this.check.runs - runsBefore;
    const { accepted, extenderTime } = this.askExtenders(preemptor, [...others, ...violating]);
    const best = chooseCandidate(accepted);
    const work = { dryRuns: lockstep.done, filterRuns, extenderTime };
    return best === undefined ? { outcome: 'noCandidate', ...work } : { outcome: 'found', candidate: best, ...work };
  }

  /** Candidates that extenders accept (callExtenders): none if one that matters fails. */
  private askExtenders(
    { requirements, key }: Preemptor,
    candidates: readonly Candidate[],
  ): { readonly accepted: readonly Candidate[]; readonly extenderTime: number } {
    const { extenders } = this.options;
    if (extenders === undefined || candidates.length === 0) return { accepted: candidates, extenderTime: 0 };
    const slots = Int32Array.from(candidates, ({ slot }) => slot);
    const { kept, span } = extenders.preempt(requirements, key, slots, slots.length);
    const accepted = new Set(slots.subarray(0, kept));
    return { accepted: candidates.filter(({ slot }) => accepted.has(slot)), extenderTime: span };
  }

  /** calculateNumCandidates. */
  private candidatesWanted(potential: number, { preemption }: Profile): number {
    const { preemptionMinCandidatesPercent, preemptionMinCandidates } = this.options.parameters;
    const percentage = preemption.minCandidateNodesPercentage ?? preemptionMinCandidatesPercent;
    const least = preemption.minCandidateNodesAbsolute ?? preemptionMinCandidates;
    return Math.min(Math.max(Math.floor((potential * percentage) / PERCENT), least), potential);
  }
}
