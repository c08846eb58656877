/** The rules of the iptables mode on one node, as kube-proxy hands them to iptables-restore: K:pkg/proxy/iptables/proxier.go:syncProxyRules. */
import { categorize, type ModeParameters } from '../../../src/components/kube-proxy/modes/index.ts';
import { type PortTraffic, trafficOf, type WrittenService } from './written.ts';

/** Lines for the two tables. */
interface Tables {
  readonly nat: string[];
  readonly filter: string[];
}

/** Everything that is written for services, without what every node has. */
export function writeIptables(
  services: readonly WrittenService[],
  node: number,
  zone: string,
  { localhostNodePorts }: ModeParameters,
): Tables {
  const tables: Tables = { nat: [], filter: [] };
  for (const service of services) {
    const { specification, name } = service;
    if (specification.headless || specification.type === 'ExternalName') continue;
    const endpoints = categorize(service.endpoints, node, zone);
    for (const [i, port] of specification.ports.entries()) {
      writePort(tables, service, `${name}-${i}`, trafficOf(service, port, endpoints), localhostNodePorts);
    }
    if (
      specification.type === 'LoadBalancer' &&
      specification.externalTrafficPolicy === 'Local' &&
      specification.ports.length > 0
    )
      tables.filter.push(`-A KUBE-NODEPORTS -m comment --comment "${name} health check node port" -j ACCEPT`);
  }
  return tables;
}

function writePort(
  { nat, filter }: Tables,
  { specification }: WrittenService,
  name: string,
  traffic: PortTraffic,
  localhostNodePorts: boolean,
): void {
  const { cluster, local, reachable, hasAny, hasInternal, hasExternal, externalIps, loadBalancerIps, nodePort } =
    traffic;
  const isSticky = specification.sessionAffinity === 'ClientIP';
  const ranges = specification.loadBalancerSourceRanges;
  const isFiltered = hasAny && loadBalancerIps.length > 0 && ranges.length > 0;
  const internal = specification.internalTrafficPolicy === 'Local' ? `KUBE-SVL-${name}` : `KUBE-SVC-${name}`;
  const refusal = hasAny ? 'DROP' : 'REJECT';
  if (hasInternal) nat.push(`-A KUBE-SERVICES -d cluster-ip -j ${internal}`);
  else filter.push(`-A KUBE-SERVICES -d cluster-ip -j ${refusal}`);
  for (const address of externalIps) {
    if (hasAny) nat.push(`-A KUBE-SERVICES -d ${address} -j KUBE-EXT-${name}`);
    if (!hasExternal) filter.push(`-A KUBE-EXTERNAL-SERVICES -d ${address} -j ${refusal}`);
  }
  for (const address of loadBalancerIps) {
    if (hasAny) nat.push(`-A KUBE-SERVICES -d ${address} -j ${isFiltered ? 'KUBE-FW' : 'KUBE-EXT'}-${name}`);
    if (isFiltered) filter.push(`-A KUBE-PROXY-FIREWALL -d ${address} -j DROP`);
    if (!hasExternal) filter.push(`-A KUBE-EXTERNAL-SERVICES -d ${address} -j ${refusal}`);
  }
  if (nodePort) {
    if (hasAny && localhostNodePorts) nat.push(`-A KUBE-NODEPORTS -d 127.0.0.0/8 -m nfacct -j KUBE-EXT-${name}`);
    if (hasAny) nat.push(`-A KUBE-NODEPORTS -j KUBE-EXT-${name}`);
    if (!hasExternal) filter.push(`-A KUBE-EXTERNAL-SERVICES -m addrtype --dst-type LOCAL -j ${refusal}`);
  }
  if (hasInternal) nat.push(`-A ${internal} ! -s pods -j KUBE-MARK-MASQ`);
  if (hasAny && (externalIps.length + loadBalancerIps.length > 0 || nodePort)) {
    const chain = `KUBE-EXT-${name}`;
    nat.push(`:${chain} - [0:0]`);
    if (specification.externalTrafficPolicy === 'Local') {
      nat.push(`-A ${chain} -s pods -j KUBE-SVC-${name}`);
      nat.push(`-A ${chain} --src-type LOCAL -j KUBE-MARK-MASQ`, `-A ${chain} --src-type LOCAL -j KUBE-SVC-${name}`);
      if (hasExternal) nat.push(`-A ${chain} -j KUBE-SVL-${name}`);
    } else {
      nat.push(`-A ${chain} -j KUBE-MARK-MASQ`);
      if (hasExternal) nat.push(`-A ${chain} -j KUBE-SVC-${name}`);
    }
  }
  if (isFiltered) {
    nat.push(`:KUBE-FW-${name} - [0:0]`);
    for (const range of ranges) nat.push(`-A KUBE-FW-${name} -s ${range} -j KUBE-EXT-${name}`);
    nat.push(`-A KUBE-FW-${name} -m comment --comment "other traffic"`);
  }
  for (const [chain, endpoints] of [
    [`KUBE-SVC-${name}`, cluster],
    [`KUBE-SVL-${name}`, local],
  ] as const) {
    if (endpoints.length === 0) continue;
    nat.push(`:${chain} - [0:0]`);
    if (isSticky)
      for (const { pod } of endpoints) nat.push(`-A ${chain} -m recent --rcheck -j KUBE-SEP-${name}-${pod}`);
    for (const { pod } of endpoints) nat.push(`-A ${chain} -m statistic --mode random -j KUBE-SEP-${name}-${pod}`);
  }
  for (const { pod } of reachable) {
    const chain = `KUBE-SEP-${name}-${pod}`;
    nat.push(
      `:${chain} - [0:0]`,
      `-A ${chain} -s ${pod} -j KUBE-MARK-MASQ`,
      `-A ${chain} -j DNAT --to-destination ${pod}`,
    );
  }
}

const LISTING = /^-A KUBE-(SERVICES|NODEPORTS|EXTERNAL-SERVICES|PROXY-FIREWALL) /;

/** What is counted of them, in the order of the mode's counts. */
export function countIptables({ nat, filter }: Tables): number[] {
  const rules = (lines: string[]) => lines.filter((line) => line.startsWith('-A'));
  const listed = (lines: string[]) => lines.filter((line) => LISTING.test(line)).length;
  const chains = nat.length - rules(nat).length;
  return [rules(nat).length, rules(filter).length, chains, listed(nat), listed(filter)];
}
