/**
 * The iptables mode: K:pkg/proxy/iptables/proxier.go:syncProxyRules. Rules are counted as the chains that kube-proxy writes for one service,
 * for every port of it; the closed formulas that follow from it are the tests.
 * Left out here: see docs/not-modelled.md (local traffic policies, topology hints, health-check ports).
 */
import type { ServiceSpecification } from '../../../cluster/index.ts';
import type { ProxyMode, RuleCount } from './proxy-mode.ts';

/** POSTROUTING 3, MARK-MASQ 1, jump to the node ports 1; forward 3. */
const FIXED_NAT = 5;
const FIXED_FILTER = 3;
/** Jumps from the built-in chains: 3 of nat, 9 of filter (proxier.go:iptablesJumpChains), and 2 of the kubelet's in filter. */
const NAT_JUMPS = 3;
const FILTER_JUMPS = 11;
/** KUBE-SERVICES, NODEPORTS, EXTERNAL-SERVICES, FORWARD, POSTROUTING, MARK-MASQ, PROXY-FIREWALL, PROXY-CANARY of both tables. */
const FIXED_CHAINS = 10;
/** A service chain begins with one rule that marks what comes from outside the pod network. */
const MARK_MASQUERADE = 1;
/** An endpoint chain marks hairpin traffic and translates the address. */
const RULES_PER_ENDPOINT_CHAIN = 2;
/** KUBE-EXT marks and jumps. */
const EXTERNAL_CHAIN = 2;

const NOTHING: RuleCount = { nat: 0, filter: 0, chains: 0, listed: 0 };

/** Rules of one port of a service. */
function countPort(service: ServiceSpecification, hasNodePort: boolean, endpoints: number): RuleCount {
  const externalAddresses = service.externalIps.length + (service.type === 'LoadBalancer' ? 1 : 0);
  if (endpoints === 0) {
    const refused = 1 + externalAddresses + (hasNodePort ? 1 : 0);
    return { nat: 0, filter: refused, chains: 0, listed: refused };
  }
  const affinity = service.sessionAffinity === 'ClientIP' ? endpoints : 0;
  const serviceChain = MARK_MASQUERADE + endpoints + affinity;
  const endpointChains = endpoints * RULES_PER_ENDPOINT_CHAIN;
  const isExternal = hasNodePort || externalAddresses > 0;
  const sources = service.type === 'LoadBalancer' ? service.loadBalancerSourceRanges.length : 0;
  const firewall = sources > 0 ? sources + 1 : 0;
  const listed = 1 + externalAddresses + (hasNodePort ? 1 : 0);
  return {
    nat: listed + serviceChain + endpointChains + (isExternal ? EXTERNAL_CHAIN : 0) + firewall,
    filter: sources > 0 ? 1 : 0,
    chains: 1 + endpoints + (isExternal ? 1 : 0) + (sources > 0 ? 1 : 0),
    // KUBE-PROXY-FIREWALL is one of the chains that are written in every sync.
    listed: listed + (sources > 0 ? 1 : 0),
  };
}

export const iptables: ProxyMode = {
  help: 'KUBE-SERVICES, a chain for each service port and each endpoint; the whole table is replaced in the kernel at every sync',
  fixed: { nat: FIXED_NAT + NAT_JUMPS, filter: FIXED_FILTER + FILTER_JUMPS, chains: FIXED_CHAINS, listed: 0 },
  countService(service, endpoints) {
    if (service.headless || service.type === 'ExternalName') return NOTHING;
    let total = NOTHING;
    for (const port of service.ports) {
      const hasNodePort = port.nodePort > 0 || service.type === 'NodePort' || service.type === 'LoadBalancer';
      const count = countPort(service, hasNodePort, endpoints);
      total = {
        nat: total.nat + count.nat,
        filter: total.filter + count.filter,
        chains: total.chains + count.chains,
        listed: total.listed + count.listed,
      };
    }
    return total;
  },
};
