import { describe, expect, it } from 'vitest';
import { kinds, type ObjectKey, type SliceEndpoint } from '../../../src/cluster/index.ts';
import { EndpointChooser } from '../../../src/components/service-traffic/endpoint-choice.ts';
import { Simulation } from '../../../src/engine/index.ts';
import { seconds } from '../../../src/units/index.ts';
import { ClusterWorld, parametersLine } from '../cluster-world.ts';
import { CLUSTER_IP } from '../kube-proxy/services.ts';

const NODES = 4;
const PODS = 8;

/** A shop of pods behind a Service, and whoever connects to it. */
class TrafficWorld extends ClusterWorld {
  constructor(service = 'selector: shop', ...parameters: string[]) {
    super({
      spec: parametersLine(['etcd.members: 1', ...parameters]),
      operations: `
    - createNodes: { count: ${NODES}, zones: [a, b], preload: true }
    - createDeployment: { name: shop, replicas: ${PODS}, preload: true }
    - createService: { name: shop, ${service}, preload: true }
    - connect: { services: shop, rate: 1/s, background: true }`,
    });
    this.runFor(1);
  }

  /** So many connections from one node, each for a while [s]. */
  connect(times: number, node = 'node-0', duration = 0): void {
    const service = this.tables.keysOf('services').intern('default', 'shop');
    for (let i = 0; i < times; i++) this.cluster.traffic.connect(this.nodeKey(node), service, seconds(duration));
  }

  errors(cause: string): number {
    return this.series('plimsoll_service_connection_errors_total', `cause=${cause}`)?.statistics.final ?? 0;
  }

  /** Connections that succeeded, and the mean of what rules added to them [us]. */
  succeeded(): { readonly count: number; readonly microseconds: number } {
    const { count = 0, mean = 0 } = this.series('plimsoll_service_connection_setup_seconds')?.statistics ?? {};
    return { count, microseconds: mean * 1e6 };
  }

  entries(): number {
    return this.series('node_nf_conntrack_entries')?.statistics.final ?? 0;
  }

  /** The pods are asked to end. */
  deletePods(): void {
    const keys: ObjectKey[] = [];
    this.cluster.store.forEachCurrent(kinds.pods, (key) => keys.push(key));
    for (const key of keys) this.send(this.user.deletion(kinds.pods, key));
  }
}

describe('connections to a Service', () => {
  it('succeed where pods run, and take the time of the rules', () => {
    const world = new TrafficWorld();
    world.connect(1000);
    const { count, microseconds } = world.succeeded();
    expect(count).toBe(1000);
    // 2.8 us and 52 ns for each of the rules that are tried until one of eight hits: 4.5 on average.
    expect(microseconds).toBeGreaterThan(2.8 + 0.052 * 4.2);
    expect(microseconds).toBeLessThan(2.8 + 0.052 * 4.8);
  });

  it('fail as stale between the end of pods and the sync that takes them out of the rules', () => {
    const world = new TrafficWorld('selector: shop', 'kubeProxy.iptablesSyncBase: 2s');
    world.deletePods();
    world.runFor(0.5);
    world.connect(100);
    expect(world.errors('stale')).toBe(100);
    world.runFor(20);
    world.connect(100);
    expect(world.errors('stale')).toBe(100);
    expect(world.succeeded().count).toBe(100);
  });

  it('succeed for as long as pods go on to listen', () => {
    const world = new TrafficWorld(
      'selector: shop',
      'kubeProxy.iptablesSyncBase: 2s',
      'serviceTraffic.listenAfterTermination: 1m',
    );
    world.deletePods();
    world.runFor(0.05);
    world.connect(100);
    expect(world.errors('stale')).toBe(0);
  });

  it('fail as stale where the machine of the endpoint has lost power, and are not made on it', () => {
    const world = new TrafficWorld();
    world.cluster.machines.crash(world.nodeKey('node-1'), undefined);
    world.connect(2000);
    expect(world.errors('stale') / 2000).toBeCloseTo(1 / NODES, 1);
    world.connect(100, 'node-1');
    expect(world.series('plimsoll_service_connections_total')?.statistics.final).toBe(2000);
  });

  it('find no endpoint of a Service that selects nothing', () => {
    const world = new TrafficWorld('selector: nobody');
    world.connect(10);
    expect(world.errors('no endpoint')).toBe(10);
  });

  it('stay on their node where traffic is local', () => {
    const world = new TrafficWorld('selector: shop, internalTrafficPolicy: Local');
    world.cluster.machines.crash(world.nodeKey('node-1'), undefined);
    world.connect(500);
    expect(world.errors('stale')).toBe(0);
    expect(world.succeeded().count).toBe(500);
  });

  it('stay in their zone where that is preferred', () => {
    const world = new TrafficWorld('selector: shop, trafficDistribution: PreferSameZone');
    // Nodes 0 and 2 are in zone a, 1 and 3 in zone b.
    for (const node of ['node-1', 'node-3']) world.cluster.machines.crash(world.nodeKey(node), undefined);
    world.connect(500);
    expect(world.errors('stale')).toBe(0);
  });
});

