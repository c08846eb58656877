import { describe, expect, it } from 'vitest';
import { type ProxyModeName, proxyModes, type SyncWork } from '../../../src/components/kube-proxy/modes/index.ts';
import { historyOf, measured } from './measured-sets.ts';
import { parametersWith } from './services.ts';

/** Somebody whom no endpoint is near. */
const ANYONE = { node: -1, zone: '' };
const program = measured('proxy/program.csv').map((row) => ({
  mode: row.mode ?? '',
  op: row.op ?? '',
  services: Number(row.S),
  endpoints: Number(row.E),
  rules: Number(row.rules),
  chains: Number(row.chains),
  lines: Number(row.in_lines),
}));

/** What the model has of services, beside what every node has, and the sync after the change at the end. */
function modelled(mode: ProxyModeName, services: number, endpoints: number, full: boolean) {
  const parameters = parametersWith({ nftablesEndpointChains: true });
  const history = historyOf(mode, services, endpoints, parameters);
  const to = history.length;
  const fixed = proxyModes[mode].fixed(parameters);
  const after = history.countsOf(ANYONE, to);
  const { before, after: changedAfter } = history.changed(ANYONE, to - 1, to);
  const work: SyncWork = {
    full,
    after,
    changedBefore: before,
    changedAfter,
    changedServices: 1,
    stale: 0,
    readsBack: false,
  };
  return {
    ofServices: after.map((value, place) => value - (fixed[place] ?? 0)),
    lines: proxyModes[mode].lines(work, parameters),
    stale: history.lostBetween(to - 1, to),
  };
}

describe('the lines of rule sets that were programmed on a real kernel', () => {
  /** Lines, rules and chains of those sets that belong to no service. */
  const BARE = { rules: 9, chains: 10 };

  it.each(program.filter(({ mode, op }) => mode.startsWith('ipt-') && op === 'full_resync'))(
    'iptables: $services services of $endpoints endpoints, all written',
    ({ services, endpoints, rules, chains, lines }) => {
      const { ofServices } = modelled('iptables', services, endpoints, true);
      expect(ofServices[0]).toBe(rules - BARE.rules);
      expect(ofServices[2]).toBe(chains - BARE.chains);
      // Both tables have a name and a COMMIT.
      expect(lines).toBe(rules + chains + 4);
    },
  );

  it.each(program.filter(({ mode, op }) => mode.startsWith('ipt-') && op === 'partial_kubeproxy'))(
    'iptables: $services services of $endpoints endpoints, one written',
    ({ services, endpoints, lines }) => {
      const smallest = program.find(
        ({ op, services: s, endpoints: e }) => op === 'partial_kubeproxy' && s === 10 && e === 1,
      );
      const reference = modelled('iptables', 10, 1, false).lines;
      expect(modelled('iptables', services, endpoints, false).lines - reference).toBe(lines - (smallest?.lines ?? 0));
    },
  );

  it.each(program.filter(({ mode, op }) => mode === 'nft' && op === 'full_load'))(
    'nftables: $services services of $endpoints endpoints, with a chain for each endpoint',
    ({ services, endpoints, rules, chains, lines }) => {
      const [ofChains = 0, ofRules = 0, ofElements = 0] = modelled('nftables', services, endpoints, true).ofServices;
      expect(ofChains).toBe(chains - 13);
      expect(ofRules).toBe(rules - 12);
      expect(ofChains + ofRules + ofElements).toBe(lines - 33);
    },
  );

  it.each(measured('kubernetes/kube_proxy_sync.csv').filter(({ services }) => Number(services) <= 2000))(
    'kube-proxy itself: $mode, $kind, $services services of $eps_per_svc endpoints',
    ({ kind, services, eps_per_svc, rules_lines }) => {
      const { ofServices, stale } = modelled('iptables', Number(services), Number(eps_per_svc), true);
      // Eight rules of every node; a chain that is gone is one line more (-X).
      const deleted = kind === 'one_endpoint_changed' ? stale : 0;
      expect((ofServices[0] ?? 0) + (ofServices[1] ?? 0) + 8 + deleted).toBe(Number(rules_lines));
    },
  );
});
