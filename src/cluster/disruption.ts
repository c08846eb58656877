/** PodDisruptionBudgets: how many pods of a set may be missing of somebody's will at once. K:pkg/apis/policy. */
import type { Bytes, SimTime } from '../units/index.ts';
import { kinds } from './kinds.ts';
import { type LabelSelector, type Labels, selectorMatches } from './labels.ts';
import type { ObjectKey } from './object-keys.ts';
import { VersionTable } from './version-table.ts';

/** spec of a budget: a share ("50%") or a number of pods that must stay, or that may be missing. Immutable. */
export interface DisruptionBudget {
  /** undefined = selects nothing; an empty one selects every pod of the namespace, except for preemption, which passes it over. */
  readonly selector?: LabelSelector;
  readonly minAvailable?: string | number;
  readonly maxUnavailable?: string | number;
}

/** A PodDisruptionBudget as it is created. */
export interface PodDisruptionBudgetIntent {
  readonly kind: 'PodDisruptionBudget';
  readonly namespace: string;
  readonly name: string;
  readonly budget: DisruptionBudget;
  readonly bytes: Bytes;
}

/** Versions of budgets. */
export class PodDisruptionBudgetVersions extends VersionTable {
  /** spec. */
  readonly budget = this.reference<DisruptionBudget>({});
  /** status [pod]. */
  readonly disruptionsAllowed = this.number(0);
  readonly currentHealthy = this.number(0);
  readonly desiredHealthy = this.number(0);
  readonly expectedPods = this.number(0);
  /** status.disruptedPods: when the eviction of each was let through, by key. */
  readonly disruptedPods = this.reference<ReadonlyMap<ObjectKey, SimTime>>(new Map());

  constructor() {
    super(kinds.poddisruptionbudgets);
  }
}

/** Whether a budget is about pods with these labels. */
export function budgetCovers({ selector }: DisruptionBudget, labels: Labels): boolean {
  return selector !== undefined && selectorMatches(selector, labels);
}
