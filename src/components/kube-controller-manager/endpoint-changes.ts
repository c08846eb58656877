/**
 * What of a pod matters to the controllers that list endpoints. K:staging/src/k8s.io/endpointslice/util (controller_utils.go),
 * K:pkg/controller/util/endpoint.
 */
import type { ObjectKey, PodVersions, SliceEndpoint, VersionHandle } from '../../cluster/index.ts';
import { sameHints } from './endpoint-hints.ts';
import type { ServiceMemberships } from './service-memberships.ts';

/** Whether a pod belongs into a list of endpoints: it has an address and has not come to its end (ShouldPodBeInEndpoints). */
export function belongsIntoEndpoints(pods: PodVersions, pod: VersionHandle, withTerminating: boolean): boolean {
  if (pods.isTerminal(pod) || pods.hasIp.get(pod) === 0) return false;
  return withTerminating || !pods.isTerminating(pod);
}

/** The endpoint that a pod is (podToEndpoint). `isPublished`: pods that are not Ready are listed as if they were. */
export function endpointOf(pods: PodVersions, pod: VersionHandle, isPublished = false): SliceEndpoint {
  const serving = pods.isReady(pod);
  const terminating = pods.isTerminating(pod);
  return {
    pod: pods.key.get(pod) as ObjectKey,
    node: pods.node.get(pod) as ObjectKey,
    ready: isPublished || (serving && !terminating),
    serving,
    terminating,
  };
}

/** Whether two endpoints of one pod say the same. */
export function sameEndpoint(left: SliceEndpoint, right: SliceEndpoint): boolean {
  return (
    left.pod === right.pod &&
    left.node === right.node &&
    left.ready === right.ready &&
    left.serving === right.serving &&
    left.terminating === right.terminating &&
    sameHints(left.hints, right.hints)
  );
}

/** Whether a change of a pod can change an endpoint (podEndpointsChanged). */
function endpointChanged(pods: PodVersions, pod: VersionHandle, previous: VersionHandle): boolean {
  return (
    pods.isTerminating(pod) !== pods.isTerminating(previous) ||
    pods.isTerminal(pod) !== pods.isTerminal(previous) ||
    pods.hasIp.get(pod) !== pods.hasIp.get(previous) ||
    pods.isReady(pod) !== pods.isReady(previous) ||
    pods.node.get(pod) !== pods.node.get(previous)
  );
}

/** A handler of pods that adds the Services whose endpoints may have changed to a queue. */
export function enqueueServicesOfPods(
  pods: PodVersions,
  memberships: ServiceMemberships,
  enqueue: (service: ObjectKey) => void,
) {
  const enqueueAll = (pod: VersionHandle) => {
    for (const service of memberships.selecting(pod)) enqueue(service);
  };
  return {
    onAdd: enqueueAll,
    onUpdate: (pod: VersionHandle, previous: VersionHandle) => {
      if (endpointChanged(pods, pod, previous)) enqueueAll(pod);
    },
    onDelete: enqueueAll,
  };
}
