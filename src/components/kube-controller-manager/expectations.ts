/**
 * Expectations: what a controller has asked for and not yet seen. While any is open, its view of the pods is known to be old, and it neither
 * creates nor deletes. K:pkg/controller/controller_utils.go (UIDTrackingControllerExpectations).
 */
import type { ObjectKey } from '../../cluster/index.ts';
import type { Nanoseconds, SimTime } from '../../units/index.ts';

/** What one owner waits to see. */
interface Expectation {
  /** Creations that were not seen yet. */
  creations: number;
  /** Pods whose deletion was not seen yet. */
  readonly deletions: Set<ObjectKey>;
  /** When it was set [ns]. */
  since: SimTime;
}

/** Open expectations by owner. */
export class Expectations {
  private readonly timeout: Nanoseconds;
  private readonly byOwner = new Map<number, Expectation>();

  constructor(timeout: Nanoseconds) {
    this.timeout = timeout;
  }

  /** Whether an owner has seen all it asked for, or has waited long enough, or has never asked. */
  areSatisfied(owner: number, now: SimTime): boolean {
    const expectation = this.byOwner.get(owner);
    if (expectation === undefined) return true;
    const fulfilled = expectation.creations <= 0 && expectation.deletions.size === 0;
    return fulfilled || now - expectation.since > this.timeout;
  }

  /** An owner is about to create `count` pods. */
  expectCreations(owner: number, count: number, now: SimTime): void {
    this.byOwner.set(owner, { creations: count, deletions: new Set(), since: now });
  }

  /** An owner is about to delete these pods. */
  expectDeletions(owner: number, pods: readonly ObjectKey[], now: SimTime): void {
    this.byOwner.set(owner, { creations: 0, deletions: new Set(pods), since: now });
  }

  /** `count` pods of an owner were seen for the first time, or will never be seen because their creation failed. */
  creationsObserved(owner: number, count = 1): void {
    const expectation = this.byOwner.get(owner);
    if (expectation !== undefined) expectation.creations -= count;
  }

  /** A pod of an owner was seen to go, or its deletion failed. Only the first sight counts. */
  deletionObserved(owner: number, pod: ObjectKey): void {
    this.byOwner.get(owner)?.deletions.delete(pod);
  }

  /** An owner is gone. */
  forget(owner: number): void {
    this.byOwner.delete(owner);
  }
}
