import { describe, expect, it } from 'vitest';
import type { DeploymentStrategy, ObjectKey } from '../../../src/cluster/index.ts';
import {
  maxSurge,
  maxUnavailable,
  mostScaledDown,
  newSetReplicas,
  proportionalSizes,
} from '../../../src/components/kube-controller-manager/deployment-rollout.ts';
import type {
  DeploymentView,
  ReplicaSetView,
} from '../../../src/components/kube-controller-manager/deployment-views.ts';
import { podTemplate, ROLLING } from './controller-world.ts';

const template = podTemplate('web');

function deployment(replicas: number, strategy: DeploymentStrategy = ROLLING): DeploymentView {
  return {
    key: 0 as ObjectKey,
    revision: 1,
    generation: 1,
    replicas,
    template,
    selector: [],
    strategy,
    minReady: 0,
    revisionHistoryLimit: 10,
    rollout: 1,
    status: { replicas, updated: 0, ready: 0, available: 0, observedGeneration: 1, progress: 1 },
  };
}

function replicaSet(key: number, replicas: number, available = replicas, desired = replicas): ReplicaSetView {
  return {
    key: key as ObjectKey,
    template,
    createdAt: key,
    revision: 1,
    generation: 1,
    replicas,
    rollout: key,
    desired,
    observedGeneration: 1,
    statusReplicas: replicas,
    ready: available,
    available,
  };
}

/** Surge and unavailability as numbers. */
const bounds = (surge: number, unavailable: number): DeploymentStrategy => ({
  type: 'RollingUpdate',
  maxSurge: surge,
  maxUnavailable: unavailable,
});

describe('the arithmetic of a rolling update', () => {
  it('rounds the surge up and unavailability down', () => {
    expect([1, 3, 10, 100].map((replicas) => maxSurge(ROLLING, replicas))).toEqual([1, 1, 3, 25]);
    expect([1, 3, 10, 100].map((replicas) => maxUnavailable(ROLLING, replicas))).toEqual([0, 0, 2, 25]);
  });

  it('lets one pod be unavailable if neither may surge nor be unavailable', () => {
    expect(maxUnavailable(bounds(0, 0), 5)).toBe(1);
    expect(maxUnavailable({ type: 'RollingUpdate', maxSurge: '0%', maxUnavailable: '10%' }, 5)).toBe(1);
  });

  it('neither surges nor counts unavailability when pods are recreated', () => {
    const recreate: DeploymentStrategy = { type: 'Recreate', maxSurge: '25%', maxUnavailable: '25%' };
    expect([maxSurge(recreate, 10), maxUnavailable(recreate, 10)]).toEqual([0, 0]);
    expect(newSetReplicas(deployment(10, recreate), [replicaSet(1, 10)], 0)).toBe(10);
  });

  it('opens with as many new replicas as may surge, and grows the new ReplicaSet as room comes', () => {
    const old = replicaSet(1, 100);
    expect(newSetReplicas(deployment(100), [old], 0)).toBe(25);
    expect(newSetReplicas(deployment(100), [replicaSet(1, 75), replicaSet(2, 25, 0)], 25)).toBe(50);
    expect(newSetReplicas(deployment(100), [replicaSet(1, 75), replicaSet(2, 50, 0)], 50)).toBe(50);
  });

  it('does not count on new replicas that are not available when it shrinks the old ones', () => {
    const newSet = replicaSet(2, 25, 0);
    expect(mostScaledDown(deployment(100), [replicaSet(1, 100), newSet], newSet)).toBe(25);
    const available = replicaSet(2, 25, 10);
    expect(mostScaledDown(deployment(100), [replicaSet(1, 75), available], available)).toBe(10);
  });

  it('scales a rollout in proportion: the example of the documentation', () => {
    // 10 replicas with surge 3, of which 8 are old and 5 new, scaled to 15: 3 more for the old one, 2 for the new one.
    const strategy = bounds(3, 2);
    const sets = [replicaSet(1, 8, 8, 10), replicaSet(2, 5, 0, 10)];
    expect(proportionalSizes(deployment(15, strategy), sets)).toEqual([11, 7]);
    expect(sets.map(({ key }) => key)).toEqual([1, 2]);
  });

  it('gives what rounding leaves over to the largest ReplicaSet, and takes it from there', () => {
    const sizes = (replicas: number) =>
      proportionalSizes(deployment(replicas, bounds(0, 1)), [
        replicaSet(1, 3, 3, 10),
        replicaSet(2, 3, 3, 10),
        replicaSet(3, 4, 4, 10),
      ]);
    for (const replicas of [5, 9, 11, 17, 23])
      expect(sizes(replicas).reduce((sum, size) => sum + size, 0)).toBe(replicas);
    expect(sizes(11)).toEqual([5, 3, 3]);
  });

  it('empties all ReplicaSets of a Deployment that is scaled to nothing', () => {
    expect(proportionalSizes(deployment(0), [replicaSet(1, 8, 8, 10), replicaSet(2, 5, 0, 10)])).toEqual([0, 0]);
  });
});
