/** How many disruptions a PodDisruptionBudget allows, for its controller and for what is preloaded. K:pkg/controller/disruption/disruption.go. */
import type { DisruptionBudget } from '../../cluster/index.ts';
import type { DisruptionBudgetStatus } from './writes/index.ts';

/** The pods that a budget is about. */
export interface BudgetedPods {
  /** How many there are. */
  readonly pods: number;
  /** How many of them are Ready and not on their way out. */
  readonly healthy: number;
  /** Replicas that their workloads ask for. */
  readonly wanted: number;
}

/** No pod is being evicted. */
const NOBODY: DisruptionBudgetStatus['disruptedPods'] = new Map();
/** The whole of a share in percent. */
const PERCENT = 100;

/** The status of a budget (getExpectedPodCount, updatePdbStatus). */
export function disruptionStatus(
  { minAvailable, maxUnavailable }: DisruptionBudget,
  { pods, healthy, wanted }: BudgetedPods,
  disruptedPods: DisruptionBudgetStatus['disruptedPods'] = NOBODY,
): DisruptionBudgetStatus {
  const isCount = maxUnavailable === undefined && typeof minAvailable !== 'string';
  const expectedPods = isCount ? pods : wanted;
  const desiredHealthy =
    maxUnavailable === undefined
      ? amountOf(minAvailable ?? 0, expectedPods)
      : Math.max(0, expectedPods - amountOf(maxUnavailable, expectedPods));
  const disruptionsAllowed = expectedPods > 0 ? Math.max(0, healthy - desiredHealthy) : 0;
  return { disruptionsAllowed, currentHealthy: healthy, desiredHealthy, expectedPods, disruptedPods };
}

/** A number, or a share of `total` rounded up. */
function amountOf(bound: string | number, total: number): number {
  return typeof bound === 'number' ? bound : Math.ceil((Number.parseInt(bound, 10) * total) / PERCENT);
}
