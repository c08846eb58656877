/** A pod on its way through the scheduling queue. K:staging kube-scheduler/framework/types.go (QueuedPodInfo). */
import type { ObjectKey } from '../../cluster/index.ts';
import type { SimTime } from '../../units/index.ts';
import type { PodRequirements } from './pod-requirements.ts';
import type { Profile } from './profile.ts';

/** The bit of extenders among the plugins that rejected a pod: any event may help it then. */
export const EXTENDERS = 1 << 30;

/** Where in the queue a pod is. */
export const QueuePlace = {
  Nowhere: 0,
  Active: 1,
  Backoff: 2,
  ErrorBackoff: 3,
  Unschedulable: 4,
} as const;

/** A pod that wants a node. */
export class QueuedPod {
  readonly key: ObjectKey;
  readonly uid: number;
  readonly requirements: PodRequirements;
  readonly profile: Profile;
  /** When it came to the queue for the first time. */
  readonly enteredAt: SimTime;
  /** A value of {@link QueuePlace}, state. */
  place: number = QueuePlace.Nowhere;
  /** Its place in the heap that it is in, state. */
  position = -1;
  /** When it came to the queue last, which is what orders pods of one priority, state. */
  timestamp: SimTime;
  /** Order of arrival among pods of one timestamp, state. */
  sequence = 0;
  /** From when on the loop could have taken it, for its present attempt, state. */
  activeSince: SimTime;
  /** When its present attempt began, when its node was decided on, and when its binding was sent, state. */
  attemptStartedAt: SimTime;
  decidedAt: SimTime;
  bindingSentAt: SimTime;
  /** Attempts so far; those that found no node; errors in a row, state. */
  attempts = 0;
  unschedulableCount = 0;
  errorCount = 0;
  /** Until when it backs off, state. */
  backoffUntil: SimTime;
  /** Plugins that rejected nodes in its last attempt, as bits by plugin number; 0 = it failed by an error, state. */
  rejectors = 0;
  /** Number of the plugin that keeps it out of the queue, -1 = none does, state. */
  gate = -1;
  /** Whether it is to be tried again whatever its plugins say: it was told so while it was in flight, state. */
  isForced = false;
  /** Slot of the node that was chosen for it, state. */
  node = -1;
  /** Message of its status that says why it is unschedulable, undefined = none was sent, state. */
  statusMessage: number | undefined;

  constructor(key: ObjectKey, uid: number, requirements: PodRequirements, profile: Profile, now: SimTime) {
    this.key = key;
    this.uid = uid;
    this.requirements = requirements;
    this.profile = profile;
    this.enteredAt = now;
    this.timestamp = now;
    this.activeSince = now;
    this.attemptStartedAt = now;
    this.decidedAt = now;
    this.bindingSentAt = now;
    this.backoffUntil = now;
  }
}
