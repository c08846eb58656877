/**
 * The ipvs mode: K:pkg/proxy/ipvs/proxier.go. A virtual server for each address, port and protocol (for node ports on every address of the node),
 * a real server for each endpoint behind it, addresses on the device kube-ipvs0, and entries of ipsets that a fixed set of iptables rules asks.
 * Every sync goes through all services, lists every ipset, and adds or removes what differs.
 * Left out here: see docs/not-modelled.md (entries that several services share, schedulers other than rr).
 */
import type { ServicePort, ServiceSpecification } from '../../../cluster/index.ts';
import {
  type EndpointView,
  endpointsOfPort,
  hasNodePort,
  isExternalLocal,
  isProxied,
  loadBalancerAddresses,
} from './endpoint-view.ts';
import { hasHealthCheckPort } from './iptables.ts';
import type { ModeParameters } from './modes.parameters.ts';
import type { Counts, ProxyMode, RuleGauge, SyncWork } from './proxy-mode.ts';

/** The ipsets, by name. */
export const IPSETS = [
  'KUBE-LOOP-BACK',
  'KUBE-CLUSTER-IP',
  'KUBE-EXTERNAL-IP',
  'KUBE-EXTERNAL-IP-LOCAL',
  'KUBE-LOAD-BALANCER',
  'KUBE-LOAD-BALANCER-LOCAL',
  'KUBE-LOAD-BALANCER-FW',
  'KUBE-LOAD-BALANCER-SOURCE-CIDR',
  'KUBE-NODE-PORT-TCP',
  'KUBE-NODE-PORT-LOCAL-TCP',
  'KUBE-NODE-PORT-UDP',
  'KUBE-NODE-PORT-LOCAL-UDP',
  'KUBE-NODE-PORT-SCTP-HASH',
  'KUBE-NODE-PORT-LOCAL-SCTP-HASH',
  'KUBE-HEALTH-CHECK-NODE-PORT',
  'KUBE-IPVS-IPS',
] as const;

type IpsetName = (typeof IPSETS)[number];

/** What is counted, by place: servers, then entries by set, in the order of {@link IPSETS}. */
const VIRTUAL = 0;
const REAL = 1;
const FIRST_SET = 2;
const COUNTED = ['virtual servers', 'real servers', ...IPSETS.map((name) => `entries of ${name}`)];
/** Rules of iptables, however many services there are (model-reference 7.2: about 30). */
const FIXED_RULES = 30;
/** Hash sets hold so many entries at most (maxelem). */
export const IPSET_CAPACITY = 65_536;

/** What is written for one service. */
class ServiceEntries {
  readonly counts: number[] = COUNTED.map(() => 0);

  virtualServers(servers: number, endpoints: number): void {
    this.increase(VIRTUAL, servers);
    this.increase(REAL, servers * endpoints);
  }

  entries(name: IpsetName, entries: number): void {
    this.increase(FIRST_SET + IPSETS.indexOf(name), entries);
  }

  private increase(place: number, by: number): void {
    this.counts[place] = (this.counts[place] as number) + by;
  }
}

/** The sets of node ports of each protocol. */
const NODE_PORT_SETS = {
  TCP: ['KUBE-NODE-PORT-TCP', 'KUBE-NODE-PORT-LOCAL-TCP'],
  UDP: ['KUBE-NODE-PORT-UDP', 'KUBE-NODE-PORT-LOCAL-UDP'],
  SCTP: ['KUBE-NODE-PORT-SCTP-HASH', 'KUBE-NODE-PORT-LOCAL-SCTP-HASH'],
} as const satisfies Record<ServicePort['protocol'], readonly [IpsetName, IpsetName]>;

function countPort(
  written: ServiceEntries,
  service: ServiceSpecification,
  port: ServicePort,
  view: EndpointView,
  { nodeAddresses }: ModeParameters,
): void {
  const { cluster, local } = endpointsOfPort(service, port, view);
  const isLocal = isExternalLocal(service);
  // With Local policy the real servers are those of the node; without any of them those of the cluster for what comes from inside.
  const inside = service.internalTrafficPolicy === 'Local' ? local : cluster;
  const outside = isLocal ? local : cluster;
  written.entries('KUBE-LOOP-BACK', view.onNode);
  written.entries('KUBE-CLUSTER-IP', 1);
  written.virtualServers(1, inside);
  const external = service.externalIps.length;
  written.entries(isLocal ? 'KUBE-EXTERNAL-IP-LOCAL' : 'KUBE-EXTERNAL-IP', external);
  written.virtualServers(external, outside);
  const balanced = loadBalancerAddresses(service);
  written.entries('KUBE-LOAD-BALANCER', balanced);
  if (isLocal) written.entries('KUBE-LOAD-BALANCER-LOCAL', balanced);
  if (service.loadBalancerSourceRanges.length > 0) {
    written.entries('KUBE-LOAD-BALANCER-FW', balanced);
    written.entries('KUBE-LOAD-BALANCER-SOURCE-CIDR', balanced * service.loadBalancerSourceRanges.length);
  }
  written.virtualServers(balanced, outside);
  if (!hasNodePort(service, port)) return;
  // SCTP ports are kept with the address of the node, the others alone.
  const entries = port.protocol === 'SCTP' ? nodeAddresses : 1;
  const [all, ofLocal] = NODE_PORT_SETS[port.protocol];
  written.entries(all, entries);
  if (isLocal) written.entries(ofLocal, entries);
  written.virtualServers(nodeAddresses, outside);
}

