import { describe, expect, it } from 'vitest';
import type { AlgorithmSettings } from '../../../src/components/kube-scheduler/index.ts';
import type { ArchitectureName, QueueSpecification } from '../../../src/components/scheduling-cell/index.ts';
import { milliseconds, seconds } from '../../../src/units/index.ts';
import { CellWorld } from './cell-world.ts';

const GIB = 2 ** 30;

/** Queues in short: CPUs and GiB. */
function queue(name: string, rest: Partial<QueueSpecification> = {}): QueueSpecification {
  return { name, parent: '', weight: 1, guaranteed: {}, max: {}, ...rest };
}

function cpus(cpu: number) {
  return { cpu: cpu * 1000 };
}

function cellOf(
  architecture: ArchitectureName,
  queues: readonly QueueSpecification[],
  settings: AlgorithmSettings = {},
) {
  const takes = { decisionTimePerTask: { distribution: 'constant', value: milliseconds(1) } } as const;
  return new CellWorld([{ architecture, settings: { ...takes, ...settings } }], 'queues', queues);
}

describe('dominant resource fairness', () => {
  /** The worked example of Ghodsi et al., NSDI 2011: 9 CPUs and 18 GB; A asks for 1 CPU and 4 GB a task, B for 3 and 1. */
  it.each([
    ['volcano', { queueOrder: 'drf' }],
    ['volcano', {}],
    ['yunikorn', {}],
  ] as const)('%s (%o) gives A three tasks and B two in the worked example', (architecture, settings) => {
    const oneQueue = architecture === 'volcano' && !('queueOrder' in settings);
    const world = cellOf(architecture, [], settings);
    world.nodes(1, 9, 18);
    const a = world.submit({ queue: 'a', tasks: 20, cpu: 1, memory: 4 });
    const b = world.submit({ queue: oneQueue ? 'a' : 'b', tasks: 20, cpu: 3, memory: 1 });
    world.run(10);
    expect([a.running, b.running]).toEqual([3, 2]);
    if (oneQueue) return;
    const share = (name: string) => world.world.metrics.totals.dominantShare(name);
    expect([share('a'), share('b')]).toEqual([12 / 18, 6 / 9]);
    expect(world.statistic('plimsoll_cell_fairness_index', '', 'final')).toBe(1);
  });
});

describe('Volcano', () => {
  it('holds a session each period, and nothing happens in between', () => {
    const world = cellOf('volcano', [], { schedulePeriod: seconds(1) });
    world.nodes(1, 4, 16);
    world.run(0.5);
    const first = world.submit({ tasks: 2 });
    world.run(1);
    expect(first.running).toBe(0);
    world.run(1.002);
    expect(first.running).toBe(2);
    const second = world.submit({});
    world.run(2);
    expect(second.running).toBe(0);
    world.run(2.1);
    expect(second.running).toBe(1);
  });

  it('deals out what queues deserve by weight, and lets others have what a queue does not want', () => {
    const world = cellOf('volcano', [queue('a', { weight: 3 }), queue('b')]);
    world.nodes(4, 4, 64);
    const a = world.submit({ queue: 'a', tasks: 40 });
    const b = world.submit({ queue: 'b', tasks: 40 });
    world.run(5);
    expect([a.running, b.running]).toEqual([12, 4]);
    const modest = cellOf('volcano', [queue('a', { weight: 3 }), queue('b')]);
    modest.nodes(4, 4, 64);
    const little = modest.submit({ queue: 'a', tasks: 5 });
    const much = modest.submit({ queue: 'b', tasks: 40 });
    modest.run(5);
    expect([little.running, much.running]).toEqual([5, 11]);
  });

  it('takes gangs whole within a session, and gives what an incomplete one cannot use to others', () => {
    const world = cellOf('volcano', []);
    world.nodes(1, 4, 16);
    const gang = world.submit({ tasks: 6, gang: 6 });
    const other = world.submit({ tasks: 3 });
    world.run(3);
    expect([gang.running, gang.held, other.running]).toEqual([0, 0, 3]);
  });

  it('serves jobs by priority, then in turn', () => {
    const world = cellOf('volcano', []);
    world.nodes(1, 6, 64);
    const [one, two] = [world.submit({ tasks: 6 }), world.submit({ tasks: 6 })];
    const high = world.submit({ tasks: 2, priority: 1 });
    world.run(3);
    expect([high.running, one.running, two.running]).toEqual([2, 2, 2]);
  });
});

