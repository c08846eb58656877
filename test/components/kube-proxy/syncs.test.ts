import { describe, expect, it } from 'vitest';
import { proxyModes } from '../../../src/components/kube-proxy/modes/index.ts';
import { seconds } from '../../../src/units/index.ts';
import { BEGIN, END, ProxyWorld } from './proxy-world.ts';
import { CLUSTER_IP, parametersWith } from './services.ts';

/** What API requests and watches may add to a span [s]. */
const API_TIME = 0.01;
/** What else a sync of the legacy back end costs, set to nothing. */
const NOTHING_ELSE = [
  'OwnPerLine',
  'LegacyBase',
  'LegacyPerRule',
  'LegacyPerSquaredLine',
  'LegacySavePerRule',
  'LegacyRunPerRule',
  'RunBase',
].map((name) => `kubeProxy.iptables${name}: ${name.includes('Per') ? 0 : '0ns'}`);
/** Syncs of a fixed length. */
const FIXED = ['kubeProxy.iptablesSyncBase: 300ms', 'kubeProxy.iptablesLegacyPerLine: 0', ...NOTHING_ELSE];
/** Syncs that take a millisecond for each line. */
const BY_LINE = ['kubeProxy.iptablesSyncBase: 0ns', 'kubeProxy.iptablesLegacyPerLine: 1000000', ...NOTHING_ELSE];

describe('when a proxy syncs', () => {
  it('at once if it is idle', () => {
    const world = new ProxyWorld(1, ...FIXED);
    const asked = world.now;
    world.createService('a');
    const { [BEGIN]: begins, [END]: ends } = world.instantsOf([BEGIN, END], 5);
    expect(begins).toHaveLength(1);
    expect((begins[0] ?? 0) - asked).toBeLessThan(API_TIME);
    expect((ends[0] ?? 0) - (begins[0] ?? 0)).toBeCloseTo(0.3, 6);
  });

  it('not again before the minimum period has passed since the end of the one before, and then with all that came', () => {
    const world = new ProxyWorld(1, ...FIXED);
    const service = world.createService('a');
    world.runFor(5);
    for (let i = 0; i < 60; i++) {
      world.simulation.after(
        seconds(i / 10),
        world.simulation.on(`test: write ${i}`, () => world.writeEndpoints(service, 1 + i)),
      );
    }
    const { [BEGIN]: begins, [END]: ends } = world.instantsOf([BEGIN, END], 12);
    // A sync of 0.3 s and a pause of 1 s, from the first write to the one after the last: 0, 1.3, 2.6, 3.9, 5.2, 6.5 s.
    expect(begins).toHaveLength(6);
    begins.slice(1).forEach((begin, i) => {
      expect(begin - (ends[i] ?? 0)).toBeCloseTo(1, 6);
    });
  });

  it('without a pause if the minimum period is 0', () => {
    const world = new ProxyWorld(1, ...FIXED, 'kubeProxy.iptablesMinSyncPeriod: 0s');
    const service = world.createService('a');
    world.runFor(5);
    for (let i = 0; i < 10; i++) {
      world.simulation.after(
        seconds(i / 10),
        world.simulation.on(`test: write ${i}`, () => world.writeEndpoints(service, 1 + i)),
      );
    }
    const { [BEGIN]: begins, [END]: ends } = world.instantsOf([BEGIN, END], 5);
    begins.slice(1).forEach((begin, i) => {
      expect(begin - (ends[i] ?? 0)).toBeLessThan(API_TIME);
    });
  });

  it('once more for what came while it synced', () => {
    const world = new ProxyWorld(1, ...FIXED);
    const service = world.createService('a');
    world.runFor(0.15);
    world.writeEndpoints(service, 3);
    const { [BEGIN]: begins } = world.instantsOf([BEGIN], 5);
    expect(begins).toHaveLength(1);
    expect(world.syncs('partial')).toBe(2);
  });

  it('on every node by itself', () => {
    const world = new ProxyWorld(7, ...FIXED);
    world.createService('a');
    world.runFor(5);
    expect(world.syncs('partial')).toBe(7);
  });
});

