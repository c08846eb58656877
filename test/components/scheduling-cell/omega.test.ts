import { describe, expect, it } from 'vitest';
import type { AlgorithmSettings } from '../../../src/components/kube-scheduler/index.ts';
import { milliseconds, seconds } from '../../../src/units/index.ts';
import { CellWorld } from './cell-world.ts';

/** A decision time as settings have it. */
function thinks(perJob: number, perTask = 0): AlgorithmSettings {
  return {
    decisionTimePerJob: { distribution: 'constant', value: seconds(perJob) },
    decisionTimePerTask: { distribution: 'constant', value: seconds(perTask) },
  };
}

/** Omega schedulers by name, each with its decision time per job [s] and its settings. */
function omegas(...schedulers: [name: string, perJob: number, settings?: AlgorithmSettings][]): CellWorld {
  return new CellWorld(
    schedulers.map(([name, perJob, settings]) => ({
      name,
      architecture: 'omega',
      settings: { ...thinks(perJob), ...settings },
    })),
  );
}

describe('Omega', () => {
  it('places by the copy that was taken when the decision began: what was taken since is a conflict, and is tried again', () => {
    const world = omegas(['slow', 10], ['quick', 1]);
    world.nodes(1, 4, 16);
    const slow = world.submit({ scheduler: 'slow', tasks: 4, runs: 100 });
    const quick = world.submit({ scheduler: 'quick', tasks: 2, runs: 100 });
    world.run(2);
    expect([quick.running, slow.running]).toEqual([2, 0]);
    world.run(10.5);
    // Two of the four claims found the node full.
    expect([slow.running, slow.waiting]).toEqual([2, 2]);
    expect(world.statistic('plimsoll_cell_claims_total', 'result=conflict;scheduler=slow', 'final')).toBe(2);
    expect(world.statistic('plimsoll_cell_wasted_busy_seconds_total', 'scheduler=slow', 'final')).toBe(10);
    expect(world.statistic('plimsoll_cell_conflict_fraction', 'scheduler=quick', 'final')).toBe(0);
    // Again a second later: ten seconds on, room has been free since the quick tasks ended at 101 s.
    world.run(120);
    expect([slow.running + slow.ended, slow.waiting]).toEqual([4, 0]);
  });

  it('rolls back everything of a transaction that is all or nothing', () => {
    const world = omegas(['slow', 10, { transactions: 'allOrNothing' }], ['quick', 1]);
    world.nodes(1, 4, 16);
    const slow = world.submit({ scheduler: 'slow', tasks: 4, runs: 100 });
    world.submit({ scheduler: 'quick', tasks: 2, runs: 100 });
    world.run(10.5);
    expect([slow.running, slow.waiting]).toEqual([0, 4]);
    expect(world.statistic('plimsoll_cell_claims_total', 'result=conflict;scheduler=slow', 'final')).toBe(4);
  });

  it('takes a gang whole even where transactions are incremental', () => {
    const world = omegas(['slow', 10], ['quick', 1]);
    world.nodes(1, 4, 16);
    const slow = world.submit({ scheduler: 'slow', tasks: 4, gang: 3, runs: 100 });
    world.submit({ scheduler: 'quick', tasks: 2, runs: 100 });
    world.run(10.5);
    expect(slow.running).toBe(0);
    world.run(130);
    expect(slow.running).toBe(4);
  });

  it('sees a conflict in any change of a node where detection is coarse, but not in its own claims', () => {
    const conflictsOf = (conflicts: string) => {
      const world = omegas(['slow', 10, { conflicts }], ['quick', 1]);
      world.nodes(1, 8, 16);
      const slow = world.submit({ scheduler: 'slow', tasks: 3 });
      world.submit({ scheduler: 'quick', tasks: 1 });
      world.run(10.5);
      return 3 - slow.running;
    };
    expect([conflictsOf('fine'), conflictsOf('coarse')]).toEqual([0, 3]);
    const alone = omegas(['main', 1, { conflicts: 'coarse' }]);
    alone.nodes(1, 8, 16);
    const job = alone.submit({ tasks: 3 });
    alone.run(1);
    expect(job.running).toBe(3);
  });

  it('gives a job up after 100 attempts without a task placed, and after 1,000 with some', () => {
    const world = omegas(['main', 0.001, { retryDelay: milliseconds(10) }]);
    world.nodes(1, 4, 16);
    const never = world.submit({ cpu: 8 });
    const partly = world.submit({ tasks: 6 });
    world.run(5);
    expect([never.attempts, never.abandoned]).toEqual([101, 1]);
    expect([partly.running, partly.waiting]).toEqual([4, 2]);
    world.run(30);
    expect([partly.attempts, partly.abandoned]).toEqual([1001, 2]);
  });

  it('keeps a copy for as long as it may be stale, and conflicts with what it has not seen', () => {
    const placedOf = (staleness: number) => {
      const world = omegas(['main', 1, { staleness: seconds(staleness) }], ['other', 0.1]);
      world.nodes(1, 4, 16);
      world.submit({ cpu: 1 });
      world.run(1.5);
      world.submit({ scheduler: 'other', tasks: 3 });
      world.run(2);
      const second = world.submit({ cpu: 1 });
      world.run(3.5);
      return {
        conflicts: world.statistic('plimsoll_cell_claims_total', 'result=conflict;scheduler=main', 'final'),
        second,
      };
    };
    // A fresh copy shows a full node, so that nothing is tried; a stale one shows room.
    expect(placedOf(0).conflicts).toBeUndefined();
    expect(placedOf(60).conflicts).toBe(1);
  });

  it('deals jobs out to its processes in turn, which decide side by side', () => {
    const world = new CellWorld([{ architecture: 'omega', replicas: 4, settings: thinks(1) }]);
    world.nodes(10, 8, 32);
    const jobs = Array.from({ length: 8 }, () => world.submit({}));
    world.run(1);
    expect(jobs.map(({ running }) => running)).toEqual([1, 1, 1, 1, 0, 0, 0, 0]);
    world.run(2);
    expect(jobs.every(({ running }) => running === 1)).toBe(true);
  });

  it('places tasks that lost their node again', () => {
    const world = omegas(['main', 1]);
    const [first] = world.nodes(2, 4, 16);
    const job = world.submit({ tasks: 6 });
    world.run(2);
    expect(job.running).toBe(6);
    world.cell.removeNode(first as number);
    world.run(10);
    expect([job.running, job.waiting]).toEqual([4, 2]);
  });
});
