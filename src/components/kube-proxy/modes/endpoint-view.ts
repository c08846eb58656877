/**
 * Which endpoints of a service a node uses. K:pkg/proxy/topology.go:CategorizeEndpoints.
 *
 * Cluster traffic policy: endpoints that are Ready, of them those that hints give to the node or its zone; if none is Ready, those that still
 * serve while they terminate. Local traffic policy: the same among the endpoints on the node. Which policy a port uses is said by its service.
 */
import type { ObjectKey, ServicePort, ServiceSpecification, SliceEndpoint } from '../../../cluster/index.ts';

/** How many endpoints of a service a node sees, before the policies of its ports are asked. */
export interface EndpointView {
  /** Endpoints for Cluster traffic policy. */
  readonly cluster: number;
  /** Endpoints for Local traffic policy. */
  readonly local: number;
  /** Endpoints that are for one of the two. */
  readonly either: number;
  /** Whether any endpoint anywhere is Ready, or serves while it terminates. */
  readonly anywhere: boolean;
  /** Endpoints on the node, in any condition. */
  readonly onNode: number;
}

/** The endpoints themselves. */
export interface EndpointChoices {
  readonly cluster: readonly SliceEndpoint[];
  readonly local: readonly SliceEndpoint[];
}

/** What a port of a service uses of a view. */
export interface PortEndpoints {
  readonly cluster: number;
  readonly local: number;
  /** Endpoints that traffic can reach from this node. */
  readonly reachable: number;
  /** Whether there are endpoints anywhere: without them packets are refused. */
  readonly hasAny: boolean;
}

/** A service that has no endpoint. */
export const NO_ENDPOINTS: EndpointView = { cluster: 0, local: 0, either: 0, anywhere: false, onNode: 0 };

/** A node that no endpoint is on, and a zone that no hint names. */
export const NO_NODE = -1;
export const NO_ZONE = '';

/** Addresses under which a service can be reached from outside, beside its node port. */
export function externalAddresses(service: ServiceSpecification): number {
  return service.externalIps.length + loadBalancerAddresses(service);
}

/** Addresses that a load balancer has for a service. */
export function loadBalancerAddresses(service: ServiceSpecification): number {
  return service.type === 'LoadBalancer' ? 1 : 0;
}

/** Whether a port is open on every node. */
export function hasNodePort(service: ServiceSpecification, port: ServicePort): boolean {
  if (port.nodePort > 0 || service.type === 'NodePort') return true;
  return service.type === 'LoadBalancer' && service.allocateNodePorts !== false;
}

/** Whether kube-proxy does anything for a service. */
export function isProxied(service: ServiceSpecification): boolean {
  return !service.headless && service.type !== 'ExternalName';
}

function isExternal(service: ServiceSpecification, port: ServicePort): boolean {
  return hasNodePort(service, port) || externalAddresses(service) > 0;
}

/** Whether traffic from outside stays on the node where it arrives; only what a service type can have counts. */
export function isExternalLocal(service: ServiceSpecification): boolean {
  return service.externalTrafficPolicy === 'Local';
}

/** Whether a port has Local traffic policy in one direction. */
export function usesLocal(service: ServiceSpecification, port: ServicePort): boolean {
  return service.internalTrafficPolicy === 'Local' || (isExternalLocal(service) && isExternal(service, port));
}

/** Whether a port uses Cluster endpoints: also with Local policy outside, for what comes from inside. */
export function usesCluster(service: ServiceSpecification, port: ServicePort): boolean {
  return service.internalTrafficPolicy !== 'Local' || isExternal(service, port);
}

/** What a port uses. */
export function endpointsOfPort(service: ServiceSpecification, port: ServicePort, view: EndpointView): PortEndpoints {
  const isLocal = usesLocal(service, port);
  if (!usesCluster(service, port))
    return { cluster: 0, local: view.local, reachable: view.local, hasAny: view.anywhere };
  if (!isLocal) return { cluster: view.cluster, local: 0, reachable: view.cluster, hasAny: view.cluster > 0 };
  return { cluster: view.cluster, local: view.local, reachable: view.either, hasAny: view.anywhere };
}

const isDraining = (endpoint: SliceEndpoint) => endpoint.serving && endpoint.terminating;

/** Whether hints of the endpoints apply: every Ready one has them, and one of them is for the node, or for the zone. */
function hintsThatApply(endpoints: readonly SliceEndpoint[], node: number, zone: string): 'node' | 'zone' | 'none' {
  let allForNodes = true;
  let allForZones = true;
  let isForNode = false;
  let isForZone = false;
  for (const { ready, hints } of endpoints) {
    if (!ready) continue;
    if (hints?.node === undefined) allForNodes = false;
    else if (hints.node === node) isForNode = true;
    if (hints?.zones === undefined) allForZones = false;
    else if (zone !== NO_ZONE && hints.zones.includes(zone)) isForZone = true;
  }
  if (allForNodes && isForNode) return 'node';
  return allForZones && isForZone ? 'zone' : 'none';
}

/** The endpoints that a node uses by each policy. */
export function categorize(endpoints: readonly SliceEndpoint[], node: number, zone: string): EndpointChoices {
  const applying = hintsThatApply(endpoints, node, zone);
  let cluster = endpoints.filter(({ ready, hints }) => {
    if (!ready) return false;
    if (applying === 'node') return hints?.node === node;
    return applying === 'none' || hints?.zones?.includes(zone) === true;
  });
  if (cluster.length === 0) cluster = endpoints.filter(isDraining);
  const onNode = endpoints.filter((endpoint) => endpoint.node === node);
  const ready = onNode.filter((endpoint) => endpoint.ready);
  return { cluster, local: ready.length > 0 ? ready : onNode.filter(isDraining) };
}

/** How many they are. */
export function viewOf(endpoints: readonly SliceEndpoint[], node: number, zone: string): EndpointView {
  const { cluster, local } = categorize(endpoints, node, zone);
  const inCluster = new Set<ObjectKey>(cluster.map(({ pod }) => pod));
  return {
    cluster: cluster.length,
    local: local.length,
    either: cluster.length + local.filter(({ pod }) => !inCluster.has(pod)).length,
    anywhere: endpoints.some((endpoint) => endpoint.ready || isDraining(endpoint)),
    onNode: endpoints.filter((endpoint) => endpoint.node === node).length,
  };
}
