/** What an attempt to preempt costs: dry runs on nodes, which the goroutines share. */
import type { ValuesOf } from '../../../engine/index.ts';
import { plainFilterTime } from '../cycle-cost.ts';
import type { kubeSchedulerParameters } from '../kube-scheduler.parameters.ts';
import type { PreemptionResult } from './preemption.ts';

/** CPU of PostFilter [ns]: a copy of each node on which it was tried, and the filters as often as they ran. */
export function preemptionCost(
  { dryRuns, filterRuns }: PreemptionResult,
  parameters: ValuesOf<typeof kubeSchedulerParameters>,
): number {
  return dryRuns * parameters.preemptionTimePerDryRun + filterRuns * plainFilterTime(parameters);
}
