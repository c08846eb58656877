/** Servers and ipset entries of the ipvs mode on one node, as `ipvsadm -S` and `ipset save` print them: K:pkg/proxy/ipvs/proxier.go. */
import { categorize, IPSETS, type ModeParameters } from '../../../src/components/kube-proxy/modes/index.ts';
import { trafficOf, type WrittenService } from './written.ts';

/** All commands for services. */
export function writeIpvs(
  services: readonly WrittenService[],
  node: number,
  zone: string,
  { nodeAddresses }: ModeParameters,
): string[] {
  const lines: string[] = [];
  for (const service of services) {
    const { specification, name } = service;
    if (specification.headless || specification.type === 'ExternalName' || specification.ports.length === 0) continue;
    const choices = categorize(service.endpoints, node, zone);
    const isLocal = specification.externalTrafficPolicy === 'Local';
    for (const [i, port] of specification.ports.entries()) {
      const { cluster, local, externalIps, loadBalancerIps, nodePort } = trafficOf(service, port, choices);
      const serve = (address: string, endpoints: typeof cluster) => {
        lines.push(`-A -t ${address}:${name}-${i} -s rr`);
        for (const { pod } of endpoints) lines.push(`-a -t ${address}:${name}-${i} -r ${pod} -w 1`);
      };
      const entry = (set: string, what: string) => lines.push(`add ${set} ${what}`);
      const outside = isLocal ? local : cluster;
      for (const endpoint of service.endpoints) {
        if (endpoint.node === node) entry('KUBE-LOOP-BACK', `${endpoint.pod},${name}-${i}`);
      }
      entry('KUBE-CLUSTER-IP', `${name}-${i}`);
      serve('cluster-ip', specification.internalTrafficPolicy === 'Local' ? local : cluster);
      for (const address of externalIps) {
        entry(isLocal ? 'KUBE-EXTERNAL-IP-LOCAL' : 'KUBE-EXTERNAL-IP', `${address},${i}`);
        serve(address, outside);
      }
      for (const address of loadBalancerIps) {
        entry('KUBE-LOAD-BALANCER', `${address},${i}`);
        if (isLocal) entry('KUBE-LOAD-BALANCER-LOCAL', `${address},${i}`);
        for (const range of specification.loadBalancerSourceRanges)
          entry('KUBE-LOAD-BALANCER-SOURCE-CIDR', `${address},${i},${range}`);
        if (specification.loadBalancerSourceRanges.length > 0) entry('KUBE-LOAD-BALANCER-FW', `${address},${i}`);
        serve(address, outside);
      }
      if (!nodePort) continue;
      const isHash = port.protocol === 'SCTP';
      for (let address = 0; address < (isHash ? nodeAddresses : 1); address++) {
        const suffix = isHash ? 'SCTP-HASH' : port.protocol;
        entry(`KUBE-NODE-PORT-${suffix}`, `${address},${name}-${i}`);
        if (isLocal) entry(`KUBE-NODE-PORT-LOCAL-${suffix}`, `${address},${name}-${i}`);
      }
      for (let address = 0; address < nodeAddresses; address++) serve(`node-address-${address}`, outside);
    }
    const addresses = ['cluster-ip', ...specification.externalIps];
    if (specification.type === 'LoadBalancer') addresses.push('load-balancer');
    for (const address of addresses) lines.push(`add KUBE-IPVS-IPS ${address},${name}`);
    if (specification.type === 'LoadBalancer' && isLocal) lines.push(`add KUBE-HEALTH-CHECK-NODE-PORT ${name}`);
  }
  return lines;
}

/** What is counted of them, in the order of the mode's counts. */
export function countIpvs(lines: readonly string[]): number[] {
  const beginning = (start: string) => lines.filter((line) => line.startsWith(start)).length;
  return [beginning('-A '), beginning('-a '), ...IPSETS.map((set) => beginning(`add ${set} `))];
}
