/**
 * Which pods of a ReplicaSet go first when it has too many. K:pkg/controller/controller_utils.go (ActivePodsWithRanks),
 * K:pkg/controller/replicaset/replica_set.go (getPodsToDelete). Left out: the annotation pod-deletion-cost, which is not modelled: all pods have the same.
 */
import type { PodVersions, VersionHandle } from '../../cluster/index.ts';
import type { KeyedStream } from '../../engine/index.ts';
import type { SimTime } from '../../units/index.ts';

/** What the order depends on beside the pods themselves. */
export interface DeletionOrder {
  readonly pods: PodVersions;
  readonly now: SimTime;
  /** Active pods of the same owner's ReplicaSets by node key. */
  readonly related: ReadonlyMap<number, number>;
  /** Stands for the order of the pods' random UIDs. */
  readonly uidOrder: KeyedStream;
}

/** The `count` pods that go first; all of them, unsorted, if none stays. */
export function podsToDelete(active: VersionHandle[], count: number, order: DeletionOrder): VersionHandle[] {
  if (count < active.length) active.sort((left, right) => compare(left, right, order));
  return active.slice(0, count);
}

/** Below 0 if `left` goes before `right`. */
function compare(left: VersionHandle, right: VersionHandle, order: DeletionOrder): number {
  const { pods, related, now } = order;
  const unassigned = flag(pods.node.get(left) >= 0) - flag(pods.node.get(right) >= 0);
  if (unassigned !== 0) return unassigned;
  const phase = pods.phase.get(left) - pods.phase.get(right);
  if (phase !== 0) return phase;
  const ready = flag(pods.isReady(left)) - flag(pods.isReady(right));
  if (ready !== 0) return ready;
  const doubled = (related.get(pods.node.get(right)) ?? 0) - (related.get(pods.node.get(left)) ?? 0);
  if (doubled !== 0) return doubled;
  if (pods.isReady(left) && pods.readyAt.get(left) !== pods.readyAt.get(right)) {
    const age = ageOrder(now - pods.readyAt.get(left)) - ageOrder(now - pods.readyAt.get(right));
    return age === 0 ? compareUids(left, right, order) : age;
  }
  const restarts = pods.restarts.get(right) - pods.restarts.get(left);
  if (restarts !== 0) return restarts;
  const sidecars = pods.sidecarRestarts.get(right) - pods.sidecarRestarts.get(left);
  if (sidecars !== 0) return sidecars;
  if (pods.createdAt.get(left) === pods.createdAt.get(right)) return compareUids(left, right, order);
  const age = ageOrder(now - pods.createdAt.get(left)) - ageOrder(now - pods.createdAt.get(right));
  return age === 0 ? compareUids(left, right, order) : age;
}

function compareUids(left: VersionHandle, right: VersionHandle, { pods, uidOrder }: DeletionOrder): number {
  const leftUid = pods.uid.get(left);
  const rightUid = pods.uid.get(right);
  return uidOrder.uniform(leftUid, 0) - uidOrder.uniform(rightUid, 0) || leftUid - rightUid;
}

function flag(condition: boolean): number {
  return condition ? 1 : 0;
}

/** 2^32: nanoseconds have more bits than bit operations take. */
const HIGH_WORD = 2 ** 32;
/** Bits of such a word. */
const WORD_BITS = 32;

/** Whole binary logarithm of an age [ns], -1 for none (logarithmicRankDiff): pods of like age count as equally old. */
function ageOrder(age: number): number {
  if (age <= 0) return -1;
  const high = Math.floor(age / HIGH_WORD);
  return high > 0 ? 2 * WORD_BITS - 1 - Math.clz32(high) : WORD_BITS - 1 - Math.clz32(age);
}
