/** The objects of the nftables mode on one node, as commands of nft: K:pkg/proxy/nftables/proxier.go. */
import { categorize, type ModeParameters } from '../../../src/components/kube-proxy/modes/index.ts';
import { trafficOf, type WrittenService } from './written.ts';

/** All commands for services. */
export function writeNftables(
  services: readonly WrittenService[],
  node: number,
  zone: string,
  { nftablesEndpointChains }: ModeParameters,
): string[] {
  const lines: string[] = [];
  for (const service of services) {
    const { specification } = service;
    if (specification.headless || specification.type === 'ExternalName') continue;
    const choices = categorize(service.endpoints, node, zone);
    for (const [i, port] of specification.ports.entries()) {
      const traffic = trafficOf(service, port, choices);
      const name = `${service.name}-${i}`;
      const isSticky = specification.sessionAffinity === 'ClientIP';
      lines.push(`add element cluster-ips { ${name} }`);
      if (traffic.hasInternal) lines.push(`add element service-ips { cluster-ip . ${name} : goto service-${name} }`);
      else lines.push(`add element no-endpoint-services { cluster-ip . ${name} : drop }`);
      const addresses = [...traffic.externalIps, ...traffic.loadBalancerIps];
      for (const address of addresses) {
        if (traffic.hasAny) lines.push(`add element service-ips { ${address} . ${name} : goto external-${name} }`);
        if (!traffic.hasExternal) lines.push(`add element no-endpoint-services { ${address} . ${name} : drop }`);
      }
      if (traffic.nodePort && traffic.hasAny)
        lines.push(`add element service-nodeports { ${name} : goto external-${name} }`);
      if (traffic.nodePort && !traffic.hasExternal) lines.push(`add element no-endpoint-nodeports { ${name} : drop }`);
      if (traffic.hasAny && traffic.loadBalancerIps.length > 0 && specification.loadBalancerSourceRanges.length > 0) {
        lines.push(`add chain firewall-${name}`, `add rule firewall-${name} ip saddr { ranges } return`);
        lines.push(`add rule firewall-${name} drop`);
        for (const address of traffic.loadBalancerIps) lines.push(`add element firewall-ips { ${address} . ${name} }`);
      }
      if (traffic.hasAny && (addresses.length > 0 || traffic.nodePort)) {
        lines.push(`add chain external-${name}`);
        if (specification.externalTrafficPolicy === 'Local') {
          lines.push(`add rule external-${name} ip saddr pods goto service-${name}`);
          lines.push(`add rule external-${name} fib saddr type local jump mark-for-masquerade`);
          lines.push(`add rule external-${name} fib saddr type local goto service-${name}`);
          if (traffic.hasExternal) lines.push(`add rule external-${name} goto local-${name}`);
        } else {
          lines.push(`add rule external-${name} jump mark-for-masquerade`);
          if (traffic.hasExternal) lines.push(`add rule external-${name} goto service-${name}`);
        }
      }
      if (traffic.hasInternal) lines.push(`add rule service-${name} ip saddr != pods jump mark-for-masquerade`);
      for (const [chain, endpoints] of [
        [`service-${name}`, traffic.cluster],
        [`local-${name}`, traffic.local],
      ] as const) {
        if (endpoints.length === 0) continue;
        lines.push(`add chain ${chain}`);
        if (isSticky)
          for (const { pod } of endpoints) lines.push(`add rule ${chain} ip saddr @affinity-${pod} goto ${pod}`);
        lines.push(`add rule ${chain} dnat to numgen random mod ${endpoints.length} map { … }`);
      }
      if (!isSticky && !nftablesEndpointChains) continue;
      for (const { pod } of traffic.reachable) {
        if (isSticky) lines.push(`add set affinity-${name}-${pod}`);
        lines.push(
          `add chain endpoint-${name}-${pod}`,
          `add rule endpoint-${name}-${pod} ip saddr ${pod} jump mark-for-masquerade`,
        );
        if (isSticky) lines.push(`add rule endpoint-${name}-${pod} update @affinity-${name}-${pod}`);
        lines.push(`add rule endpoint-${name}-${pod} dnat to ${pod}`);
      }
    }
  }
  return lines;
}

/** What is counted of them, in the order of the mode's counts; service ports are counted by their ClusterIPs. */
export function countNftables(lines: readonly string[]): number[] {
  const beginning = (start: string) => lines.filter((line) => line.startsWith(start)).length;
  return [
    beginning('add chain '),
    beginning('add rule '),
    beginning('add element '),
    beginning('add set '),
    beginning('add element cluster-ips '),
  ];
}
