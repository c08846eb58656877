/** What a PATCH pods/status by the kubelet makes of a pod (pkg/kubelet/status: mergePodStatus). Its numbers: see writes/pods.ts:podStatus. */
import { PodCondition, type PodVersions, type VersionHandle } from '../../cluster/index.ts';
import type { RequestId, Requests } from './requests.ts';

/** Numbers of the message of PATCH pods/status by the kubelet. */
export const PodStatusNumber = {
  Phase: 0,
  Conditions: 1,
  Reason: 2,
  HasIp: 3,
  RunningAt: 4,
  /** A number that stands for the container statuses. */
  Containers: 5,
  Restarts: 6,
  SidecarRestarts: 7,
} as const;

/** Conditions that the kubelet leaves as they are. */
const KEPT_CONDITIONS = PodCondition.Scheduled | PodCondition.DisruptionTarget | PodCondition.Preempted;

/** Whether a PATCH pods/status by the kubelet would leave a pod as it is; kubelets look for themselves before they send one. */
export function saysNothingNew(pods: PodVersions, pod: VersionHandle, requests: Requests, request: RequestId): boolean {
  return (
    conditionsAfter(pods, pod, requests, request) === pods.conditions.get(pod) &&
    phaseAfter(pods, pod, requests, request) === pods.phase.get(pod) &&
    requests.number(request, PodStatusNumber.HasIp) === pods.hasIp.get(pod) &&
    requests.number(request, PodStatusNumber.RunningAt) === pods.runningAt.get(pod) &&
    requests.number(request, PodStatusNumber.Containers) === pods.containers.get(pod)
  );
}

/** Condition bits of the pod after the PATCH: those that are not the kubelet's own stay. */
export function conditionsAfter(pods: PodVersions, pod: VersionHandle, requests: Requests, request: RequestId): number {
  return requests.number(request, PodStatusNumber.Conditions) | (pods.conditions.get(pod) & KEPT_CONDITIONS);
}

/** Phase of the pod after the PATCH: a terminal phase never goes back. */
export function phaseAfter(pods: PodVersions, pod: VersionHandle, requests: Requests, request: RequestId): number {
  return Math.max(pods.phase.get(pod), requests.number(request, PodStatusNumber.Phase));
}
