/** What an attempt to preempt takes in virtual time: dry runs on nodes, which the goroutines share. */
import type { ValuesOf } from '../../../engine/index.ts';
import { type Nanoseconds, nanoseconds } from '../../../units/index.ts';
import { plainFilterTime } from '../cycle-cost.ts';
import type { kubeSchedulerParameters } from '../kube-scheduler.parameters.ts';
import type { PreemptionResult } from './preemption.ts';

/** The time of PostFilter: a copy of each node on which it was tried, and the filters as often as they ran. */
export function preemptionCost(
  { dryRuns, filterRuns }: PreemptionResult,
  parameters: ValuesOf<typeof kubeSchedulerParameters>,
  parallelism: number,
): Nanoseconds {
  const { cores, preemptionTimePerDryRun } = parameters;
  const work = dryRuns * preemptionTimePerDryRun + filterRuns * plainFilterTime(parameters);
  return nanoseconds(work / Math.min(parallelism, cores));
}
