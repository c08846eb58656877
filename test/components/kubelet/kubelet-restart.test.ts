import { describe, expect, it } from 'vitest';
import { ConditionStatus, kinds, PodPhase } from '../../../src/cluster/index.ts';
import type { Kubelet } from '../../../src/components/kubelet/index.ts';
import { milliseconds, nanoseconds, seconds } from '../../../src/units/index.ts';
import { ClusterWorld } from '../cluster-world.ts';
import { API_TIME, fixedSpans } from './one-node.ts';

/** How long a kubelet's process takes to get to its pods [s]. */
const PROCESS_START = 2;
const USER = 'system:node:node-0';

/** One node with five pods of a Deployment. */
function oneNodeCluster(...parameters: string[]): ClusterWorld {
  const world = new ClusterWorld({
    spec: fixedSpans('kubelet.processStart: 2s', ...parameters),
    operations: `
    - createNodes: { count: 1, preload: true }
    - createDeployment: { name: web, replicas: 5, preload: true }
    - createDeployment: { name: late, replicas: 3 }
    - createPods: { name: short, count: 2, duration: 5s }`,
  });
  world.runFor(20);
  world.forget();
  return world;
}

function kubelet(world: ClusterWorld): Kubelet {
  return world.cluster.nodes[0] as Kubelet;
}

function restart(world: ClusterWorld): void {
  world.cluster.kubelets.restartProcess(kubelet(world));
}

function crash(world: ClusterWorld, crashes = 1, lifetime = milliseconds(500)): void {
  world.cluster.kubelets.crashProcess(kubelet(world), crashes - 1, lifetime);
}

function isReady(world: ClusterWorld): boolean {
  const node = world.cluster.store.current(kinds.nodes, world.nodeKey('node-0'));
  return world.tables.nodes.ready.get(node) === ConditionStatus.True;
}

/** Starts of the kubelet in the past `span` seconds are told by its registrations. */
function registrations(world: ClusterWorld): number[] {
  return world.of('POST nodes', USER).map(({ issued }) => issued);
}

describe('a kubelet that is restarted', () => {
  it('begins with new watches and reports node and pods anew, and no container starts again', () => {
    const world = oneNodeCluster();
    const at = world.now;
    restart(world);
    world.runFor(9);
    const own = world.calls.filter((call) => call.user === USER && call.what !== 'PUT leases');
    expect(world.tally(own)).toEqual({
      // The node is there already.
      'kubelet: POST nodes 409': 1,
      'kubelet: GET nodes 200': 1,
      'kubelet: POST csinodes 409': 1,
      'kubelet: WATCH pods 200': 1,
      'kubelet: WATCH nodes 200': 1,
      'kubelet: WATCH services 200': 1,
      // The root certificate of the one namespace, and a token for each pod.
      'kubelet: WATCH configmaps 200': 1,
      'kubelet: POST serviceaccounts/token 201': 5,
      'kubelet heartbeat: GET leases 200': 1,
      'kubelet heartbeat: PATCH nodes/status 200': 1,
      // The status of each pod is compared, and is what it was.
      'kubelet: GET pods 200': 5,
      'kubelet events: POST events 201': 5,
    });
    expect(Math.min(...own.map(({ issued }) => issued)) - at).toBeCloseTo(PROCESS_START, 6);
    expect(world.podChanges).toEqual([]);
    expect(isReady(world)).toBe(true);
  });

  it('sends nothing while its process is away', () => {
    const world = oneNodeCluster('kubelet.systemdRestartSec: 20s');
    const at = world.now;
    crash(world);
    world.runFor(21.9);
    expect(world.sent.filter((request) => request.user === USER && request.at > at)).toEqual([]);
  });

  it('has a lease that goes on: the node stays Ready over a restart', () => {
    const world = oneNodeCluster();
    crash(world);
    world.runFor(120);
    const renewals = world.of('PUT leases', USER).filter(({ code }) => code === 200);
    expect(renewals.length).toBeGreaterThan(8);
    expect(world.of('PUT nodes/status', 'node-controller')).toEqual([]);
    expect(isReady(world)).toBe(true);
  });

  it('has full token buckets: what its predecessor had used up does not count', () => {
    const world = oneNodeCluster('kubelet.apiQps: 0.1', 'kubelet.apiBurst: 40');
    const client = kubelet(world).client;
    restart(world);
    world.runFor(9);
    expect(kubelet(world).client).not.toBe(client);
    expect(world.of('GET pods', 'kubelet')).toHaveLength(5);
  });

  it('goes on with pods whose start it had cut short, once each', () => {
    const world = oneNodeCluster();
    world.perform();
    // In the midst of their sandboxes.
    world.runFor(0.6);
    restart(world);
    world.runFor(15);
    expect(world.readyPods()).toBe(8);
    const created = world.of('POST events', 'kubelet events').filter(({ reason }) => reason === 'Created');
    expect(created).toHaveLength(3);
  });

  it('starts pods that were bound meanwhile, and ends those that were deleted meanwhile', () => {
    const world = oneNodeCluster('kubelet.systemdRestartSec: 30s');
    const [doomed] = world.podKeys();
    crash(world);
    world.runFor(1);
    world.perform();
    world.delete(kinds.pods, doomed as never);
    world.runFor(25);
    expect(world.podKeys()).toContain(doomed);
    world.runFor(20);
    expect(world.podKeys()).not.toContain(doomed);
    expect(world.readyPods()).toBe(8);
  });

  it('notices exits of containers that happened meanwhile', () => {
    const world = oneNodeCluster('kubelet.systemdRestartSec: 30s');
    world.perform();
    world.perform();
    world.runFor(3);
    crash(world);
    world.runFor(30);
    const phases = () => world.stored(kinds.pods).map((pod) => world.tables.pods.phase.get(pod));
    expect(phases().filter((phase) => phase === PodPhase.Succeeded)).toHaveLength(0);
    world.runFor(6);
    expect(phases().filter((phase) => phase === PodPhase.Succeeded)).toHaveLength(2);
  });
});

