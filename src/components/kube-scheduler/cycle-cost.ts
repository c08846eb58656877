/**
 * What a scheduling cycle costs: constant parts, and the work of the plugins on nodes and pods, which the goroutines share.
 * Fitted to the extension points of a real scheduler that had one core (see the parameters' sources). When that work is done: cycle-work.ts.
 */
import type { ValuesOf } from '../../engine/index.ts';
import { type Nanoseconds, nanoseconds } from '../../units/index.ts';
import type { Decision } from './algorithms/index.ts';
import type { kubeSchedulerParameters } from './kube-scheduler.parameters.ts';

/** Plugins that filter, and plugins that rate, a pod without constraints. */
const PLAIN_CALLS = 4;

type Parameters = ValuesOf<typeof kubeSchedulerParameters>;

/** Spans of a cycle by extension point, as they are if as many cores are idle as goroutines can use; and the CPU that they are made of. */
export interface CycleCost {
  preFilter: Nanoseconds;
  filter: Nanoseconds;
  preScore: Nanoseconds;
  score: Nanoseconds;
  /** The whole cycle, these included. */
  total: Nanoseconds;
  /** CPU of the loop's goroutine, and that which goroutines share [ns]. */
  serial: number;
  shared: number;
}

/** Nothing spent. */
export function noCycleCost(): CycleCost {
  const none = nanoseconds(0);
  return { preFilter: none, filter: none, preScore: none, score: none, total: none, serial: 0, shared: 0 };
}

/** Writes to `cost` what a decision costs where so many goroutines run at once. */
export function costOf(
  { scored, preFilterWork, filterWork, preScoreWork, scoreWork, mergeWork, wasBatched }: Decision,
  parameters: ValuesOf<typeof kubeSchedulerParameters>,
  workers: number,
  cost: CycleCost,
): void {
  const { preFilterTime, filterTime, cycleTime } = parameters;
  const isScored = scored > 0 ? 1 : 0;
  const preScoreTime = isScored * parameters.preScoreTime;
  const scoreTime = isScored * parameters.scoreTime;
  // Choosers that do not count the work of scores are charged for those of a plain pod.
  const rating = scoreWork > 0 ? scoreWork : scored * plainScoreTime(parameters);
  cost.preFilter = nanoseconds(preFilterTime + preFilterWork / workers);
  cost.filter = nanoseconds(filterTime + filterWork / workers);
  cost.preScore = nanoseconds(preScoreTime + preScoreWork / workers);
  cost.score = nanoseconds(scoreTime + rating / workers);
  const batchTime = wasBatched ? parameters.batchHintTime : 0;
  const rest = cycleTime + batchTime + scored * parameters.hostSelectionTimePerNode;
  cost.serial = preFilterTime + filterTime + preScoreTime + scoreTime + mergeWork + rest;
  cost.shared = preFilterWork + filterWork + preScoreWork + rating;
  cost.total = nanoseconds(cost.serial + cost.shared / workers);
}

/** CPU of the filters of a plain pod on one node [ns]: NodeUnschedulable, NodeName, TaintToleration and NodeResourcesFit are called. */
export function plainFilterTime({ filterCallTime, resourceFilterTime }: Parameters): number {
  return PLAIN_CALLS * filterCallTime + resourceFilterTime;
}

/** CPU of the scores of a plain pod on one node [ns]: TaintToleration, NodeResourcesFit, balance and ImageLocality are called. */
function plainScoreTime({ scoreCallTime, resourceScoreTime }: Parameters): number {
  return PLAIN_CALLS * scoreCallTime + 2 * resourceScoreTime;
}
