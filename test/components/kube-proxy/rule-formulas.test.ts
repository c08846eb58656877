import { describe, expect, it } from 'vitest';
import type { ServicePort, ServiceSpecification } from '../../../src/cluster/index.ts';
import { type EndpointView, proxyModes } from '../../../src/components/kube-proxy/modes/index.ts';
import { CLUSTER_IP, parametersWith } from './services.ts';

const { iptables, ipvs, nftables, userspace } = proxyModes;
const defaults = parametersWith();
/** Endpoints, those of the node, addresses, source ranges, addresses of a node. */
const E = 7;
const L = 3;
const V = 2;
const S = 4;

/** A node with L of E endpoints. */
const VIEW: EndpointView = { cluster: E, local: L, either: E, anywhere: true, onNode: L };
/** A node without any of them, and a service without any. */
const ELSEWHERE: EndpointView = { cluster: E, local: 0, either: E, anywhere: true, onNode: 0 };
const EMPTY: EndpointView = { cluster: 0, local: 0, either: 0, anywhere: false, onNode: 0 };

const addresses = Array.from({ length: V }, (_, i) => `1.2.3.${i}`);
const ranges = Array.from({ length: S }, (_, i) => `10.${i}.0.0/16`);
const local = { externalTrafficPolicy: 'Local' } as const;

/** Rules of iptables for one port, by the closed formulas: nat, and filter. */
const iptablesFormulas: readonly [string, Partial<ServiceSpecification>, EndpointView, number, number][] = [
  ['ClusterIP: 3E + 2', {}, VIEW, 3 * E + 2, 0],
  ['client affinity: + E', { sessionAffinity: 'ClientIP' }, VIEW, 4 * E + 2, 0],
  ['NodePort: + 2 with that for localhost, and KUBE-EXT 2', { type: 'NodePort' }, VIEW, 3 * E + 2 + 4, 0],
  ['LoadBalancer: one more for its address', { type: 'LoadBalancer' }, VIEW, 3 * E + 2 + 4 + 1, 0],
  ['external addresses: V, and KUBE-EXT 2', { externalIps: addresses }, VIEW, 3 * E + 2 + 2 + V, 0],
  [
    'S source ranges: + S + 1, and a DROP',
    { type: 'LoadBalancer', loadBalancerSourceRanges: ranges },
    VIEW,
    3 * E + 2 + 4 + 1 + S + 1,
    1,
  ],
  [
    'Local outside with L endpoints: KUBE-EXT 3 + 1, KUBE-SVL L',
    { type: 'NodePort', ...local },
    VIEW,
    3 * E + 2 + 2 + 4 + L,
    0,
  ],
  [
    'Local outside with none: a DROP in place of the jump',
    { type: 'NodePort', ...local },
    ELSEWHERE,
    3 * E + 2 + 2 + 3,
    1,
  ],
  ['Local and a balancer: the health-check port', { type: 'LoadBalancer', ...local }, VIEW, 3 * E + 2 + 3 + 4 + L, 1],
  [
    'Local inside: KUBE-SVL for the ClusterIP',
    { internalTrafficPolicy: 'Local' },
    { ...VIEW, either: L },
    3 * L + 2,
    0,
  ],
  ['Local inside with none: a DROP', { internalTrafficPolicy: 'Local' }, ELSEWHERE, 0, 1],
  ['without endpoints: one REJECT', {}, EMPTY, 0, 1],
  ['without endpoints: one REJECT for each way in', { type: 'LoadBalancer', externalIps: addresses }, EMPTY, 0, 3 + V],
  ['headless: none', { headless: true }, VIEW, 0, 0],
  ['ExternalName: none', { type: 'ExternalName' }, VIEW, 0, 0],
];

