/** Preemption in a small world with a real API server: who goes, where, in which order, and what becomes of the pod for which they go. */
import { describe, expect, test } from 'vitest';
import { kinds, NO_VERSION, type ObjectKey, PodCondition, type PodTemplate } from '../../../src/cluster/index.ts';
import { defaultProfile, type SchedulerConfiguration } from '../../../src/components/kube-scheduler/index.ts';
import { milliseconds, seconds } from '../../../src/units/index.ts';
import { amounts, nodeOf, SchedulerWorld, taint, templateOf } from './scheduler-world.ts';

const oneCore = { requests: amounts(1000, 1) };
const urgent = (id: number, options: Partial<PodTemplate> = {}) =>
  templateOf(id, { ...oneCore, priority: 1000, ...options });

/** A world whose nodes of so many cores are full of pods of these priorities, one core each. */
function fullWorld(
  nodes: number,
  priorities: readonly number[],
  options: {
    readonly budget?: { readonly app: string; readonly allowed: number };
    readonly parameters?: Record<string, unknown>;
    readonly labelOf?: (index: number) => string;
    readonly configuration?: SchedulerConfiguration;
  } = {},
): SchedulerWorld {
  const { configuration } = options;
  const world = new SchedulerWorld({ kubeScheduler: (options.parameters ?? {}) as never }, [
    { name: 'default-scheduler', ...(configuration === undefined ? {} : { configuration }) },
  ]);
  world.addNodes(nodes, () => nodeOf({ allocatable: amounts(1000 * (priorities.length / nodes), 64) }));
  priorities.forEach((priority, i) => {
    const app = options.labelOf?.(i) ?? `old-${i}`;
    world.preload.pod('default', `old-${i}`, templateOf(100 + i, { ...oneCore, priority, labels: { app } }), -1);
  });
  if (options.budget !== undefined) {
    const { app, allowed } = options.budget;
    const selector = [{ key: 'app', operator: 'In', values: [app] }] as const;
    const pods = priorities.filter((_, i) => options.labelOf?.(i) === app).length;
    const budget = { selector, minAvailable: pods - allowed };
    world.preload.disruptionBudget({
      kind: 'PodDisruptionBudget',
      namespace: 'default',
      name: 'b',
      budget,
      bytes: 100 as never,
    });
    world.preload.finish();
  }
  world.start();
  return world;
}

/** Priorities of the pods that are on their way out. */
function victims(world: SchedulerWorld): number[] {
  const found: number[] = [];
  const { pods } = world.tables;
  world.store.forEachCurrent(kinds.pods, (_, version) => {
    if (pods.isTerminating(version)) found.push((pods.template.get(version) as PodTemplate).priority);
  });
  return found.sort((a, b) => a - b);
}

/** Ends the pods that are on their way out, as their kubelets would. */
function endVictims(world: SchedulerWorld): void {
  const keys: ObjectKey[] = [];
  const { pods } = world.tables;
  world.store.forEachCurrent(kinds.pods, (key, version) => {
    if (pods.isTerminating(version)) keys.push(key);
  });
  for (const key of keys) world.deletePod(key);
}

function nominatedNode(world: SchedulerWorld, key: ObjectKey): string | undefined {
  const slot = world.tables.pods.nominatedNode.get(world.store.current(kinds.pods, key));
  return slot < 0 ? undefined : world.tables.keysOf('nodes').name(slot as ObjectKey);
}

