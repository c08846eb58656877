/** What the twins of all modes share: services as text is written for them, and which endpoints their ports use. */
import type { ServicePort, ServiceSpecification, SliceEndpoint } from '../../../src/cluster/index.ts';
import type { EndpointChoices } from '../../../src/components/kube-proxy/modes/index.ts';

/** A service and all its endpoints. */
export interface WrittenService {
  readonly name: string;
  readonly specification: ServiceSpecification;
  readonly endpoints: readonly SliceEndpoint[];
}

/** What one port has on one node. */
export interface PortTraffic {
  readonly cluster: readonly SliceEndpoint[];
  readonly local: readonly SliceEndpoint[];
  readonly reachable: readonly SliceEndpoint[];
  readonly hasAny: boolean;
  readonly hasInternal: boolean;
  readonly hasExternal: boolean;
  readonly externalIps: readonly string[];
  readonly loadBalancerIps: readonly string[];
  readonly nodePort: boolean;
}

/** K:pkg/proxy/topology.go, serviceport.go. */
export function trafficOf(service: WrittenService, port: ServicePort, choices: EndpointChoices): PortTraffic {
  const { specification, endpoints } = service;
  const externalIps = specification.externalIps;
  const isBalanced = specification.type === 'LoadBalancer';
  const loadBalancerIps = isBalanced ? ['load-balancer'] : [];
  const nodePort =
    port.nodePort > 0 || specification.type === 'NodePort' || (isBalanced && specification.allocateNodePorts !== false);
  const isExternal = nodePort || externalIps.length + loadBalancerIps.length > 0;
  const usesCluster = specification.internalTrafficPolicy === 'Cluster' || isExternal;
  const isExternalLocal = specification.externalTrafficPolicy === 'Local';
  const usesLocal = specification.internalTrafficPolicy === 'Local' || (isExternalLocal && isExternal);
  const cluster = usesCluster ? choices.cluster : [];
  const local = usesLocal ? choices.local : [];
  const reachable = [...cluster, ...local.filter((endpoint) => !cluster.includes(endpoint))];
  const anywhere = endpoints.some(({ ready, serving, terminating }) => ready || (serving && terminating));
  const hasAny = usesLocal ? anywhere : cluster.length > 0;
  return {
    cluster,
    local,
    reachable,
    hasAny,
    hasInternal: hasAny && (specification.internalTrafficPolicy === 'Cluster' || local.length > 0),
    hasExternal: hasAny && (!isExternalLocal || local.length > 0),
    externalIps,
    loadBalancerIps,
    nodePort,
  };
}