describe('YuniKorn', () => {
  it('serves the queue first that is furthest below its guarantee, level by level', () => {
    const queues = [
      queue('research', { guaranteed: cpus(12) }),
      queue('production', { guaranteed: cpus(4) }),
      queue('vision', { parent: 'research', guaranteed: cpus(8) }),
      queue('speech', { parent: 'research', guaranteed: cpus(4) }),
    ];
    const world = cellOf('yunikorn', queues);
    world.nodes(4, 4, 64);
    const jobs = ['vision', 'speech', 'production'].map((name) => world.submit({ queue: name, tasks: 40 }));
    world.run(5);
    expect(jobs.map(({ running }) => running)).toEqual([8, 4, 4]);
  });

  it('never lets a queue, or one above it, exceed its limit', () => {
    const queues = [
      queue('all', { max: cpus(6) }),
      queue('a', { parent: 'all', max: cpus(5) }),
      queue('b', { parent: 'all' }),
    ];
    const world = cellOf('yunikorn', queues);
    world.nodes(4, 4, 64);
    const a = world.submit({ queue: 'a', tasks: 10 });
    world.run(1);
    expect(a.running).toBe(5);
    const b = world.submit({ queue: 'b', tasks: 10 });
    world.run(2);
    expect([a.running, b.running]).toEqual([5, 1]);
  });

  it('lets later small applications overtake a big one that fits nowhere', () => {
    const world = cellOf('yunikorn', []);
    world.nodes(2, 4, 16);
    world.submit({ tasks: 2, cpu: 3, runs: 50 });
    world.run(1);
    const big = world.submit({ cpu: 4 });
    const small = world.submit({});
    world.run(2);
    expect(small.running).toBe(1);
    world.run(60);
    expect(big.running).toBe(1);
  });

  it('holds room by placeholders until a gang is complete; after the time-out it starts with what it has, or is given up', () => {
    const countsUnder = (gangStyle: string) => {
      const world = cellOf('yunikorn', [], { gangStyle, placeholderTimeout: seconds(30) });
      world.nodes(1, 4, 16);
      const gang = world.submit({ tasks: 6, gang: 6 });
      world.run(29);
      expect([gang.held, gang.running]).toEqual([4, 0]);
      world.run(31);
      expect(world.happened('gang_timeout')).toBe(1);
      return [gang.held, gang.running, gang.waiting, gang.abandoned];
    };
    expect(countsUnder('soft')).toEqual([0, 4, 2, 0]);
    expect(countsUnder('hard')).toEqual([0, 0, 0, 6]);
  });
});

