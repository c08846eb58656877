/**
 * The userspace mode (removed in 1.26): kube-proxy listens on a random port for each service port, rules of iptables lead connections there, and
 * the process itself connects to an endpoint, in turn, and copies bytes. Endpoints are nothing but its own memory: only services touch the kernel.
 * K:pkg/proxy/userspace/proxier.go of 1.25. Left out here: see docs/not-modelled.md.
 */
import type { ServiceSpecification } from '../../../cluster/index.ts';
import { nanoseconds } from '../../../units/index.ts';
import { externalAddresses, hasNodePort, isProxied } from './endpoint-view.ts';
import type { ModeParameters } from './modes.parameters.ts';
import type { Counts, ProxyMode, SyncWork } from './proxy-mode.ts';

/** What is counted, by place. */
const NAT = 0;
const SOCKETS = 1;
const COUNTED = ['nat rules', 'listening sockets'] as const;
/** Jumps to KUBE-PORTALS-CONTAINER, -HOST, KUBE-NODEPORT-CONTAINER, -HOST and -NON-LOCAL. */
const FIXED_NAT = 5;
/** Every address has a rule for what comes from containers and one for the host's own. */
const RULES_PER_ADDRESS = 2;

function count(service: ServiceSpecification): Counts {
  if (!isProxied(service)) return [0, 0];
  let rules = 0;
  let sockets = 0;
  for (const port of service.ports) {
    rules += (1 + externalAddresses(service)) * RULES_PER_ADDRESS;
    sockets++;
    if (!hasNodePort(service, port)) continue;
    rules += RULES_PER_ADDRESS;
    sockets++;
  }
  return [rules, sockets];
}

const at = (counts: Counts, place: number) => counts[place] as number;

/** Runs of iptables: one to ensure each rule, and one to remove each that is gone. */
function runs({ full, after, changedBefore, changedAfter }: SyncWork): number {
  if (full) return at(after, NAT);
  return Math.abs(at(changedAfter, NAT) - at(changedBefore, NAT));
}

function syncSpan(work: SyncWork, parameters: ModeParameters): number {
  const { iptablesRunBase, iptablesLegacyRunPerRule, userspaceSyncBase } = parameters;
  return userspaceSyncBase + runs(work) * (iptablesRunBase + at(work.after, NAT) * iptablesLegacyRunPerRule);
}

/** Rules up to which runs of iptables were measured. */
const MEASURED = 170_009;

export const userspace: ProxyMode = {
  help: 'removed in Kubernetes 1.26: the process itself accepts every connection and connects to an endpoint',
  counted: COUNTED,
  countsOnNode: false,
  fixed: () => [FIXED_NAT, 0],
  count,
  total: (counts) => at(counts, NAT),
  lines: runs,
  // Endpoints are taken over as they come; services wait for no period either, which upstream they do.
  pace: ({ syncPeriod }) => ({
    minimum: nanoseconds(0),
    forcedEvery: syncPeriod,
    isForcedFull: true,
  }),
  removal: 'none',
  knowsLargeClusters: false,
  gauges: [
    {
      metric: 'kubeproxy_sync_proxy_rules_iptables_total',
      labels: { table: 'nat' },
      measure: (counts) => at(counts, NAT),
    },
    { metric: 'plimsoll_kube_proxy_listening_sockets', labels: {}, measure: (counts) => at(counts, SOCKETS) },
  ],
  canSyncPartially: () => true,
  takesLock: () => true,
  syncSpan,
  memory: (counts, { iptablesBytesPerRule }) => at(counts, NAT) * iptablesBytesPerRule,
  choice: 'roundRobin',
  lookup: (position, _endpoint, { lookupBase, iptablesLegacyRuleTest }) =>
    lookupBase + position * iptablesLegacyRuleTest,
  validity: () => ({ what: 'rules', most: MEASURED, measure: (counts) => at(counts, NAT) }),
};
