/** Architectures of the scheduling cell against what queueing theory says of them, each within an interval of 99.9 % confidence. */
import { describe, expect, it } from 'vitest';
import type { DistributionSpec } from '../../src/engine/index.ts';
import { seconds } from '../../src/units/index.ts';
import { CellWorld } from '../components/scheduling-cell/cell-world.ts';
import { poissonJobs } from './cell-load.ts';
import { expectToContain, replicate } from './confidence.ts';

/** Parts of a world that carry jobs. */
function carriers(world: CellWorld) {
  return { simulation: world.simulation, world: world.world, specification: world.specification.bind(world) };
}

describe('the supermarket model', () => {
  const load = 0.8;
  const workers = 200;

  /** Shares of the workers with 1, 2, … 4 tasks or more in their queues or running, of one replication. */
  function shares(choices: number, replication: number): number[] {
    const settings = { sampling: 'perTask', probesPerTask: choices, networkDelay: 0 };
    const world = new CellWorld([{ architecture: 'sparrow', settings }], 'supermarket', [], replication);
    world.nodes(workers, 1, 1);
    // A task is bound to its worker when it comes, so that where it started says where it waited.
    const stays: { readonly node: number; readonly from: number; readonly to: number }[] = [];
    world.cell.listen({
      taskEnded: ({ node, job }) => stays.push({ node, from: job.arrivedAt, to: world.simulation.now }),
    });
    poissonJobs(carriers(world), {}, { distribution: 'exponential', mean: 1e9 }, load * workers, 60);
    world.run(1_000);
    const sums = [0, 0, 0, 0];
    const observations = 20;
    for (let observation = 0; observation < observations; observation++) {
      const at = seconds(20 + 2 * observation);
      const present = new Int32Array(workers);
      for (const { node, from, to } of stays) if (from <= at && at < to) present[node] = (present[node] as number) + 1;
      for (const tasks of present) for (let i = 0; i < Math.min(tasks, 4); i++) sums[i] = (sums[i] as number) + 1;
    }
    return sums.map((sum) => sum / observations / workers);
  }

  it.each([2, 3])(
    'holds for the power of %d choices: load^((d^i - 1)/(d - 1)) of the workers have i tasks or more',
    (choices) => {
      const known = new Map<number, number[]>();
      const sharesOf = (replication: number) => {
        const all = known.get(replication) ?? shares(choices, replication);
        known.set(replication, all);
        return all;
      };
      for (const i of [1, 2, 3]) {
        const share = replicate((replication) => sharesOf(replication)[i - 1] as number);
        const theory = load ** ((choices ** i - 1) / (choices - 1));
        // The law is that of infinitely many workers; with 200 its error is of the order of 1/200.
        expect(Math.abs(share.mean - theory), `${i} or more: ${share.mean}, theory ${theory}`).toBeLessThan(
          share.halfWidth + theory / 25 + 1 / workers,
        );
      }
    },
  );
});

describe('the monolithic scheduler', () => {
  const load = 0.6;
  const decisions: readonly [DistributionSpec, squaredVariation: number][] = [
    [{ distribution: 'constant', value: 1e8 }, 0],
    [{ distribution: 'exponential', mean: 1e8 }, 1],
    [{ distribution: 'gamma', shape: 0.5, mean: 1e8 }, 2],
  ];

  it.each(decisions)(
    'has the wait of M/G/1 before it thinks of a job: Pollaczek and Khinchine, with %o',
    (decision, squaredVariation) => {
      const nothing: DistributionSpec = { distribution: 'constant', value: 0 };
      const wait = replicate((replication) => {
        const settings = { decisionTimePerJob: decision, decisionTimePerTask: nothing };
        const world = new CellWorld([{ settings }], 'pollaczek-khinchine', [], replication);
        world.nodes(20, 100, 100);
        poissonJobs(
          carriers(world),
          { cpu: 0.1, memory: 0.1 },
          { distribution: 'constant', value: 1e9 },
          load * 10,
          1_000,
        );
        world.run(1_500);
        return world.statistic('plimsoll_cell_job_wait_seconds', 'class=batch;until=first_attempt', 'mean') as number;
      });
      expectToContain(wait, (0.1 * load * (1 + squaredVariation)) / (2 * (1 - load)), 0.1);
    },
  );
});

describe('Omega', () => {
  const perJob = 0.1;
  const perTask = 0.05;
  const tasks = 2;
  const think = perJob + perTask * tasks;

  /** A world of `replicas` processes; jobs come at a rate [1/s] for 300 s. */
  function omega(rate: number, replicas: number, coarse: boolean, replication: number): CellWorld {
    const settings = {
      decisionTimePerTask: { distribution: 'constant', value: seconds(perTask) },
      ...(coarse ? { conflicts: 'coarse', transactions: 'allOrNothing' } : {}),
    } as const;
    const world = new CellWorld([{ architecture: 'omega', replicas, settings }], 'saturation', [], replication);
    world.nodes(40, 100, 100);
    poissonJobs(carriers(world), { tasks, cpu: 0.1, memory: 0.1 }, { distribution: 'constant', value: 1e9 }, rate, 300);
    world.run(300);
    return world;
  }

  const busyness = (world: CellWorld) =>
    world.statistic('plimsoll_cell_scheduler_busyness', 'scheduler=main', 'mean') as number;

  it.each([0.3, 0.6, 0.9])(
    'is busy for a share rate * (t_job + t_task * n) of the time where nothing conflicts: %d',
    (share) => {
      const measured = replicate((replication) => busyness(omega(share / think, 1, false, replication)));
      expectToContain(measured, share, 0.08);
    },
  );

  it('is saturated where that share exceeds 1: its queue grows by what it cannot decide', () => {
    const rate = 1.5 / think;
    const left = replicate((replication) => {
      const world = omega(rate, 1, false, replication);
      expect(busyness(world)).toBeGreaterThan(0.99);
      return world.cell.waiting / tasks / 300;
    });
    expectToContain(left, rate - 1 / think, 0.15);
  });

  it('is busy for (1 + conflicts) times as long where transactions conflict', () => {
    const ratio = replicate((replication) => {
      const rate = 1.2 / think;
      const world = omega(rate, 4, true, replication);
      const conflicts = world.statistic('plimsoll_cell_conflict_fraction', 'scheduler=main', 'final') as number;
      expect(conflicts).toBeGreaterThan(0.1);
      return (busyness(world) * 4) / (rate * think * (1 + conflicts));
    });
    expectToContain(ratio, 1, 0.08);
  });
});
