import { describe, expect, it } from 'vitest';
import { kinds, NO_VERSION } from '../../../src/cluster/index.ts';
import type { ElectedComponent } from '../../../src/components/elected-component.ts';
import { NS_PER_SECOND, nanoseconds, seconds } from '../../../src/units/index.ts';
import { ClusterWorld } from '../cluster-world.ts';

/** A cluster with two nodes; further lines of the spec's parameters. */
function worldWith(parameters = '', seed = 'election', operations = ''): ClusterWorld {
  return new ClusterWorld({
    spec: `parameters: { kubelet.imagesPresent: true, ${parameters} }`,
    operations: `
    - createNodes: { count: 2, allocatable: { cpu: "4", memory: 8Gi, pods: 110 }, preload: true }
${operations}`,
    seed,
  });
}

/** Requests for the lease of a component, by instance's client. */
function leaseCalls(world: ClusterWorld, component: string, what: string) {
  return world.calls.filter((call) => call.client === `${component} leader election` && call.what === what);
}

/** Number of the instance that holds a lease, by the store. */
function holder(world: ClusterWorld, component: string): number {
  const { tables, store } = world.cluster;
  const version = store.current(kinds.leases, tables.keysOf('leases').find('kube-system', component));
  return version === NO_VERSION ? -1 : tables.leases.holder.get(version);
}

/** When another instance has first taken a lease over [s], counted from now. */
function takeover(world: ClusterWorld, component: string): number {
  const began = world.now;
  const before = holder(world, component);
  while (world.now - began < 60) {
    world.runFor(0.1);
    const now = holder(world, component);
    if (now !== before && now >= 0) return world.now - began;
  }
  throw new Error('nobody has taken the lease over');
}

const scheduler = (world: ClusterWorld) => world.cluster.schedulers[0] as ElectedComponent;

