import { describe, expect, it } from 'vitest';
import { ConditionStatus, kinds, type ObjectKey, PodPhase } from '../../../src/cluster/index.ts';
import { seconds } from '../../../src/units/index.ts';
import { ClusterWorld } from '../cluster-world.ts';
import { fixedSpans } from './one-node.ts';

/** Three nodes with nine pods of a Deployment; `node-0` loses power, for a while or for good. */
function crash(span: number | undefined, ...parameters: string[]): { world: ClusterWorld; at: number } {
  const world = new ClusterWorld({
    spec: fixedSpans(...parameters),
    operations: `
    - createNodes: { count: 3, preload: true }
    - createService: { name: web, selector: web, ports: [80], preload: true }
    - createDeployment: { name: web, replicas: 9, preload: true }
    - createDeployment: { name: late, replicas: 30 }`,
  });
  world.runFor(20);
  world.forget();
  world.cluster.machines.crash(world.nodeKey('node-0'), span === undefined ? undefined : seconds(span));
  return { world, at: world.now };
}

/** Requests that left the machine of a user. */
function sentFrom(world: ClusterWorld, user: string) {
  return world.sent.filter((request) => request.user === user);
}

describe('a node without power', () => {
  it('sends nothing', () => {
    const { world, at } = crash(60);
    world.runFor(59.9);
    expect(sentFrom(world, 'system:node:node-0').filter((request) => request.at > at)).toEqual([]);
    expect(sentFrom(world, 'system:node:node-1').length).toBeGreaterThan(5);
  });

  it('sends nothing even if it dies amid a burst of starts', () => {
    const world = new ClusterWorld({
      spec: fixedSpans('kubelet.apiQps: 2', 'kubelet.apiBurst: 2', 'kubelet.eventQps: 2', 'kubelet.eventBurst: 2'),
      operations: `
    - createNodes: { count: 1, preload: true }
    - createPods: { name: web, count: 30 }`,
    });
    world.runFor(1);
    world.perform();
    world.runFor(2);
    const { at } = { at: world.now };
    world.cluster.machines.crash(world.nodeKey('node-0'), seconds(40));
    world.runFor(39.9);
    expect(world.sent.filter((request) => request.user === 'system:node:node-0' && request.at > at)).toEqual([]);
    world.runFor(300);
    expect(world.readyPods()).toBe(30);
  });

  it('is Unknown after the grace period, and its pods are not Ready', () => {
    const { world, at } = crash(undefined);
    const node = () => world.cluster.store.current(kinds.nodes, world.nodeKey('node-0'));
    world.runUntil(() => world.tables.nodes.ready.get(node()) === ConditionStatus.Unknown);
    // 50 s after what was seen last (up to 10.4 s ago), noticed by a pass every 5 s.
    expect(world.now - at).toBeGreaterThan(50 - 10.4);
    expect(world.now - at).toBeLessThan(56);
    world.runFor(2);
    expect(world.readyPods()).toBe(6);
  });

  it('starts its pods anew when it returns before it was missed', () => {
    const { world } = crash(5);
    world.runFor(25);
    const own = world.calls.filter(({ user }) => user === 'system:node:node-0');
    const tally = world.tally(own.filter(({ what }) => !/^WATCH (?!pods)/.test(what)));
    // It was there already: the node is read, the lease renewed after a read.
    expect(tally).toMatchObject({
      'kubelet: POST nodes 409': 1,
      'kubelet: GET nodes 200': 1,
      'kubelet: WATCH pods 200': 1,
      'kubelet heartbeat: GET leases 200': 1,
      'kubelet: POST serviceaccounts/token 201': 3,
      // Not Ready, sandbox, Running: the phase stays Running in the API.
      'kubelet: PATCH pods/status 200': 9,
    });
    expect(world.readyPods()).toBe(9);
    expect(world.podChanges.every(({ phase }) => phase === PodPhase.Running)).toBe(true);
  });

  it('watches services and slices from what there is and writes all rules again when it returns', () => {
    const { world } = crash(5);
    world.runFor(20);
    const proxy = world.calls.filter(({ client, verb }) => client === 'kube-proxy' && verb === 'WATCH');
    // Another proxy may renew a watch meanwhile.
    expect([...new Set(proxy.map(({ resource }) => resource))].sort()).toEqual(['endpointslices', 'nodes', 'services']);
    expect(world.series('plimsoll_kube_proxy_syncs_total', 'kind=full')?.statistics.final).toBe(1);
  });

  it('ends what was deleted meanwhile, and deletes it for good', () => {
    const { world } = crash(30);
    const doomed = world
      .podKeys()
      .filter((key) => world.tables.pods.node.get(world.pod(key)) === world.nodeKey('node-0'));
    for (const key of doomed) world.delete(kinds.pods, key as ObjectKey);
    world.runFor(29);
    const isThere = (key: ObjectKey) => world.podKeys().includes(key);
    expect(doomed.every(isThere)).toBe(true);
    world.runFor(10);
    expect(doomed.some(isThere)).toBe(false);
    // Replaced meanwhile, on the other nodes.
    expect(world.readyPods()).toBe(9);
    // Only what was bound to it while it was away, and not yet missed, is started.
    const there = world
      .podKeys()
      .filter((key) => world.tables.pods.node.get(world.pod(key)) === world.nodeKey('node-0'));
    expect(world.of('POST serviceaccounts/token', 'system:node:node-0')).toHaveLength(there.length);
  });

  it('does not resume what it had planned before', () => {
    const { world } = crash(0.2);
    world.runFor(100);
    const renewals = world.of('PUT leases', 'system:node:node-0').map(({ issued }) => issued);
    renewals.slice(1).forEach((instant, i) => {
      expect(instant - (renewals[i] ?? 0)).toBeGreaterThan(9.9);
    });
    expect(world.readyPods()).toBe(9);
  });
});

