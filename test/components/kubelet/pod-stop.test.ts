import { describe, expect, it } from 'vitest';
import { kinds, type ObjectKey, PodCondition, PodPhase } from '../../../src/cluster/index.ts';
import { NS_PER_SECOND } from '../../../src/units/index.ts';
import { ClusterWorld } from '../cluster-world.ts';
import { API_TIME, fixedSpans, oneNode, podManifest, SPANS } from './one-node.ts';

/** A world with one pod that runs, if `after` seconds are enough for that. */
function running(spec = '', ...parameters: string[]): { world: ClusterWorld; key: ObjectKey } {
  const world = oneNode(podManifest('web', spec), ...parameters);
  const [key] = world.podKeys() as [ObjectKey];
  world.bind(key, 'node-0');
  world.runUntil(() => world.readyPods() === 1);
  // Half a second after a relist, so that the next one is told apart from the stop.
  const phase = world.kubelet('node-0').loopPhase / NS_PER_SECOND;
  world.runFor(1 - ((world.now - phase) % 1) + 0.5);
  world.forget();
  return { world, key };
}

function own(world: ClusterWorld): string[] {
  return world.calls
    .filter(({ client, resource }) => client.startsWith('kubelet') && resource !== 'leases' && resource !== 'nodes')
    .map(({ what, code, reason }) => `${what} ${code}${reason === '' ? '' : ` ${reason}`}`);
}

describe('a pod that is deleted', () => {
  it('is killed, reported as ended at once, and deleted for good after the next relist', () => {
    const { world, key } = running();
    const asked = world.now;
    world.delete(kinds.pods, key);
    world.runFor(5);
    expect(own(world)).toEqual([
      'POST events 201 Killing',
      'GET pods 200',
      'PATCH pods/status 200',
      'GET pods 200',
      'DELETE pods 200',
    ]);
    const [terminating, ended, graceOver, gone] = world.podChanges;
    expect(terminating).toMatchObject({ terminating: true, phase: PodPhase.Running });
    expect(ended).toMatchObject({ phase: PodPhase.Succeeded });
    expect((ended?.conditions ?? 0) & (PodCondition.Ready | PodCondition.ContainersReady)).toBe(0);
    expect(graceOver).toMatchObject({ terminating: true, phase: PodPhase.Succeeded });
    expect(gone).toMatchObject({ gone: true });
    expect(Math.abs((ended?.at ?? 0) - asked - SPANS.containerStop)).toBeLessThan(API_TIME);
    // The relist comes half a second after the deletion; the volumes are unmounted by then.
    expect(Math.abs((gone?.at ?? 0) - asked - 0.5)).toBeLessThan(API_TIME);
    expect(world.podKeys()).toEqual([]);
  });

  it('waits for volumes that are not unmounted yet, poll by poll', () => {
    const { world, key } = running('', 'kubelet.volumeMount: 700ms');
    const asked = world.now;
    world.delete(kinds.pods, key);
    world.runFor(5);
    // Stopped after 0.3 s, unmounted after 1.0 s; relist at 0.5 s, polls at 0.8 and 1.1 s.
    expect(Math.abs((world.podChanges.at(-1)?.at ?? 0) - asked - 1.1)).toBeLessThan(API_TIME);
  });

  it('has failed if its grace period was over before its containers were', () => {
    const { world, key } = running('  terminationGracePeriodSeconds: 2', 'kubelet.containerStop: 9s');
    const asked = world.now;
    world.delete(kinds.pods, key);
    world.runFor(8);
    const ended = world.podChanges[1];
    expect(ended).toMatchObject({ phase: PodPhase.Failed });
    expect(Math.abs((ended?.at ?? 0) - asked - 2)).toBeLessThan(API_TIME);
  });

  it('has failed, without being killed, if nothing of it had started', () => {
    const world = oneNode(podManifest('web'), 'kubelet.volumeMount: 60s');
    const [key] = world.podKeys() as [ObjectKey];
    world.bind(key, 'node-0');
    world.runFor(2);
    world.forget();
    world.delete(kinds.pods, key);
    world.runFor(70);
    expect(own(world).filter((call) => call.includes('Killing'))).toEqual([]);
    expect(world.podChanges.at(-2)).toMatchObject({ phase: PodPhase.Failed });
    expect(world.podKeys()).toEqual([]);
  });

  it('gives its place on the node to the next one', () => {
    const { world, key } = running();
    expect(world.kubelet('node-0').pods.size).toBe(1);
    world.delete(kinds.pods, key);
    world.runFor(5);
    expect(world.kubelet('node-0').pods.size).toBe(0);
  });

  it('is deleted although the API server was away when it ended', () => {
    const { world, key } = running();
    world.delete(kinds.pods, key);
    world.runFor(0.1);
    world.cluster.servers[0]?.crash();
    world.runFor(90);
    expect(world.podKeys()).toEqual([]);
    expect(world.of('DELETE pods', 'kubelet').filter(({ code }) => code === 200)).toHaveLength(1);
  });

  it('that nobody has bound goes at once', () => {
    const world = oneNode(podManifest('web'));
    const [key] = world.podKeys() as [ObjectKey];
    world.delete(kinds.pods, key);
    world.runFor(0.1);
    expect(world.podKeys()).toEqual([]);
    expect(own(world)).toEqual([]);
  });
});

describe('a pod whose containers exit by themselves', () => {
  it('is reported as succeeded with the next relist, and goes at once when it is deleted', () => {
    const world = new ClusterWorld({
      spec: fixedSpans(),
      operations: `
    - createNodes: { count: 1, preload: true }
    - createPods: { name: job, count: 1, duration: 5s }`,
    });
    world.perform();
    world.runUntil(() => world.readyPods() === 1);
    const noticed = world.now;
    world.runFor(20);
    const ended = world.podChanges.at(-1);
    expect(ended).toMatchObject({ phase: PodPhase.Succeeded, terminating: false });
    // The lifetime counts from when the kubelet noticed that all containers run; so does its relist.
    expect(Math.abs((ended?.at ?? 0) - noticed - 5)).toBeLessThan(API_TIME);
    world.forget();
    world.delete(kinds.pods, world.podKeys()[0] as ObjectKey);
    world.runFor(0.1);
    expect(world.podKeys()).toEqual([]);
    expect(own(world)).toEqual([]);
  });

  it('is left alone from then on: no probe and no token refresh comes after its end', () => {
    const world = new ClusterWorld({
      spec: fixedSpans('kubelet.tokenRefresh: 60s'),
      operations: `
    - createNodes: { count: 1, preload: true }
    - createPods: { name: job, count: 1, duration: 5s }`,
    });
    world.perform();
    world.runUntil(() => world.readyPods() === 1);
    world.runFor(20);
    expect(world.podChanges.at(-1)).toMatchObject({ phase: PodPhase.Succeeded });
    world.forget();
    world.runFor(300);
    // A watch that has run for as long as it may is opened anew.
    expect(own(world).filter((call) => !call.startsWith('WATCH '))).toEqual([]);
  });
});