describe('a pod of high priority that fits nowhere', () => {
  test('has the least important pod removed, waits for it, and gets its place', () => {
    const world = fullWorld(1, [3, 1, 2]);
    const pod = world.createPod(urgent(0));
    world.run(seconds(2));
    expect(victims(world)).toEqual([1]);
    expect(nominatedNode(world, pod)).toBe('node-0');
    expect(world.nodeOfPod(pod)).toBeUndefined();
    endVictims(world);
    world.run(seconds(3));
    expect(world.nodeOfPod(pod)).toBe('node-0');
    expect(nominatedNode(world, pod)).toBeUndefined();
    expect(world.statistic('scheduler_preemption_attempts_total', '', 'final')).toBe(1);
    expect(world.statistic('scheduler_preemption_victims', '', 'sum')).toBe(1);
    world.simulation.checkInvariants();
  });

  test('costs one PATCH and one DELETE for each victim, an event for each, and one PATCH of its own', () => {
    const world = fullWorld(1, [1, 1, 1, 1]);
    world.createPod(urgent(0, { requests: amounts(3000, 1) }));
    world.run(seconds(2));
    expect(victims(world)).toEqual([1, 1, 1]);
    expect(world.requestsOf('kube-scheduler', 'PATCH', 200)).toBe(4);
    expect(world.requestsOf('kube-scheduler', 'DELETE', 200)).toBe(3);
    expect(world.requestsOf('kube-scheduler events', 'POST', 201)).toBe(4);
    const { pods } = world.tables;
    world.store.forEachCurrent(kinds.pods, (_, version) => {
      const isMarked = (pods.conditions.get(version) & PodCondition.DisruptionTarget) !== 0;
      expect(isMarked).toBe(pods.isTerminating(version));
    });
  });

  test('has the last victim deleted when the others are', () => {
    const world = fullWorld(1, [1, 2, 3, 4]);
    const deleted: { priority: number; at: number }[] = [];
    world.store.observe(({ kind, version }) => {
      if (kind !== kinds.pods || version === NO_VERSION || !world.tables.pods.isTerminating(version)) return;
      const { priority } = world.tables.pods.template.get(version) as PodTemplate;
      deleted.push({ priority, at: world.simulation.now });
    });
    world.createPod(urgent(0, { requests: amounts(4000, 1) }));
    world.run(seconds(2));
    // The most important first, the least important last and after the answers to the others.
    expect(
      deleted
        .map(({ priority }) => priority)
        .slice(0, 3)
        .sort(),
    ).toEqual([2, 3, 4]);
    expect(deleted[3]?.priority).toBe(1);
    expect((deleted[3]?.at ?? 0) - (deleted[2]?.at ?? 0)).toBeGreaterThan(milliseconds(1));
  });

  test('does not preempt again while its victims are on their way out, and does once they are gone and others took the room', () => {
    const world = fullWorld(1, [1, 1]);
    world.createPod(urgent(0));
    world.run(seconds(2));
    expect(victims(world)).toEqual([1]);
    // An event that might help: it is tried, and holds still.
    world.createNode('tiny', nodeOf({ allocatable: amounts(1000, 0.5) }));
    world.run(seconds(400));
    expect(victims(world)).toEqual([1]);
    expect(world.statistic('scheduler_preemption_victims', '', 'sum')).toBe(1);
  });

  test('never preempts with the policy Never, nor pods of its own priority', () => {
    for (const template of [urgent(0, { preemptionPolicy: 'Never' }), urgent(0, { priority: 1 })]) {
      const world = fullWorld(1, [1, 1]);
      const pod = world.createPod(template);
      world.run(seconds(5));
      expect(victims(world)).toEqual([]);
      expect(nominatedNode(world, pod)).toBeUndefined();
    }
  });

  test('leaves nodes alone that it could not use, whoever went', () => {
    const world = new SchedulerWorld();
    world.addNodes(2, (i) =>
      nodeOf({ allocatable: amounts(1000, 8), taints: i === 0 ? [taint('gpu', 'NoSchedule')] : [] }),
    );
    const tolerant = [{ key: 'gpu', operator: 'Exists', value: '', effect: '' }] as const;
    for (let i = 0; i < 2; i++) {
      world.preload.pod(
        'default',
        `old-${i}`,
        templateOf(10 + i, { ...oneCore, priority: i, tolerations: tolerant }),
        -1,
      );
    }
    world.start();
    const pod = world.createPod(urgent(0));
    const large = world.createPod(urgent(1, { requests: amounts(2000, 1) }));
    world.run(seconds(3));
    expect(nominatedNode(world, pod)).toBe('node-1');
    expect(nominatedNode(world, large)).toBeUndefined();
    expect(victims(world)).toHaveLength(1);
  });

  test('waits where its profile has no DefaultPreemption', () => {
    const profile = defaultProfile('default-scheduler');
    const plugins = { ...profile.plugins, postFilter: [] };
    const world = fullWorld(1, [1], { configuration: { profiles: [{ ...profile, plugins }] } });
    world.createPod(urgent(0));
    world.run(seconds(3));
    expect(victims(world)).toEqual([]);
    expect(world.statistic('scheduler_preemption_attempts_total', '', 'final')).toBeUndefined();
  });
});

