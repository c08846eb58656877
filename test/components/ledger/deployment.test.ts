import { describe, expect, it } from 'vitest';
import { kinds, PodCondition } from '../../../src/cluster/index.ts';
import { shop, sizes, withoutRoutine } from './shop.ts';

describe.each([10, 60])('a Deployment of %d replicas', (replicas) => {
  const world = shop(10, `    - createDeployment: { name: web, replicas: ${replicas} }`);
  const began = world.now;
  world.perform();
  world.runUntil(() => world.readyPods() === replicas);
  const took = world.now - began;
  world.runFor(10);
  const tally = world.tally(withoutRoutine(world.calls));
  const count = (call: string) => tally[call] ?? 0;

  it('costs one Deployment, one ReplicaSet, one event, and every pod its calls', () => {
    expect(tally).toMatchObject({
      'load client plimsoll: POST deployments 201': 1,
      'deployment-controller: POST replicasets 201': 1,
      'deployment-controller: POST events 201': 1,
      'replicaset-controller: POST pods 201': replicas,
      'kube-scheduler: POST pods/binding 201': replicas,
      'kube-scheduler events: POST events 201': replicas,
      'kubelet: POST serviceaccounts/token 201': replicas,
      'kubelet events: POST events 201': 3 * replicas,
    });
    expect(count('kubelet: PATCH pods/status 200')).toBe(3 * replicas);
    expect(count('kubelet: GET pods 200')).toBe(3 * replicas);
  });

  it('costs at most 25 events of its ReplicaSet, from the tenth on combined', () => {
    expect(count('replicaset-controller: POST events 201')).toBe(Math.min(10, replicas));
    expect(count('replicaset-controller: PATCH events 200')).toBe(Math.max(0, Math.min(25, replicas) - 10));
  });

  it('is reported between 2 and 2R + 2 times, the ReplicaSet too', () => {
    for (const call of [
      'deployment-controller: PUT deployments/status',
      'replicaset-controller: PUT replicasets/status',
    ]) {
      expect(count(`${call} 200`)).toBeGreaterThanOrEqual(2);
      expect(count(`${call} 200`)).toBeLessThanOrEqual(2 * replicas + 2);
    }
  });

  it('is created no faster than the controller may: 30 at once, then 20 a second, events included', () => {
    const calls = replicas + Math.min(25, replicas);
    expect(took).toBeGreaterThan((calls - 31) / 20);
    const created = world.of('POST pods').map(({ at }) => at);
    expect(Math.max(...created) - began).toBeLessThan(Math.max(1, (calls + 10) / 20));
  });
});

describe('a rolling update of 100', () => {
  const world = shop(
    20,
    `
    - createDeployment: { name: web, replicas: 100, preload: true }
    - rollout: { deployments: web }`,
  );
  const moves: string[] = [];
  let least = 100;
  let most = 100;
  world.perform();
  world.runUntil(() => {
    const now = sizes(world);
    const text = now.join('+');
    if (moves.at(-1) !== text) moves.push(text);
    most = Math.max(
      most,
      now.reduce((sum, size) => sum + size, 0),
    );
    least = Math.min(least, world.readyPods());
    return now.length === 2 && now[0] === 0 && now[1] === 100 && world.readyPods() === 100;
  });
  world.runFor(10);
  const tally = world.tally(withoutRoutine(world.calls));
  const count = (call: string) => tally[call] ?? 0;

  it('opens with 25 new, then 75 old, then 50 new', () => {
    expect(moves.slice(0, 4)).toEqual(['100', '100+25', '75+25', '75+50']);
  });

  it('takes nothing more down until new pods are available', () => {
    const ready = world.podChanges.filter(
      ({ conditions, terminating }) => (conditions & PodCondition.Ready) !== 0 && !terminating,
    );
    const readyAt = ready[0]?.at ?? 0;
    const scales = world.of('PUT replicasets', 'deployment-controller').map(({ at }) => at);
    // The two of the opening move come before, everything else after.
    expect(scales.filter((at) => at < readyAt)).toHaveLength(2);
    expect(scales.length).toBeGreaterThan(2);
  });

  it('keeps at least 75 available and asks for at most 125', () => {
    expect(least).toBeGreaterThanOrEqual(75);
    expect(most).toBe(125);
  });

  it('creates and deletes each pod once', () => {
    expect(tally).toMatchObject({
      'load client plimsoll: PATCH deployments 200': 1,
      'deployment-controller: POST replicasets 201': 1,
      'replicaset-controller: POST pods 201': 100,
      'replicaset-controller: DELETE pods 200': 100,
      'kubelet: DELETE pods 200': 100,
    });
    expect(world.stored(kinds.pods)).toHaveLength(100);
  });

  it('scales at most 2R times, each with an event', () => {
    const scales = count('deployment-controller: PUT replicasets 200');
    expect(scales).toBeLessThanOrEqual(200);
    expect(scales).toBeGreaterThan(6);
    // Further events of the same Deployment are combined, and the spam filter lets 25 pass.
    const events = count('deployment-controller: POST events 201') + count('deployment-controller: PATCH events 200');
    expect(events).toBe(Math.min(25, scales + 1));
  });

  it('writes each slice at most four times a pod', () => {
    expect(count('endpointslice-controller: PUT endpointslices 200')).toBeLessThanOrEqual(400);
    expect(count('endpointslice-controller: PUT endpointslices 200')).toBeGreaterThan(50);
  });
});
