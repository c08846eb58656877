/** Services for tests: random ones, and the rules of one as kube-proxy writes them, line by line. */
import fc from 'fast-check';
import type { ServicePort, ServiceSpecification } from '../../../src/cluster/index.ts';

/** A ClusterIP service with one port. */
export const CLUSTER_IP: ServiceSpecification = {
  type: 'ClusterIP',
  headless: false,
  ports: [{ name: '', protocol: 'TCP', port: 80, targetPort: 80, nodePort: 0 }],
  sessionAffinity: 'None',
  externalTrafficPolicy: 'Cluster',
  internalTrafficPolicy: 'Cluster',
  loadBalancerSourceRanges: [],
  externalIps: [],
};

const portArbitrary: fc.Arbitrary<ServicePort> = fc.record({
  name: fc.constantFrom('http', 'grpc', 'metrics'),
  protocol: fc.constantFrom('TCP', 'UDP', 'SCTP'),
  port: fc.integer({ min: 1, max: 65_535 }),
  targetPort: fc.constant(80),
  nodePort: fc.constantFrom(0, 0, 30_080),
});

/** Services of every type, with any number of ports, addresses and source ranges. */
export const serviceArbitrary: fc.Arbitrary<ServiceSpecification> = fc.record({
  type: fc.constantFrom('ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'),
  headless: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  ports: fc.array(portArbitrary, { maxLength: 4 }),
  sessionAffinity: fc.constantFrom('None', 'ClientIP'),
  externalTrafficPolicy: fc.constant('Cluster'),
  internalTrafficPolicy: fc.constant('Cluster'),
  loadBalancerSourceRanges: fc.array(fc.constantFrom('10.0.0.0/8', '192.168.0.0/16', '172.16.0.0/12'), {
    maxLength: 3,
  }),
  externalIps: fc.array(fc.constantFrom('1.2.3.4', '5.6.7.8', '9.9.9.9'), { maxLength: 3 }),
});

/** What kube-proxy writes for one service. */
export interface WrittenRules {
  readonly nat: string[];
  readonly filter: string[];
  /** Chains of the service itself. */
  readonly chains: string[];
}

/** Chains that list all services and are written in every sync. */
const LISTING_CHAINS = ['KUBE-SERVICES', 'KUBE-NODEPORTS', 'KUBE-EXTERNAL-SERVICES', 'KUBE-PROXY-FIREWALL'];

/** Rules that are written in every sync. */
export function listedRules({ nat, filter }: WrittenRules): string[] {
  return [...nat, ...filter].filter((rule) => LISTING_CHAINS.some((chain) => rule.startsWith(`-A ${chain} `)));
}

/** The rules of one service with its endpoints, in the order of proxier.go:syncProxyRules. */
export function writeRules(service: ServiceSpecification, endpoints: number): WrittenRules {
  const written: WrittenRules = { nat: [], filter: [], chains: [] };
  if (service.headless || service.type === 'ExternalName') return written;
  for (const [index, port] of service.ports.entries()) writePort(written, service, port, index, endpoints);
  return written;
}

function writePort(
  { nat, filter, chains }: WrittenRules,
  service: ServiceSpecification,
  port: ServicePort,
  index: number,
  endpoints: number,
): void {
  const vips = [...service.externalIps, ...(service.type === 'LoadBalancer' ? ['load-balancer'] : [])];
  const nodePort = port.nodePort > 0 || service.type === 'NodePort' || service.type === 'LoadBalancer';
  const isFiltered = service.type === 'LoadBalancer' && service.loadBalancerSourceRanges.length > 0;
  const name = (kind: string) => `KUBE-${kind}-${index}`;
  if (endpoints === 0) {
    filter.push('-A KUBE-SERVICES -d cluster-ip -j REJECT');
    for (const vip of vips) filter.push(`-A KUBE-EXTERNAL-SERVICES -d ${vip} -j REJECT`);
    if (nodePort) filter.push('-A KUBE-EXTERNAL-SERVICES -m addrtype --dst-type LOCAL -j REJECT');
    return;
  }
  nat.push(`-A KUBE-SERVICES -d cluster-ip -j ${name('SVC')}`);
  for (const vip of service.externalIps) nat.push(`-A KUBE-SERVICES -d ${vip} -j ${name('EXT')}`);
  if (service.type === 'LoadBalancer') {
    nat.push(`-A KUBE-SERVICES -d load-balancer -j ${name(isFiltered ? 'FW' : 'EXT')}`);
    if (isFiltered) filter.push('-A KUBE-PROXY-FIREWALL -d load-balancer -j DROP');
  }
  if (nodePort) nat.push(`-A KUBE-NODEPORTS --dport ${port.nodePort} -j ${name('EXT')}`);
  chains.push(name('SVC'));
  nat.push(`-A ${name('SVC')} ! -s pods -j KUBE-MARK-MASQ`);
  if (vips.length > 0 || nodePort) {
    chains.push(name('EXT'));
    nat.push(`-A ${name('EXT')} -j KUBE-MARK-MASQ`, `-A ${name('EXT')} -j ${name('SVC')}`);
  }
  if (isFiltered) {
    chains.push(name('FW'));
    for (const range of service.loadBalancerSourceRanges) nat.push(`-A ${name('FW')} -s ${range} -j ${name('EXT')}`);
    // Whoever is not among them is marked by what follows and dropped by the firewall chain.
    nat.push(`-A ${name('FW')} -m comment --comment other`);
  }
  for (let endpoint = 0; endpoint < endpoints; endpoint++) {
    const sep = name(`SEP-${endpoint}`);
    if (service.sessionAffinity === 'ClientIP') nat.push(`-A ${name('SVC')} -m recent --rcheck -j ${sep}`);
    nat.push(`-A ${name('SVC')} -m statistic --mode random -j ${sep}`);
    chains.push(sep);
    nat.push(`-A ${sep} -s endpoint -j KUBE-MARK-MASQ`, `-A ${sep} -j DNAT`);
  }
}
