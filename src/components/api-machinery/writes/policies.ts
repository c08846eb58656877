/** Writes of PriorityClasses, PodDisruptionBudgets and PodGroups. */
import { type DisruptionBudget, kinds, type ObjectKey, type PriorityClass } from '../../../cluster/index.ts';
import type { SimTime } from '../../../units/index.ts';
import { Verb } from '../verbs.ts';
import { CHANGED, type Write } from './write.ts';

/** POST priorityclasses. Object: the class. Number 0: size [B]. */
export const priorityClassCreate: Write = {
  verb: Verb.Create,
  kind: kinds.priorityclasses,
  subresource: '',
  apply({ tables: { priorityclasses }, requests }, draft, request) {
    priorityclasses.content.set(draft, requests.object[request] as PriorityClass);
    priorityclasses.bytes.set(draft, requests.number(request, 0));
    return CHANGED;
  },
};

/** POST poddisruptionbudgets. Object: spec. Number 0: size [B]. */
export const podDisruptionBudgetCreate: Write = {
  verb: Verb.Create,
  kind: kinds.poddisruptionbudgets,
  subresource: '',
  apply({ tables: { poddisruptionbudgets }, requests }, draft, request) {
    poddisruptionbudgets.budget.set(draft, requests.object[request] as DisruptionBudget);
    poddisruptionbudgets.bytes.set(draft, requests.number(request, 0));
    return CHANGED;
  },
};

/** status of a budget [pod]. */
export interface DisruptionBudgetStatus {
  readonly disruptionsAllowed: number;
  readonly currentHealthy: number;
  readonly desiredHealthy: number;
  readonly expectedPods: number;
  /** Pods whose eviction was let through and that their controller has not seen go yet: instants at which that was, by key. */
  readonly disruptedPods: ReadonlyMap<ObjectKey, SimTime>;
}

/** PUT poddisruptionbudgets/status. Object: the status. */
export const podDisruptionBudgetStatus: Write = {
  verb: Verb.Update,
  kind: kinds.poddisruptionbudgets,
  subresource: 'status',
  apply({ tables: { poddisruptionbudgets: budgets }, requests }, draft, request) {
    const status = requests.object[request] as DisruptionBudgetStatus;
    budgets.disruptionsAllowed.set(draft, status.disruptionsAllowed);
    budgets.currentHealthy.set(draft, status.currentHealthy);
    budgets.desiredHealthy.set(draft, status.desiredHealthy);
    budgets.expectedPods.set(draft, status.expectedPods);
    budgets.disruptedPods.set(draft, status.disruptedPods);
    return CHANGED;
  },
};

/** POST podgroups. Numbers: minCount, size [B]. */
export const podGroupCreate: Write = {
  verb: Verb.Create,
  kind: kinds.podgroups,
  subresource: '',
  apply({ tables: { podgroups }, requests }, draft, request) {
    podgroups.minCount.set(draft, requests.number(request, 0));
    podgroups.bytes.set(draft, requests.number(request, 1));
    return CHANGED;
  },
};
