import { describe, expect, it } from 'vitest';
import { kinds } from '../../../src/cluster/index.ts';
import { writes } from '../../../src/components/api-machinery/index.ts';
import { type Call, ClusterWorld } from '../cluster-world.ts';
import { fixedSpans } from './one-node.ts';

function nodes(count: number, ...parameters: string[]): ClusterWorld {
  return new ClusterWorld({
    spec: fixedSpans(...parameters),
    operations: `
    - createNodes: { count: ${count}, preload: true }
    - createNodes: { count: 1 }`,
  });
}

/** Calls of a sort by user. */
function byUser(calls: readonly Call[]): Map<string, Call[]> {
  const groups = new Map<string, Call[]>();
  for (const call of calls) groups.set(call.user, [...(groups.get(call.user) ?? []), call]);
  return groups;
}

/** Someone else renews a lease. */
function renewByHand(world: ClusterWorld, node: string): void {
  const key = world.tables.keysOf('leases').find('kube-node-lease', node);
  const request = world.user.write(writes.leaseRenew, key);
  const { requests, store } = world.cluster;
  requests.setNumber(request, 0, world.simulation.now);
  requests.expectedRevision[request] = world.tables.leases.revision.get(store.current(kinds.leases, key));
  world.send(request);
}

describe('leases', () => {
  it('are renewed every ten seconds, stretched by up to 4 %', () => {
    const world = nodes(10);
    world.runFor(600);
    const renewals = byUser(world.of('PUT leases', 'kubelet heartbeat'));
    expect(renewals.size).toBe(10);
    const pauses = [...renewals.values()].flatMap((calls) =>
      calls.slice(1).map((call, i) => call.issued - (calls[i]?.at ?? 0)),
    );
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(10);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(10.4);
    // The whole range is used: a uniform stretch over 570 pauses.
    expect(Math.min(...pauses)).toBeLessThan(10.01);
    expect(Math.max(...pauses)).toBeGreaterThan(10.39);
    expect(pauses.reduce((sum, pause) => sum + pause, 0) / pauses.length).toBeCloseTo(10.2, 1);
  });

  it('of a herd that started at once drift apart', () => {
    const world = new ClusterWorld({ spec: fixedSpans(), operations: '    - createNodes: { count: 50 }' });
    world.perform();
    world.runFor(1300);
    const calls = [...byUser(world.of('PUT leases', 'kubelet heartbeat')).values()];
    const spread = (nth: number) => {
      const instants = calls.map((renewals) => renewals[nth]?.issued ?? Number.NaN);
      return Math.max(...instants) - Math.min(...instants);
    };
    expect(calls).toHaveLength(50);
    // The n-th renewals differ by a sum of n uniform stretches of 0.4 s: their spread grows with the root of n.
    expect(spread(0)).toBeLessThan(0.5);
    expect(spread(99)).toBeGreaterThan(3);
    expect(spread(99) / spread(3)).toBeGreaterThan(2.5);
  });

  it('are read and renewed again at once after a conflict', () => {
    const world = nodes(1);
    world.runFor(25);
    world.forget();
    renewByHand(world, 'node-0');
    world.runFor(30);
    const own = world.calls.filter(({ client }) => client === 'kubelet heartbeat');
    expect(own.slice(0, 3).map(({ what, code }) => `${what} ${code}`)).toEqual([
      'PUT leases 409',
      'GET leases 200',
      'PUT leases 200',
    ]);
    expect((own[2]?.issued ?? 0) - (own[0]?.issued ?? 0)).toBeLessThan(0.02);
    expect(own.slice(3).every(({ code }) => code === 200)).toBe(true);
  });

  it('are tried five times and then read with growing pauses while no API server answers', () => {
    const world = nodes(1, 'clientGo.connectRetry: 1ms', 'kubeApiserver.restart: 120s');
    world.runFor(1);
    const [server] = world.cluster.servers;
    server?.crash();
    world.forget();
    world.runFor(100);
    const own = world.calls.filter(({ client, resource }) => client === 'kubelet heartbeat' && resource === 'leases');
    expect(own.slice(0, 5).map(({ what }) => what)).toEqual(Array(5).fill('PUT leases'));
    const reads = own.slice(5);
    expect(new Set(reads.map(({ what }) => what))).toEqual(new Set(['GET leases']));
    const pauses = reads.slice(1).map((call, i) => call.issued - (reads[i]?.at ?? 0));
    for (const [i, expected] of [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 7, 7].entries()) {
      expect(pauses[i]).toBeCloseTo(expected, 2);
    }
    world.runFor(200);
    expect(world.of('PUT leases', 'kubelet heartbeat').at(-1)?.code).toBe(200);
  });

  it('are left until the next round when they are refused five times, read, and refused five times more', () => {
    // The database is larger than its quota from the start: reads are served, writes are not.
    const world = new ClusterWorld({
      spec: fixedSpans('etcd.quotaBackendBytes: 1Mi'),
      operations: `
    - createNodes: { count: 1, preload: true }
    - createObjects: { resource: configmaps, count: 200, size: 15k, preload: true }`,
    });
    world.runFor(60);
    const own = world.calls.filter(({ client }) => client === 'kubelet heartbeat');
    const refused = Array(5).fill('PUT leases 500');
    const round = [...refused, 'GET leases 200', ...refused];
    const calls = own.map(({ what, code }) => `${what} ${code}`);
    expect(calls.slice(0, 22)).toEqual([...round, ...round]);
    const pause = (own[11]?.issued ?? 0) - (own[10]?.at ?? 0);
    expect(pause).toBeGreaterThanOrEqual(10);
    expect(pause).toBeLessThanOrEqual(10.4);
  });
});