describe('what was on its way when a node lost power', () => {
  it('is forgotten: answers come to nobody', () => {
    const { world } = crash(undefined, 'network.nodeDelay: 200ms');
    const user = 'system:node:node-1';
    world.runFor(10);
    world.forget();
    world.runUntil(() => world.sent.some((request) => request.user === user && request.client === 'kubelet heartbeat'));
    world.cluster.machines.crash(world.nodeKey('node-1'), seconds(0.05));
    world.runFor(60);
    const renewals = world.of('PUT leases', user).map(({ issued }) => issued);
    // The renewal that was on its way, and then one loop of them, not two.
    renewals.slice(2).forEach((instant, i) => {
      expect(instant - (renewals[i + 1] ?? 0)).toBeGreaterThan(9.9);
    });
    expect(renewals.length).toBeGreaterThan(5);
  });

  it('is started once, anew: what was planned before is void', () => {
    const world = new ClusterWorld({
      spec: fixedSpans(),
      operations: `
    - createNodes: { count: 1, preload: true }
    - createPods: { name: web, count: 5 }`,
    });
    world.runFor(1);
    world.perform();
    // In the midst of their sandboxes.
    world.runFor(0.5);
    world.cluster.machines.crash(world.nodeKey('node-0'), seconds(0.05));
    world.forget();
    world.runFor(20);
    expect(world.readyPods()).toBe(5);
    expect(world.of('POST serviceaccounts/token')).toHaveLength(5);
    const events = world.of('POST events', 'kubelet events').filter(({ reason }) => reason === 'Created');
    expect(events).toHaveLength(5);
    expect(world.of('PATCH events')).toEqual([]);
  });

  it('has room on the node again when it returns', () => {
    const world = new ClusterWorld({
      spec: fixedSpans(),
      operations: `
    - createNodes: { count: 1, allocatable: { cpu: "2", memory: 4Gi, pods: 10 }, preload: true }
    - createDeployment: { name: web, replicas: 1, requests: { cpu: 1500m }, preload: true }`,
    });
    world.runFor(5);
    world.cluster.machines.crash(world.nodeKey('node-0'), seconds(3));
    world.runFor(20);
    expect(world.readyPods()).toBe(1);
    expect(world.stored(kinds.pods)).toHaveLength(1);
  });
});

describe('the token of a pod', () => {
  it('is requested again after 80 % of its life, by the next sync of the pod', () => {
    const world = new ClusterWorld({
      spec: fixedSpans(),
      operations: `
    - createNodes: { count: 1, preload: true }
    - createPods: { name: web, count: 1 }`,
    });
    world.perform();
    world.runFor(6000);
    const requests = world.of('POST serviceaccounts/token').map(({ issued }) => issued);
    expect(requests).toHaveLength(3);
    // 2,886 s less at most 10 s, and at most 90 s until the pod is synced.
    for (const i of [1, 2]) {
      const age = (requests[i] ?? 0) - (requests[i - 1] ?? 0);
      expect(age).toBeGreaterThan(2876);
      expect(age).toBeLessThan(2976);
    }
  });

  it('is requested until it can be had: no pod starts without one', () => {
    const world = new ClusterWorld({
      spec: fixedSpans(),
      operations: `
    - createNodes: { count: 1, preload: true }
    - createPods: { name: web, count: 1 }`,
    });
    world.runFor(1);
    world.perform();
    world.runUntil(() => world.podChanges.some(({ node }) => node >= 0));
    world.runUntil(() => world.sent.some(({ client }) => client === 'kubelet'));
    world.cluster.servers[0]?.crash();
    world.runUntil(() => world.readyPods() === 1);
    const codes = world.of('POST serviceaccounts/token').map(({ code }) => code);
    expect(codes.length).toBeGreaterThan(1);
    expect(codes.slice(0, -1).every((code) => code === 0)).toBe(true);
    expect(codes.at(-1)).toBe(201);
  });
});