describe('rules of the iptables mode', () => {
  it.each(iptablesFormulas)('%s', (_, changes, view, nat, filter) => {
    const [countedNat, countedFilter] = iptables.count({ ...CLUSTER_IP, ...changes }, view, defaults);
    expect([countedNat, countedFilter]).toEqual([nat, filter]);
  });

  it('of a service port have a chain, and each of its endpoints one', () => {
    for (const cluster of [1, 2, 50])
      expect(iptables.count(CLUSTER_IP, { ...ELSEWHERE, cluster, either: cluster }, defaults)[2]).toBe(cluster + 1);
  });

  it('are one for a node port where it does not answer on localhost', () => {
    const [nat] = iptables.count(
      { ...CLUSTER_IP, type: 'NodePort' },
      VIEW,
      parametersWith({ localhostNodePorts: false }),
    );
    expect(nat).toBe(3 * E + 2 + 3);
  });

  it('of every node: POSTROUTING 3, MARK-MASQ 1, node ports 1, forward 3, and 12 + 2 jumps', () => {
    expect(iptables.total(iptables.fixed(defaults))).toBe(3 + 1 + 1 + 3 + 12 + 2);
  });

  it('of S services with E endpoints together: nat 5 + 2 S + 3 E, filter 3 and one for each without (KP-03)', () => {
    const JUMPS = [3, 11] as const;
    for (const [services, each] of [
      [10, 10],
      [1, 10],
    ] as const) {
      const view = { ...ELSEWHERE, cluster: each, either: each };
      const [nat = 0, filter = 0] = iptables.count(CLUSTER_IP, view, defaults);
      const [fixedNat = 0, fixedFilter = 0] = iptables.fixed(defaults);
      expect(fixedNat - JUMPS[0] + services * nat).toBe(5 + 2 * services + 3 * services * each);
      expect(fixedFilter - JUMPS[1] + services * filter).toBe(3);
    }
  });
});

/** Virtual and real servers of one port. */
const ipvsFormulas: readonly [string, Partial<ServiceSpecification>, number, number][] = [
  ['ClusterIP: one with all endpoints', {}, 1, E],
  ['NodePort: one more on each address of the node', { type: 'NodePort' }, 1 + 2, 3 * E],
  ['LoadBalancer: one more for its address', { type: 'LoadBalancer' }, 1 + 2 + 1, 4 * E],
  ['external addresses: one each', { externalIps: addresses }, 1 + V, (1 + V) * E],
  ['Local outside: only those of the node behind them', { type: 'NodePort', ...local }, 1 + 2, E + 2 * L],
  ['headless: none', { headless: true }, 0, 0],
];

describe('servers of the ipvs mode', () => {
  it.each(ipvsFormulas)('%s', (_, changes, virtual, real) => {
    const [countedVirtual, countedReal] = ipvs.count({ ...CLUSTER_IP, ...changes }, VIEW, defaults);
    expect([countedVirtual, countedReal]).toEqual([virtual, real]);
  });
});

/** Chains, rules, elements and sets of one port. */
const nftablesFormulas: readonly [string, Partial<ServiceSpecification>, readonly number[]][] = [
  ['ClusterIP: one chain with a mark and one choice, whatever E is', {}, [1, 2, 2, 0]],
  [
    'affinity: E chains and sets, E lookups, three rules for each',
    { sessionAffinity: 'ClientIP' },
    [1 + E, 2 + E + 3 * E, 2, E],
  ],
  ['NodePort: one element, and a chain with two rules', { type: 'NodePort' }, [2, 4, 3, 0]],
  ['external addresses: one element each', { externalIps: addresses }, [2, 4, 2 + V, 0]],
  ['source ranges: a chain with two rules', { type: 'LoadBalancer', loadBalancerSourceRanges: ranges }, [3, 6, 5, 0]],
  ['headless: none', { headless: true }, [0, 0, 0, 0]],
];

describe('objects of the nftables mode', () => {
  it.each(nftablesFormulas)('%s', (_, changes, objects) => {
    expect(nftables.count({ ...CLUSTER_IP, ...changes }, VIEW, defaults).slice(0, 4)).toEqual(objects);
  });

  it('up to 1.35 are a chain of two rules for each endpoint', () => {
    const counts = nftables.count(CLUSTER_IP, VIEW, parametersWith({ nftablesEndpointChains: true }));
    expect(counts.slice(0, 4)).toEqual([1 + E, 2 + 2 * E, 2, 0]);
  });
});

describe('rules of the userspace mode', () => {
  it('are two for each address and port, and do not depend on endpoints', () => {
    const ports: ServicePort[] = [80, 443].map((port) => ({
      name: `p${port}`,
      protocol: 'TCP',
      port,
      targetPort: port,
      nodePort: 0,
    }));
    const service: ServiceSpecification = { ...CLUSTER_IP, ports, externalIps: addresses };
    for (const view of [VIEW, EMPTY]) expect(userspace.count(service, view, defaults)).toEqual([2 * 2 * (1 + V), 2]);
  });
});
