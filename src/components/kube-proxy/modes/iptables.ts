/**
 * The iptables mode: K:pkg/proxy/iptables/proxier.go:syncProxyRules. The chains of a service port are gone through as kube-proxy writes them, and
 * what it would write into each is counted; the tests write them out and hold the closed formulas against the counts.
 * Back ends: legacy (the table is copied out, changed and replaced as one blob) and nft (chains become objects of nf_tables).
 * Left out here: see docs/not-modelled.md (one address family, no masquerade-all).
 */
import type { ServicePort, ServiceSpecification } from '../../../cluster/index.ts';
import {
  type EndpointView,
  endpointsOfPort,
  externalAddresses,
  hasNodePort,
  isExternalLocal,
  isProxied,
  loadBalancerAddresses,
  type PortEndpoints,
} from './endpoint-view.ts';
import type { ModeParameters } from './modes.parameters.ts';
import type { Counts, ProxyMode, SyncWork } from './proxy-mode.ts';

/** POSTROUTING 3, MARK-MASQ 1, jump to the node ports 1; forward 3. */
const FIXED_NAT = 5;
const FIXED_FILTER = 3;
/** Jumps from the built-in chains: 3 of nat, 9 of filter (proxier.go:iptablesJumpChains), and 2 of the kubelet's in filter. */
const NAT_JUMPS = 3;
const FILTER_JUMPS = 11;
/** KUBE-SERVICES, NODEPORTS, EXTERNAL-SERVICES, FORWARD, POSTROUTING, MARK-MASQ, PROXY-FIREWALL, PROXY-CANARY of both tables. */
const FIXED_CHAINS = 10;
/** Lines of both tables that are neither: their names and COMMIT. */
const TABLE_LINES = 4;
/** What comes from outside the pod network is marked for masquerading. */
const MARK_MASQUERADE = 1;
/** An endpoint chain marks hairpin traffic and translates the address. */
const RULES_PER_ENDPOINT_CHAIN = 2;
/** KUBE-EXT before it jumps to the endpoints: with Cluster policy one mark; with Local policy pods, marked local sources, and their jump. */
const EXTERNAL_CLUSTER = 1;
const EXTERNAL_LOCAL = 3;
/** Lines by which a chain that nobody uses is removed: its name, and -X. */
const LINES_PER_STALE_CHAIN = 2;
/** Runs of iptables that a full sync makes to ensure chains and jumps, for the nat table and in all (PR 114181: 24 saved by a partial sync). */
const NAT_RUNS = 6;
const RUNS = 24;

/** What is counted, by place. */
const NAT = 0;
const FILTER = 1;
const CHAINS = 2;
const LISTED = 3;
const LISTED_FILTER = 4;
const COUNTED = ['nat rules', 'filter rules', 'chains', 'listed nat rules', 'listed filter rules'] as const;

/** What is written for one port, counted chain by chain. */
class PortRules {
  nat = 0;
  filter = 0;
  chains = 0;
  /** Of them, rules of the chains that list all services, which every sync writes. */
  listed = 0;
  listedFilter = 0;

  /** Rules of KUBE-SERVICES and KUBE-NODEPORTS. */
  list(rules = 1): void {
    this.nat += rules;
    this.listed += rules;
  }

  /** Rules of KUBE-SERVICES, KUBE-EXTERNAL-SERVICES, KUBE-NODEPORTS and KUBE-PROXY-FIREWALL of the filter table. */
  refuse(rules = 1): void {
    this.filter += rules;
    this.listedFilter += rules;
  }

  /** A chain of the service's own. */
  chain(rules: number): void {
    this.chains++;
    this.nat += rules;
  }
}

/** The ways in: addresses and node port, and what is refused of them. */
function writeEntries(
  rules: PortRules,
  service: ServiceSpecification,
  port: ServicePort,
  { local, hasAny }: PortEndpoints,
  { localhostNodePorts }: ModeParameters,
): void {
  const isInternalServed = hasAny && (service.internalTrafficPolicy !== 'Local' || local > 0);
  const isExternalServed = hasAny && (!isExternalLocal(service) || local > 0);
  if (isInternalServed) rules.list();
  else rules.refuse();
  const addresses = externalAddresses(service);
  if (hasAny) rules.list(addresses);
  if (!isExternalServed) rules.refuse(addresses);
  if (hasAny && service.loadBalancerSourceRanges.length > 0) rules.refuse(loadBalancerAddresses(service));
  if (hasNodePort(service, port)) {
    // With the counter of localhost node ports, what goes to 127.0.0.0/8 has a rule of its own.
    if (hasAny) rules.list(localhostNodePorts ? 2 : 1);
    if (!isExternalServed) rules.refuse();
  }
  // The health-check port is one of the service; it is counted with its first port.
  if (port === service.ports[0] && hasHealthCheckPort(service)) rules.refuse();
}

