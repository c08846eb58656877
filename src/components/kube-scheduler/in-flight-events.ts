/**
 * Pods in flight, from their pop to the end of their cycle, and what happens in the cluster meanwhile: a pod that finds no node is put where such an
 * event would have put it. K:pkg/scheduler/backend/queue/active_queue.go (inFlightPods, inFlightEvents).
 */
import type { ClusterEvent } from './framework.ts';
import type { QueuedPod } from './queued-pod.ts';

/** Pods and events in the order in which they came. */
export class InFlightEvents {
  /** Number of events before each pod was popped. */
  private readonly pods = new Map<QueuedPod, number>();
  /** Events that somebody in flight has not had the benefit of, and the number of those dropped before them, state. */
  private events: ClusterEvent[] = [];
  private dropped = 0;

  /** Pods in flight. */
  get size(): number {
    return this.pods.size;
  }

  /** A pod takes off. */
  add(pod: QueuedPod): void {
    this.pods.set(pod, this.dropped + this.events.length);
  }

  /** Whether a pod is in flight. */
  has(pod: QueuedPod): boolean {
    return this.pods.has(pod);
  }

  /** Pods in flight, in the order of their pops. */
  all(): Iterable<QueuedPod> {
    return this.pods.keys();
  }

  /** Something happens. */
  push(event: ClusterEvent): void {
    if (this.pods.size > 0) this.events.push(event);
  }

  /** Whether one of the events since its pop is of this sort. */
  someSince(pod: QueuedPod, matches: (event: ClusterEvent) => boolean): boolean {
    for (let i = (this.pods.get(pod) as number) - this.dropped; i < this.events.length; i++) {
      if (matches(this.events[i] as ClusterEvent)) return true;
    }
    return false;
  }

  /** A pod has landed; events that nobody in flight needs are forgotten. */
  delete(pod: QueuedPod): void {
    this.pods.delete(pod);
    // The map is in the order of the pops: the first pod has seen the fewest events.
    const [first] = this.pods.values();
    const unneeded = first === undefined ? this.events.length : first - this.dropped;
    if (unneeded === 0) return;
    this.dropped += unneeded;
    if (unneeded === this.events.length) this.events.length = 0;
    else this.events = this.events.slice(unneeded);
  }
}