describe('the status of a node', () => {
  it('is reported every five minutes while nothing changes', () => {
    const world = nodes(20);
    world.runFor(1000);
    const reports = byUser(world.of('PATCH nodes/status'));
    expect(reports.size).toBe(20);
    for (const calls of reports.values()) {
      expect(calls.length).toBeGreaterThanOrEqual(3);
      expect(calls[0]?.issued).toBeLessThan(300);
      calls.slice(1).forEach((call, i) => {
        expect(call.issued - (calls[i]?.issued ?? 0)).toBeCloseTo(300, 6);
      });
    }
  });

  it('comes again half to one and a half periods after the node became Ready', () => {
    const world = nodes(1);
    world.perform();
    world.runFor(900);
    // The process reports as soon as it has registered, and then that the node is Ready.
    const reports = world.of('PATCH nodes/status', 'system:node:node-1').map(({ issued }) => issued);
    const [, first, second, third] = reports;
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThan(150);
    expect((second ?? 0) - (first ?? 0)).toBeLessThan(450);
    expect((third ?? 0) - (second ?? 0)).toBeCloseTo(300, 6);
  });

  it('is sent again within ten seconds if it could not be written', () => {
    const world = nodes(1);
    world.runUntil(() => world.of('PATCH nodes/status').length === 1);
    world.runFor(299.5);
    world.cluster.servers[0]?.crash();
    world.runFor(60);
    const codes = world.of('PATCH nodes/status').map(({ code }) => code);
    expect(codes[0]).toBe(200);
    expect(codes.slice(1, -1).every((code) => code === 0)).toBe(true);
    expect(codes.length).toBeGreaterThan(2);
    expect(codes.at(-1)).toBe(200);
  });
});

describe('watches of a kubelet', () => {
  it('are opened again every five to ten minutes without a list', () => {
    const world = nodes(5);
    world.runFor(3600);
    const watches = world.calls.filter(({ client, verb }) => client === 'kubelet' && verb === 'WATCH');
    for (const calls of byUser(watches).values()) {
      for (const resource of ['pods', 'nodes', 'services']) {
        const opened = calls.filter((call) => call.resource === resource).map(({ issued }) => issued);
        opened.slice(1).forEach((instant, i) => {
          const age = instant - (opened[i] ?? 0);
          expect(age).toBeGreaterThan(299.9);
          expect(age).toBeLessThan(600.1);
        });
      }
    }
    expect(world.calls.filter(({ client, verb }) => client === 'kubelet' && verb === 'LIST')).toEqual([]);
  });
});
