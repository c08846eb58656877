/** PreFilter: which filters have something to say on a pod, and the only nodes that can pass. K:pkg/scheduler/framework/runtime/framework.go (RunPreFilterPlugins). */
import type { PodRequirements } from '../pod-requirements.ts';
import type { Profile, ProfileFilter } from '../profile.ts';

/** What PreFilter found. */
export interface PreFiltered {
  /** Filters to run, in order. */
  readonly active: readonly ProfileFilter[];
  /** Slots of the only nodes that can pass; undefined = any. */
  readonly narrowed: readonly number[] | undefined;
  /** Plugins that narrowed them, as bits by plugin number. */
  readonly narrowedBy: number;
}

/** Asks the filters of a profile. */
export function preFilter(pod: PodRequirements, { filters }: Profile): PreFiltered {
  const active: ProfileFilter[] = [];
  let narrowed: readonly number[] | undefined;
  let narrowedBy = 0;
  for (const entry of filters) {
    if (entry.filter.skips(pod)) continue;
    active.push(entry);
    const only = entry.filter.narrow?.(pod);
    if (only === undefined) continue;
    narrowed = narrowed === undefined ? only : only.filter((slot) => narrowed?.includes(slot));
    narrowedBy |= 1 << entry.number;
  }
  return { active, narrowed, narrowedBy };
}
