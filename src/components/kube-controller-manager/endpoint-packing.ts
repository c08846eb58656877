/**
 * How endpoints are spread over slices: as few writes as possible, never a slice beyond its size, no rebalancing.
 * K:staging/src/k8s.io/endpointslice/reconciler.go (reconcileByPortMapping, finalize). Pure.
 */
import type { ObjectKey, SliceEndpoint } from '../../cluster/index.ts';
import { sameEndpoint } from './endpoint-changes.ts';

/** A slice as the cache has it. */
export interface PresentSlice {
  readonly key: ObjectKey;
  readonly revision: number;
  readonly endpoints: readonly SliceEndpoint[];
}

/** A slice that gets other endpoints. */
export interface SliceUpdate {
  readonly key: ObjectKey;
  /** resourceVersion on which the write depends, 0 = none: the slice would have been deleted and takes a new one's place. */
  readonly revision: number;
  readonly endpoints: readonly SliceEndpoint[];
}

/** What has to be written. */
export interface SliceChanges {
  readonly create: readonly (readonly SliceEndpoint[])[];
  readonly update: readonly SliceUpdate[];
  readonly remove: readonly ObjectKey[];
}

/** A slice while it is packed. */
interface Packing {
  readonly slice: PresentSlice;
  endpoints: SliceEndpoint[];
}

/** What has to change so that `present` slices list exactly `desired`, which is emptied. */
export function packEndpoints(
  present: readonly PresentSlice[],
  desired: Map<ObjectKey, SliceEndpoint>,
  size: number,
): SliceChanges {
  const updates: Packing[] = [];
  const unchanged: Packing[] = [];
  const removed: PresentSlice[] = [];
  keepDesired(present, desired, updates, unchanged, removed);
  // Slices that are written anyway take new endpoints first, the fullest before the others.
  updates.sort((left, right) => right.endpoints.length - left.endpoints.length);
  for (const packing of updates) fill(packing.endpoints, desired, size);
  const create: SliceEndpoint[][] = [];
  while (desired.size > 0) {
    const fitting = desired.size < size ? roomiest(unchanged, desired.size, size) : undefined;
    const endpoints = fitting?.endpoints ?? [];
    fill(endpoints, desired, size);
    if (fitting === undefined) {
      create.push(endpoints);
    } else {
      unchanged.splice(unchanged.indexOf(fitting), 1);
      updates.push(fitting);
    }
  }
  // A Service always has a slice, if need be an empty one.
  if (removed.length === present.length && create.length === 0) create.push([]);
  return reuse(create, updates, removed);
}

/** Takes over what is desired of each slice, and sorts the slices by what has to become of them. */
function keepDesired(
  present: readonly PresentSlice[],
  desired: Map<ObjectKey, SliceEndpoint>,
  updates: Packing[],
  unchanged: Packing[],
  removed: PresentSlice[],
): void {
  for (const slice of present) {
    const endpoints: SliceEndpoint[] = [];
    let changed = false;
    for (const endpoint of slice.endpoints) {
      const wanted = desired.get(endpoint.pod);
      if (wanted === undefined) continue;
      desired.delete(endpoint.pod);
      if (!sameEndpoint(wanted, endpoint)) changed = true;
      endpoints.push(wanted);
    }
    if (endpoints.length === 0) removed.push(slice);
    else if (changed || endpoints.length !== slice.endpoints.length) updates.push({ slice, endpoints });
    else unchanged.push({ slice, endpoints });
  }
}

/** Moves desired endpoints into a slice until it is full. */
function fill(endpoints: SliceEndpoint[], desired: Map<ObjectKey, SliceEndpoint>, size: number): void {
  for (const [pod, endpoint] of desired) {
    if (endpoints.length >= size) return;
    endpoints.push(endpoint);
    desired.delete(pod);
  }
}

/** The slice that would be fullest with `count` more endpoints and still has room for all of them (getSliceToFill). */
function roomiest(slices: readonly Packing[], count: number, size: number): Packing | undefined {
  let best: Packing | undefined;
  let left = size;
  for (const packing of slices) {
    const room = size - packing.endpoints.length - count;
    if (room >= 0 && room < left) {
      best = packing;
      left = room;
    }
  }
  return best;
}

/** A slice that would be deleted takes the place of one that would be created. */
function reuse(create: SliceEndpoint[][], updates: readonly Packing[], removed: readonly PresentSlice[]): SliceChanges {
  const update: SliceUpdate[] = updates.map(({ slice, endpoints }) => ({
    key: slice.key,
    revision: slice.revision,
    endpoints,
  }));
  const remove: ObjectKey[] = [];
  for (const slice of removed) {
    const endpoints = create.pop();
    if (endpoints === undefined) remove.push(slice.key);
    // An empty slice in place of an empty slice is no change.
    else if (endpoints.length + slice.endpoints.length > 0) update.push({ key: slice.key, revision: 0, endpoints });
  }
  return { create, update, remove };
}