describe('the table of connections', () => {
  it('has an entry at both ends until a while after the connection has ended', () => {
    const world = new TrafficWorld('selector: shop', 'serviceTraffic.conntrackTimeWait: 2m');
    world.connect(100, 'node-0', 60);
    // All start at node 0; those to its own pods have one entry only.
    expect(world.entries()).toBe(100);
    world.runFor(179);
    expect(world.entries()).toBe(100);
    world.runFor(2);
    expect(world.entries()).toBe(0);
  });

  it('takes no more connections than it has room for', () => {
    const world = new TrafficWorld(
      'selector: shop',
      'serviceTraffic.conntrackMin: 0',
      'serviceTraffic.conntrackMaxPerCore: 10',
    );
    // Four cores.
    world.connect(100, 'node-0', 60);
    expect(world.errors('conntrack full')).toBe(60);
  });
});

describe('the userspace mode', () => {
  it('makes connections wait for each other', () => {
    const world = new TrafficWorld('selector: shop', 'kubeProxy.mode: userspace', 'serviceTraffic.userspaceCpu: 1ms');
    world.connect(100);
    // The last waits for 99 others: on average 50.5 ms.
    expect(world.succeeded().microseconds / 1000).toBeCloseTo(50.5, 1);
  });

  it('tries other endpoints where nobody answers, which takes its time', () => {
    const world = new TrafficWorld('selector: shop', 'kubeProxy.mode: userspace');
    world.cluster.machines.crash(world.nodeKey('node-1'), undefined);
    world.connect(200);
    expect(world.errors('stale')).toBe(0);
    expect(world.succeeded().microseconds).toBeGreaterThan(250_000 / NODES);
  });

  it('runs out of ports towards one endpoint', () => {
    const world = new TrafficWorld('selector: shop', 'kubeProxy.mode: userspace', 'serviceTraffic.ephemeralPorts: 5');
    world.connect(100, 'node-0', 60);
    expect(world.succeeded().count).toBe(5 * PODS);
    expect(world.errors('ports used up')).toBe(100 - 5 * PODS);
  });
});

describe('the choice of an endpoint', () => {
  const endpoints = Array.from({ length: 5 }, (_, pod): SliceEndpoint => {
    return { pod: pod as ObjectKey, node: 0 as ObjectKey, ready: true, serving: true, terminating: false };
  });
  const chooser = (choice: 'random' | 'roundRobin') =>
    new EndpointChooser(choice, new Simulation({ seed: 'choice', replication: 1 }).streams.stream('choices'));
  const caller = { node: 0, service: 0, client: 0 };

  it('is in turn, for each node by itself', () => {
    const turns = chooser('roundRobin');
    const chosen = Array.from({ length: 7 }, () => turns.choose(caller, CLUSTER_IP, endpoints, 0));
    expect(chosen).toEqual([0, 1, 2, 3, 4, 0, 1]);
    expect(turns.choose({ ...caller, node: 1 }, CLUSTER_IP, endpoints, 0)).toBe(0);
  });

  it('is each as often as the others at random', () => {
    const dice = chooser('random');
    const counts = endpoints.map(() => 0);
    for (let i = 0; i < 10_000; i++) {
      const chosen = dice.choose(caller, CLUSTER_IP, endpoints, 0);
      counts[chosen] = (counts[chosen] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(150);
  });

  it('stays the same for a client under affinity, until it has been away for too long or the endpoint has gone', () => {
    const sticky = chooser('roundRobin');
    const service = { ...CLUSTER_IP, sessionAffinity: 'ClientIP' as const, affinityTimeout: seconds(100) };
    const choose = (at: number, among = endpoints, client = 0) =>
      among[sticky.choose({ ...caller, client }, service, among, seconds(at))]?.pod;
    expect([choose(0), choose(90), choose(180)]).toEqual([0, 0, 0]);
    expect(choose(180, endpoints, 1)).toBe(1);
    expect(choose(300)).toBe(2);
    expect(choose(310, endpoints.slice(3))).not.toBe(2);
  });
});