describe('of several nodes', () => {
  test('that is taken whose most important victim matters least, although more of them go', () => {
    const world = fullWorld(2, [5, 3, 1, 4]);
    // Pods are dealt to the nodes in turn: 5 and 1, 3 and 4.
    const pod = world.createPod(urgent(0, { requests: amounts(2000, 1) }));
    world.run(seconds(2));
    expect(nominatedNode(world, pod)).toBe('node-1');
    expect(victims(world)).toEqual([3, 4]);
  });

  test('that is taken where no disruption budget is broken, although the pods there matter more', () => {
    const labelOf = (i: number) => (i % 2 === 0 ? 'protected' : 'free');
    const world = fullWorld(2, [1, 7], { labelOf, budget: { app: 'protected', allowed: 0 } });
    const pod = world.createPod(urgent(0));
    world.run(seconds(2));
    expect(nominatedNode(world, pod)).toBe('node-1');
    expect(victims(world)).toEqual([7]);
  });

  test('a budget counts down from the most important pod, and one that is broken everywhere does not stand in the way', () => {
    for (const [allowed, priority] of [
      // The first of the two may go, so that the second, which may not, is put back first.
      [1, 2],
      [0, 1],
    ] as const) {
      const world = fullWorld(1, [1, 2], { labelOf: () => 'protected', budget: { app: 'protected', allowed } });
      world.createPod(urgent(0));
      world.run(seconds(2));
      expect(victims(world)).toEqual([priority]);
    }
  });

  test('a protected pod is put back before one that is not, even if that one matters more', () => {
    const labelOf = (i: number) => (i === 0 ? 'protected' : 'free');
    const world = fullWorld(1, [1, 5], { labelOf, budget: { app: 'protected', allowed: 0 } });
    world.createPod(urgent(0));
    world.run(seconds(2));
    expect(victims(world)).toEqual([5]);
  });
});

describe('the room that was made', () => {
  test('is not given to pods of lower priority that come meanwhile', () => {
    const world = fullWorld(1, [1, 600]);
    const pod = world.createPod(urgent(0));
    world.run(seconds(2));
    const other = world.createPod(templateOf(5, { ...oneCore, priority: 500 }));
    world.run(seconds(1));
    endVictims(world);
    world.run(seconds(15));
    expect(world.nodeOfPod(pod)).toBe('node-0');
    expect(world.nodeOfPod(other)).toBeUndefined();
  });

  test('goes to a pod of higher priority, which takes the nomination away', () => {
    const world = fullWorld(1, [1]);
    const pod = world.createPod(urgent(0));
    world.run(seconds(2));
    const higher = world.createPod(urgent(1, { priority: 2000 }));
    world.run(seconds(2));
    endVictims(world);
    world.run(seconds(15));
    expect(world.nodeOfPod(higher)).toBe('node-0');
    expect(world.nodeOfPod(pod)).toBeUndefined();
  });

  test('is free again when the pod is deleted for which it was made', () => {
    const world = fullWorld(1, [1]);
    const pod = world.createPod(urgent(0));
    world.run(seconds(2));
    const lower = world.createPod(templateOf(5, { ...oneCore, priority: 500 }));
    world.run(seconds(2));
    endVictims(world);
    world.deletePod(pod);
    world.run(seconds(15));
    expect(world.nodeOfPod(lower)).toBe('node-0');
  });

  test('is known to a scheduler that starts anew', () => {
    const world = fullWorld(1, [1, 600]);
    const pod = world.createPod(urgent(0));
    world.run(seconds(2));
    world.scheduler.stop();
    world.scheduler.start({ preloaded: false, instance: 0 });
    world.run(seconds(3));
    const other = world.createPod(templateOf(5, { ...oneCore, priority: 500 }));
    world.run(seconds(1));
    endVictims(world);
    world.run(seconds(15));
    expect(world.boundTo([pod, other])).toEqual(['node-0', undefined]);
  });
});

test('is kept out of the queue while the requests for its victims are under way', () => {
  const world = fullWorld(1, [1, 1, 1, 1], { parameters: { clientQps: 1, clientBurst: 2 } });
  const pod = world.createPod(urgent(0, { requests: amounts(4000, 1) }));
  world.run(seconds(2));
  // An event that would help comes when two of eight requests are out.
  world.createNode('late', nodeOf({ allocatable: amounts(4000, 8) }));
  world.run(seconds(1));
  expect(
    world.statistic('scheduler_schedule_attempts_total', 'profile=default-scheduler;result=unschedulable', 'final'),
  ).toBe(1);
  // Nobody tells the queue when they are done: the next look through those that wait does it.
  world.run(seconds(340));
  expect(world.nodeOfPod(pod)).toBe('late');
});

test('the number of candidates follows the arguments of the profile', () => {
  const profile = defaultProfile('default-scheduler');
  const few = { minCandidateNodesPercentage: 0, minCandidateNodesAbsolute: 1 };
  const withArguments = { ...profile, arguments: { ...profile.arguments, defaultPreemption: few } };
  const world = fullWorld(4, [1, 2, 3, 4], { configuration: { profiles: [withArguments] } });
  const preempted = new Set<number>();
  for (let i = 0; i < 1; i++) world.createPod(urgent(i));
  world.run(seconds(2));
  for (const priority of victims(world)) preempted.add(priority);
  // The first candidate from a random node on is taken, not the best of all.
  expect(preempted.size).toBe(1);
  expect(preempted.has(1)).toBe(false);
});