describe('Kueue', () => {
  const cohort = [
    queue('cohort'),
    queue('a', { parent: 'cohort', guaranteed: cpus(4) }),
    queue('b', { parent: 'cohort', guaranteed: cpus(4) }),
  ];

  it('admits a job as a whole, by the quota of its queue and what its cohort lends', () => {
    const world = cellOf('kueue', cohort);
    world.nodes(4, 4, 64);
    const borrower = world.submit({ queue: 'a', tasks: 7 });
    world.run(1);
    expect(borrower.running).toBe(7);
    const tooMuch = world.submit({ queue: 'b', tasks: 2 });
    const fits = world.submit({ queue: 'b', tasks: 1 });
    world.run(2);
    // All or nothing; with best effort the one behind goes ahead.
    expect([tooMuch.running, fits.running]).toEqual([0, 1]);
  });

  it('keeps everybody behind a first job that does not fit waiting, if it is strict', () => {
    const world = cellOf('kueue', cohort, { queueing: 'strictFifo' });
    world.nodes(4, 4, 64);
    world.submit({ queue: 'a', tasks: 7, runs: 10 });
    world.run(1);
    const tooMuch = world.submit({ queue: 'b', tasks: 2 });
    const behind = world.submit({ queue: 'b', tasks: 1 });
    world.run(2);
    expect([tooMuch.running, behind.running]).toEqual([0, 0]);
    world.run(12);
    expect([tooMuch.running, behind.running]).toEqual([2, 1]);
  });

  it('does not lend more than a queue may borrow', () => {
    const world = cellOf('kueue', [cohort[0], { ...cohort[1], max: cpus(5) }, cohort[2]] as QueueSpecification[]);
    world.nodes(4, 4, 64);
    const six = world.submit({ queue: 'a', tasks: 6 });
    const five = world.submit({ queue: 'a', tasks: 5 });
    world.run(1);
    expect([six.running, five.running]).toEqual([0, 5]);
  });

  it('reclaims what was lent: the borrower admitted last is preempted, and no more of them than is needed', () => {
    const world = cellOf('kueue', cohort, { reclaimWithinCohort: 'any' });
    world.nodes(4, 4, 64);
    const borrowers = [2, 2, 2, 2].map((tasks) => world.submit({ queue: 'a', tasks, runs: 100 }));
    world.run(10);
    expect(borrowers.map(({ running }) => running)).toEqual([2, 2, 2, 2]);
    const owner = world.submit({ queue: 'b', tasks: 3, runs: 100 });
    world.run(11);
    expect(borrowers.map(({ running }) => running)).toEqual([2, 2, 0, 0]);
    expect([owner.running, world.happened('job_preempted')]).toEqual([3, 2]);
    expect(world.statistic('plimsoll_cell_tasks_total', 'class=batch;event=preempted', 'final')).toBe(4);
    // They come back when quota is free again.
    world.run(320);
    expect(borrowers.every(({ ended }) => ended === 2)).toBe(true);
  });

  it('spares a job that was taken for a victim and turns out not to be needed', () => {
    const world = cellOf('kueue', cohort, { reclaimWithinCohort: 'any' });
    world.nodes(4, 4, 64);
    const [first, big, small] = [3, 4, 1].map((tasks) => {
      const job = world.submit({ queue: 'a', tasks, runs: 100 });
      world.run(world.simulation.now / 1e9 + 1);
      return job;
    });
    const owner = world.submit({ queue: 'b', tasks: 4, runs: 100 });
    world.run(10);
    // The small one was admitted last and comes first, but without the big one its room is not enough; with it, it is too much.
    expect([first, big, small, owner].map((job) => job?.running)).toEqual([3, 0, 1, 4]);
    expect(world.happened('job_preempted')).toBe(1);
  });

  it('does not reclaim if it is not to', () => {
    const world = cellOf('kueue', cohort);
    world.nodes(4, 4, 64);
    const borrower = world.submit({ queue: 'a', tasks: 8, runs: 100 });
    world.run(10);
    const owner = world.submit({ queue: 'b', tasks: 3 });
    world.run(11);
    expect([borrower.running, owner.running]).toEqual([8, 0]);
  });

  it('preempts jobs of less priority in its own queue only if it may', () => {
    const runningAfter = (withinClusterQueue: string) => {
      const world = cellOf('kueue', [queue('a', { guaranteed: cpus(4) })], { withinClusterQueue });
      world.nodes(4, 4, 64);
      const low = world.submit({ queue: 'a', tasks: 4, runs: 100 });
      world.run(1);
      const high = world.submit({ queue: 'a', tasks: 2, priority: 1 });
      world.run(2);
      return [low.running, high.running];
    };
    expect(runningAfter('never')).toEqual([4, 0]);
    expect(runningAfter('lowerPriority')).toEqual([0, 2]);
  });

  it('shares what can be borrowed fairly: the queue that borrows most gives way until shares are level', () => {
    const queues = [
      queue('cohort'),
      queue('owner', { parent: 'cohort', guaranteed: cpus(12) }),
      queue('greedy', { parent: 'cohort', guaranteed: cpus(0) }),
      queue('modest', { parent: 'cohort', guaranteed: cpus(0) }),
    ];
    const world = cellOf('kueue', queues, { fairSharing: true, reclaimWithinCohort: 'any' });
    world.nodes(4, 4, 64);
    const greedy = Array.from({ length: 6 }, () => world.submit({ queue: 'greedy', tasks: 2, runs: 1000 }));
    world.run(10);
    expect(greedy.filter(({ running }) => running === 2)).toHaveLength(6);
    const modest = Array.from({ length: 6 }, () => world.submit({ queue: 'modest', tasks: 2, runs: 1000 }));
    world.run(20);
    const has = (jobs: readonly { readonly running: number }[]) => jobs.reduce((sum, { running }) => sum + running, 0);
    expect([has(greedy), has(modest)]).toEqual([6, 6]);
    // Level shares are left alone.
    world.run(500);
    expect([has(greedy), has(modest), world.happened('job_preempted')]).toEqual([6, 6, 3]);
  });

  it('keeps the quota of tasks that found no node, and places them when there is room', () => {
    const world = cellOf('kueue', [queue('a', { guaranteed: cpus(8) })]);
    const [node] = world.nodes(2, 4, 64);
    const job = world.submit({ queue: 'a', tasks: 8 });
    world.run(1);
    world.cell.removeNode(node as number);
    world.run(2);
    expect([job.running, job.waiting]).toEqual([4, 4]);
    world.nodes(1, 4, 64);
    world.run(3);
    expect(job.running).toBe(8);
  });
});

it('limits of queues hold for memory as they do for CPU', () => {
  const world = cellOf('yunikorn', [queue('a', { max: { memory: 3 * GIB } })]);
  world.nodes(1, 8, 64);
  const job = world.submit({ queue: 'a', tasks: 4, memory: 1 });
  world.run(1);
  expect(job.running).toBe(3);
});
