/**
 * The arithmetic of a Deployment: how far it may surge and shrink, how many replicas each ReplicaSet gets, what its status says.
 * K:pkg/controller/deployment/util/deployment_util.go, K:pkg/controller/deployment/sync.go. Pure: nothing here reads a cache or the clock.
 */
import type { DeploymentStrategy } from '../../cluster/index.ts';
import { type DeploymentStatus, type DeploymentView, Progress, type ReplicaSetView } from './deployment-views.ts';

/** Hundred percent. */
const PERCENT = 100;

/** "25%" or a number as a number of pods (intstr.GetScaledValueFromIntOrPercent). */
function scaledValue(value: string | number, total: number, round: (share: number) => number): number {
  if (typeof value === 'number') return value;
  return value.endsWith('%') ? round((Number.parseFloat(value) * total) / PERCENT) : Number(value);
}

/** Surge rounds up, unavailability down; if both are 0 nothing could ever move, so one may be unavailable (ResolveFenceposts). */
function fenceposts(strategy: DeploymentStrategy, replicas: number): { surge: number; unavailable: number } {
  const surge = scaledValue(strategy.maxSurge, replicas, Math.ceil);
  const unavailable = scaledValue(strategy.maxUnavailable, replicas, Math.floor);
  return surge === 0 && unavailable === 0 ? { surge, unavailable: 1 } : { surge, unavailable };
}

/** Pods beyond the wanted number that a rolling update of a Deployment of this size may add. */
export function maxSurge(strategy: DeploymentStrategy, replicas: number): number {
  return strategy.type === 'RollingUpdate' ? fenceposts(strategy, replicas).surge : 0;
}

/** Pods that may be unavailable during a rolling update. */
export function maxUnavailable(strategy: DeploymentStrategy, replicas: number): number {
  if (strategy.type !== 'RollingUpdate' || replicas === 0) return 0;
  return Math.min(fenceposts(strategy, replicas).unavailable, replicas);
}

/** Sum of spec.replicas. */
export function specReplicas(sets: readonly ReplicaSetView[]): number {
  return sets.reduce((sum, set) => sum + set.replicas, 0);
}

/** Sum of status.availableReplicas. */
export function availableReplicas(sets: readonly ReplicaSetView[]): number {
  return sets.reduce((sum, set) => sum + set.available, 0);
}

/** ReplicaSets that are to have pods (FilterActiveReplicaSets). */
export function activeSets(sets: readonly ReplicaSetView[]): ReplicaSetView[] {
  return sets.filter((set) => set.replicas > 0);
}

/** Whether an active ReplicaSet remembers another size of the Deployment than it has now (isScalingEvent). */
export function isScalingEvent(deployment: DeploymentView, sets: readonly ReplicaSetView[]): boolean {
  return activeSets(sets).some((set) => set.desired >= 0 && set.desired !== deployment.replicas);
}

/** Oldest first (ReplicaSetsByCreationTimestamp). */
export function byCreation(left: ReplicaSetView, right: ReplicaSetView): number {
  return left.createdAt - right.createdAt || left.key - right.key;
}

/** Size of the new ReplicaSet (NewRSNewReplicas); `present` is its size now. */
export function newSetReplicas(deployment: DeploymentView, all: readonly ReplicaSetView[], present: number): number {
  const { strategy, replicas } = deployment;
  if (strategy.type === 'Recreate') return replicas;
  const most = replicas + maxSurge(strategy, replicas);
  const now = specReplicas(all);
  if (now >= most) return present;
  return present + Math.min(most - now, replicas - present);
}

/** How many old replicas may go at most: all that are not needed even if no new one ever became available (reconcileOldReplicaSets). */
export function mostScaledDown(
  deployment: DeploymentView,
  all: readonly ReplicaSetView[],
  newSet: ReplicaSetView | undefined,
): number {
  const { strategy, replicas } = deployment;
  const least = replicas - maxUnavailable(strategy, replicas);
  const newUnavailable = newSet === undefined ? 0 : newSet.replicas - newSet.available;
  return specReplicas(all) - least - newUnavailable;
}

