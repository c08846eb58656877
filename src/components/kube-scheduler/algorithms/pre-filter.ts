/** PreFilter: which filters have something to say on a pod, and the only nodes that can pass. K:pkg/scheduler/framework/runtime/framework.go (RunPreFilterPlugins). */
import type { PodRequirements } from '../pod-requirements.ts';
import type { Profile, ProfileFilter } from '../profile.ts';
import type { Decision } from './scheduling-algorithm.ts';

/** A filter that upstream calls for a pod. */
export interface CalledFilter extends ProfileFilter {
  /** Whether it has nothing to say on the pod: then it only costs time. */
  readonly isSilent: boolean;
}

/** What PreFilter found. */
export interface PreFiltered {
  /** Filters to run, in order. */
  readonly active: readonly ProfileFilter[];
  /** The same with those that upstream calls although they have nothing to say. */
  readonly called: readonly CalledFilter[];
  /** Slots of the only nodes that can pass; undefined = any. */
  readonly narrowed: readonly number[] | undefined;
  /** Plugins that narrowed them, as bits by plugin number. */
  readonly narrowedBy: number;
  /** CPU that the plugins take for looking at nodes and pods [ns]. */
  readonly work: number;
  /** CPU that they take to put together what goroutines have counted [ns]. */
  readonly mergeWork: number;
}

/** Asks the filters of a profile. */
export function preFilter(pod: PodRequirements, { filters }: Profile): PreFiltered {
  const active: ProfileFilter[] = [];
  const called: CalledFilter[] = [];
  let narrowed: readonly number[] | undefined;
  let narrowedBy = 0;
  let work = 0;
  let mergeWork = 0;
  for (const entry of filters) {
    const { number, filter } = entry;
    if (filter.preFilterWork !== undefined) work += filter.preFilterWork(pod);
    if (filter.preFilterMerge !== undefined) mergeWork += filter.preFilterMerge(pod);
    if (filter.filtersPod?.(pod) === false) continue;
    const isSilent = filter.skips(pod);
    called.push({ number, filter, isSilent });
    if (isSilent) continue;
    active.push(entry);
    const only = filter.narrow?.(pod);
    if (only === undefined) continue;
    narrowed = narrowed === undefined ? only : only.filter((slot) => narrowed?.includes(slot));
    narrowedBy |= 1 << number;
  }
  return { active, called, narrowed, narrowedBy, work, mergeWork };
}

/**
 * Keeps those of the first `length` slots that pass all filters, in order; returns how many. Writes to the decision who rejected how many nodes,
 * and what the calls cost: `callTime` [ns] and a plugin's own time for each node that those before it let pass.
 */
export function runFilters(
  called: readonly CalledFilter[],
  pod: PodRequirements,
  slots: Int32Array,
  length: number,
  decision: Decision,
  callTime: number,
): number {
  let kept = length;
  for (const { number, filter, isSilent } of called) {
    const before = kept;
    decision.filterWork += before * (callTime + (filter.filterTime ?? 0));
    if (isSilent) continue;
    kept = filter.keep(pod, slots, kept);
    if (kept === before) continue;
    decision.rejectors |= 1 << number;
    decision.rejected[number] = (decision.rejected[number] as number) + before - kept;
    if (kept === 0) break;
  }
  return kept;
}