describe('systemd', () => {
  it('starts a kubelet RestartSec after its exit', () => {
    const world = oneNodeCluster();
    const at = world.now;
    crash(world);
    world.runFor(15);
    expect((registrations(world)[0] ?? 0) - at).toBeCloseTo(10 + PROCESS_START, 6);
  });

  it('goes on for ever without a start limit, as the unit of kubeadm has it', () => {
    const world = oneNodeCluster('kubelet.systemdRestartSec: 1s');
    const at = world.now;
    crash(world, 30);
    world.runFor(60);
    // 30 exits, each 1 s before the next start; 29 lives of half a second.
    expect((registrations(world)[0] ?? 0) - at).toBeCloseTo(30 * 1 + 29 * 0.5 + PROCESS_START, 6);
  });

  it('gives up a unit that needs more starts than its limit, until somebody starts it', () => {
    const limits = ['kubelet.systemdStartLimitInterval: 10s', 'kubelet.systemdStartLimitBurst: 3'];
    const world = oneNodeCluster('kubelet.systemdRestartSec: 100ms', ...limits);
    crash(world, 5, milliseconds(100));
    world.runFor(100);
    expect(registrations(world)).toEqual([]);
    expect(kubelet(world).supervision.isGivenUp).toBe(true);
    // Nobody renews its lease: the node is missed.
    expect(isReady(world)).toBe(false);
    expect(world.series('plimsoll_kubelets_given_up', 'supervisor=systemd')?.statistics.final).toBe(1);
    restart(world);
    world.runFor(15);
    expect(isReady(world)).toBe(true);
    expect(world.series('plimsoll_kubelets_given_up', 'supervisor=systemd')?.statistics.final).toBe(0);
  });

  it('counts starts anew once the window is over', () => {
    const limits = ['kubelet.systemdStartLimitInterval: 3s', 'kubelet.systemdStartLimitBurst: 3'];
    const world = oneNodeCluster('kubelet.systemdRestartSec: 1s', ...limits);
    crash(world, 8, milliseconds(100));
    world.runFor(30);
    // A start every 1.1 s: three within 3 s.
    expect(kubelet(world).supervision.isGivenUp).toBe(false);
    expect(registrations(world)).toHaveLength(1);
  });
});

describe('Supervisord', () => {
  const supervisord = ['kubelet.supervisor: supervisord', 'kubelet.supervisordPoll: 1s'];

  it('starts a process at once that had run for startsecs, as soon as its loop has noticed', () => {
    const world = oneNodeCluster(...supervisord);
    const at = world.now;
    crash(world);
    world.runFor(10);
    const after = (registrations(world)[0] ?? 0) - at - PROCESS_START;
    expect(after).toBeGreaterThanOrEqual(0);
    expect(after).toBeLessThan(1);
  });

  it('waits 1, 2 and 3 s after failed starts, and then gives up', () => {
    const world = oneNodeCluster(...supervisord, 'kubelet.supervisordPoll: 1ms');
    crash(world, 4, nanoseconds(200_000_000));
    world.runFor(10);
    // Four exits: one of a process that ran for long, three too soon.
    expect(registrations(world)).toHaveLength(1);
    const again = oneNodeCluster(...supervisord, 'kubelet.supervisordPoll: 1ms');
    crash(again, 5, nanoseconds(200_000_000));
    again.runFor(60);
    expect(registrations(again)).toEqual([]);
    expect(kubelet(again).supervision.isGivenUp).toBe(true);
  });
});

describe('a container engine that is restarted', () => {
  it('is not held against the node if it is back soon, and what waits for it goes on', () => {
    const world = oneNodeCluster();
    world.perform();
    world.runFor(0.6);
    world.cluster.kubelets.failRuntime(kubelet(world), 'down', seconds(10));
    world.runFor(9);
    expect(world.readyPods()).toBe(5);
    world.runFor(8);
    expect(world.readyPods()).toBe(8);
    expect(world.of('PATCH nodes/status')).toEqual([]);
  });

  it('makes the node not Ready half a minute after the last check that went well', () => {
    const world = oneNodeCluster();
    const at = world.now;
    world.cluster.kubelets.failRuntime(kubelet(world), 'down', seconds(60));
    world.runUntil(() => !isReady(world));
    // 30 s less up to 5 s since the check, and up to 10 s until the status is computed.
    expect(world.now - at).toBeGreaterThan(25);
    expect(world.now - at).toBeLessThan(40 + API_TIME);
    world.runUntil(() => isReady(world));
    expect(world.now - at).toBeGreaterThan(60);
    expect(world.now - at).toBeLessThan(75 + API_TIME);
  });

  it('that hangs makes the node not Ready after three minutes: PLEG is not healthy', () => {
    const world = oneNodeCluster();
    const at = world.now;
    world.cluster.kubelets.failRuntime(kubelet(world), 'hung', seconds(300));
    world.runUntil(() => !isReady(world));
    expect(world.now - at).toBeGreaterThan(179);
    expect(world.now - at).toBeLessThan(190 + API_TIME);
  });
});
