/**
 * When the oldest change happened that a write of endpoints reflects: the start of network programming latency.
 * K:staging/src/k8s.io/endpointslice/util/trigger_time_tracker.go.
 */
import type { ObjectKey } from '../../cluster/index.ts';

/** No change. */
const NONE = -1;

/** What was known of a Service at its last sync. */
interface Known {
  /** Creation of the Service [ns]. */
  readonly service: number;
  /** Last transition of each pod's Ready condition [ns]. */
  readonly pods: ReadonlyMap<ObjectKey, number>;
}

/** Times of the changes that were reflected already, by Service. */
export class TriggerTimes {
  private readonly known = new Map<ObjectKey, Known>();

  /** The oldest change since the last call [ns], -1 if there is none. `pods` are the transitions as they are now. */
  oldestChange(service: ObjectKey, createdAt: number, pods: ReadonlyMap<ObjectKey, number>): number {
    const before = this.known.get(service);
    this.known.set(service, { service: createdAt, pods });
    // The first sync of a Service reflects its creation, whatever its pods did before.
    if (before === undefined) return createdAt;
    let oldest = createdAt > before.service ? createdAt : Number.POSITIVE_INFINITY;
    for (const [pod, at] of pods) {
      if (at < oldest && at > (before.pods.get(pod) ?? NONE)) oldest = at;
    }
    return Number.isFinite(oldest) ? oldest : NONE;
  }

  /** A Service is gone. */
  forget(service: ObjectKey): void {
    this.known.delete(service);
  }
}
