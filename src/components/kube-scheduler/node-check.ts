/**
 * Whether one pod may go to one node: all filters of its profile, once with the pods nominated to the node and once without them.
 * K:pkg/scheduler/framework/runtime/framework.go (RunFilterPluginsWithNominatedPods).
 */
import type { Nominations } from './nominations.ts';
import type { PodRequirements } from './pod-requirements.ts';
import type { ProfileFilter } from './profile.ts';

/** No filter rejects. */
export const NO_FILTER = -1;

/** Runs filters on one node at a time. */
export class NodeCheck {
  private readonly nominations: Nominations | undefined;
  private readonly slot = new Int32Array(1);
  /** Runs of all filters over one node so far [run], statistic. */
  runs = 0;

  constructor(nominations: Nominations | undefined) {
    this.nominations = nominations;
  }

  /** Number of the plugin that rejects the node, {@link NO_FILTER} if none does. `key`: the pod's own, whose nomination does not stand in its way. */
  rejector(pod: PodRequirements, key: number, filters: readonly ProfileFilter[], slot: number): number {
    const { nominations } = this;
    if (nominations?.isNominated(slot) && nominations.count(slot, key, pod.template.priority)) {
      const rejector = this.run(pod, filters, slot);
      nominations.uncount();
      if (rejector !== NO_FILTER) return rejector;
    }
    return this.run(pod, filters, slot);
  }

  private run(pod: PodRequirements, filters: readonly ProfileFilter[], slot: number): number {
    this.runs++;
    for (const { number, filter } of filters) {
      this.slot[0] = slot;
      if (filter.keep(pod, this.slot, 1) === 0) return number;
    }
    return NO_FILTER;
  }
}
