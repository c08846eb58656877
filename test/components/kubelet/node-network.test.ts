import { describe, expect, it } from 'vitest';
import { ConditionStatus, kinds, type ObjectKey } from '../../../src/cluster/index.ts';
import type { ClientPath } from '../../../src/components/client-go/index.ts';
import { createDistribution } from '../../../src/engine/index.ts';
import { seconds } from '../../../src/units/index.ts';
import { ClusterWorld } from '../cluster-world.ts';
import { fixedSpans } from './one-node.ts';

const CUT: ClientPath = { isCutUp: true, isCutDown: true, loss: 0, delay: undefined };

/** Nodes in zones a and b in turn, three pods each, and a Deployment to come. */
function cluster(nodes: number, ...parameters: string[]): ClusterWorld {
  const world = new ClusterWorld({
    spec: fixedSpans(...parameters),
    operations: `
    - createNodes: { count: ${nodes}, zones: [a, b], preload: true }
    - createDeployment: { name: web, replicas: ${3 * nodes}, preload: true }
    - createPods: { name: late, count: 2 }`,
  });
  world.runFor(30);
  world.forget();
  return world;
}

function cut(world: ClusterWorld, names: readonly string[], span: number, path = CUT): void {
  world.cluster.machines.spoilNetwork(
    names.map((name) => world.nodeKey(name)),
    path,
    seconds(span),
  );
}

function ready(world: ClusterWorld, name: string): number {
  return world.tables.nodes.ready.get(world.cluster.store.current(kinds.nodes, world.nodeKey(name)));
}

function taintsOf(world: ClusterWorld, name: string): string[] {
  const node = world.cluster.store.current(kinds.nodes, world.nodeKey(name));
  return world.tables.nodes.taints.get(node).map(({ key, effect }) => `${key.split('/')[1]}:${effect}`);
}

/** Answers that came from an API server to clients of a node. */
function answered(world: ClusterWorld, name: string) {
  return world.calls.filter(({ user, code }) => user === `system:node:${name}` && code !== 0);
}

describe('a node that is cut off', () => {
  it('gets no answer, is Unknown after the grace period, and reports itself once the network is whole', () => {
    const world = cluster(4);
    const at = world.now;
    cut(world, ['node-0'], 120);
    world.runUntil(() => ready(world, 'node-0') === ConditionStatus.Unknown);
    expect(world.now - at).toBeGreaterThan(50 - 10.4);
    expect(world.now - at).toBeLessThan(56);
    expect(answered(world, 'node-0')).toEqual([]);
    expect(ready(world, 'node-1')).toBe(ConditionStatus.True);
    const restarts = world.of('POST serviceaccounts/token').length;
    world.runUntil(() => ready(world, 'node-0') === ConditionStatus.True);
    // Its dialling, or its back-off, ends within 30 s; then it sees that others have written Unknown, and reports with its next tick.
    expect(world.now - at).toBeGreaterThan(120);
    expect(world.now - at).toBeLessThan(120 + 60 + 11);
    // Its pods, which the controller has called not Ready, follow once its watch of them is back, with the next pass over their statuses.
    expect(world.runUntil(() => world.readyPods() === 12)).toBeLessThan(70);
    expect(taintsOf(world, 'node-0')).toEqual([]);
    // Nothing was restarted.
    expect(world.of('POST serviceaccounts/token')).toHaveLength(restarts);
  });

  it('goes on watching from where it was if it is back before it has noticed', () => {
    const world = cluster(1);
    cut(world, ['node-0'], 20);
    world.perform();
    world.runFor(19.9);
    expect(world.podChanges.some(({ node }) => node >= 0)).toBe(true);
    expect(world.of('POST serviceaccounts/token')).toEqual([]);
    world.runFor(10);
    expect(world.readyPods()).toBe(5);
    const opened = world.calls.filter(({ verb, user }) => verb === 'WATCH' && user === 'system:node:node-0');
    expect(opened).toEqual([]);
    expect(ready(world, 'node-0')).toBe(ConditionStatus.True);
  });

  it('opens its watches again, with back-off, once it has noticed', () => {
    const world = cluster(1);
    cut(world, ['node-0'], 100);
    world.perform();
    world.runFor(99.9);
    expect(world.of('POST serviceaccounts/token')).toEqual([]);
    world.runFor(70);
    const opened = world.calls.filter(
      ({ verb, user, code }) => verb === 'WATCH' && user === 'system:node:node-0' && code === 200,
    );
    expect(opened.map(({ resource }) => resource)).toEqual(expect.arrayContaining(['pods', 'nodes', 'services']));
    expect(world.readyPods()).toBe(5);
  });

  it('is heard once more if only the answers are lost: a request on a connection that is there is carried out', () => {
    const world = cluster(1);
    const renewedAt = () => {
      const lease = world.tables.keysOf('leases').find('kube-node-lease', 'node-0') as ObjectKey;
      return world.tables.leases.renewedAt.get(world.cluster.store.current(kinds.leases, lease)) / 1e9;
    };
    const at = world.now;
    cut(world, ['node-0'], 300, { ...CUT, isCutUp: false });
    world.runFor(100);
    expect(renewedAt()).toBeGreaterThan(at);
    expect(renewedAt()).toBeLessThan(at + 11);
    expect(answered(world, 'node-0')).toEqual([]);
  });

  it('loses its kube-proxy with it', () => {
    const world = cluster(1, 'clientGo.watchTimeoutMinimum: 20s');
    cut(world, ['node-0'], 200);
    world.runFor(150);
    const proxy = world.calls.filter(({ client }) => client === 'kube-proxy');
    expect(proxy.length).toBeGreaterThan(0);
    expect(proxy.every(({ code }) => code === 0)).toBe(true);
  });
});

