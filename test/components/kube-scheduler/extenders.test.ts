/** Scheduler extenders in a small world: what asking them costs, what they decide, and what their failures do. */
import { describe, expect, test } from 'vitest';
import { defaultConfiguration, type ExtenderConfiguration } from '../../../src/components/kube-scheduler/index.ts';
import { milliseconds, seconds } from '../../../src/units/index.ts';
import { amounts, nodeOf, SchedulerWorld, templateOf } from './scheduler-world.ts';

const CALL = 50;
const result = (name: string) => `profile=default-scheduler;result=${name}`;

/** A world of five nodes whose scheduler has one extender, every call of which takes 50 ms. */
function worldWith(extender: Partial<ExtenderConfiguration>, parameters: Record<string, unknown> = {}): SchedulerWorld {
  const full: ExtenderConfiguration = {
    name: 'http://extender/',
    filters: false,
    preempts: false,
    prioritizes: false,
    binds: false,
    weight: 1,
    timeout: seconds(5),
    nodeCacheCapable: true,
    ignorable: false,
    managedResources: [],
    ignoredResources: [],
    ...extender,
  };
  const configuration = { ...defaultConfiguration('default-scheduler'), extenders: [full] };
  const extenderCallTime = { distribution: 'constant', value: milliseconds(CALL) };
  const kubeScheduler = { extenderCallTime, ...parameters } as never;
  const world = new SchedulerWorld({ kubeScheduler }, [{ name: 'default-scheduler', configuration }]);
  world.addNodes(5, () => nodeOf({ allocatable: amounts(4000, 8, { 'example.com/fpga': 1 }) }));
  world.start();
  return world;
}

const attempts = (world: SchedulerWorld, name: string) =>
  world.statistic('scheduler_schedule_attempts_total', result(name), 'final') ?? 0;

describe('an extender', () => {
  test('that filters or rates holds the loop up for its call, one that does both for both', () => {
    for (const [verbs, calls] of [
      [{ filters: true }, 1],
      [{ prioritizes: true }, 1],
      [{ filters: true, prioritizes: true }, 2],
      [{}, 0],
    ] as const) {
      const world = worldWith(verbs);
      const pods = world.createPods(10, templateOf(0));
      world.run(milliseconds(20 + CALL * calls * 5));
      expect(world.boundCount(pods)).toBeLessThanOrEqual(calls === 0 ? 10 : 5);
      world.run(milliseconds(100 + CALL * calls * 6));
      expect(world.boundCount(pods)).toBe(10);
    }
  });

  test('that does not cache nodes costs the time of writing them', () => {
    const slow = { extenderEncodingPerNode: milliseconds(20) };
    const world = worldWith({ filters: true, nodeCacheCapable: false }, slow);
    const [pod] = world.createPods(1, templateOf(0));
    world.run(milliseconds(140));
    expect(world.boundTo([pod!])).toEqual([undefined]);
    world.run(milliseconds(50));
    expect(world.boundCount([pod!])).toBe(1);
  });

  test('that lets no node pass leaves pods unschedulable, and any event has them tried again', () => {
    const world = worldWith({ filters: true }, { extenderPasses: 0 });
    world.createPods(1, templateOf(0));
    world.run(seconds(2));
    expect([attempts(world, 'unschedulable'), attempts(world, 'error')]).toEqual([1, 0]);
    // A node that would help nobody otherwise.
    world.createNode('tiny', nodeOf({ allocatable: amounts(1, 0.001) }));
    world.run(seconds(2));
    expect(attempts(world, 'unschedulable')).toBe(2);
  });

  test('that fails makes attempts fail by an error, unless it is ignorable', () => {
    const failing = worldWith({ filters: true }, { extenderFailures: 1 });
    const pods = failing.createPods(1, templateOf(0));
    failing.run(seconds(5));
    expect(attempts(failing, 'error')).toBeGreaterThan(1);
    expect(failing.boundCount(pods)).toBe(0);
    const ignorable = worldWith({ filters: true, ignorable: true }, { extenderFailures: 1 });
    const others = ignorable.createPods(1, templateOf(0));
    ignorable.run(seconds(1));
    expect(ignorable.boundCount(others)).toBe(1);
  });

  test('that takes longer than its timeout has failed when the timeout is over', () => {
    const world = worldWith({ prioritizes: true, timeout: milliseconds(10) });
    const pods = world.createPods(10, templateOf(0));
    // Scores of an extender that fails are left out, and its pods are bound all the same.
    world.run(milliseconds(200));
    expect(world.boundCount(pods)).toBe(10);
  });

  test('is asked only about pods that request what it manages, which the scheduler then need not count', () => {
    const world = worldWith({
      filters: true,
      managedResources: ['example.com/fpga'],
      ignoredResources: ['example.com/fpga'],
    });
    const plain = world.createPods(5, templateOf(0));
    world.run(milliseconds(40));
    expect(world.boundCount(plain)).toBe(5);
    const managed = world.createPods(8, templateOf(1, { requests: amounts(10, 0.1, { 'example.com/fpga': 1 }) }));
    world.run(milliseconds(CALL * 4));
    expect(world.boundCount(managed)).toBeLessThan(5);
    world.run(seconds(2));
    // Eight on five nodes with one each: nobody but the extender counts them.
    expect(world.boundCount(managed)).toBe(8);
  });

  describe('that is asked about preemption', () => {
    /** Five nodes that are full, and a pod of higher priority. */
    const preempting = (extender: Partial<ExtenderConfiguration>, parameters: Record<string, unknown> = {}) => {
      const world = worldWith({ preempts: true, ...extender }, parameters);
      const low = world.createPods(5, templateOf(0, { requests: amounts(4000, 1) }));
      world.run(seconds(1));
      expect(world.boundCount(low)).toBe(5);
      const high = world.createPod(templateOf(1, { requests: amounts(4000, 1), priority: 10 }));
      return { world, high };
    };

    const victims = (world: SchedulerWorld) => world.statistic('scheduler_preemption_victims', '', 'count') ?? 0;

    test('holds the loop up for its call, and a victim goes', () => {
      const { world, high } = preempting({});
      world.run(milliseconds(CALL - 20));
      expect(world.isMarkedUnschedulable(high)).toBe(false);
      world.run(seconds(40));
      expect(victims(world)).toBe(1);
    });

    test('keeps every victim where it accepts no node', () => {
      const { world } = preempting({}, { extenderPasses: 0 });
      world.run(seconds(40));
      expect(victims(world)).toBe(0);
    });

    test('is passed over when it fails, if it may be, and otherwise nobody is preempted', () => {
      for (const ignorable of [true, false]) {
        const { world } = preempting({ ignorable }, { extenderFailures: 1 });
        world.run(seconds(40));
        expect(victims(world)).toBe(ignorable ? 1 : 0);
      }
    });
  });

  test('that binds does so through a client of its own', () => {
    const world = worldWith({ binds: true });
    const pods = world.createPods(3, templateOf(0));
    world.run(milliseconds(CALL - 10));
    expect(world.boundCount(pods)).toBe(0);
    world.run(milliseconds(100));
    expect(world.boundCount(pods)).toBe(3);
    expect(world.requestsOf('kube-scheduler extenders', 'POST', 201)).toBe(3);
    expect(world.requestsOf('kube-scheduler', 'POST', 201)).toBe(0);
  });
});
