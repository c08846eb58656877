/** Volcano's actions beside allocate, by examples worked out by hand. */
import { describe, expect, it } from 'vitest';
import type { AlgorithmSettings } from '../../../src/components/kube-scheduler/index.ts';
import type { QueueSpecification } from '../../../src/components/scheduling-cell/index.ts';
import { milliseconds } from '../../../src/units/index.ts';
import { CellWorld } from './cell-world.ts';

function queue(name: string, weight = 1): QueueSpecification {
  return { name, parent: '', weight, guaranteed: {}, max: {} };
}

function volcano(settings: AlgorithmSettings, queues: readonly QueueSpecification[] = []): CellWorld {
  const takes = { decisionTimePerTask: { distribution: 'constant', value: milliseconds(1) } } as const;
  return new CellWorld([{ architecture: 'volcano', settings: { ...takes, ...settings } }], 'volcano', queues);
}

const preempted = (world: CellWorld) =>
  world.statistic('plimsoll_cell_tasks_total', 'class=batch;event=preempted', 'final') ?? 0;

describe('preempt', () => {
  it('takes room from jobs of less priority in the same queue, as much as the job needs to start', () => {
    const world = volcano({ preempt: true, enqueue: false });
    world.nodes(2, 4, 64);
    const low = world.submit({ tasks: 8 });
    world.run(5);
    const high = world.submit({ tasks: 6, gang: 3, priority: 1 });
    world.run(7.5);
    // Its gang of three displaces three tasks; what is beyond the gang has to wait for room.
    expect([low.running, high.running]).toEqual([5, 3]);
    expect(preempted(world)).toBe(3);
    world.run(30);
    expect([low.running, high.running]).toEqual([5, 3]);
  });

  it('takes the lowest priority first, and of equals what began last', () => {
    const world = volcano({ preempt: true, enqueue: false });
    world.nodes(1, 4, 64);
    const jobs = [0, 1, 0].map((priority, i) => {
      world.run(3 * i + 1);
      return world.submit({ tasks: i === 0 ? 2 : 1, priority });
    });
    world.run(12);
    world.submit({ priority: 2, tasks: 1 });
    world.run(15);
    expect(jobs.map(({ running }) => running)).toEqual([2, 1, 0]);
    world.submit({ priority: 2, tasks: 1 });
    world.run(18);
    expect(jobs.map(({ running }) => running)).toEqual([1, 1, 0]);
  });

  it('leaves gangs alone that would be incomplete, other queues, and equals', () => {
    const world = volcano({ preempt: true, enqueue: false }, [queue('a'), queue('b')]);
    world.nodes(1, 8, 64);
    const gang = world.submit({ tasks: 4, gang: 4, queue: 'a' });
    const other = world.submit({ tasks: 3, queue: 'b' });
    const equal = world.submit({ tasks: 1, priority: 5, queue: 'b' });
    world.run(3);
    const high = world.submit({ tasks: 1, priority: 5, queue: 'a' });
    world.run(8);
    expect([gang.running, other.running, equal.running, high.running]).toEqual([4, 3, 1, 0]);
  });

  it('does nothing where no job asks for it', () => {
    const world = volcano({});
    world.nodes(1, 4, 64);
    const low = world.submit({ tasks: 4 });
    world.run(2);
    world.submit({ priority: 1 });
    world.run(8);
    expect([low.running, preempted(world)]).toEqual([4, 0]);
  });

  it('evicts nobody for a gang that cannot be completed even so', () => {
    const world = volcano({ preempt: true, enqueue: false });
    world.nodes(2, 4, 64);
    world.submit({ tasks: 4, priority: 1 });
    const low = world.submit({ tasks: 4 });
    world.run(3);
    const gang = world.submit({ tasks: 5, gang: 5, priority: 1 });
    world.run(8);
    expect([low.running, gang.running, preempted(world)]).toEqual([4, 0, 0]);
  });
});

