/** The eviction subresource: what budgets let through, what it writes, and what clients are told. */
import { describe, expect, it } from 'vitest';
import { kinds, NO_VERSION, type ObjectKey, PodCondition } from '../../../src/cluster/index.ts';
import { ClusterWorld } from '../cluster-world.ts';

const budget = (name: string, bound: string) =>
  `apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: { name: ${name} }\nspec: { ${bound}, selector: { matchLabels: { app: web } } }\n`;

function worldWith(budgets: readonly string[], parameters = ''): ClusterWorld {
  return new ClusterWorld({
    operations: `
    - createNodes: { count: 4, preload: true }
    - createDeployment: { name: web, replicas: 10, labels: { app: web }, requests: { cpu: 10m }, preload: true }
    ${budgets.length === 0 ? '' : '- apply: { manifests: budget.yaml, preload: true }'}`,
    spec: `parameters: { kubelet.imagesPresent: true${parameters} }`,
    files: { 'budget.yaml': budgets.join('---\n') },
  });
}

const evict = (world: ClusterWorld, pod: ObjectKey) => world.send(world.user.eviction(pod));
const allowed = (world: ClusterWorld) => {
  const { poddisruptionbudgets: table } = world.tables;
  const key = world.tables.keysOf('poddisruptionbudgets').find('default', 'b');
  return table.disruptionsAllowed.get(world.cluster.store.current(kinds.poddisruptionbudgets, key));
};

describe('an eviction', () => {
  it('of a pod without a budget writes its condition and deletes it, and the pod ends as after any deletion', () => {
    const world = worldWith([]);
    world.runFor(5);
    const [pod] = world.podKeys() as [ObjectKey];
    const revisions = world.cluster.store.revision;
    const answer = evict(world, pod);
    world.runUntil(() => answer.code >= 0, 1);
    expect(answer.code).toBe(201);
    const own = world.podChanges.filter(({ key, at }) => key === pod && at > 5);
    // Two writes: DisruptionTarget, then the deletionTimestamp.
    expect(
      own
        .slice(0, 2)
        .map(({ conditions, terminating }) => [(conditions & PodCondition.DisruptionTarget) > 0, terminating]),
    ).toEqual([
      [true, false],
      [true, true],
    ]);
    expect(world.cluster.store.revision).toBeGreaterThanOrEqual(revisions + 2);
    expect(world.of('LIST poddisruptionbudgets')).toHaveLength(1);
    expect(world.of('POST pods/eviction')).toHaveLength(1);
    world.runFor(60);
    expect(world.cluster.store.current(kinds.pods, pod)).toBe(NO_VERSION);
    expect(world.podKeys()).toHaveLength(10);
  });

  it('takes a disruption from the budget, and is refused with 429 and without Retry-After once none is left', () => {
    const world = worldWith([budget('b', 'minAvailable: 8')]);
    world.runFor(5);
    expect(allowed(world)).toBe(2);
    const answers = world
      .podKeys()
      .slice(0, 4)
      .map((pod) => evict(world, pod as ObjectKey));
    world.runFor(3);
    expect(answers.map(({ code }) => code).sort()).toEqual([201, 201, 429, 429]);
    // Each was sent once: the client is not told to come again.
    expect(world.of('POST pods/eviction')).toHaveLength(4);
    world.runFor(120);
    expect(allowed(world)).toBe(2);
    const later = evict(world, world.podKeys()[0] as ObjectKey);
    world.runFor(3);
    expect(later.code).toBe(201);
  });

  it('never lets more pods go at once than the budget says, however many evictions race', () => {
    const world = worldWith([budget('b', 'maxUnavailable: 3')]);
    world.runFor(5);
    const answers = world.podKeys().map((pod) => evict(world, pod as ObjectKey));
    world.runFor(20);
    expect(answers.filter(({ code }) => code === 201)).toHaveLength(3);
    expect(answers.filter(({ code }) => code === 429)).toHaveLength(7);
    // Somebody was first, and others tried again on the new status after a pause.
    expect(world.of('PUT poddisruptionbudgets/status').filter(({ code }) => code === 409).length).toBeGreaterThan(0);
    expect(world.of('GET poddisruptionbudgets').length).toBeGreaterThan(0);
    // The preloaded pods are among the changes: from ten on it never falls below seven.
    const counts = readyCounts(world);
    expect(Math.min(...counts.slice(counts.indexOf(10)))).toBe(7);
  });

  it('of a pod that two budgets cover is refused with 500', () => {
    const world = worldWith([budget('b', 'minAvailable: 1'), budget('c', 'minAvailable: 2')]);
    world.runFor(5);
    const answer = evict(world, world.podKeys()[0] as ObjectKey);
    world.runFor(3);
    expect(answer.code).toBe(500);
    expect(allowed(world)).toBe(9);
  });

  it('asks no budget for a pod that has not started', () => {
    const world = new ClusterWorld({
      operations: `
    - createNodes: { count: 1, preload: true }
    - apply: { manifests: budget.yaml, preload: true }
    - createDeployment: { name: web, replicas: 2, labels: { app: web }, requests: { cpu: 1000 } }`,
      files: { 'budget.yaml': budget('b', 'minAvailable: 2') },
    });
    world.perform();
    world.runUntil(() => world.podKeys().length === 2, 10);
    world.runFor(2);
    const pod = world.podKeys()[0] as ObjectKey;
    const answer = evict(world, pod);
    world.runFor(2);
    expect(answer.code).toBe(201);
    expect(world.of('LIST poddisruptionbudgets').filter(({ client }) => client.includes('loopback'))).toEqual([]);
    expect(world.podKeys()).not.toContain(pod);
  });

  it('of a pod that is gone is answered with 404', () => {
    const world = worldWith([]);
    world.runFor(5);
    const gone = world.tables.keysOf('pods').intern('default', 'never-there');
    const answer = evict(world, gone);
    world.runFor(1);
    expect(answer.code).toBe(404);
  });

  it('breaks off when its API server ends, whatever it waits for', () => {
    for (let millisecond = 1; millisecond <= 25; millisecond += 2) {
      const world = worldWith([budget('b', 'minAvailable: 8')]);
      world.runFor(5);
      const answers = world
        .podKeys()
        .slice(0, 5)
        .map((pod) => evict(world, pod as ObjectKey));
      world.runFor(millisecond / 1000);
      for (const server of world.cluster.servers) server.crash();
      world.runFor(300);
      expect(answers.every(({ code }) => code >= 0)).toBe(true);
      world.simulation.checkInvariants();
    }
  });
});

/** Ready pods after each change; all are when it begins. */
function readyCounts(world: ClusterWorld): number[] {
  const isReady = new Map<number, boolean>();
  return world.podChanges.map(({ key, conditions, terminating, gone }) => {
    isReady.set(key, (conditions & PodCondition.Ready) > 0 && !terminating && !gone);
    return [...isReady.values()].filter(Boolean).length;
  });
}
