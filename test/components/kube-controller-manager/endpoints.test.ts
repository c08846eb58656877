import { describe, expect, it } from 'vitest';
import { kinds, type ObjectKey, type SliceEndpoint } from '../../../src/cluster/index.ts';
import { NS_PER_SECOND } from '../../../src/units/index.ts';
import { ControllerWorld, podTemplate } from './controller-world.ts';

const SLICES = 'endpointslice-controller';
const ENDPOINTS = 'endpoint-controller';

function world(overrides = {}, behaviour = {}): ControllerWorld {
  const made = new ControllerWorld({ ...overrides }, behaviour);
  made.start();
  made.addNodes(10);
  return made;
}

/** All endpoints in a world's slices. */
function listed(of: ControllerWorld): SliceEndpoint[] {
  return of.stored(kinds.endpointslices).flatMap((slice) => [...of.tables.endpointslices.endpoints.get(slice)]);
}

describe('the EndpointSlice controller', () => {
  it('gives a new Service one slice and one Endpoints object, both empty', () => {
    const made = world();
    made.createService('web', 'web');
    made.runFor(2);
    expect(made.counts(SLICES)).toEqual({ 'POST endpointslices 201': 1 });
    expect(made.counts(ENDPOINTS)).toEqual({ 'POST endpoints 201': 1 });
    expect(listed(made)).toEqual([]);
  });

  it('lists every Ready pod once, at most a hundred to a slice', () => {
    const made = world({ kubeControllerManager: { clientQps: 1000, clientBurst: 1000 } });
    made.createService('web', 'web');
    made.createReplicaSet('web', 230, podTemplate('web'));
    made.createReplicaSet('other', 5, podTemplate('other'));
    made.runUntil(() => made.readyPods() === 235);
    made.runFor(5);
    const endpoints = listed(made);
    expect(endpoints.every(({ ready, serving, terminating }) => ready && serving && !terminating)).toBe(true);
    expect(new Set(endpoints.map(({ pod }) => pod)).size).toBe(230);
    const { endpointslices, endpoints: table } = made.tables;
    const counts = made.stored(kinds.endpointslices).map((slice) => endpointslices.endpoints.get(slice).length);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(230);
    expect(Math.max(...counts)).toBeLessThanOrEqual(100);
    // Waves of pods may leave slices partly filled, since nothing is rebalanced.
    expect(counts.length).toBeLessThanOrEqual(4);
    const [addresses] = made.stored(kinds.endpoints).map((version) => table.addresses.get(version));
    expect(addresses).toHaveLength(230);
  });

  it('needs no request for pods that no Service selects', () => {
    const made = world();
    made.createService('web', 'web');
    made.runFor(2);
    made.calls.length = 0;
    made.createReplicaSet('other', 20, podTemplate('other'));
    made.runFor(10);
    expect(made.readyPods()).toBe(20);
    expect(made.counts(SLICES)).toEqual({});
    expect(made.counts(ENDPOINTS)).toEqual({});
  });

  it('finds the pods that were there before their Service', () => {
    const made = world();
    made.createReplicaSet('web', 5, podTemplate('web'));
    made.runFor(10);
    made.createService('web', 'web');
    made.runFor(2);
    expect(listed(made)).toHaveLength(5);
    expect(made.counts(SLICES)).toEqual({ 'POST endpointslices 201': 1 });
  });

  it('says that a pod is terminating, and still serves, until it is gone', () => {
    const made = world({}, { gone: 3000 });
    made.createService('web', 'web');
    const key = made.createReplicaSet('web', 2, podTemplate('web'));
    made.runFor(10);
    made.scaleReplicaSet(key, 1);
    made.runFor(1.5);
    expect(listed(made).filter(({ terminating }) => terminating)).toMatchObject([{ ready: false, serving: true }]);
    const { endpoints } = made.tables;
    // Endpoints have no place for terminating pods.
    expect(made.stored(kinds.endpoints).map((version) => endpoints.addresses.get(version).length)).toEqual([1]);
    made.runFor(5);
    expect(listed(made)).toHaveLength(1);
  });

  it('stamps a slice with the oldest change of a pod that it tells', () => {
    const made = world();
    made.createService('web', 'web');
    made.runFor(2);
    made.createReplicaSet('web', 1, podTemplate('web'));
    made.runUntil(() => made.readyPods() === 1);
    made.runFor(2);
    const [slice] = made.stored(kinds.endpointslices);
    const [pod] = made.activePods();
    // One pod that became Ready: one write each, whatever else changed about it.
    expect(made.counts(SLICES)).toEqual({ 'POST endpointslices 201': 1, 'PUT endpointslices 200': 1 });
    expect(made.counts(ENDPOINTS)).toEqual({ 'POST endpoints 201': 1, 'PUT endpoints 200': 1 });
    const triggered = made.tables.endpointslices.triggeredAt.get(slice as never);
    expect(triggered).toBe(made.tables.pods.readyAt.get(pod as never));
  });

  it('comes back a second later if its cache does not show its own last write yet', () => {
    const delay = { distribution: 'constant', value: 0.3 * NS_PER_SECOND } as const;
    const made = world({ network: { nodeDelay: delay } });
    made.createService('web', 'web');
    made.runFor(5);
    made.calls.length = 0;
    // Two pods that become Ready 50 ms apart: the second one's sync finds the slice as it was before the first one's write.
    made.createReplicaSet('one', 1, podTemplate('web'));
    made.runFor(0.05);
    made.createReplicaSet('two', 1, podTemplate('web'));
    made.runFor(20);
    const writes = made.of(SLICES, 'PUT endpointslices');
    expect(writes.map(({ code }) => code)).toEqual([200, 200]);
    expect((writes[1]?.at ?? 0) - (writes[0]?.at ?? 0)).toBeGreaterThan(0.9);
    expect(listed(made)).toHaveLength(2);
  });

  it('puts back a slice that somebody deleted, a second later', () => {
    const made = world();
    made.createService('web', 'web');
    made.createReplicaSet('web', 3, podTemplate('web'));
    made.runFor(10);
    const [slice] = made.stored(kinds.endpointslices);
    made.delete(kinds.endpointslices, made.tables.endpointslices.key.get(slice as never) as ObjectKey);
    made.runFor(0.9);
    expect(listed(made)).toHaveLength(0);
    made.runFor(1);
    expect(listed(made)).toHaveLength(3);
  });

  it('leaves nothing behind when a Service is deleted', () => {
    const made = world();
    const key = made.createService('web', 'web');
    made.createReplicaSet('web', 3, podTemplate('web'));
    made.runFor(10);
    made.delete(kinds.services, key);
    made.runFor(5);
    expect(made.stored(kinds.endpointslices)).toHaveLength(0);
    expect(made.stored(kinds.endpoints)).toHaveLength(0);
    // The slices by the garbage collector, the Endpoints by their own controller.
    expect(made.counts('generic-garbage-collector')).toEqual({
      'GET endpointslices 200': 1,
      'DELETE endpointslices 200': 1,
    });
    expect(made.counts(ENDPOINTS)['DELETE endpoints 200']).toBe(1);
  });

  it('cuts Endpoints off at their capacity', () => {
    const made = world({ kubeControllerManager: { endpointsCapacity: 4 } });
    made.createService('web', 'web');
    made.createReplicaSet('web', 6, podTemplate('web'));
    made.runFor(10);
    const { endpoints } = made.tables;
    expect(made.stored(kinds.endpoints).map((version) => endpoints.addresses.get(version).length)).toEqual([4]);
    expect(listed(made)).toHaveLength(6);
  });
});