describe('reclaim', () => {
  it('gives a queue what it deserves, task by task, and leaves the others theirs', () => {
    const world = volcano({ reclaim: true, enqueue: false }, [queue('a', 3), queue('b', 1)]);
    world.nodes(4, 4, 64);
    const b = world.submit({ tasks: 16, queue: 'b' });
    world.run(3);
    expect(b.running).toBe(16);
    const a = world.submit({ tasks: 40, queue: 'a' });
    world.run(30);
    // Three to one of 16 CPUs.
    expect([a.running, b.running]).toEqual([12, 4]);
    expect(preempted(world)).toBe(12);
    world.run(120);
    expect([a.running, b.running, preempted(world)]).toEqual([12, 4, 12]);
  });

  it('does not happen without being set: a queue keeps what it has until its tasks end', () => {
    const world = volcano({}, [queue('a', 3), queue('b', 1)]);
    world.nodes(4, 4, 64);
    const b = world.submit({ tasks: 16, queue: 'b' });
    world.run(3);
    const a = world.submit({ tasks: 40, queue: 'a' });
    world.run(30);
    expect([a.running, b.running]).toEqual([0, 16]);
  });

  it('reclaims for a gang as a whole, or not at all', () => {
    const world = volcano({ reclaim: true, enqueue: false }, [queue('a'), queue('b')]);
    world.nodes(2, 4, 64);
    const b = world.submit({ tasks: 8, queue: 'b' });
    world.run(3);
    const large = world.submit({ tasks: 5, gang: 5, queue: 'a' });
    world.run(8);
    // It deserves four CPUs of eight: five tasks never fit.
    expect([large.running, b.running, preempted(world)]).toEqual([0, 8, 0]);
    const fitting = world.submit({ tasks: 4, gang: 4, queue: 'a', priority: 1 });
    world.run(12);
    expect([fitting.running, b.running]).toEqual([4, 4]);
  });
});

describe('enqueue', () => {
  it('keeps jobs out of sessions while those that are in would fill the cell beyond the factor', () => {
    const attempts = (enqueue: boolean) => {
      const world = volcano({ enqueue });
      world.nodes(1, 10, 64);
      const jobs = Array.from({ length: 6 }, () => world.submit({ tasks: 4, gang: 4, runs: 1_000 }));
      world.run(30);
      return jobs.map((job) => [job.running, job.attempts > 0]);
    };
    // 12 CPUs at most: three jobs of four are let in, of which two fit.
    expect(attempts(true)).toEqual([
      [4, true],
      [4, true],
      [0, true],
      [0, false],
      [0, false],
      [0, false],
    ]);
    expect(attempts(false).map(([, isTried]) => isTried)).toEqual(Array(6).fill(true));
  });

  it('lets nobody in that would have to preempt more than the factor leaves', () => {
    const run = (enqueue: boolean) => {
      const world = volcano({ preempt: true, enqueue });
      world.nodes(1, 10, 64);
      world.submit({ tasks: 10 });
      world.run(3);
      const two = world.submit({ tasks: 2, gang: 2, priority: 1 });
      world.run(6);
      const three = world.submit({ tasks: 3, gang: 3, priority: 1 });
      world.run(12);
      return [two.running, three.running];
    };
    // Ten of ten CPUs are taken, and 12 may be asked for: two more, not three.
    expect(run(true)).toEqual([2, 0]);
    expect(run(false)).toEqual([2, 3]);
  });

  it('lets the next in when others have ended', () => {
    const world = volcano({});
    world.nodes(1, 10, 64);
    const jobs = Array.from({ length: 6 }, () => world.submit({ tasks: 4, gang: 4, runs: 10 }));
    world.run(100);
    expect(jobs.map(({ ended }) => ended)).toEqual(Array(6).fill(4));
  });
});

describe('backfill', () => {
  it('places tasks that ask for nothing, whatever their queue has', () => {
    const world = volcano({}, [queue('a')]);
    world.nodes(1, 4, 16);
    world.submit({ tasks: 4, queue: 'a' });
    const free = world.submit({ tasks: 3, cpu: 0, memory: 0, queue: 'a' });
    world.run(3);
    expect(free.running).toBe(3);
  });
});
