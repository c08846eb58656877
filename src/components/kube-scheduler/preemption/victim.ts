/** A placed pod that preemption may remove, and which of two matters more. K:pkg/scheduler/util/utils.go. */
import type { PodRequirements } from '../pod-requirements.ts';

/** What preemption needs to know of a placed pod. */
export interface Victim {
  readonly key: number;
  readonly uid: number;
  readonly namespace: string;
  readonly requirements: PodRequirements;
  /** status.startTime, in whole seconds as the API keeps it [s]; now, if the kubelet has not told of the pod yet. */
  readonly startedAt: number;
}

/** Order of importance, the most important first: priority, then the time for which the pod has run (MoreImportantPod). */
export function byImportance(a: Victim, b: Victim): number {
  const byPriority = b.requirements.template.priority - a.requirements.template.priority;
  return byPriority === 0 ? a.startedAt - b.startedAt : byPriority;
}

/** A budget that may protect pods. */
export interface VictimBudget {
  readonly namespace: string;
  /** Pods that may be missing now. */
  readonly disruptionsAllowed: number;
  /** Whether it is about this pod. */
  covers(victim: Victim): boolean;
}

/** Pods whose removal a budget forbids, and the others; both in the order in which they came (filterPodsWithPDBViolation). */
export function splitByBudgets(
  victims: readonly Victim[],
  budgets: readonly VictimBudget[],
): { readonly violating: readonly Victim[]; readonly others: readonly Victim[] } {
  if (budgets.length === 0) return { violating: [], others: victims };
  const allowed = budgets.map(({ disruptionsAllowed }) => disruptionsAllowed);
  const violating: Victim[] = [];
  const others: Victim[] = [];
  for (const victim of victims) {
    let isViolated = false;
    budgets.forEach((budget, index) => {
      if (budget.namespace !== victim.namespace || !budget.covers(victim)) return;
      const left = (allowed[index] as number) - 1;
      allowed[index] = left;
      if (left < 0) isViolated = true;
    });
    if (isViolated) violating.push(victim);
    else others.push(victim);
  }
  return { violating, others };
}
