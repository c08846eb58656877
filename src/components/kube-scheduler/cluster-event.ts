/** Queueing hints: which pods an event may help. K:pkg/scheduler/framework/events.go, K:pkg/scheduler/backend/queue/scheduling_queue.go (isPodWorthRequeuing). */
import type { ClusterEvent } from './framework.ts';
import type { QueuedPod } from './queued-pod.ts';

/** Whether the event may help the pod: one of the plugins that rejected it says so. A pod that failed by an error waits for no event. */
export function mayHelp(event: ClusterEvent, pod: QueuedPod): boolean {
  for (const { number, filter } of pod.profile.filters) {
    if ((pod.rejectors & (1 << number)) === 0) continue;
    const helped =
      event.kind === 'node'
        ? (filter.helpedByNode?.(pod.requirements, event.node, event.before) ?? true)
        : (filter.helpedByDeletion?.(pod.requirements, event.deleted) ?? false);
    if (helped) return true;
  }
  return false;
}
