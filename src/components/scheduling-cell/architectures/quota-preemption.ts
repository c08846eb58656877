/**
 * Whom a job may preempt to be admitted. kubernetes-sigs/kueue: pkg/scheduler/preemption (preemption.go, classical and fair).
 *
 * Candidates are jobs of less priority in the job's own queue, and jobs of queues of its cohort that borrow: others' first, those of least priority first, of
 * those the one admitted last. They are taken one after the other until the job fits; then those that turn out not to be needed are spared, the last first.
 * Without fair sharing a job reclaims from others only what lies within the nominal quota of its queue. With it, a borrower's job is preempted
 * if its queue's share without the job is not below the preemptor's share with its own (first pass), or if its share with the job is above that (second
 * pass), from the queue with the greatest share.
 */
import { amountsOf } from '../cell-totals.ts';
import type { Job } from '../job.ts';
import type { TenantQueue } from '../queue-tree.ts';
import { borrowingShare, fitsQuota, membersOf, NO_DEMAND, needsToBorrow, type QuotaDemand } from './quota.ts';

/** Who may preempt whom. */
export interface PreemptionRules {
  readonly fairSharing: boolean;
  /** Jobs of borrowing queues that can be preempted. */
  readonly reclaims: 'never' | 'lowerPriority' | 'any';
  /** Whether jobs of less priority in the same queue can be. */
  readonly withinQueue: boolean;
  queueOf(job: Job): TenantQueue;
}

/** Jobs to be preempted so that a job fits; none if that is not possible. `admitted` are all admitted jobs in the order of their admission. */
export function victimsFor(
  job: Job,
  demand: QuotaDemand,
  queue: TenantQueue,
  admitted: ReadonlySet<Job>,
  rules: PreemptionRules,
): Job[] {
  const candidates = candidatesFor(job, queue, admitted, rules);
  const victims = rules.fairSharing
    ? takeByShares(demand, queue, candidates, rules)
    : takeInOrder(demand, queue, candidates, rules);
  // What was taken out for the trial goes back in, so that only the decision is left; whoever is not needed is spared.
  const needed: Job[] = victims.fits ? spare(demand, queue, victims.taken, rules) : victims.taken;
  for (const victim of needed) count(victim, rules, 1);
  return victims.fits ? needed : [];
}

function candidatesFor(job: Job, queue: TenantQueue, admitted: ReadonlySet<Job>, rules: PreemptionRules): Job[] {
  const members = new Set(membersOf(queue));
  const { priority } = job.specification;
  const candidates = [...admitted].filter((other) => {
    const isLess = other.specification.priority < priority;
    const theirs = rules.queueOf(other);
    if (theirs === queue) return rules.withinQueue && isLess;
    if (!members.has(theirs) || !needsToBorrow(theirs, NO_DEMAND_OF_EACH)) return false;
    return rules.reclaims === 'any' || (rules.reclaims === 'lowerPriority' && isLess);
  });
  const order = new Map(candidates.map((candidate, place) => [candidate, place]));
  const isOthers = (candidate: Job) => (rules.queueOf(candidate) === queue ? 1 : 0);
  return candidates.sort(
    (a, b) =>
      isOthers(a) - isOthers(b) ||
      a.specification.priority - b.specification.priority ||
      (order.get(b) as number) - (order.get(a) as number),
  );
}

/** A demand that takes nothing, but asks about every resource: whether a queue borrows already. */
const NO_DEMAND_OF_EACH: QuotaDemand = { amounts: { cpu: 1, memory: 1, gpu: 1 }, tasks: 0 };

function takeInOrder(demand: QuotaDemand, queue: TenantQueue, candidates: readonly Job[], rules: PreemptionRules) {
  const taken: Job[] = [];
  const mayReclaim = () => !needsToBorrow(queue, demand);
  for (const candidate of candidates) {
    const theirs = rules.queueOf(candidate);
    // Others' jobs only while they borrow, and only for what is this queue's own.
    if (theirs !== queue && (!needsToBorrow(theirs, NO_DEMAND_OF_EACH) || !mayReclaim())) continue;
    count(candidate, rules, -1);
    taken.push(candidate);
    if (fitsQuota(queue, demand)) return { taken, fits: true };
  }
  return { taken, fits: false };
}

function takeByShares(demand: QuotaDemand, queue: TenantQueue, candidates: readonly Job[], rules: PreemptionRules) {
  const taken: Job[] = [];
  const left = new Set(candidates);
  for (const pass of ['without', 'with'] as const) {
    for (
      let next = fairVictim(demand, queue, left, rules, pass);
      next !== undefined;
      next = fairVictim(demand, queue, left, rules, pass)
    ) {
      left.delete(next);
      count(next, rules, -1);
      taken.push(next);
      if (fitsQuota(queue, demand)) return { taken, fits: true };
    }
  }
  return { taken, fits: false };
}

/** The next victim by shares: of the queue with the greatest share whose first candidate may be preempted. */
function fairVictim(
  demand: QuotaDemand,
  queue: TenantQueue,
  left: ReadonlySet<Job>,
  rules: PreemptionRules,
  pass: 'without' | 'with',
): Job | undefined {
  const mine = borrowingShare(queue, demand);
  const seen = new Set<TenantQueue>();
  let victim: Job | undefined;
  let greatest = Number.NEGATIVE_INFINITY;
  for (const candidate of left) {
    const theirs = rules.queueOf(candidate);
    if (theirs === queue) return victim ?? candidate;
    if (seen.has(theirs)) continue;
    seen.add(theirs);
    const share = borrowingShare(theirs, NO_DEMAND);
    count(candidate, rules, -1);
    const without = borrowingShare(theirs, NO_DEMAND);
    count(candidate, rules, 1);
    const mayBe = needsToBorrow(theirs, NO_DEMAND_OF_EACH) && (pass === 'without' ? without >= mine : share > mine);
    if (!mayBe || share <= greatest) continue;
    victim = candidate;
    greatest = share;
  }
  return victim;
}

/** Puts victims back that are not needed, the last taken first; returns the others. */
function spare(demand: QuotaDemand, queue: TenantQueue, taken: readonly Job[], rules: PreemptionRules): Job[] {
  const needed: Job[] = [];
  for (let i = taken.length - 1; i >= 0; i--) {
    const victim = taken[i] as Job;
    count(victim, rules, 1);
    if (fitsQuota(queue, demand)) continue;
    count(victim, rules, -1);
    needed.push(victim);
  }
  return needed;
}

function count(job: Job, rules: PreemptionRules, sign: 1 | -1): void {
  rules.queueOf(job).count(amountsOf(job), sign * (job.waiting + job.held + job.running));
}