describe('what a sync writes', () => {
  /** Lines of the syncs of a world with 20 services of 5 endpoints, the last of which then gets one more. */
  function lastSync(...parameters: string[]): number {
    const world = new ProxyWorld(1, ...BY_LINE, ...parameters);
    const services = Array.from({ length: 20 }, (_, i) => world.createService(`s${i}`));
    world.runFor(10);
    for (const service of services) world.writeEndpoints(service, 5);
    world.runFor(20);
    const before = world.syncTime();
    world.writeEndpoints(services[19] as (typeof services)[0], 6);
    world.runFor(20);
    return Math.round((world.syncTime() - before) * 1000);
  }

  const { iptables } = proxyModes;
  const parameters = parametersWith();
  const view = (cluster: number) => ({ cluster, local: 0, either: cluster, anywhere: true, onNode: 0 });
  const [rules = 0, , chains = 0, listed = 0] = iptables.count(CLUSTER_IP, view(6), parameters);
  const five = iptables.total(iptables.count(CLUSTER_IP, view(5), parameters));
  const fiveChains = 6;
  /** Names and COMMIT of two tables. */
  const TABLE_LINES = 4;
  /** Chains of every node and the rules in them: nat 5, filter 3. */
  const FIXED_LINES = 10 + 5 + 3;

  it('the chains that list all services, and those of the one that changed', () => {
    expect(lastSync()).toBe(20 * listed + (rules - listed) + chains + FIXED_LINES + TABLE_LINES);
  });

  it('everything if partial syncs are off', () => {
    const everywhere = iptables.total(iptables.fixed(parameters)) + 10;
    const all = everywhere + 19 * (five + fiveChains) + rules + chains + TABLE_LINES;
    expect(lastSync('kubeProxy.partialSync: false')).toBe(all);
  });

  it('everything once an hour', () => {
    const world = new ProxyWorld(1, ...FIXED);
    world.createService('a');
    world.runFor(2 * 3600);
    expect(world.syncs('full')).toBe(2);
    expect(world.syncs('partial')).toBe(1);
  });

  it('never everything in a large cluster', () => {
    const world = new ProxyWorld(1, ...FIXED, 'kubeProxy.largeClusterEndpoints: 10');
    world.writeEndpoints(world.createService('a'), 11);
    world.runFor(2 * 3600);
    expect(world.syncs('full')).toBe(0);
  });

  it('everything when the proxy starts, after both lists have come', () => {
    const scattered = 'network.nodeDelay: { distribution: uniform, min: 100us, max: 100ms }';
    const world = new ProxyWorld(1, ...FIXED, scattered);
    world.writeEndpoints(world.createService('a'), 3);
    world.runFor(5);
    const partial = world.syncs('partial');
    world.perform();
    world.runFor(5);
    expect(world.syncs('full')).toBe(1);
    expect(world.syncs('partial')).toBe(partial);
  });
});

describe('network programming latency', () => {
  it('counts from the trigger of the change to the end of the sync that programs it', () => {
    const world = new ProxyWorld(1, ...FIXED);
    const service = world.createService('a');
    world.runFor(5);
    expect(world.latency().count).toBe(0);
    world.writeEndpoints(service, 1, world.now - 2);
    world.runFor(5);
    const { count, sum } = world.latency();
    expect(count).toBe(1);
    expect(Math.abs(sum - 2.3)).toBeLessThan(API_TIME);
  });

  it('includes the wait for the minimum period', () => {
    const world = new ProxyWorld(1, ...FIXED);
    const service = world.createService('a');
    world.runFor(0.5);
    // The sync of the service ended 0.2 s ago: 0.8 s of pause are left.
    world.writeEndpoints(service, 1, world.now);
    world.runFor(5);
    expect(Math.abs(world.latency().sum - 0.8 - 0.3)).toBeLessThan(2 * API_TIME);
  });

  it('is observed once on every node for each write', () => {
    const world = new ProxyWorld(4, ...FIXED);
    const service = world.createService('a');
    world.runFor(5);
    for (let i = 1; i <= 3; i++) {
      world.writeEndpoints(service, i, world.now);
      world.runFor(0.1);
    }
    world.runFor(5);
    expect(world.latency().count).toBe(12);
  });

  it('is not that of a proxy for what happened before it started', () => {
    const world = new ProxyWorld(1, ...FIXED);
    world.writeEndpoints(world.createService('a'), 2, world.now);
    world.runFor(500);
    expect(world.latency().count).toBe(1);
    world.perform();
    world.runFor(5);
    world.cluster.machines.crash(world.nodeKey('node-0'), seconds(5));
    world.runFor(20);
    expect(world.syncs('full')).toBe(2);
    expect(world.latency().count).toBe(1);
  });
});

