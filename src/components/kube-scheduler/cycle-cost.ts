/**
 * How long a scheduling cycle takes in virtual time: constant parts, and work per node that the goroutines share. Fitted to the extension points
 * of a real scheduler that had one core (see the parameters' sources).
 */
import type { ValuesOf } from '../../engine/index.ts';
import { type Nanoseconds, nanoseconds } from '../../units/index.ts';
import type { Decision } from './algorithms/index.ts';
import type { kubeSchedulerParameters } from './kube-scheduler.parameters.ts';

/** Spans of a cycle by extension point. */
export interface CycleCost {
  preFilter: Nanoseconds;
  filter: Nanoseconds;
  preScore: Nanoseconds;
  score: Nanoseconds;
  /** The whole cycle, these included. */
  total: Nanoseconds;
}

/** Nothing spent. */
export function noCycleCost(): CycleCost {
  const none = nanoseconds(0);
  return { preFilter: none, filter: none, preScore: none, score: none, total: none };
}

/** Writes to `cost` what a decision costs. Goroutines use at most one core each; with less than a core everything is slower. */
export function costOf(
  { examined, scored }: Decision,
  parameters: ValuesOf<typeof kubeSchedulerParameters>,
  parallelism: number,
  cost: CycleCost,
): void {
  const { cores } = parameters;
  const slowness = 1 / Math.min(1, cores);
  const shared = 1 / Math.min(parallelism, cores);
  const isScored = scored > 0 ? 1 : 0;
  cost.preFilter = nanoseconds(parameters.preFilterTime * slowness);
  cost.filter = nanoseconds(parameters.filterTime * slowness + examined * parameters.filterTimePerNode * shared);
  cost.preScore = nanoseconds(isScored * parameters.preScoreTime * slowness);
  cost.score = nanoseconds(isScored * parameters.scoreTime * slowness + scored * parameters.scoreTimePerNode * shared);
  const rest = parameters.cycleTime + scored * parameters.hostSelectionTimePerNode;
  cost.total = nanoseconds(cost.preFilter + cost.filter + cost.preScore + cost.score + rest * slowness);
}
