/**
 * What the EndpointSlice controller has written itself, so that it can tell an old cache and somebody else's changes.
 * K:staging/src/k8s.io/endpointslice/util/endpointslice_tracker.go, with revisions in place of generations: nothing but endpoints changes here.
 */
import type { ObjectKey } from '../../cluster/index.ts';
import type { PresentSlice } from './endpoint-packing.ts';

/** In place of a revision: the slice was deleted. */
const DELETED = -1;

/** Revisions of a Service's slices as the controller last wrote them. */
export class OwnSlices {
  private readonly byService = new Map<ObjectKey, Map<ObjectKey, number>>();

  /** A slice was written at a revision. */
  wrote(service: ObjectKey, slice: ObjectKey, revision: number): void {
    this.slicesOf(service).set(slice, revision);
  }

  /** A slice is about to be deleted. */
  expectDeletion(service: ObjectKey, slice: ObjectKey): void {
    this.slicesOf(service).set(slice, DELETED);
  }

  /** Whether the cache is behind what was written. */
  areAheadOf(service: ObjectKey, present: readonly PresentSlice[]): boolean {
    const own = this.byService.get(service);
    if (own === undefined) return false;
    const seen = new Set<ObjectKey>();
    for (const { key, revision } of present) {
      seen.add(key);
      const written = own.get(key);
      if (written !== undefined && (written === DELETED || written > revision)) return true;
    }
    for (const [key, written] of own) if (written !== DELETED && !seen.has(key)) return true;
    return false;
  }

  /** Whether a slice was written by somebody else after the controller's own last write, or never by it. */
  isForeign(service: ObjectKey, slice: ObjectKey, revision: number): boolean {
    const written = this.byService.get(service)?.get(slice);
    return written === undefined || revision > written;
  }

  /** A slice is gone. Returns whether the controller knew it and did not delete it itself. */
  deletionWasForeign(service: ObjectKey, slice: ObjectKey): boolean {
    const own = this.byService.get(service);
    const written = own?.get(slice);
    own?.delete(slice);
    return written !== undefined && written !== DELETED;
  }

  /** A Service is gone. */
  forget(service: ObjectKey): void {
    this.byService.delete(service);
  }

  private slicesOf(service: ObjectKey): Map<ObjectKey, number> {
    let slices = this.byService.get(service);
    if (slices === undefined) {
      slices = new Map();
      this.byService.set(service, slices);
    }
    return slices;
  }
}
