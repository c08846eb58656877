/** Queueing hints: which pods an event may help. K:pkg/scheduler/framework/events.go, K:pkg/scheduler/backend/queue/scheduling_queue.go (isPodWorthRequeuing). */
import type { ClusterEvent, FilterPlugin } from './framework.ts';
import type { PodRequirements } from './pod-requirements.ts';
import { EXTENDERS, type QueuedPod } from './queued-pod.ts';

/** Whether a plugin that rejected the pod listens to events of this kind at all. Nodes and ends of pods concern all. */
export function concerns({ kind }: ClusterEvent, { rejectors, profile }: QueuedPod): boolean {
  if ((rejectors & EXTENDERS) !== 0) return true;
  if (kind === 'placement') return (rejectors & profile.placementRejectors) !== 0;
  if (kind === 'devices') return (rejectors & profile.deviceRejectors) !== 0;
  return kind !== 'nodeDeletion' || (rejectors & profile.nodeDeletionRejectors) !== 0;
}

/** Whether the event may help the pod: one of the plugins that rejected it says so. A pod that failed by an error waits for no event. */
export function mayHelp(event: ClusterEvent, pod: QueuedPod): boolean {
  // Nobody knows what an extender would say now.
  if ((pod.rejectors & EXTENDERS) !== 0) return true;
  for (const { number, filter } of pod.profile.filters) {
    if ((pod.rejectors & (1 << number)) === 0) continue;
    if (helps(event, filter, pod.requirements)) return true;
  }
  return false;
}

function helps(event: ClusterEvent, filter: FilterPlugin, pod: PodRequirements): boolean {
  switch (event.kind) {
    case 'node':
      return filter.helpedByNode?.(pod, event.node, event.before) ?? true;
    case 'nodeDeletion':
      return filter.helpedByNodeDeletion?.(pod, event.node) ?? false;
    case 'devices':
      return filter.helpedByDevices?.(pod) ?? false;
    case 'placement':
      return filter.helpedByPlacement?.(pod, event.placed) ?? false;
    case 'deletion':
      return filter.helpedByDeletion?.(pod, event.deleted) ?? false;
    case 'storage':
      return filter.helpedByStorage?.(pod) ?? false;
  }
}
