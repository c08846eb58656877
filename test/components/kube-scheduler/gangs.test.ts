/** Gangs in a whole cluster: held back until they are there, bound together or not at all; and where two want the same room, pod by pod and in one cycle. */
import { describe, expect, it } from 'vitest';
import { kinds } from '../../../src/cluster/index.ts';
import { ClusterWorld } from '../cluster-world.ts';

const group = (name: string, minCount: number) =>
  `{ apiVersion: scheduling.k8s.io/v1alpha2, kind: PodGroup, metadata: { name: ${name} }, spec: { schedulingPolicy: { gang: { minCount: ${minCount} } } } }`;

/** A world with so many nodes of one core, groups of so many pods that have to run together, and operations that follow. */
function worldWith(
  nodes: number,
  groups: readonly (readonly [string, number])[],
  operations: readonly string[],
  inOneCycle = false,
) {
  const world = new ClusterWorld({
    spec: `parameters: { kubelet.imagesPresent: true, kubeScheduler.gangScheduling: true, kubeScheduler.podGroupCycle: ${inOneCycle} }`,
    operations: `
    - createNodes: { count: ${nodes}, allocatable: { cpu: "1", memory: 8Gi, pods: 10 }, preload: true }
    - apply: { manifests: groups.yaml, preload: true }
${operations.map((operation) => `    - ${operation}`).join('\n')}`,
    files: { 'groups.yaml': groups.map(([name, minCount]) => group(name, minCount)).join('\n---\n') },
  });
  world.runFor(1);
  return world;
}

const pods = (name: string, podGroup: string, count: number) =>
  `createPods: { name: ${name}, count: ${count}, podGroup: ${podGroup}, requests: { cpu: "1" } }`;
const bound = (world: ClusterWorld) =>
  world.podKeys().filter((key) => world.tables.pods.node.get(world.pod(key)) >= 0).length;

describe('a gang, pod by pod (1.35)', () => {
  it('is held back until enough of its pods are there, and then bound', () => {
    const world = worldWith(5, [['a', 3]], [pods('first', 'a', 2), pods('second', 'a', 1)]);
    world.perform();
    world.runFor(20);
    expect(bound(world)).toBe(0);
    expect(world.of('POST pods/binding')).toEqual([]);
    world.perform();
    world.runFor(5);
    expect(bound(world)).toBe(3);
  });

  it('whose group comes late is held back until then', () => {
    const world = new ClusterWorld({
      spec: 'parameters: { kubelet.imagesPresent: true, kubeScheduler.gangScheduling: true }',
      operations: `
    - createNodes: { count: 2, preload: true }
    - ${pods('p', 'late', 2).replace('"1"', '100m')}
    - apply: { manifests: groups.yaml }`,
      files: { 'groups.yaml': group('late', 2) },
    });
    world.perform();
    world.runFor(10);
    expect(bound(world)).toBe(0);
    world.perform();
    world.runFor(5);
    expect(bound(world)).toBe(2);
  });

  it('that does not fit as a whole has no pod bound; its pods keep their nodes while they wait, and no longer', () => {
    const world = worldWith(
      3,
      [['a', 4]],
      [pods('gang', 'a', 4), 'createPods: { name: plain, count: 1, requests: { cpu: "1" } }'],
    );
    world.perform();
    world.runFor(60);
    expect(bound(world)).toBe(0);
    // The room of those that wait is not given to anybody else.
    world.perform();
    world.runFor(60);
    expect(bound(world)).toBe(0);
    // Five minutes after they began to wait they are turned away.
    world.runFor(240);
    expect(bound(world)).toBe(1);
    world.simulation.checkInvariants();
  });

  it('and another that want the same room hold each other up, until one of them gives way', () => {
    const world = worldWith(
      4,
      [
        ['a', 3],
        ['b', 3],
      ],
      [pods('a', 'a', 2), pods('b', 'b', 3), pods('c', 'a', 1)],
    );
    world.perform();
    world.perform();
    world.runFor(1);
    world.perform();
    world.runFor(30);
    const before = bound(world);
    world.runFor(1500);
    expect([before, bound(world)]).toEqual([3, 3]);
  });

  it('whose pods are deleted while they wait gives its room back at once', () => {
    const world = worldWith(
      3,
      [['a', 4]],
      [pods('gang', 'a', 4), 'createPods: { name: plain, count: 3, requests: { cpu: "1" } }'],
    );
    world.perform();
    world.runFor(30);
    for (const key of world.podKeys()) world.delete(kinds.pods, key);
    world.runFor(2);
    world.perform();
    world.runFor(20);
    expect(bound(world)).toBe(3);
    world.simulation.checkInvariants();
  });
});

it('without the gate, groups are nobody’s business', () => {
  const world = new ClusterWorld({
    spec: 'parameters: { kubelet.imagesPresent: true }',
    operations: `
    - createNodes: { count: 2, preload: true }
    - createPods: { name: p, count: 2, podGroup: none, requests: { cpu: 10m } }`,
  });
  world.perform();
  world.runFor(10);
  expect(bound(world)).toBe(2);
});

describe('a gang in one cycle (1.36)', () => {
  const attempts = (world: ClusterWorld, result: string) =>
    world.recorder
      .result()
      .series.find(
        ({ metric, labels }) =>
          metric === 'scheduler_podgroup_schedule_attempts_total' && labels.includes(`result=${result}`),
      )?.statistics.final ?? 0;

  it('is bound as a whole, once it is there', () => {
    const world = worldWith(5, [['a', 3]], [pods('first', 'a', 2), pods('second', 'a', 1)], true);
    world.perform();
    world.runFor(20);
    expect(bound(world)).toBe(0);
    world.perform();
    world.runFor(5);
    expect(bound(world)).toBe(3);
    expect(attempts(world, 'scheduled')).toBe(1);
    world.simulation.checkInvariants();
  });

  it('that does not fit keeps no room from others, and is tried again when there may be enough', () => {
    const world = worldWith(
      3,
      [['a', 4]],
      [
        pods('gang', 'a', 4),
        'createPods: { name: plain, count: 1, requests: { cpu: "1" } }',
        'createNodes: { count: 3, allocatable: { cpu: "1", memory: 8Gi, pods: 10 } }',
      ],
      true,
    );
    world.perform();
    world.runFor(60);
    expect(bound(world)).toBe(0);
    expect(attempts(world, 'unschedulable')).toBeGreaterThan(0);
    world.perform();
    world.runFor(10);
    expect(bound(world)).toBe(1);
    world.perform();
    world.runFor(60);
    expect(bound(world)).toBe(5);
    world.simulation.checkInvariants();
  });

  it('does not hold up another that wants the same room: one of them runs at once', () => {
    const world = worldWith(
      4,
      [
        ['a', 3],
        ['b', 3],
      ],
      [pods('a', 'a', 2), pods('b', 'b', 3), pods('c', 'a', 1)],
      true,
    );
    for (let i = 0; i < 3; i++) world.perform();
    world.runFor(10);
    expect(bound(world)).toBe(3);
    const names = world.podKeys().filter((key) => world.tables.pods.node.get(world.pod(key)) >= 0);
    expect(new Set(names.map((key) => world.tables.pods.template.get(world.pod(key))?.podGroup)).size).toBe(1);
    world.simulation.checkInvariants();
  });

  it('binds those that find room and leaves the others waiting where more are there than have to run together', () => {
    const world = worldWith(3, [['a', 2]], [pods('gang', 'a', 5)], true);
    world.perform();
    world.runFor(30);
    expect(bound(world)).toBe(3);
    world.simulation.checkInvariants();
  });
});