/** Chains of the service: for its endpoints by policy, for what comes from outside, and for source ranges. */
function writeChains(rules: PortRules, service: ServiceSpecification, port: ServicePort, ends: PortEndpoints): void {
  const { cluster, local, reachable, hasAny } = ends;
  const perEndpoint = service.sessionAffinity === 'ClientIP' ? 2 : 1;
  const isInternalLocal = service.internalTrafficPolicy === 'Local';
  if (cluster > 0) rules.chain(cluster * perEndpoint);
  if (local > 0) rules.chain(local * perEndpoint);
  if (isInternalLocal ? local > 0 : hasAny) rules.nat += MARK_MASQUERADE;
  if (hasAny && (hasNodePort(service, port) || externalAddresses(service) > 0)) {
    const isLocal = isExternalLocal(service);
    const endpoints = isLocal ? local : 1;
    rules.chain((isLocal ? EXTERNAL_LOCAL : EXTERNAL_CLUSTER) + (endpoints > 0 ? 1 : 0));
    const sources = service.loadBalancerSourceRanges.length;
    // Whoever is not among them is marked by the last rule and dropped by the firewall chain.
    if (sources > 0 && loadBalancerAddresses(service) > 0) rules.chain(sources + 1);
  }
  rules.chains += reachable;
  rules.nat += reachable * RULES_PER_ENDPOINT_CHAIN;
}

/** Whether load balancers ask nodes whether they have endpoints. */
export function hasHealthCheckPort(service: ServiceSpecification): boolean {
  return service.type === 'LoadBalancer' && isExternalLocal(service);
}

function count(service: ServiceSpecification, view: EndpointView, parameters: ModeParameters): Counts {
  const rules = new PortRules();
  if (isProxied(service)) {
    for (const port of service.ports) {
      const ends = endpointsOfPort(service, port, view);
      writeEntries(rules, service, port, ends, parameters);
      writeChains(rules, service, port, ends);
    }
  }
  return [rules.nat, rules.filter, rules.chains, rules.listed, rules.listedFilter];
}

const at = (counts: Counts, place: number) => counts[place] as number;
const total = (counts: Counts) => at(counts, NAT) + at(counts, FILTER);
const listed = (counts: Counts) => at(counts, LISTED) + at(counts, LISTED_FILTER);

/** Lines of the chains of services, which a partial sync writes for those that changed. */
const own = (counts: Counts) => total(counts) + at(counts, CHAINS) - listed(counts);

/** Lines for iptables-restore: the chains that list services, and those of all or of the changed services. */
function lines({ full, after, changedAfter, stale }: SyncWork): number {
  const chains = full ? own(after) : own(changedAfter) + FIXED_CHAINS + FIXED_NAT + FIXED_FILTER;
  return listed(after) + chains + TABLE_LINES + stale * LINES_PER_STALE_CHAIN;
}

function syncSpan(work: SyncWork, parameters: ModeParameters): number {
  const { iptablesSyncBase, iptablesOwnPerLine } = parameters;
  const written = lines(work);
  const span = iptablesSyncBase + written * iptablesOwnPerLine + restore(written, work, parameters);
  return span + (work.readsBack ? save(work.after, parameters) : 0) + (work.full ? ensure(work.after, parameters) : 0);
}

/** iptables-restore of so many lines. */
function restore(written: number, work: SyncWork, parameters: ModeParameters): number {
  const { iptablesBackend } = parameters;
  return (iptablesBackend === 'nft' ? restoreNft : restoreLegacy)(written, work, parameters);
}

