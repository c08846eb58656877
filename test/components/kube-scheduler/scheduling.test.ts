import { describe, expect, test } from 'vitest';
import { seconds } from '../../../src/units/index.ts';
import { amounts, nodeOf, SchedulerWorld, templateOf } from './scheduler-world.ts';

describe('a scheduler', () => {
  test('binds pods and spreads equal ones evenly over equal nodes', () => {
    const world = new SchedulerWorld();
    world.addNodes(10);
    world.start();
    const pods = world.createPods(40, templateOf(0));
    world.run(seconds(10));
    const counts = new Map<string, number>();
    for (const node of world.boundTo(pods)) counts.set(String(node), (counts.get(String(node)) ?? 0) + 1);
    expect([...counts.values()]).toEqual(Array(10).fill(4));
    expect(
      world.statistic('scheduler_schedule_attempts_total', 'profile=default-scheduler;result=scheduled', 'final'),
    ).toBe(40);
  });

  test('never gives a node more than it has, and marks the pod that finds no room', () => {
    const world = new SchedulerWorld();
    world.addNodes(2, () => nodeOf({ allocatable: amounts(1000, 8) }));
    world.start();
    const pods = world.createPods(5, templateOf(0));
    world.run(seconds(10));
    expect(world.boundCount(pods)).toBe(4);
    const left = pods.filter((key) => world.nodeOfPod(key) === undefined);
    expect(left).toHaveLength(1);
    expect(world.isMarkedUnschedulable(left[0] as never)).toBe(true);
  });
});
