/**
 * The nftables mode: K:pkg/proxy/nftables/proxier.go. One table with verdict maps from addresses and ports to chains; a service chain has one
 * rule that picks an endpoint at random. Transactions hold what changed; objects of what is gone are deleted at least a second later.
 * Up to 1.35 every endpoint has a chain (nftablesEndpointChains); the first version wrote everything at every sync (nftablesPartialSync).
 * Left out here: see docs/not-modelled.md.
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

/** What is counted, by place. */
const CHAINS = 0;
const RULES = 1;
const ELEMENTS = 2;
const SETS = 3;
const PORTS = 4;
const COUNTED = ['chains', 'rules', 'elements', 'sets and maps', 'service ports'] as const;

/** Base chains and those that all services share: 7 hooks, services, masquerading, mark-for-masquerade, endpoint, firewall and address checks, reject. */
const FIXED_CHAINS = 14;
/** Rules in them, and elements of nodeport-ips. */
const FIXED_RULES = 19;
const FIXED_ELEMENTS = 1;
/** service-ips, service-nodeports, no-endpoint-services, no-endpoint-nodeports, firewall-ips, cluster-ips, nodeport-ips, hairpin-connections. */
const FIXED_SETS = 8;
/** Lines around a transaction: the table and what a partial sync says first. */
const TRANSACTION_LINES = 1;
/** A chain that is gone is flushed, and deleted a second later. */
const LINES_PER_STALE_CHAIN = 2;
/** An endpoint chain marks hairpin traffic and translates the address. */
const RULES_PER_ENDPOINT_CHAIN = 2;
/** With affinity it also remembers the client. */
const AFFINITY_RULE = 1;
/** external- chains: a mark, or the three exceptions of Local policy; and the jump. */
const EXTERNAL_CLUSTER = 1;
const EXTERNAL_LOCAL = 3;
/** Endpoints of one address of a service: a mark and the choice. */
const CHOICE = 1;

/** What is written for one service. */
class PortObjects {
  chains = 0;
  rules = 0;
  elements = 0;
  sets = 0;

  chain(rules: number): void {
    this.chains++;
    this.rules += rules;
  }
}

function countPort(
  objects: PortObjects,
  service: ServiceSpecification,
  port: ServicePort,
  ends: PortEndpoints,
  { nftablesEndpointChains }: ModeParameters,
): void {
  const { cluster, local, reachable, hasAny } = ends;
  const isInternalLocal = service.internalTrafficPolicy === 'Local';
  const isInternalServed = hasAny && (!isInternalLocal || local > 0);
  const isExternalServed = hasAny && (!isExternalLocal(service) || local > 0);
  const addresses = externalAddresses(service);
  const nodePorts = hasNodePort(service, port) ? 1 : 0;
  // cluster-ips; service-ips or no-endpoint-services for the ClusterIP.
  objects.elements += 2;
  if (hasAny) objects.elements += addresses + nodePorts;
  if (!isExternalServed) objects.elements += addresses + nodePorts;
  if (hasAny && service.loadBalancerSourceRanges.length > 0 && loadBalancerAddresses(service) > 0) {
    objects.elements += loadBalancerAddresses(service);
    // One rule with all ranges, and one that drops the others.
    objects.chain(2);
  }
  if (hasAny && addresses + nodePorts > 0) {
    const isLocal = isExternalLocal(service);
    objects.chain((isLocal ? EXTERNAL_LOCAL : EXTERNAL_CLUSTER) + (!isLocal || local > 0 ? 1 : 0));
  }
  const isSticky = service.sessionAffinity === 'ClientIP';
  if (cluster > 0) objects.chain(CHOICE + (isSticky ? cluster : 0));
  if (local > 0) objects.chain(CHOICE + (isSticky ? local : 0));
  if (isInternalServed) objects.rules++;
  if (!isSticky && !nftablesEndpointChains) return;
  objects.chains += reachable;
  objects.rules += reachable * (RULES_PER_ENDPOINT_CHAIN + (isSticky ? AFFINITY_RULE : 0));
  if (isSticky) objects.sets += reachable;
}