/** Whether the new ReplicaSet has everything (IsSaturated). */
export function isSaturated(deployment: DeploymentView, set: ReplicaSetView | undefined): boolean {
  const { replicas } = deployment;
  return set !== undefined && set.replicas === replicas && set.desired === replicas && set.available === replicas;
}

/**
 * Sizes of active ReplicaSets when the Deployment is scaled during a rollout: each keeps its share, what is left over goes to the largest
 * (sync.go:scale). `sets` is sorted by this function as upstream sorts it.
 */
export function proportionalSizes(deployment: DeploymentView, sets: ReplicaSetView[]): number[] {
  const { replicas, strategy } = deployment;
  const allowed = replicas > 0 ? replicas + maxSurge(strategy, replicas) : 0;
  const toAdd = allowed - specReplicas(sets);
  // Larger ones first; among equals the newer grows first and the older shrinks first.
  const newerFirst = toAdd > 0 ? -1 : 1;
  sets.sort((left, right) => right.replicas - left.replicas || newerFirst * byCreation(left, right));
  let added = 0;
  const sizes = sets.map((set) => {
    if (toAdd === 0) return set.replicas;
    const share = proportionOf(deployment, set, toAdd, added);
    added += share;
    return set.replicas + share;
  });
  if (sizes.length > 0 && toAdd !== 0) sizes[0] = Math.max(0, (sizes[0] as number) + toAdd - added);
  return sizes;
}

/** What one ReplicaSet gets of `toAdd`, of which `added` is given away (GetReplicaSetProportion). */
function proportionOf(deployment: DeploymentView, set: ReplicaSetView, toAdd: number, added: number): number {
  if (set.replicas === 0 || toAdd === added) return 0;
  const share = shareOf(deployment, set);
  return toAdd > 0 ? Math.min(share, toAdd - added) : Math.max(share, toAdd - added);
}

/** By how much a ReplicaSet changes if it keeps its share of the whole (getReplicaSetFraction). */
function shareOf({ replicas, strategy, status }: DeploymentView, set: ReplicaSetView): number {
  if (replicas === 0) return -set.replicas;
  const before = set.desired >= 0 ? set.desired + maxSurge(strategy, set.desired) : status.replicas;
  if (before === 0) return 0;
  return Math.round((set.replicas * (replicas + maxSurge(strategy, replicas))) / before) - set.replicas;
}

/** Status that follows from the ReplicaSets (calculateStatus), with the conditions as they were. */
export function statusOf(
  deployment: DeploymentView,
  all: readonly ReplicaSetView[],
  newSet: ReplicaSetView | undefined,
): DeploymentStatus {
  return {
    replicas: all.reduce((sum, set) => sum + set.statusReplicas, 0),
    updated: newSet?.statusReplicas ?? 0,
    ready: all.reduce((sum, set) => sum + set.ready, 0),
    available: availableReplicas(all),
    observedGeneration: deployment.generation,
    progress: deployment.status.progress,
  };
}

/** The Progressing condition that goes with a new status (syncRolloutStatus). */
export function progressOf(deployment: DeploymentView, status: DeploymentStatus): number {
  const before = deployment.status;
  const wasComplete = before.progress === Progress.Complete && status.replicas === status.updated;
  if (wasComplete) return before.progress;
  if (isComplete(deployment, status)) return Progress.Complete;
  const progresses =
    status.updated > before.updated ||
    status.replicas - status.updated < before.replicas - before.updated ||
    status.ready > before.ready ||
    status.available > before.available;
  return progresses ? Progress.Progressing : before.progress;
}

/** Whether everything is new and available (DeploymentComplete). */
export function isComplete({ replicas, generation }: DeploymentView, status: DeploymentStatus): boolean {
  return (
    status.updated === replicas &&
    status.replicas === replicas &&
    status.available === replicas &&
    status.observedGeneration >= generation
  );
}

/** Whether two statuses say the same. */
export function sameStatus(left: DeploymentStatus, right: DeploymentStatus): boolean {
  return (
    left.replicas === right.replicas &&
    left.updated === right.updated &&
    left.ready === right.ready &&
    left.available === right.available &&
    left.observedGeneration === right.observedGeneration &&
    left.progress === right.progress
  );
}