function restoreLegacy(written: number, { after }: SyncWork, parameters: ModeParameters): number {
  const { iptablesLegacyBase, iptablesLegacyPerRule, iptablesLegacyPerLine, iptablesLegacyPerSquaredLine } = parameters;
  const linear = iptablesLegacyBase + total(after) * iptablesLegacyPerRule + written * iptablesLegacyPerLine;
  return linear + (written / KILO) ** 2 * iptablesLegacyPerSquaredLine;
}

function restoreNft(written: number, { after }: SyncWork, parameters: ModeParameters): number {
  const { iptablesNftBase, iptablesNftPerChain, iptablesNftPerLine, iptablesNftPerSquaredLine } = parameters;
  const linear = iptablesNftBase + at(after, CHAINS) * iptablesNftPerChain + written * iptablesNftPerLine;
  return linear + (written / KILO) ** 2 * iptablesNftPerSquaredLine;
}

/** Parameters of squares are for a thousand lines squared. */
const KILO = 1000;

/** iptables-save of the nat table. */
function save(after: Counts, parameters: ModeParameters): number {
  const rules = at(after, NAT);
  if (parameters.iptablesBackend === 'nft')
    return parameters.iptablesNftSaveBase + rules * parameters.iptablesNftSavePerRule;
  return parameters.iptablesRunBase + rules * parameters.iptablesLegacySavePerRule;
}

/** One run of iptables on a table with so many rules; the legacy one copies the whole table. */
function runOn(rules: number, parameters: ModeParameters): number {
  const { iptablesBackend, iptablesNftRunBase, iptablesRunBase, iptablesLegacyRunPerRule } = parameters;
  return iptablesBackend === 'nft' ? iptablesNftRunBase : iptablesRunBase + rules * iptablesLegacyRunPerRule;
}

/** One run of iptables on the nat table. */
function run(after: Counts, parameters: ModeParameters): number {
  return runOn(at(after, NAT), parameters);
}

/** The runs that ensure chains and jumps; the filter table is small. */
function ensure(after: Counts, parameters: ModeParameters): number {
  return NAT_RUNS * run(after, parameters) + (RUNS - NAT_RUNS) * runOn(0, parameters);
}

/** What a sync is made of, for who holds each step against what was measured. */
export const iptablesSteps = { restore, save, run } as const;

/** Rules up to which each back end was measured. */
const MEASURED = { legacy: 170_009, nft: 50_009 } as const;

export const iptables: ProxyMode = {
  help: 'KUBE-SERVICES, a chain for each service port and each endpoint; with the legacy back end the whole table is replaced at every sync',
  counted: COUNTED,
  countsOnNode: false,
  fixed: () => [FIXED_NAT + NAT_JUMPS, FIXED_FILTER + FILTER_JUMPS, FIXED_CHAINS, 0, 0],
  count,
  total,
  lines,
  pace: ({ iptablesMinSyncPeriod, fullSyncPeriod }) => ({
    minimum: iptablesMinSyncPeriod,
    forcedEvery: fullSyncPeriod,
    isForcedFull: true,
  }),
  removal: 'read back',
  knowsLargeClusters: true,
  gauges: [
    {
      metric: 'kubeproxy_sync_proxy_rules_iptables_total',
      labels: { table: 'nat' },
      measure: (counts) => at(counts, NAT),
    },
    {
      metric: 'kubeproxy_sync_proxy_rules_iptables_total',
      labels: { table: 'filter' },
      measure: (counts) => at(counts, FILTER),
    },
  ],
  canSyncPartially: ({ partialSync }) => partialSync,
  takesLock: ({ iptablesBackend }) => iptablesBackend === 'legacy',
  syncSpan,
  memory: (counts, { iptablesBytesPerRule }) => total(counts) * iptablesBytesPerRule,
  choice: 'random',
  lookup(position, endpoint, parameters) {
    const { iptablesBackend, iptablesLegacyRuleTest, iptablesLegacyRandomTest, lookupBase } = parameters;
    const { iptablesNftRuleTest, iptablesNftRandomTest } = parameters;
    const isNft = iptablesBackend === 'nft';
    const rules = position * (isNft ? iptablesNftRuleTest : iptablesLegacyRuleTest);
    return lookupBase + rules + (endpoint + 1) * (isNft ? iptablesNftRandomTest : iptablesLegacyRandomTest);
  },
  validity: ({ iptablesBackend }) => ({ what: 'rules', most: MEASURED[iptablesBackend], measure: total }),
};
