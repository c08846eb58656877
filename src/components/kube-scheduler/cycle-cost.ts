/**
 * How long a scheduling cycle takes in virtual time: constant parts, and the work of the plugins on nodes and pods, which the goroutines share.
 * Fitted to the extension points of a real scheduler that had one core (see the parameters' sources).
 */
import type { ValuesOf } from '../../engine/index.ts';
import { type Nanoseconds, nanoseconds } from '../../units/index.ts';
import type { Decision } from './algorithms/index.ts';
import type { kubeSchedulerParameters } from './kube-scheduler.parameters.ts';

/** Plugins that filter, and plugins that rate, a pod without constraints. */
const PLAIN_CALLS = 4;

type Parameters = ValuesOf<typeof kubeSchedulerParameters>;

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
  { scored, preFilterWork, filterWork, preScoreWork, scoreWork }: Decision,
  parameters: ValuesOf<typeof kubeSchedulerParameters>,
  parallelism: number,
  cost: CycleCost,
): void {
  const { cores } = parameters;
  const slowness = 1 / Math.min(1, cores);
  const shared = 1 / Math.min(parallelism, cores);
  const isScored = scored > 0 ? 1 : 0;
  cost.preFilter = nanoseconds(parameters.preFilterTime * slowness + preFilterWork * shared);
  cost.filter = nanoseconds(parameters.filterTime * slowness + filterWork * shared);
  cost.preScore = nanoseconds(isScored * parameters.preScoreTime * slowness + preScoreWork * shared);
  // Choosers that do not count the work of scores are charged for those of a plain pod.
  const rating = scoreWork > 0 ? scoreWork : scored * plainScoreTime(parameters);
  cost.score = nanoseconds(isScored * parameters.scoreTime * slowness + rating * shared);
  const rest = parameters.cycleTime + scored * parameters.hostSelectionTimePerNode;
  cost.total = nanoseconds(cost.preFilter + cost.filter + cost.preScore + cost.score + rest * slowness);
}

/** CPU of the filters of a plain pod on one node [ns]: NodeUnschedulable, NodeName, TaintToleration and NodeResourcesFit are called. */
export function plainFilterTime({ filterCallTime, resourceFilterTime }: Parameters): number {
  return PLAIN_CALLS * filterCallTime + resourceFilterTime;
}

/** CPU of the scores of a plain pod on one node [ns]: TaintToleration, NodeResourcesFit, balance and ImageLocality are called. */
function plainScoreTime({ scoreCallTime, resourceScoreTime }: Parameters): number {
  return PLAIN_CALLS * scoreCallTime + 2 * resourceScoreTime;
}
