import { describe, expect, it } from 'vitest';
import type { AlgorithmSettings } from '../../../src/components/kube-scheduler/index.ts';
import { seconds } from '../../../src/units/index.ts';
import { CellWorld } from './cell-world.ts';

/** Frameworks by name, each with its decision time per job [s] and its settings. */
function frameworks(...schedulers: [name: string, perJob: number, settings?: AlgorithmSettings][]): CellWorld {
  return new CellWorld(
    schedulers.map(([name, perJob, settings]) => ({
      name,
      architecture: 'mesos',
      settings: {
        decisionTimePerJob: { distribution: 'constant', value: seconds(perJob) },
        decisionTimePerTask: { distribution: 'constant', value: 0 },
        ...settings,
      },
    })),
  );
}

describe('Mesos', () => {
  it('offers what is free after the interval and the time of the allocator; tasks start with the answer', () => {
    const world = frameworks(['main', 2]);
    world.nodes(2, 4, 16);
    const first = world.submit({ tasks: 3 });
    const second = world.submit({ tasks: 3 });
    // 1 s + 1 ms until the offer, two decisions of 2 s within it.
    world.run(5);
    expect([first.running, second.running]).toEqual([0, 0]);
    world.run(5.001);
    expect([first.running, second.running]).toEqual([3, 3]);
  });

  it('locks what is on offer: a slow framework keeps a quick one from room that nobody uses', () => {
    const world = frameworks(['slow', 60], ['quick', 0.1]);
    world.nodes(4, 4, 16);
    world.submit({ scheduler: 'slow' });
    world.run(2);
    const quick = world.submit({ scheduler: 'quick' });
    world.run(60);
    expect([quick.running, world.cell.running]).toEqual([0, 0]);
    world.run(63);
    expect(quick.running).toBe(1);
  });

  it('offers what is freed while the rest is locked, which may be too little for anything', () => {
    const world = frameworks(['slow', 600], ['quick', 0.1]);
    world.nodes(4, 4, 16);
    world.submit({ scheduler: 'quick', tasks: 4, cpu: 1, memory: 4, runs: 20 });
    world.run(3);
    world.submit({ scheduler: 'slow' });
    world.run(10);
    const big = world.submit({ scheduler: 'quick', cpu: 4, memory: 16 });
    const small = world.submit({ scheduler: 'quick', cpu: 1, memory: 4 });
    world.run(400);
    expect([big.running, small.running]).toEqual([0, 1]);
    // Fruitless attempts add up until the job is given up.
    expect(big.abandoned).toBe(1);
  });

  it('offers to the framework with the least dominant share for its weight', () => {
    const startedBy = (weight: number) => {
      const world = frameworks(['rich', 0.1, { weight }], ['poor', 0.1]);
      world.nodes(10, 4, 16);
      const rich = world.submit({ scheduler: 'rich', tasks: 8 });
      world.run(5);
      const poor = world.submit({ scheduler: 'poor', tasks: 4 });
      world.run(10);
      expect([rich.running, poor.running]).toEqual([8, 4]);
      const both = [world.submit({ scheduler: 'rich', cpu: 2 }), world.submit({ scheduler: 'poor', cpu: 2 })];
      world.run(11.5);
      return both.map(({ running }) => running);
    };
    expect(startedBy(1)).toEqual([0, 1]);
    expect(startedBy(4)).toEqual([1, 0]);
  });

  it('never has frameworks collide, and never places more than was on offer', () => {
    const world = frameworks(['a', 0.5], ['b', 0.3], ['c', 2]);
    world.nodes(20, 4, 16);
    for (let second = 0; second < 60; second++) {
      for (const scheduler of ['a', 'b', 'c']) world.submit({ scheduler, tasks: 5, runs: 7 });
      world.run(second + 1);
    }
    world.run(400);
    expect([world.cell.ended + world.cell.abandoned, world.cell.jobs.size]).toEqual([900, 0]);
    for (const name of ['a', 'b', 'c'])
      expect(
        world.statistic('plimsoll_cell_claims_total', `result=conflict;scheduler=${name}`, 'final'),
      ).toBeUndefined();
  });
});
