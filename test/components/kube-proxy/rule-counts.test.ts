import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ServiceSpecification } from '../../../src/cluster/index.ts';
import { proxyModes } from '../../../src/components/kube-proxy/modes/index.ts';
import { CLUSTER_IP, listedRules, serviceArbitrary, writeRules } from './services.ts';

const { iptables } = proxyModes;
const E = 7;

/** Rules of a service of one port with E endpoints, by closed formulas. */
const formulas: readonly [what: string, service: Partial<ServiceSpecification>, nat: number, filter: number][] = [
  ['ClusterIP: 3E + 2', {}, 3 * E + 2, 0],
  ['client affinity: + E', { sessionAffinity: 'ClientIP' }, 4 * E + 2, 0],
  ['NodePort: + 1 and an external chain of 2', { type: 'NodePort' }, 3 * E + 2 + 3, 0],
  ['LoadBalancer: + 1 for its address', { type: 'LoadBalancer' }, 3 * E + 2 + 3 + 1, 0],
  ['external addresses: + 1 each, one external chain', { externalIps: ['a', 'b', 'c'] }, 3 * E + 2 + 2 + 3, 0],
  [
    'S source ranges: + S + 1, and a DROP',
    { type: 'LoadBalancer', loadBalancerSourceRanges: ['a', 'b'] },
    3 * E + 2 + 3 + 1 + 3,
    1,
  ],
  ['headless: none', { headless: true }, 0, 0],
  ['ExternalName: none', { type: 'ExternalName' }, 0, 0],
];

describe('rules of the iptables mode', () => {
  it.each(formulas)('%s', (_, changes, nat, filter) => {
    expect(iptables.countService({ ...CLUSTER_IP, ...changes }, E)).toMatchObject({ nat, filter });
  });

  it.each([
    ['ClusterIP', {}, 1],
    ['NodePort', { type: 'NodePort' }, 2],
    ['LoadBalancer', { type: 'LoadBalancer' }, 3],
    ['two external addresses', { externalIps: ['a', 'b'] }, 3],
  ] as const)('without endpoints: one REJECT for each way in (%s)', (_, changes, rejects) => {
    expect(iptables.countService({ ...CLUSTER_IP, ...changes }, 0)).toEqual({
      nat: 0,
      filter: rejects,
      chains: 0,
      listed: rejects,
    });
  });

  it('a service port has a chain, and each of its endpoints one', () => {
    for (const endpoints of [1, 2, 50]) expect(iptables.countService(CLUSTER_IP, endpoints).chains).toBe(endpoints + 1);
  });

  it('are as many as kube-proxy writes line by line, for any service', () => {
    fc.assert(
      fc.property(serviceArbitrary, fc.integer({ min: 0, max: 60 }), (service, endpoints) => {
        const rules = writeRules(service, endpoints);
        expect(iptables.countService(service, endpoints)).toEqual({
          nat: rules.nat.length,
          filter: rules.filter.length,
          chains: rules.chains.length,
          listed: listedRules(rules).length,
        });
      }),
      { numRuns: 500 },
    );
  });

  it('of every node: POSTROUTING 3, MARK-MASQ 1, node ports 1, forward 3, and 12 + 2 jumps', () => {
    expect(iptables.fixed.nat + iptables.fixed.filter).toBe(3 + 1 + 1 + 3 + 12 + 2);
  });
});
