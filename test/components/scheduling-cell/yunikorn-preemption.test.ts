/** YuniKorn: preemption for queues below their guarantee, and fair order of applications, by examples worked out by hand. */
import { describe, expect, it } from 'vitest';
import type { AlgorithmSettings } from '../../../src/components/kube-scheduler/index.ts';
import type { QueueSpecification } from '../../../src/components/scheduling-cell/index.ts';
import { milliseconds } from '../../../src/units/index.ts';
import { CellWorld } from './cell-world.ts';

function queue(name: string, cpu?: number, parent = ''): QueueSpecification {
  return { name, parent, weight: 1, guaranteed: cpu === undefined ? {} : { cpu: cpu * 1000 }, max: {} };
}

function yunikorn(queues: readonly QueueSpecification[], settings: AlgorithmSettings = {}): CellWorld {
  const takes = { decisionTimePerTask: { distribution: 'constant', value: milliseconds(1) } } as const;
  return new CellWorld([{ architecture: 'yunikorn', settings: { ...takes, ...settings } }], 'yunikorn', queues);
}

const preempted = (world: CellWorld) =>
  world.statistic('plimsoll_cell_tasks_total', 'class=batch;event=preempted', 'final') ?? 0;

describe('preemption', () => {
  it('gives a queue its guarantee once its jobs have waited for the delay, from queues that are above theirs', () => {
    const world = yunikorn([queue('a', 6), queue('b', 2), queue('c', 2)]);
    world.nodes(2, 5, 64);
    const b = world.submit({ tasks: 8, queue: 'b' });
    const c = world.submit({ tasks: 2, queue: 'c' });
    world.run(10);
    const a = world.submit({ tasks: 20, queue: 'a' });
    world.run(39);
    expect([a.running, b.running, c.running]).toEqual([0, 8, 2]);
    world.run(41);
    // c has what it is promised and no more; b gives all that is beyond its guarantee.
    expect([a.running, b.running, c.running]).toEqual([6, 2, 2]);
    expect(preempted(world)).toBe(6);
    world.run(300);
    expect([a.running, b.running, c.running, preempted(world)]).toEqual([6, 2, 2, 6]);
  });

  it('takes nothing from jobs of higher priority, and nothing where it is switched off', () => {
    const run = (settings: AlgorithmSettings, priority: number) => {
      const world = yunikorn([queue('a', 4), queue('b', 1)], settings);
      world.nodes(1, 5, 64);
      world.submit({ tasks: 5, queue: 'b', priority });
      world.run(5);
      const a = world.submit({ tasks: 4, queue: 'a' });
      world.run(120);
      return a.running;
    };
    expect([run({}, 0), run({}, 1), run({ preemption: false }, 0)]).toEqual([4, 0, 0]);
  });

  it('evicts where the fewest have to go, those that began last first, the first task of a job last', () => {
    const world = yunikorn([queue('a', 4), queue('b')]);
    const [small, large] = world.nodes(2, 4, 64) as [number, number];
    // Tasks of one CPU on one node, two of two CPUs on the other.
    const ones = world.submit({ tasks: 4, cpu: 1, queue: 'b' });
    world.run(5);
    const twos = world.submit({ tasks: 2, cpu: 2, queue: 'b' });
    world.run(10);
    const nodeOf = (job: typeof ones) => world.cell.tasks.find((task) => task?.job === job)?.node;
    expect(new Set([nodeOf(ones), nodeOf(twos)])).toEqual(new Set([small, large]));
    const a = world.submit({ cpu: 2, queue: 'a' });
    world.run(45);
    expect([a.running, ones.running, twos.running]).toEqual([1, 4, 1]);
    const left = world.cell.tasks.filter((task) => task?.job === twos);
    expect(left.map((task) => task?.index)).toEqual([0]);
  });

  it('does nothing for a queue without a guarantee, and none for one that has it', () => {
    const world = yunikorn([queue('a', 2), queue('b'), queue('c')]);
    world.nodes(1, 6, 64);
    const b = world.submit({ tasks: 6, queue: 'b' });
    world.run(5);
    const c = world.submit({ tasks: 3, queue: 'c' });
    const a = world.submit({ tasks: 6, queue: 'a' });
    world.run(200);
    expect([a.running, b.running, c.running]).toEqual([2, 4, 0]);
  });

  it('keeps to the guarantees of queues above', () => {
    const queues = [queue('team', 3), queue('a', 3, 'team'), queue('sibling', 3, 'team'), queue('b', 1)];
    const world = yunikorn(queues);
    world.nodes(1, 6, 64);
    const sibling = world.submit({ tasks: 2, queue: 'sibling' });
    world.run(1);
    const b = world.submit({ tasks: 4, queue: 'b' });
    world.run(5);
    const a = world.submit({ tasks: 3, queue: 'a' });
    world.run(120);
    // The team may have three: its sibling has two of them.
    expect([a.running, sibling.running, b.running]).toEqual([1, 2, 3]);
  });

  it('starts a gang with room that was preempted for all of it', () => {
    const world = yunikorn([queue('a', 3), queue('b', 1)]);
    world.nodes(2, 2, 64);
    const b = world.submit({ tasks: 4, queue: 'b' });
    world.run(5);
    const gang = world.submit({ tasks: 3, gang: 3, queue: 'a' });
    world.run(40);
    expect([gang.running, b.running]).toEqual([3, 1]);
  });
});

describe('the order of applications', () => {
  it('is by arrival, or fair: the application that has least comes first', () => {
    const run = (applicationOrder: string) => {
      const world = yunikorn([], { applicationOrder });
      world.nodes(1, 6, 64);
      const jobs = [world.submit({ tasks: 6 }), world.submit({ tasks: 6 }), world.submit({ tasks: 6, cpu: 2 })];
      world.run(3);
      return jobs.map(({ running }) => running);
    };
    expect(run('fifo')).toEqual([6, 0, 0]);
    // 1, 1 and 2 CPUs, then the first two again: what each has is compared, not how many tasks it runs.
    expect(run('fair')).toEqual([2, 2, 1]);
  });

  it('puts priority before fairness', () => {
    const world = yunikorn([], { applicationOrder: 'fair' });
    world.nodes(1, 4, 64);
    const low = world.submit({ tasks: 4 });
    const high = world.submit({ tasks: 3, priority: 1 });
    world.run(3);
    // The first decision was under way when the other came.
    expect([low.running, high.running]).toEqual([1, 3]);
  });
});
