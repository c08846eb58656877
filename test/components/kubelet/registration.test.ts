import { describe, expect, it } from 'vitest';
import { ConditionStatus, kinds } from '../../../src/cluster/index.ts';
import { ClusterWorld } from '../cluster-world.ts';
import { API_TIME, fixedSpans, SPANS } from './one-node.ts';

/** A cluster of two nodes, and a third one that boots. */
function join(): ClusterWorld {
  const world = new ClusterWorld({
    spec: fixedSpans(),
    operations: `
    - createNodes: { count: 2, preload: true }
    - createNodes: { count: 1 }
    - createPods: { name: filler, count: 220 }`,
  });
  world.runFor(2);
  world.forget();
  return world;
}

/** A node that is not Ready yet is looked at this often [s]. */
const FAST_STATUS_PERIOD = 0.1;

describe('a node that joins', () => {
  it('makes the calls of a node that joins, but for TLS bootstrap', () => {
    const world = join();
    world.perform();
    world.runFor(8);
    const user = 'system:node:node-2';
    const own = world.calls.filter((call) => call.user === user && !(call.what === 'PUT leases'));
    expect(world.tally(own)).toEqual({
      'kubelet: POST nodes 201': 1,
      'kubelet: POST csinodes 201': 1,
      'kubelet: WATCH pods 200': 1,
      'kubelet: WATCH nodes 200': 1,
      'kubelet: WATCH services 200': 1,
      // The lease is looked for, and made with its node as owner.
      'kubelet heartbeat: GET leases 404': 1,
      'kubelet heartbeat: GET nodes 200': 1,
      'kubelet heartbeat: POST leases 201': 1,
      // Starting, three of sufficient resources, NodeAllocatableEnforced, NodeReady; RegisteredNode comes from the controller.
      'kubelet events: POST events 201': 6,
      // Once after the registration; fastNodeStatusUpdate asks the API server once, when the node has become Ready.
      'kubelet heartbeat: PATCH nodes/status 200': 2,
    });
    const events = world.calls.filter(({ reason }) => reason !== '').map(({ reason }) => reason);
    expect(events).toHaveLength(7);
    expect(events).toContain('RegisteredNode');
    // Taints off (and NoExecute on, if a monitor pass comes before the node is Ready), by the node lifecycle controller.
    const taints = world.of('PATCH nodes', 'node-controller').length;
    expect(taints).toBeGreaterThanOrEqual(1);
    expect(taints).toBeLessThanOrEqual(3);
  });

  it('opens the watches of a kube-proxy: services, slices, its own node', () => {
    const world = join();
    world.perform();
    world.runFor(1);
    const watches = world.calls.filter(({ client, verb }) => client === 'kube-proxy' && verb === 'WATCH');
    expect(watches.map(({ resource }) => resource).sort()).toEqual(['endpointslices', 'nodes', 'services']);
  });

  it('registers first, reports Ready once runtime and network are there, and takes pods only then', () => {
    const world = join();
    world.perform();
    const began = world.now;
    world.perform();
    const node = () => world.cluster.store.current(kinds.nodes, world.nodeKey('node-2'));
    const { nodes } = world.tables;
    world.runUntil(() => world.nodeKey('node-2') >= 0 && node() >= 0);
    expect(nodes.ready.get(node())).toBe(ConditionStatus.False);
    expect(nodes.taints.get(node())).toMatchObject([{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }]);
    world.runUntil(() => nodes.ready.get(node()) === ConditionStatus.True);
    expect(Math.abs(world.now - began - SPANS.registration)).toBeLessThan(API_TIME + FAST_STATUS_PERIOD);
    const ready = world.now;
    world.runUntil(() => nodes.taints.get(node()).length === 0);
    world.runFor(10);
    const onNode = world.podChanges.filter((change) => change.node === world.nodeKey('node-2'));
    for (const change of onNode) expect(change.at).toBeGreaterThan(ready);
    const reported = world.of('PATCH pods/status', 'system:node:node-2');
    for (const call of reported) expect(call.at).toBeGreaterThan(ready);
  });

  it('tries to register until the API server is there', () => {
    const world = join();
    world.cluster.servers.forEach((server) => {
      server.crash();
    });
    world.perform();
    world.runFor(120);
    const node = world.cluster.store.current(kinds.nodes, world.nodeKey('node-2'));
    expect(world.tables.nodes.ready.get(node)).toBe(ConditionStatus.True);
    const posts = world.of('POST nodes');
    expect(posts.length).toBeGreaterThan(1);
    expect(posts.map(({ code }) => code)).toEqual([...Array(posts.length - 1).fill(0), 201]);
  });
});
