/** The disruption controller in a whole cluster: what a budget allows follows its pods. */
import { describe, expect, it } from 'vitest';
import { kinds, type ObjectKey } from '../../../src/cluster/index.ts';
import { disruptionStatus, writes } from '../../../src/components/api-machinery/index.ts';
import { ClusterWorld } from '../cluster-world.ts';

const budget = (bound: string) =>
  `apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: { name: b }\nspec: { ${bound}, selector: { matchLabels: { app: web } } }\n`;

function worldWith(bound: string, preload: boolean): ClusterWorld {
  return new ClusterWorld({
    operations: `
    - createNodes: { count: 4, preload: true }
    - createDeployment: { name: web, replicas: 10, labels: { app: web }, requests: { cpu: 10m }, preload: true }
    - apply: { manifests: budget.yaml, preload: ${preload} }`,
    spec: 'parameters: { kubelet.imagesPresent: true }',
    files: { 'budget.yaml': budget(bound) },
  });
}

function status(world: ClusterWorld) {
  const { poddisruptionbudgets: table } = world.tables;
  const version = world.cluster.store.current(
    kinds.poddisruptionbudgets,
    world.tables.keysOf('poddisruptionbudgets').find('default', 'b'),
  );
  return [table.disruptionsAllowed, table.currentHealthy, table.desiredHealthy, table.expectedPods].map((column) =>
    column.get(version),
  );
}

describe('a budget', () => {
  it.each([
    ['minAvailable: 7', [3, 10, 7, 10]],
    ['minAvailable: 75%', [2, 10, 8, 10]],
    ['maxUnavailable: 2', [2, 10, 8, 10]],
    ['maxUnavailable: 25%', [3, 10, 7, 10]],
  ])('of %s is counted when it comes, and preloaded counted already', (bound, expected) => {
    const applied = worldWith(bound, false);
    applied.perform();
    applied.runFor(5);
    expect(status(applied)).toEqual(expected);
    const preloaded = worldWith(bound, true);
    preloaded.runFor(5);
    expect(status(preloaded)).toEqual(expected);
    expect(preloaded.of('PUT poddisruptionbudgets/status')).toEqual([]);
  });

  it('allows fewer while pods are on their way out, and as many as before when others are Ready in their place', () => {
    const world = worldWith('minAvailable: 7', true);
    world.runFor(5);
    const [first, second] = world.podKeys() as [ObjectKey, ObjectKey];
    world.delete(kinds.pods, first);
    world.delete(kinds.pods, second);
    world.runUntil(() => status(world)[0] === 1, 10);
    world.runUntil(() => status(world)[0] === 3, 60);
    world.runFor(60);
    expect(status(world)).toEqual([3, 10, 7, 10]);
  });
});

it('allows nothing where no pods are expected, however many there are', () => {
  expect(disruptionStatus({ maxUnavailable: '50%' }, { pods: 4, healthy: 4, wanted: 0 }).disruptionsAllowed).toBe(0);
});

it('counts pods whose eviction was let through as missing, until they have had two minutes to go', () => {
  const world = worldWith('minAvailable: 7', true);
  world.runFor(5);
  const { poddisruptionbudgets: table } = world.tables;
  const key = world.tables.keysOf('poddisruptionbudgets').find('default', 'b');
  const write = world.user.write(writes.podDisruptionBudgetStatus, key);
  const version = world.cluster.store.current(kinds.poddisruptionbudgets, key);
  world.cluster.requests.expectedRevision[write] = table.revision.get(version);
  const [disruptionsAllowed, currentHealthy, desiredHealthy, expectedPods] = [2, 10, 7, 10];
  const disruptedPods = new Map([[world.podKeys()[0] as ObjectKey, world.simulation.now]]);
  world.cluster.requests.object[write] = {
    disruptionsAllowed,
    currentHealthy,
    desiredHealthy,
    expectedPods,
    disruptedPods,
  };
  const answer = world.send(write);
  world.runFor(10);
  expect(answer.code).toBe(200);
  // The controller counts anew and does not give the disruption back.
  expect(status(world)).toEqual([2, 9, 7, 10]);
  world.runFor(105);
  expect(status(world)).toEqual([2, 9, 7, 10]);
  world.runFor(10);
  expect(status(world)).toEqual([3, 10, 7, 10]);
});
