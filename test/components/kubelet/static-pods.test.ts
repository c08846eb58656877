import { describe, expect, it } from 'vitest';
import { kinds, type ObjectKey } from '../../../src/cluster/index.ts';
import type { Kubelet } from '../../../src/components/kubelet/index.ts';
import { seconds } from '../../../src/units/index.ts';
import { ClusterWorld } from '../cluster-world.ts';
import { fixedSpans } from './one-node.ts';

/** Three control-plane nodes, each with its components in static pods, and a worker. */
function cluster(...parameters: string[]): ClusterWorld {
  const world = new ClusterWorld({
    spec: fixedSpans(
      'etcd.members: 3',
      'kubeApiserver.replicas: 3',
      'kubelet.processStart: 2s',
      'kubelet.systemdRestartSec: 30s',
      ...parameters,
    ),
    operations: `
    - createNodes: { count: 3, namePrefix: master, controlPlane: true, preload: true }
    - createNodes: { count: 1, preload: true }
    - createDeployment: { name: web, replicas: 3, preload: true }
    - fault: { kind: staticPodChange, nodes: [master-1], pod: kube-apiserver }
    - fault: { kind: apiserverRestart, server: 1 }`,
  });
  world.runFor(20);
  world.forget();
  return world;
}

function kubelet(world: ClusterWorld, name: string): Kubelet {
  return world.kubelet(name);
}

function mirror(world: ClusterWorld, name: string): ObjectKey {
  return world.tables.keysOf('pods').find('kube-system', name);
}

function server(world: ClusterWorld, number: number) {
  return world.cluster.servers[number] as (typeof world.cluster.servers)[number];
}

describe('static pods of the control plane', () => {
  it('have mirror pods in the API, which are Ready; no token is asked for them', () => {
    const world = cluster();
    expect(world.readyPods()).toBe(3 * 4 + 3);
    world.runFor(100);
    expect(world.readyPods()).toBe(3 * 4 + 3);
    expect(world.of('POST serviceaccounts/token')).toEqual([]);
  });

  it('are started again by their kubelet when their process ends: a relist, and the start of container and process', () => {
    const world = cluster();
    const at = world.now;
    world.perform();
    world.perform();
    // The first operation was the change of a manifest; look at another server that crashes by itself.
    server(world, 2).crash();
    expect(server(world, 2).isUp).toBe(false);
    const span = world.runUntil(() => server(world, 2).isUp);
    // At most 1 s, 0.15 s, and 3 to 8 s or so.
    expect(span).toBeGreaterThan(1);
    expect(span).toBeLessThan(15);
    expect(world.now - at).toBeLessThan(16);
    world.runFor(60);
    expect(world.readyPods()).toBe(3 * 4 + 3);
  });

  it('wait for longer the more often they crash', () => {
    const world = cluster();
    const spans = [0, 1, 2].map(() => {
      server(world, 0).crash();
      return world.runUntil(() => server(world, 0).isUp);
    });
    // No pause, then 10 s, then 20 s.
    expect(spans[0]).toBeLessThan(15);
    expect(spans[1]).toBeGreaterThan(10);
    expect(spans[2]).toBeGreaterThan(20);
  });

  it('stay away while their kubelet is down', () => {
    const world = cluster();
    world.cluster.kubelets.crashProcess(kubelet(world, 'master-1'), 0, seconds(1));
    world.runFor(1);
    server(world, 1).crash();
    world.runFor(29);
    expect(server(world, 1).isUp).toBe(false);
    const span = world.runUntil(() => server(world, 1).isUp);
    expect(span).toBeGreaterThan(2);
    expect(span).toBeLessThan(15);
  });

  it('run on when their kubelet is restarted', () => {
    const world = cluster();
    const incarnations = world.cluster.servers.map(({ incarnation }) => incarnation);
    for (const name of ['master-0', 'master-1', 'master-2']) {
      world.cluster.kubelets.restartProcess(kubelet(world, name));
    }
    world.runFor(30);
    expect(world.cluster.servers.map(({ incarnation }) => incarnation)).toEqual(incarnations);
    expect(world.of('POST pods', 'kubelet')).toEqual([]);
    expect(world.readyPods()).toBe(15);
  });

  it('are restarted when their manifest changes, with a new mirror pod in place of the old one', () => {
    const world = cluster();
    const key = mirror(world, 'kube-apiserver-master-1');
    const uid = () => world.tables.pods.uid.get(world.pod(key));
    const before = uid();
    world.perform();
    world.runFor(2);
    expect(server(world, 1).isUp).toBe(false);
    expect(server(world, 0).isUp).toBe(true);
    world.runUntil(() => server(world, 1).isUp && world.readyPods() === 15);
    expect(uid()).not.toBe(before);
    expect(world.of('DELETE pods', 'system:node:master-1')).toHaveLength(1);
    expect(world.of('POST pods', 'system:node:master-1').filter(({ code }) => code === 201)).toHaveLength(1);
    // Nobody else was touched.
    expect(world.of('POST pods', 'system:node:master-0')).toEqual([]);
  });

  it('have a mirror pod again when somebody deletes it, and nothing on the node notices', () => {
    const world = cluster();
    const key = mirror(world, 'kube-scheduler-master-2');
    const before = world.tables.pods.uid.get(world.pod(key));
    world.delete(kinds.pods, key);
    world.runFor(5);
    expect(world.tables.pods.uid.get(world.pod(key))).not.toBe(before);
    expect(world.of('POST pods', 'system:node:master-2').filter(({ code }) => code === 201)).toHaveLength(1);
    expect(world.readyPods()).toBe(15);
    expect(world.calls.filter(({ reason }) => reason === 'Killing')).toEqual([]);
  });

  it('go with their machine, and come back with it', () => {
    const world = cluster();
    world.cluster.machines.crash(world.nodeKey('master-0'), seconds(60));
    world.runFor(30);
    expect(server(world, 0).isUp).toBe(false);
    expect(server(world, 1).isUp).toBe(true);
    // Member 0 of etcd and instance 0 of the others went with it; the rest has taken over.
    expect(world.cluster.store.members.leader?.id).not.toBe(0);
    world.runFor(60);
    expect(server(world, 0).isUp).toBe(true);
    world.runUntil(() => world.readyPods() === 15);
  });
});