function count(service: ServiceSpecification, view: EndpointView, parameters: ModeParameters): Counts {
  const objects = new PortObjects();
  let ports = 0;
  if (isProxied(service)) {
    for (const port of service.ports) {
      ports++;
      countPort(objects, service, port, endpointsOfPort(service, port, view), parameters);
    }
  }
  return [objects.chains, objects.rules, objects.elements, objects.sets, ports];
}

const at = (counts: Counts, place: number) => counts[place] as number;
const total = (counts: Counts) => at(counts, CHAINS) + at(counts, RULES) + at(counts, ELEMENTS) + at(counts, SETS);

/** Lines of a transaction: chains (what empties one that is there is not counted apart) with their rules, elements, and what is taken away. */
function lines({ full, after, changedBefore, changedAfter, stale }: SyncWork): number {
  if (full) return TRANSACTION_LINES + total(after);
  const chains = at(changedAfter, CHAINS) + at(changedAfter, RULES);
  const elements = Math.abs(at(changedAfter, ELEMENTS) - at(changedBefore, ELEMENTS));
  const sets = Math.max(0, at(changedAfter, SETS) - at(changedBefore, SETS));
  return TRANSACTION_LINES + chains + elements + sets + stale * LINES_PER_STALE_CHAIN;
}

/** Parameters of the product are for a thousand service ports times a thousand chains, to the power of 11/8. */
const KILO = 1000;
const GROWTH = 1.375;

function syncSpan(work: SyncWork, parameters: ModeParameters): number {
  const { after, full, stale } = work;
  const own = at(after, PORTS) * parameters.nftablesOwnPerPort;
  const written = lines(work);
  if (full) {
    const product = (at(after, PORTS) / KILO) * (at(after, CHAINS) / KILO);
    const loaded = written * parameters.nftablesFullPerLine + product ** GROWTH * parameters.nftablesFullGrowth;
    return parameters.nftablesFullBase + loaded + own;
  }
  const deletion = stale > 0 ? parameters.nftablesDeletion : 0;
  const walked = at(after, CHAINS) * parameters.nftablesPerChain;
  return parameters.nftablesPartialBase + deletion + walked + written * parameters.nftablesPerLine + own;
}

/** Rules up to which full loads were measured. */
const MEASURED = 80_012;

export const nftables: ProxyMode = {
  help: 'one table of verdict maps and chains; a sync is a transaction with what changed',
  counted: COUNTED,
  countsOnNode: false,
  fixed: () => [FIXED_CHAINS, FIXED_RULES, FIXED_ELEMENTS, FIXED_SETS, 0],
  count,
  total,
  lines,
  pace: ({ nftablesMinSyncPeriod, fullSyncPeriod }) => ({
    minimum: nftablesMinSyncPeriod,
    forcedEvery: fullSyncPeriod,
    isForcedFull: true,
  }),
  removal: 'a second later',
  knowsLargeClusters: false,
  gauges: (
    [
      ['chain', CHAINS],
      ['rule', RULES],
      ['element', ELEMENTS],
      ['set', SETS],
    ] as const
  ).map(([kind, place]) => ({
    metric: 'plimsoll_kube_proxy_nftables_objects',
    labels: { kind },
    measure: (counts) => at(counts, place),
  })),
  canSyncPartially: ({ nftablesPartialSync }) => nftablesPartialSync,
  takesLock: () => false,
  syncSpan,
  memory: (counts, { nftablesBytesPerObject }) => total(counts) * nftablesBytesPerObject,
  choice: 'random',
  lookup: (_position, endpoint, { lookupBase, nftablesLookup, nftablesLookupPerEndpoint }) =>
    lookupBase + nftablesLookup + endpoint * nftablesLookupPerEndpoint,
  validity: () => ({ what: 'rules', most: MEASURED, measure: (counts) => at(counts, RULES) }),
};
