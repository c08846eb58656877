/** When the requests of an operation are sent: ClusterLoader2's eight tuning sets, and all at once. */
import { createDistribution, type RandomStream, TokenBucket } from '../../engine/index.ts';
import { NS_PER_SECOND, nanoseconds, type SimTime } from '../../units/index.ts';
import type { Arrivals } from '../operations/index.ts';

/** What pacing takes of the run. */
export interface PacingSurroundings {
  readonly simulation: { readonly now: SimTime };
  readonly arrivals: RandomStream;
  /** Token buckets that operations with arrivals of kind global-qps share, by group. */
  readonly sharedLimits: Map<string, TokenBucket>;
}

/** Calls `start(i)` for 0 … count-1 at the instants that the arrivals say; `settle` waits until at most n of the started are unfinished. */
export function* paced(
  execution: PacingSurroundings,
  arrivals: Arrivals,
  count: number,
  start: (index: number) => void,
  settle: (left: number) => Generator<number, void, number>,
): Generator<number, void, number> {
  for (let index = 0; index < count; index++) {
    if (index > 0 || arrivals.kind === 'poisson' || arrivals.kind === 'global-qps') {
      const pause = pauseBefore(execution, arrivals, index, count);
      if (pause > 0) yield pause;
    }
    if (arrivals.kind === 'parallelism-limited') yield* settle(arrivals.parallelism - 1);
    start(index);
  }
}

/** Pause before item `index` [ns]. */
export function pauseBefore(execution: PacingSurroundings, arrivals: Arrivals, index: number, count: number): number {
  switch (arrivals.kind) {
    case 'at-once':
    case 'parallelism-limited':
      return 0;
    case 'constant':
      return evenly(NS_PER_SECOND / arrivals.rate, index);
    case 'randomized':
      // RandomizedLoad: uniform between 0 and twice the mean pause.
      return nanoseconds((2 * NS_PER_SECOND * execution.arrivals.next()) / arrivals.rate);
    case 'poisson':
      return createDistribution({ distribution: 'exponential', mean: NS_PER_SECOND / arrivals.rate }).sample(
        execution.arrivals,
      );
    case 'stepped':
      return index % arrivals.burst === 0 ? arrivals.every : 0;
    case 'time-limited':
      return evenly(arrivals.within / count, index);
    case 'randomized-time-limited':
      return nanoseconds((2 * arrivals.within * execution.arrivals.next()) / count);
    case 'global-qps':
      return globalPause(execution, arrivals);
  }
}

/** Pause that keeps item `index` at index × interval without adding up rounding. */
function evenly(interval: number, index: number): number {
  return Math.round(interval * index) - Math.round(interval * (index - 1));
}

/** One token bucket for all operations of a group. */
function globalPause(
  execution: PacingSurroundings,
  { group, rate, burst }: Extract<Arrivals, { kind: 'global-qps' }>,
): number {
  let bucket = execution.sharedLimits.get(group);
  if (bucket === undefined) {
    bucket = new TokenBucket(rate, burst);
    execution.sharedLimits.set(group, bucket);
  }
  return bucket.reserve(execution.simulation.now);
}
