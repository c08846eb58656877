/**
 * The shapes of the Omega study's figures (EuroSys 2013, section 4 and 5.2), at a small size: who makes whom wait, and what raises conflicts. Its
 * absolute numbers need workloads that are not public; which is larger, and by how much at least, does not. Means over paired replications.
 */
import { describe, expect, it } from 'vitest';
import type { AlgorithmSettings } from '../../src/components/kube-scheduler/index.ts';
import type { ArchitectureName } from '../../src/components/scheduling-cell/index.ts';
import { seconds } from '../../src/units/index.ts';
import { CellWorld, type ShortJob } from '../components/scheduling-cell/cell-world.ts';
import { poissonJobs } from './cell-load.ts';

const REPLICATIONS = 4;
const END = 1_500;

/** The mean of a measure over the replications. */
function mean(measure: (replication: number) => number): number {
  return (
    Array.from({ length: REPLICATIONS }, (_, replication) => measure(replication)).reduce((a, b) => a + b) /
    REPLICATIONS
  );
}

function constant(span: number) {
  return { distribution: 'constant', value: seconds(span) } as const;
}

/** A scheduler of a class of jobs, with its decision time per job [s]. */
function scheduler(name: string, architecture: ArchitectureName, perJob: number, settings: AlgorithmSettings = {}) {
  const random = { placement: 'random-fit' };
  return {
    name,
    architecture,
    settings: { ...random, decisionTimePerJob: constant(perJob), decisionTimePerTask: constant(0.005), ...settings },
  };
}

describe('who makes whom wait, when service jobs take 20 s to decide on', () => {
  const BATCH = 0.1;
  const SERVICE = 20;
  const onePath = (perJob: number) => [scheduler('batch', 'monolithic', perJob)];
  const two = (architecture: ArchitectureName) => [
    scheduler('batch', architecture, BATCH),
    scheduler('service', architecture, SERVICE),
  ];

  /** A cell that is 60 % full before the first job comes; returns the world after its run. */
  function run(schedulers: ReturnType<typeof two>, replication: number): CellWorld {
    const world = new CellWorld(schedulers, 'omega-shapes', [], replication);
    world.nodes(200, 4, 16);
    world.world.preload(world.specification({ tasks: 480, memory: 2, scheduler: 'batch', className: 'prefill' }));
    const carriers = {
      simulation: world.simulation,
      world: world.world,
      specification: world.specification.bind(world),
    };
    const batch: ShortJob = { tasks: 5, memory: 2, scheduler: 'batch', className: 'batch' };
    poissonJobs(carriers, batch, { distribution: 'exponential', mean: 30e9 }, 0.5, END);
    const service: ShortJob = {
      tasks: 5,
      memory: 2,
      scheduler: schedulers.length > 1 ? 'service' : 'batch',
      className: 'service',
    };
    // A single scheduler with a fast path is told by the job how long to think about it.
    const decisionTime = { perJob: seconds(SERVICE), perTask: seconds(0.005) };
    const isMultiPath = schedulers.length === 1 && schedulers[0]?.settings.decisionTimePerJob.value === seconds(BATCH);
    const carried = {
      ...carriers,
      specification: (job: ShortJob) => ({ ...world.specification(job), ...(isMultiPath ? { decisionTime } : {}) }),
    };
    poissonJobs(carried, service, { distribution: 'exponential', mean: 600e9 }, 0.02, END);
    world.run(END);
    return world;
  }

  const batchWait = (schedulers: ReturnType<typeof two>) =>
    mean(
      (replication) =>
        run(schedulers, replication).statistic(
          'plimsoll_cell_job_wait_seconds',
          'class=batch;until=all_tasks',
          'mean',
        ) as number,
    );

  it('batch jobs wait long with one scheduler, less with a fast path or with offers, and not at all with shared state', () => {
    const waits = {
      single: batchWait(onePath(SERVICE)),
      multi: batchWait(onePath(BATCH)),
      mesos: batchWait(two('mesos')),
      omega: batchWait(two('omega')),
    };
    const text = JSON.stringify(waits);
    expect(waits.single, text).toBeGreaterThan(20 * waits.multi);
    expect(waits.multi, text).toBeGreaterThan(5 * waits.omega);
    expect(waits.mesos, text).toBeGreaterThan(5 * waits.omega);
    // Its own decision, and hardly anything beside.
    expect(waits.omega, text).toBeLessThan(2 * (BATCH + 5 * 0.005));
  });
});

describe('what raises conflicts', () => {
  /** Eight processes over a nearly full cell; returns the busyness of one and the conflicts per success. */
  function contention(replicas: number, settings: AlgorithmSettings, rate = 6) {
    const measure = (statistic: 'busyness' | 'conflicts') =>
      mean((replication) => {
        const world = new CellWorld(
          [{ ...scheduler('main', 'omega', 0.5, settings), replicas }],
          'conflicts',
          [],
          replication,
        );
        world.nodes(50, 4, 16);
        const carriers = {
          simulation: world.simulation,
          world: world.world,
          specification: world.specification.bind(world),
        };
        poissonJobs(carriers, { tasks: 3, memory: 2 }, { distribution: 'exponential', mean: 9e9 }, rate, 300);
        world.run(300);
        return statistic === 'busyness'
          ? (world.statistic('plimsoll_cell_scheduler_busyness', 'scheduler=main', 'mean') as number)
          : (world.statistic('plimsoll_cell_conflict_fraction', 'scheduler=main', 'final') as number);
      });
    return { busyness: measure('busyness'), conflicts: measure('conflicts') };
  }

  it('coarse detection at least doubles them, and they rise with the rate of jobs', () => {
    const fine = contention(8, {}).conflicts;
    const coarse = contention(8, { conflicts: 'coarse' }).conflicts;
    const rare = contention(8, { conflicts: 'coarse' }, 2).conflicts;
    const text = JSON.stringify({ fine, coarse, rare });
    expect(coarse, text).toBeGreaterThan(2 * fine);
    expect(coarse, text).toBeGreaterThan(2 * rare);
  });

  it('all-or-nothing transactions meet more of them than incremental ones, which keep what did not conflict', () => {
    const incremental = contention(8, { conflicts: 'coarse' }).conflicts;
    const allOrNothing = contention(8, { conflicts: 'coarse', transactions: 'allOrNothing' }).conflicts;
    expect(allOrNothing).toBeGreaterThan(1.3 * incremental);
  });

  it('each of twice as many schedulers is half as busy', () => {
    const [eight, sixteen] = [contention(8, {}).busyness, contention(16, {}).busyness];
    expect(sixteen / eight).toBeGreaterThan(0.45);
    expect(sixteen / eight).toBeLessThan(0.6);
  });
});
