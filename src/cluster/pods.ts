/** Versions of pods. */
import { kinds } from './kinds.ts';
import type { PodTemplate } from './specifications.ts';
import { NO_VERSION, type VersionHandle, VersionTable } from './version-table.ts';

/** status.phase as it is stored. */
export const PodPhase = { Pending: 0, Running: 1, Succeeded: 2, Failed: 3 } as const;

/** status.conditions that are True, as bits. */
export const PodCondition = {
  Scheduled: 1,
  ReadyToStartContainers: 2,
  Initialized: 4,
  ContainersReady: 8,
  Ready: 16,
  DisruptionTarget: 32,
  /** PodScheduled is False with reason Unschedulable. */
  Unschedulable: 64,
  /** Not a condition: the kubelet has written the container statuses. */
  Reported: 128,
  /** Not a condition of its own: the reason of DisruptionTarget is PreemptionByScheduler. */
  Preempted: 256,
} as const;

/** status.reason of pods that failed, as it is stored. 0 = none. */
export const podReasons = [
  '',
  'OutOfcpu',
  'OutOfmemory',
  'OutOfpods',
  'NodeAffinity',
  'NodePorts',
  'OutOfephemeral-storage',
  // Upstream appends the resource's own name.
  'OutOfextended-resource',
  'Evicted',
] as const;

/** Versions of pods. The owner of a pod is a ReplicaSet. */
export class PodVersions extends VersionTable {
  /** What the pod is made from; never null on a stored pod. */
  readonly template = this.reference<PodTemplate | null>(null);
  /** spec.nodeName: key of the node, -1 = not bound. */
  readonly node = this.number(-1);
  /** A value of {@link PodPhase}. */
  readonly phase = this.number(PodPhase.Pending);
  /** Bits of {@link PodCondition}. */
  readonly conditions = this.number(0);
  /** Index into {@link podReasons}. */
  readonly reason = this.number(0);
  /** Message of PodScheduled = False, as a number that differs where the text differs. */
  readonly unschedulableMessage = this.number(0);
  /** 1 = status.resourceClaimStatuses names the claims that were made for it. */
  readonly namesClaims = this.number(0);
  /** Gates of spec.schedulingGates that are left, as bits by their place in the template. */
  readonly gates = this.number(0);
  /** status.nominatedNodeName: key of the node for which pods were preempted, -1 = none. */
  readonly nominatedNode = this.number(-1);
  /** 1 once status.podIP is set. */
  readonly hasIp = this.number(0);
  /** A number that differs where the container statuses differ: states, restarts, exit codes, readiness. */
  readonly containers = this.number(0);
  /** Most restarts of one of its containers, and of one of its sidecars. */
  readonly restarts = this.number(0);
  readonly sidecarRestarts = this.number(0);
  /** 1 once deletionGracePeriodSeconds is 0: only finalizers keep the pod. */
  readonly graceIsOver = this.number(0);
  /** When PodScheduled became True [ns], -1 = not yet. */
  readonly scheduledAt = this.number(-1);
  /** When all containers had started, by the kubelet's clock [ns], -1 = not yet. */
  readonly runningAt = this.number(-1);
  /** lastTransitionTime of the Ready condition [ns], -1 = never Ready. */
  readonly readyAt = this.number(-1);

  constructor() {
    super(kinds.pods);
  }

  /** Whether the Ready condition is True. */
  isReady(pod: VersionHandle): boolean {
    return (this.conditions.get(pod) & PodCondition.Ready) !== 0;
  }

  /** Whether scheduling gates hold the pod back; not where there is none. */
  isGated(pod: VersionHandle): boolean {
    return pod !== NO_VERSION && this.gates.get(pod) !== 0;
  }

  /** Whether deletionTimestamp is set. */
  isTerminating(pod: VersionHandle): boolean {
    return this.deletedAt.get(pod) >= 0;
  }

  /** Whether the pod has come to its end: Succeeded or Failed. */
  isTerminal(pod: VersionHandle): boolean {
    return this.phase.get(pod) >= PodPhase.Succeeded;
  }

  /** Whether a workload counts the pod as one of its replicas: neither ended nor terminating (controller.FilterActivePods). */
  isActive(pod: VersionHandle): boolean {
    return !this.isTerminal(pod) && !this.isTerminating(pod);
  }
}