function count(service: ServiceSpecification, view: EndpointView, parameters: ModeParameters): Counts {
  const written = new ServiceEntries();
  if (!isProxied(service)) return written.counts;
  for (const port of service.ports) countPort(written, service, port, view, parameters);
  if (service.ports.length > 0) {
    // Addresses on kube-ipvs0, whatever the number of ports.
    written.entries('KUBE-IPVS-IPS', 1 + service.externalIps.length + loadBalancerAddresses(service));
    if (hasHealthCheckPort(service)) written.entries('KUBE-HEALTH-CHECK-NODE-PORT', 1);
  }
  return written.counts;
}

const at = (counts: Counts, place: number) => counts[place] as number;

/** Entries of all sets together. */
function entriesIn(counts: Counts): number {
  return counts.slice(FIRST_SET).reduce((sum, entries) => sum + entries, 0);
}

/** The fullest set, and how many entries it has. */
export function fullestSet(counts: Counts): { readonly name: string; readonly entries: number } {
  const sets = counts.slice(FIRST_SET);
  const entries = Math.max(...sets);
  return { name: IPSETS[sets.indexOf(entries)] as string, entries };
}

const total = (counts: Counts) => at(counts, VIRTUAL) + at(counts, REAL) + entriesIn(counts) + FIXED_RULES;

/** Servers and entries that come, and real servers that go or change their weight. */
function commands({ full, after, changedBefore, changedAfter, stale }: SyncWork): { servers: number; entries: number } {
  if (full) return { servers: at(after, VIRTUAL) + at(after, REAL), entries: entriesIn(after) };
  const servers =
    Math.abs(at(changedAfter, VIRTUAL) - at(changedBefore, VIRTUAL)) +
    Math.abs(at(changedAfter, REAL) - at(changedBefore, REAL)) +
    2 * stale;
  return { servers, entries: Math.abs(entriesIn(changedAfter) - entriesIn(changedBefore)) };
}

function syncSpan(work: SyncWork, parameters: ModeParameters): number {
  const { after } = work;
  const { servers, entries } = commands(work);
  const { ipvsSyncBase, ipvsPerVirtualServer, ipvsPerRealServer, ipvsServerChange, ipvsServerChangePerServer } =
    parameters;
  const { ipsetListPerEntry, ipsetListBase, ipsetAdd } = parameters;
  const walk = at(after, VIRTUAL) * ipvsPerVirtualServer + at(after, REAL) * ipvsPerRealServer;
  const lists = IPSETS.length * ipsetListBase + entriesIn(after) * ipsetListPerEntry;
  const perServer = ipvsServerChange + at(after, VIRTUAL) * ipvsServerChangePerServer;
  return ipvsSyncBase + walk + lists + servers * perServer + entries * ipsetAdd;
}

/** Services up to which the time of one more rule was published (KP-19). */
const PUBLISHED_SERVICES = 20_000;

export const ipvs: ProxyMode = {
  help: 'virtual and real servers in the kernel with ipsets beside them; every sync walks through all services',
  counted: COUNTED,
  countsOnNode: true,
  fixed: () => COUNTED.map(() => 0),
  count,
  total,
  lines(work) {
    const { servers, entries } = commands(work);
    return servers + entries;
  },
  pace: ({ ipvsMinSyncPeriod, ipvsResyncPeriod }) => ({
    minimum: ipvsMinSyncPeriod,
    forcedEvery: ipvsResyncPeriod,
    isForcedFull: false,
  }),
  removal: 'at once',
  knowsLargeClusters: false,
  gauges: [
    {
      metric: 'plimsoll_kube_proxy_ipvs_servers',
      labels: { kind: 'virtual' },
      measure: (counts) => at(counts, VIRTUAL),
    },
    { metric: 'plimsoll_kube_proxy_ipvs_servers', labels: { kind: 'real' }, measure: (counts) => at(counts, REAL) },
    ...IPSETS.map(
      (set, place): RuleGauge => ({
        metric: 'plimsoll_kube_proxy_ipset_entries',
        labels: { set },
        measure: (counts) => at(counts, FIRST_SET + place),
      }),
    ),
  ],
  canSyncPartially: () => true,
  takesLock: ({ iptablesBackend }) => iptablesBackend === 'legacy',
  syncSpan,
  memory: (counts, { ipvsBytesPerServer, ipsetBytesPerEntry }) =>
    (at(counts, VIRTUAL) + at(counts, REAL)) * ipvsBytesPerServer + entriesIn(counts) * ipsetBytesPerEntry,
  choice: 'roundRobin',
  lookup: (_position, _endpoint, { lookupBase, ipvsLookup }) => lookupBase + ipvsLookup,
  validity: () => ({
    what: 'virtual servers',
    most: PUBLISHED_SERVICES,
    measure: (counts) => at(counts, VIRTUAL),
  }),
};