describe('when others hold the lock of iptables', () => {
  /** Somebody who never lets it go for long. */
  const HELD = ['kubeProxy.foreignLockRate: 100', 'kubeProxy.foreignLockHold: 10s'];

  it('a sync fails after five seconds, and is tried again after thirty', () => {
    const world = new ProxyWorld(1, ...FIXED, ...HELD);
    world.createService('a');
    const { [BEGIN]: begins, [END]: ends } = world.instantsOf([BEGIN, END], 45);
    expect(begins).toHaveLength(2);
    expect((ends[0] ?? 0) - (begins[0] ?? 0)).toBeCloseTo(5, 6);
    expect((begins[1] ?? 0) - (ends[0] ?? 0)).toBeCloseTo(30, 6);
    expect(world.counter('kubeproxy_sync_proxy_rules_iptables_restore_failures_total')).toBe(2);
  });

  it('a change makes it try again at once, with everything', () => {
    const world = new ProxyWorld(1, ...FIXED, ...HELD);
    const service = world.createService('a');
    world.runFor(10);
    world.writeEndpoints(service, 1);
    const { [BEGIN]: begins } = world.instantsOf([BEGIN], 2);
    expect(begins).toHaveLength(1);
    expect(world.syncs('full')).toBe(1);
  });

  it('what was not programmed is not counted as programmed', () => {
    const world = new ProxyWorld(1, ...FIXED, ...HELD);
    world.writeEndpoints(world.createService('a'), 2, world.now);
    world.runFor(20);
    expect(world.latency().count).toBe(0);
  });
});

describe('a proxy of a version before 1.34', () => {
  it('syncs twice in a row after a quiet time, and then pauses', () => {
    const world = new ProxyWorld(1, ...FIXED, 'kubeProxy.syncBurst: 2');
    const service = world.createService('a');
    world.runFor(10);
    for (let i = 0; i < 20; i++) {
      world.simulation.after(
        seconds(i / 10),
        world.simulation.on(`test: write ${i}`, () => world.writeEndpoints(service, 1 + i)),
      );
    }
    const { [BEGIN]: begins, [END]: ends } = world.instantsOf([BEGIN, END], 8);
    expect((begins[1] ?? 0) - (ends[0] ?? 0)).toBeLessThan(0.1 + API_TIME);
    expect((begins[2] ?? 0) - (ends[1] ?? 0)).toBeGreaterThan(0.5);
  });
});

describe('a change that changes nothing', () => {
  it('causes no sync: slices of a headless service', () => {
    const world = new ProxyWorld(1, ...FIXED);
    const service = world.createService('a', { ...CLUSTER_IP, headless: true });
    world.runFor(5);
    world.writeEndpoints(service, 3);
    world.runFor(5);
    expect(world.syncs('partial')).toBe(0);
  });
});

describe('the ipvs mode', () => {
  it('looks through everything every 30 s before 1.34, and writes nothing by that', () => {
    const world = new ProxyWorld(1, 'kubeProxy.mode: ipvs', 'kubeProxy.ipvsResyncPeriod: 30s');
    world.createService('a');
    world.runFor(295);
    expect(world.syncs('partial')).toBe(1 + 10);
    expect(world.syncs('full')).toBe(0);
  });

  it('takes no pause between syncs', () => {
    const world = new ProxyWorld(1, 'kubeProxy.mode: ipvs', 'kubeProxy.ipvsSyncBase: 300ms');
    const service = world.createService('a');
    world.runFor(0.15);
    world.writeEndpoints(service, 3);
    const { [BEGIN]: begins } = world.instantsOf([BEGIN], 1);
    expect(begins).toHaveLength(1);
  });
});
