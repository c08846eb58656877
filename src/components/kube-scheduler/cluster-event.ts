/** What may make pods schedulable that were not. K:pkg/scheduler/framework/events.go, K:pkg/scheduler/backend/queue/scheduling_queue.go (isPodWorthRequeuing). */
import type { NodeFacts } from './framework.ts';
import type { PodRequirements } from './pod-requirements.ts';
import type { QueuedPod } from './queued-pod.ts';

/** A node came or changed, or a placed pod went. */
export type ClusterEvent =
  | { readonly kind: 'node'; readonly node: NodeFacts; readonly before: NodeFacts | undefined }
  | { readonly kind: 'deletion'; readonly deleted: PodRequirements };

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
