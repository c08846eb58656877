import { describe, expect, it } from 'vitest';
import { kinds } from '../../../src/cluster/index.ts';
import { revision, shop, watchEvents, withoutRoutine } from './shop.ts';

const NODES = 6;

describe('a Service that is created', () => {
  const world = shop(
    NODES,
    `
    - createDeployment: { name: other, replicas: 250, preload: true }
    - createService: { name: other, selector: other, ports: [80] }`,
  );
  const before = {
    revision: revision(world),
    services: watchEvents(world, 'services'),
    slices: watchEvents(world, 'endpointslices'),
  };
  world.perform();
  world.runFor(4);
  const calls = withoutRoutine(world.calls).filter(({ what }) => what !== 'POST serviceaccounts/token');

  it('takes one POST, one of its Endpoints and one of a slice for each hundred endpoints', () => {
    expect(world.tally(calls)).toEqual({
      'load client plimsoll: POST services 201': 1,
      'endpoint-controller: POST endpoints 201': 1,
      'endpointslice-controller: POST endpointslices 201': 3,
    });
    const stored = world
      .stored(kinds.endpointslices)
      .map((slice) => world.tables.endpointslices.endpoints.get(slice).length);
    expect(stored.sort((a, b) => a - b)).toEqual([0, 50, 100, 100]);
  });

  it('is written with the object of its address before it', () => {
    const heartbeats = world.calls.filter(({ verb, resource }) => verb === 'PUT' && resource === 'leases').length;
    const statuses = world.of('PATCH nodes/status').length;
    // The address, the Service, its Endpoints, three slices.
    expect(revision(world) - before.revision - heartbeats - statuses).toBe(6);
    expect(world.stored(kinds.ipaddresses)).toHaveLength(1);
  });

  it('is told to every kubelet, every proxy, the controllers and the scheduler; its slices to every proxy and the controllers', () => {
    expect(watchEvents(world, 'services') - before.services).toBe(2 * NODES + 2);
    expect(watchEvents(world, 'endpointslices') - before.slices).toBe(3 * (NODES + 1));
  });

  it('is programmed on every node', () => {
    expect(world.series('kubeproxy_network_programming_duration_seconds')?.statistics.count).toBe(3 * NODES);
  });
});
