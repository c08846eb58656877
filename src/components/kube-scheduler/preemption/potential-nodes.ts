/**
 * Nodes on which the removal of pods may help: those that no filter has rejected for a reason that no removal changes.
 * K:pkg/scheduler/framework/types.go (NodesForStatusCode), with upstream's statuses Unschedulable and UnschedulableAndUnresolvable.
 */
import type { FilterPlugin } from '../framework.ts';
import type { Nominations } from '../nominations.ts';
import type { PodRequirements } from '../pod-requirements.ts';
import type { ProfileFilter } from '../profile.ts';

/** Whether what this filter rejects stays rejected, whoever is removed from the node. */
export function isUnresolvable(filter: FilterPlugin, pod: PodRequirements, slot: number): boolean {
  return typeof filter.unresolvable === 'function' ? filter.unresolvable(pod, slot) : filter.unresolvable === true;
}

/**
 * Takes from the first `count` slots of `slots` those whose first rejecting filter can be resolved, in their order. Nodes that pass all filters are
 * among them: pods nominated to them stand in the way.
 */
export function potentialNodes(
  pod: PodRequirements,
  filters: readonly ProfileFilter[],
  slots: Int32Array,
  count: number,
  nominations: Nominations,
): number[] {
  let left = slots.slice(0, count);
  const potential = new Set<number>();
  for (const { filter } of filters) {
    const kept = left.slice();
    const length = filter.keep(pod, kept, kept.length);
    let next = 0;
    for (const slot of left) {
      if (next < length && kept[next] === slot) next++;
      else if (!isUnresolvable(filter, pod, slot)) potential.add(slot);
    }
    left = kept.subarray(0, length);
  }
  for (const slot of left) if (nominations.isNominated(slot)) potential.add(slot);
  return [...slots.subarray(0, count)].filter((slot) => potential.has(slot));
}