describe('a zone that is cut off', () => {
  it('has its nodes tainted one by one, at the rate of its zone', () => {
    const world = cluster(12);
    const zone = Array.from({ length: 6 }, (_, i) => `node-${2 * i}`);
    const at = world.now;
    cut(world, zone, 600);
    const evicting = () => zone.filter((name) => taintsOf(world, name).includes('unreachable:NoExecute')).length;
    world.runFor(60);
    // The first at once, then one every ten seconds, and the whole zone is fully disrupted, which keeps the rate.
    expect(evicting()).toBeGreaterThanOrEqual(1);
    expect(evicting()).toBeLessThanOrEqual(2);
    world.runUntil(() => evicting() === 6);
    expect(world.now - at).toBeGreaterThan(40 + 50);
    expect(world.now - at).toBeLessThan(56 + 51 + 5);
  });

  it('has nobody evicted where it is the whole cluster: the controller takes itself for cut off', () => {
    const world = cluster(4);
    const all = ['node-0', 'node-1', 'node-2', 'node-3'];
    cut(world, all, 200);
    world.runFor(190);
    for (const name of all) {
      expect(ready(world, name)).toBe(ConditionStatus.Unknown);
      expect(taintsOf(world, name)).not.toContain('unreachable:NoExecute');
    }
  });
});

describe('a bad network', () => {
  it('makes requests and notifications late, and loses none', () => {
    const world = cluster(1);
    world.cluster.machines.spoilNetwork(
      [world.nodeKey('node-0')],
      {
        isCutUp: false,
        isCutDown: false,
        loss: 0.3,
        delay: createDistribution({ distribution: 'constant', value: 5e7 }),
      },
      undefined,
    );
    world.perform();
    world.runFor(120);
    const leases = world.of('PUT leases', 'system:node:node-0');
    const spans = leases.map(({ at, sent }) => at - sent);
    expect(leases.every(({ code }) => code === 200)).toBe(true);
    // 50 ms each way, and 200 ms for each loss, of which there are some among 24 messages.
    expect(Math.min(...spans)).toBeGreaterThan(0.1);
    expect(Math.max(...spans)).toBeGreaterThan(0.3);
    expect(world.readyPods()).toBe(5);
    expect(ready(world, 'node-0')).toBe(ConditionStatus.True);
  });
});

/** A report of the node status is a sign of life too, whatever its time. */
const RARE_REPORTS = 'kubelet.nodeStatusReportFrequency: 1h';

describe('a clock that is wrong', () => {
  it('and stands still makes the node look lost, although its lease is renewed', () => {
    const world = cluster(2, RARE_REPORTS);
    const at = world.now;
    world.cluster.machines.spoilClock(world.nodeKey('node-0'), undefined, seconds(200));
    world.runUntil(() => ready(world, 'node-0') === ConditionStatus.Unknown);
    // The first renewal with the time at which the clock stopped counts, up to 10.4 s later; then the grace period, and two passes of 5 s.
    expect(world.now - at).toBeGreaterThan(50);
    expect(world.now - at).toBeLessThan(71);
    expect(world.of('PUT leases', 'system:node:node-0').every(({ code }) => code === 200)).toBe(true);
    world.runUntil(() => world.now - at > 200 && ready(world, 'node-0') === ConditionStatus.True);
    expect(world.now - at).toBeLessThan(225);
  });

  it('but goes on at the right pace is not held against the node', () => {
    const world = cluster(2, RARE_REPORTS);
    world.cluster.machines.spoilClock(world.nodeKey('node-0'), 3.6e12, undefined);
    world.runFor(200);
    expect(ready(world, 'node-0')).toBe(ConditionStatus.True);
  });

  it('and is set back by an hour makes the node come and go: renewals do not count, and each report of its status does', () => {
    const world = cluster(2, RARE_REPORTS);
    world.cluster.machines.spoilClock(world.nodeKey('node-0'), -3.6e12, undefined);
    for (let i = 0; i < 3; i++) {
      const present = world.runUntil(() => ready(world, 'node-0') === ConditionStatus.Unknown);
      expect(present).toBeGreaterThan(39);
      expect(present).toBeLessThan(61);
      expect(world.runUntil(() => ready(world, 'node-0') === ConditionStatus.True)).toBeLessThan(11);
    }
  });
});
