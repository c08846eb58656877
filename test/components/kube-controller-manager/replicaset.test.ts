import { describe, expect, it } from 'vitest';
import { kinds, type ObjectKey } from '../../../src/cluster/index.ts';
import { NS_PER_SECOND } from '../../../src/units/index.ts';
import { ControllerWorld, podTemplate } from './controller-world.ts';

const CLIENT = 'replicaset-controller';
/** Caches that lag two seconds behind. */
const LAGGING = { nodeDelay: { distribution: 'constant', value: 2 * NS_PER_SECOND } } as const;

/** Pods become Ready every 5 ms while caches are 20 ms behind. */
function staleWorld(replicaSetConsistency: boolean): ControllerWorld {
  const world = new ControllerWorld({
    network: { nodeDelay: { distribution: 'constant', value: 0.02 * NS_PER_SECOND } },
    kubeControllerManager: { replicaSetConsistency, clientQps: 200 },
  });
  world.start();
  world.addNodes(5);
  world.createReplicaSet('web', 40, podTemplate('web'));
  world.runFor(30);
  return world;
}

describe('the ReplicaSet controller', () => {
  it('creates each pod once and reports them, as the measured one did', () => {
    const world = new ControllerWorld();
    world.start();
    world.createReplicaSet('web', 10, podTemplate('web'));
    world.runFor(5);
    expect(world.activePods()).toHaveLength(10);
    // replicaset_calls.jsonl, rs_create n=10: 10 pods, 10 events, 3 status updates and 2 conflicts, which 1.36 does not have any more.
    const calls = world.counts(CLIENT);
    expect(calls).toMatchObject({ 'POST pods 201': 10, 'POST events 201': 10 });
    expect(calls['PUT replicasets/status 200']).toBeLessThanOrEqual(3);
    expect(calls).not.toHaveProperty('PUT replicasets/status 409');
  });

  it.each([
    // replicaset.csv, default_qps20: time to the last pod.
    [100, 3.859],
    [500, 23.961],
  ])('needs as long for %d pods at 20 qps as was measured: %d s', (count, measured) => {
    const world = new ControllerWorld({ host: { controlPlaneCores: 1 } });
    world.start();
    world.createReplicaSet('web', count, podTemplate('web'));
    const took = world.runUntil(() => world.activePods().length === count);
    expect(Math.abs(took / measured - 1)).toBeLessThan(0.03);
    world.runFor(5);
    // Aggregation and the spam filter leave 10 events and 15 counts, as measured.
    expect(world.counts(CLIENT)).toMatchObject({ 'POST events 201': 10, 'PATCH events 200': 15 });
  });

  it('starts slowly: each batch is twice the one before, and all of a batch is in flight at once', () => {
    const world = new ControllerWorld({ kubeControllerManager: { clientQps: 0 } });
    world.start();
    world.createReplicaSet('web', 100, podTemplate('web'));
    world.runFor(5);
    const batches = new Map<number, number>();
    for (const { at, client, what } of world.issued) {
      if (client === CLIENT && what === 'POST pods') batches.set(at, (batches.get(at) ?? 0) + 1);
    }
    expect([...batches.values()]).toEqual([1, 2, 4, 8, 16, 32, 37]);
  });

  it('creates at most 500 pods in one sync and goes on in the next', () => {
    const world = new ControllerWorld({ kubeControllerManager: { clientQps: 0, syncTime: 50_000_000 } });
    world.start();
    world.createReplicaSet('web', 1200, podTemplate('web'));
    world.runUntil(() => world.activePods().length >= 500);
    // The next sync takes 50 ms before it asks for more.
    world.runFor(0.02);
    expect(world.activePods()).toHaveLength(500);
    world.runFor(10);
    expect(world.activePods()).toHaveLength(1200);
  });

  it('creates nothing twice while its watch lags behind its own creations', () => {
    // Without the rule of 1.36, so that expectations stand alone.
    const world = new ControllerWorld({ network: LAGGING, kubeControllerManager: { replicaSetConsistency: false } });
    world.start();
    world.runFor(20);
    const key = world.createReplicaSet('web', 5, podTemplate('web'));
    world.runUntil(() => world.activePods().length === 5, 60);
    // Its own status updates, and a new size, have it synced again before it has seen the five pods.
    world.scaleReplicaSet(key, 7);
    world.runFor(60);
    expect(world.counts(CLIENT)['POST pods 201']).toBe(7);
    expect(world.activePods()).toHaveLength(7);
  });

  it('meets conflicts on its own stale cache before 1.36, and none since', () => {
    const conflicts = (replicaSetConsistency: boolean): number => {
      const world = staleWorld(replicaSetConsistency);
      expect(world.readyPods()).toBe(40);
      return world.counts(CLIENT)['PUT replicasets/status 409'] ?? 0;
    };
    expect(conflicts(false)).toBeGreaterThan(0);
    expect(conflicts(true)).toBe(0);
  });

  it('retries a conflicting status once, after a GET', () => {
    const calls = staleWorld(false).counts(CLIENT);
    expect(calls['PUT replicasets/status 409']).toBeGreaterThan(0);
    expect(calls['GET replicasets 200']).toBe(calls['PUT replicasets/status 409']);
  });

  it('deletes what is too much at once, in as long as was measured', () => {
    const world = new ControllerWorld({ host: { controlPlaneCores: 1 } });
    world.start();
    const key = world.createReplicaSet('web', 500, podTemplate('web'));
    world.runUntil(() => world.activePods().length === 500);
    world.runFor(5);
    world.scaleReplicaSet(key, 250);
    const took = world.runUntil(() => world.activePods().length === 250);
    // replicaset.csv, rs_scaledown_half: 11.109 s for 250 pods.
    expect(took).toBeGreaterThan(10.5);
    expect(took).toBeLessThan(12);
    world.runFor(5);
    expect(world.counts(CLIENT)['DELETE pods 200']).toBe(250);
  });

  it('counts a pod as available only after minReadySeconds, and looks again then', () => {
    const world = new ControllerWorld();
    world.start();
    world.addNodes(3);
    const key = world.createDeployment('web', 3, podTemplate('web'), { minReady: 10 });
    world.runUntil(() => world.readyPods() === 3);
    const { deployments } = world.tables;
    const available = () => deployments.availableReplicas.get(world.deployment(key));
    world.runFor(9);
    expect(available()).toBe(0);
    world.runFor(3);
    expect(available()).toBe(3);
  });

  it('looks again at pods that become available while others are not Ready at all', () => {
    const world = new ControllerWorld();
    world.start();
    const nodes = world.addNodes(3);
    world.runFor(5);
    const key = world.createDeployment('web', 3, podTemplate('web'), { minReady: 10 });
    world.runFor(0.3);
    // Whatever runs on this node never becomes Ready.
    world.silence(nodes[0] as ObjectKey);
    world.runUntil(() => world.readyPods() === 2);
    world.runFor(12);
    expect(world.tables.deployments.availableReplicas.get(world.deployment(key))).toBe(2);
  });

  it('ends with exactly the wanted pods although the API server ended while it created them', () => {
    const world = new ControllerWorld();
    world.start();
    world.createReplicaSet('web', 200, podTemplate('web'));
    world.runUntil(() => world.activePods().length > 60);
    (world.servers[0] as (typeof world.servers)[0]).crash();
    world.runFor(400);
    expect(world.activePods()).toHaveLength(200);
  });

  it.each(['a', 'b', 'c'])('converges to the wanted number after any changes (seed %s)', (seed) => {
    const world = new ControllerWorld({}, {}, seed);
    world.start();
    world.addNodes(4);
    const key = world.createReplicaSet('web', 5, podTemplate('web'));
    const random = world.simulation.streams.stream('test.changes');
    let wanted = 5;
    for (let i = 0; i < 15; i++) {
      wanted = Math.floor(random.next() * 40);
      world.scaleReplicaSet(key, wanted);
      world.runFor(random.next() * 3);
      const [victim] = world.activePods();
      if (victim !== undefined) world.delete(kinds.pods, world.tables.pods.key.get(victim) as never);
      world.runFor(random.next());
    }
    world.runFor(60);
    expect(world.readyPods()).toBe(wanted);
    expect(world.stored(kinds.pods)).toHaveLength(wanted);
    const version = world.store.current(kinds.replicasets, key);
    expect(world.tables.replicasets.statusReplicas.get(version)).toBe(wanted);
    expect(world.tables.replicasets.readyReplicas.get(version)).toBe(wanted);
  });
});
