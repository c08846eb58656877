import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { kinds, NO_VERSION, type ObjectKey, ObjectTables } from '../../../src/cluster/index.ts';
import { kubeProxyParameters } from '../../../src/components/kube-proxy/kube-proxy.parameters.ts';
import { proxyModes } from '../../../src/components/kube-proxy/modes/index.ts';
import { ServiceHistory } from '../../../src/components/kube-proxy/service-history.ts';
import { NS_PER_SECOND } from '../../../src/units/index.ts';
import { CLUSTER_IP } from './services.ts';

/** Largest median of the deviations from what was measured. */
const TOLERANCE = 0.35;
/** kube-proxy's own CPU for each line (kube_proxy_sync_pinned.csv: 44 ms for 16,008 lines, 69 ms for 32,008) [s]. */
const OWN_WORK = 2.5e-6;

type Row = Readonly<Record<string, string>>;

function measured(): Row[] {
  const file = path.join(import.meta.dirname, '../../../data/measured/proxy/program.csv');
  const [head = '', ...lines] = readFileSync(file, 'utf8').trim().split('\n');
  const names = head.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((value, i) => [names[i], value])));
}

const rows = measured();

function seconds(op: string, services: number, endpoints: number): number {
  const row = rows.find((r) => r.op === op && Number(r.S) === services && Number(r.E) === endpoints);
  return Number(row?.wall_s_med);
}

/** Services with their endpoints, the last of which changes at the end. */
function history(services: number, endpoints: number): ServiceHistory {
  const tables = new ObjectTables();
  const made = new ServiceHistory(tables.services, tables.endpointslices, proxyModes.iptables);
  let revision = 0;
  const slice = (key: number) => {
    const version = tables.endpointslices.allocate(key as ObjectKey);
    tables.endpointslices.owner.set(version, key);
    const endpoint = { pod: 0 as ObjectKey, node: 0 as ObjectKey, ready: true, serving: true, terminating: false };
    tables.endpointslices.endpoints.set(version, Array(endpoints).fill(endpoint));
    const change = { kind: kinds.endpointslices, key: key as ObjectKey, version, previous: NO_VERSION };
    made.observe({ revision: ++revision, ...change });
  };
  for (let key = 0; key < services; key++) {
    const version = tables.services.allocate(key as ObjectKey);
    tables.services.specification.set(version, CLUSTER_IP);
    const change = { kind: kinds.services, key: key as ObjectKey, version, previous: NO_VERSION };
    made.observe({ revision: ++revision, ...change });
    slice(key);
  }
  slice(services - 1);
  return made;
}

/** How long a sync takes with the default parameters [s]. */
function modelled(services: number, endpoints: number, full: boolean): { span: number; lines: number } {
  const made = history(services, endpoints);
  const { lines, rules } = made.work(made.length - 1, made.length, full);
  const { syncBase, syncPerLine, syncPerRule } = kubeProxyParameters;
  const span = syncBase.default + lines * syncPerLine.default + rules * syncPerRule.default;
  return { span: span / NS_PER_SECOND, lines };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const sizes = rows.filter(({ op }) => op === 'full_resync').map(({ S, E }) => [Number(S), Number(E)] as const);

describe('the time of a sync, against rule sets programmed on a real kernel', () => {
  it('has as many rules as the sets had, but for the jumps of a real node', () => {
    for (const [services, endpoints] of sizes) {
      const row = rows.find(
        ({ op, S, E }) => op === 'full_resync' && Number(S) === services && Number(E) === endpoints,
      );
      const made = history(services, endpoints);
      const { fixed } = proxyModes.iptables;
      const ofServices = made.rulesAt(made.length) - fixed.nat - fixed.filter;
      // The sets have 9 rules without any service.
      expect(ofServices).toBe(Number(row?.rules) - 9);
    }
  });

  it('is within 35 % (median) of the partial syncs', () => {
    const deviations = sizes.map(([services, endpoints]) => {
      const { span, lines } = modelled(services, endpoints, false);
      return Math.abs(span / (seconds('partial_kubeproxy', services, endpoints) + OWN_WORK * lines) - 1);
    });
    expect(median(deviations)).toBeLessThan(TOLERANCE);
  });

  it('is within 35 % (median) of the full syncs, which read all chains back to find stale ones', () => {
    const deviations = sizes.map(([services, endpoints]) => {
      const { span, lines } = modelled(services, endpoints, true);
      const restored = seconds('full_resync', services, endpoints) + seconds('save', services, endpoints);
      return Math.abs(span / (restored + OWN_WORK * lines) - 1);
    });
    expect(median(deviations)).toBeLessThan(TOLERANCE);
  });

  it('is within 35 % (median) of iptables-restore alone over the partial and full syncs taken together', () => {
    const deviations = sizes.flatMap(([services, endpoints]) => [
      Math.abs(modelled(services, endpoints, false).span / seconds('partial_kubeproxy', services, endpoints) - 1),
      Math.abs(modelled(services, endpoints, true).span / seconds('full_resync', services, endpoints) - 1),
    ]);
    expect(median(deviations)).toBeLessThan(TOLERANCE);
  });

  it('grows with the table even if little is written', () => {
    const small = modelled(1000, 1, false);
    const large = modelled(1000, 50, false);
    expect(large.lines - small.lines).toBeLessThan(250);
    expect(large.span / small.span).toBeGreaterThan(10);
  });
});