describe('leader election', () => {
  it('costs one PUT every two seconds for each component, and nothing else, where one instance runs', () => {
    const world = worldWith();
    world.runFor(200);
    for (const component of ['kube-scheduler', 'kube-controller-manager']) {
      const puts = leaseCalls(world, component, 'PUT leases').length;
      expect(puts).toBeGreaterThanOrEqual(98);
      expect(puts).toBeLessThanOrEqual(100);
      expect(world.calls.filter((call) => call.client === `${component} leader election`)).toHaveLength(puts);
    }
  });

  it('lets each candidate that does not lead look every 2 to 4.4 s', () => {
    const world = worldWith('kubeScheduler.instances: 3');
    world.runFor(330);
    const looks = leaseCalls(world, 'kube-scheduler', 'GET leases');
    const apart = 330 / (looks.length / 2);
    expect(apart).toBeGreaterThan(3);
    expect(apart).toBeLessThan(3.4);
    expect(leaseCalls(world, 'kube-scheduler', 'PUT leases').every(({ code }) => code === 200)).toBe(true);
    expect(holder(world, 'kube-scheduler')).toBe(0);
  });

  it('replaces a leader that was killed once a candidate has seen no renewal for 15 s: after 13 s at least, and 24 s at most', () => {
    const spans = Array.from({ length: 12 }, (_, i) => {
      const world = worldWith('kubeScheduler.instances: 2', `kill ${i}`);
      world.runFor(20 + i / 7);
      expect(scheduler(world).crash('leader', false, seconds(120))).toBe(true);
      return takeover(world, 'kube-scheduler');
    });
    expect(Math.min(...spans)).toBeGreaterThan(12.9);
    // Seen up to 4.4 s after the renewal, and found out of date up to 4.4 s after it is.
    expect(Math.max(...spans)).toBeLessThan(23.9);
    const mean = spans.reduce((sum, span) => sum + span, 0) / spans.length;
    expect(mean).toBeGreaterThan(15);
    expect(mean).toBeLessThan(19);
  });

  it('goes fast if the leader gives the lease back, which a scheduler does and a controller manager does not', () => {
    const world = worldWith('kubeScheduler.instances: 2, kubeControllerManager.instances: 2');
    world.runFor(20);
    scheduler(world).crash('leader', true, seconds(120));
    expect(takeover(world, 'kube-scheduler')).toBeLessThan(4.6);
    world.cluster.controllerManager.crash('leader', true, seconds(120));
    expect(takeover(world, 'kube-controller-manager')).toBeGreaterThan(12.9);
    const told = world.cluster.store.timeline.entries.map(({ subject, what }) => `${subject}: ${what}`);
    expect(told).toEqual([
      'kube-scheduler: instance 0 leads no more',
      'kube-scheduler: instance 1 leads',
      'kube-controller-manager: instance 0 leads no more',
      'kube-controller-manager: instance 1 leads',
    ]);
  });

  it('gives the lease back to the one instance that there is, once it runs again', () => {
    const world = worldWith();
    world.runFor(20);
    scheduler(world).crash('leader', false, seconds(5));
    world.runFor(30);
    const puts = leaseCalls(world, 'kube-scheduler', 'PUT leases').filter(({ at }) => at > 25);
    expect(puts.length).toBeGreaterThan(10);
    expect(puts.every(({ code }) => code === 200)).toBe(true);
  });

  it('ends a leader that cannot renew for 10 s while etcd has no quorum; it starts anew and leads again', () => {
    const world = worldWith('etcd.members: 1');
    world.runFor(20);
    const status = () => {
      world.recorder.sample();
      return world.series('leader_election_master_status', 'instance=0;name=kube-scheduler')?.statistics.final;
    };
    expect(status()).toBe(1);
    world.cluster.store.killLeader(seconds(40));
    world.runFor(9.9);
    expect(status()).toBe(1);
    world.runFor(2.5);
    expect(status()).toBe(0);
    const watches = () =>
      world.calls.filter(({ what, client }) => client === 'kube-scheduler' && what === 'WATCH pods').length;
    const before = watches();
    world.runFor(80);
    expect(status()).toBe(1);
    expect(watches()).toBeGreaterThan(before);
  });

  it('survives an outage of etcd that is shorter', () => {
    const world = worldWith('etcd.members: 1');
    world.runFor(20);
    const watches = () =>
      world.calls.filter(({ what, client }) => client === 'kube-scheduler' && what === 'WATCH pods').length;
    const before = watches();
    world.cluster.store.killLeader(seconds(5));
    world.runFor(40);
    expect(watches()).toBe(before);
    expect(holder(world, 'kube-scheduler')).toBe(0);
  });
});

describe('the process of a new leader', () => {
  const deployment = '    - createDeployment: { name: web, replicas: 6, requests: { cpu: 100m } }';

  it('starts with empty caches and does the work: a Deployment made while nobody led comes up', () => {
    const world = worldWith('kubeControllerManager.instances: 2, kubeScheduler.instances: 2', 'successor', deployment);
    world.runFor(20);
    world.cluster.controllerManager.crash('leader', false, seconds(300));
    scheduler(world).crash('leader', false, seconds(300));
    world.perform();
    world.runFor(12);
    expect(world.cluster.store.objectCount(kinds.pods)).toBe(0);
    world.runFor(40);
    expect(world.cluster.store.objectCount(kinds.pods)).toBe(6);
    expect(world.readyPods()).toBe(6);
    const watches = world.calls.filter(
      ({ what, client }) => client === 'kube-controller-manager' && /^WATCH/.test(what),
    );
    expect(watches.length).toBeGreaterThan(4);
  });

  it('may be succeeded again and again', () => {
    const world = worldWith('kubeControllerManager.instances: 2', 'again', deployment);
    world.runFor(5);
    world.perform();
    for (let i = 0; i < 4; i++) {
      world.runFor(30);
      expect(world.cluster.controllerManager.crash('leader', false, nanoseconds(NS_PER_SECOND))).toBe(true);
    }
    world.runFor(60);
    expect(world.readyPods()).toBe(6);
    world.simulation.checkInvariants();
  });
});
