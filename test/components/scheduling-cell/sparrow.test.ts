import { describe, expect, it } from 'vitest';
import type { AlgorithmSettings } from '../../../src/components/kube-scheduler/index.ts';
import { milliseconds, seconds } from '../../../src/units/index.ts';
import { CellWorld } from './cell-world.ts';

/** A cell of workers with one slot each. */
function workers(
  count: number,
  settings: AlgorithmSettings = {},
  architecture: 'sparrow' | 'hawk' = 'sparrow',
): CellWorld {
  const world = new CellWorld([{ architecture, settings }]);
  world.nodes(count, 1, 1);
  return world;
}

describe('Sparrow', () => {
  it('has a worker ask for a task when its turn has come: a task starts three messages after its job has come', () => {
    const world = workers(4, { networkDelay: milliseconds(10) });
    const job = world.submit({ tasks: 2, runs: 1 });
    world.run(0.029);
    expect(job.running).toBe(0);
    world.run(0.03);
    expect(job.running).toBe(2);
    // Four reservations, of which two were answered with nothing.
    expect([world.happened('probe'), world.happened('no_op')]).toEqual([4, 2]);
  });

  it('lets late binding take whichever worker is free first; bound tasks wait where they were put', () => {
    const waitsOf = (sampling: string) => {
      const world = workers(2, { sampling, networkDelay: 0 });
      world.submit({ runs: 100 });
      world.submit({ runs: 10 });
      const third = world.submit({ runs: 1 });
      world.run(10.5);
      return third.waiting;
    };
    expect(waitsOf('lateBinding')).toBe(0);
    const bound = workers(2, { sampling: 'perTask', probesPerTask: 1, networkDelay: 0 });
    const jobs = Array.from({ length: 8 }, () => bound.submit({ runs: 10 }));
    bound.run(1);
    // One worker of a random choice has more to do than the other: nobody takes from its queue.
    bound.run(1000);
    expect(jobs.every(({ ended }) => ended === 1)).toBe(true);
    expect(bound.simulation.now).toBe(seconds(1000));
  });

  it('puts a batch onto the shortest of the sampled queues', () => {
    const world = workers(4, { sampling: 'batch', networkDelay: 0 });
    const first = world.submit({ tasks: 2, runs: 100 });
    // All four workers are compared: the two that are free are taken.
    const second = world.submit({ tasks: 2, runs: 100 });
    world.run(1);
    expect([first.running, second.running]).toEqual([2, 2]);
  });

  it('does not let what is behind overtake the first in a queue, even if it would fit', () => {
    const world = new CellWorld([{ architecture: 'sparrow', settings: { networkDelay: 0, probesPerTask: 1 } }]);
    world.nodes(1, 4, 4);
    world.submit({ cpu: 3, runs: 10 });
    const big = world.submit({ cpu: 4, runs: 10 });
    const small = world.submit({ cpu: 1, runs: 10 });
    world.run(5);
    expect([big.running, small.running]).toEqual([0, 0]);
    world.run(15);
    expect([big.running, small.running]).toEqual([1, 0]);
    world.run(25);
    expect(small.running).toBe(1);
  });

  it('rejects what no worker is large enough for', () => {
    const world = workers(4);
    const job = world.submit({ cpu: 2 });
    world.run(1);
    expect(job.rejected).toBe(1);
  });

  it.each(['lateBinding', 'batch', 'perTask'])(
    '%s: moves reservations and tasks of a node that goes to others',
    (sampling) => {
      const world = workers(3, { sampling, networkDelay: milliseconds(1) });
      const jobs = Array.from({ length: 12 }, () => world.submit({ tasks: 2, runs: 5 }));
      world.run(6);
      world.cell.removeNode(0);
      world.run(7);
      world.cell.removeNode(1);
      world.run(300);
      expect(jobs.map(({ ended }) => ended)).toEqual(jobs.map(() => 2));
    },
  );
});

describe('Hawk', () => {
  const long = { runs: 2000 };

  it('keeps long tasks out of the short partition, on the worker with the least work each', () => {
    const world = workers(10, { shortPartition: 0.2, networkDelay: 0 }, 'hawk');
    const job = world.submit({ tasks: 12, ...long });
    world.run(10);
    expect(new Set(world.placesOf(job))).toEqual(new Set([2, 3, 4, 5, 6, 7, 8, 9].map((i) => `node-${i}`)));
    world.run(4001);
    expect(job.ended).toBe(12);
  });

  it('steals short tasks from behind long ones', () => {
    const endedAfter = (stealAttempts: number) => {
      const world = workers(4, { shortPartition: 0.25, stealAttempts, probesPerTask: 1 }, 'hawk');
      world.submit({ tasks: 3, ...long });
      world.run(1);
      const shorts = Array.from({ length: 20 }, () => world.submit({ runs: 1 }));
      world.run(100);
      return { ended: shorts.filter(({ ended }) => ended === 1).length, stolen: world.happened('stolen') };
    };
    const without = endedAfter(0);
    expect(without.ended).toBeLessThan(15);
    const stealing = endedAfter(10);
    expect(stealing.ended).toBe(20);
    expect(stealing.stolen).toBeGreaterThan(0);
  });

  it('shares where long tasks are, so that short ones keep away', () => {
    const world = workers(4, { shortPartition: 0.25, stateSharing: 'succinct', stealAttempts: 0 }, 'hawk');
    world.submit({ tasks: 3, ...long });
    world.run(1);
    const shorts = Array.from({ length: 20 }, () => world.submit({ runs: 1 }));
    world.run(30);
    expect(shorts.every(({ ended }) => ended === 1)).toBe(true);
    expect(world.happened('turned_away')).toBeGreaterThan(0);
  });

  it('finds another place for long tasks of a node that goes', () => {
    const world = workers(4, { shortPartition: 0 }, 'hawk');
    const job = world.submit({ tasks: 8, ...long });
    world.run(10);
    world.cell.removeNode(3);
    world.run(10_000);
    expect(job.ended).toBe(8);
  });
});
