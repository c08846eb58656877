import { describe, expect, it } from 'vitest';
import {
  createRunControl,
  InThisThread,
  meanIntervalOf,
  objectiveIntervals,
  runScenario,
  runUntilPrecise,
} from '../../src/experiment/index.ts';
import { tenPods } from './executors/ten-pods.ts';

const scenario = {
  ...tenPods,
  replications: 1,
  objectives: [{ metric: 'pod_startup_latency_seconds', labels: { phase: 'total' }, statistic: 'mean', below: 60 }],
};

/** Runs until the mean start is known so precisely. */
async function runTo(precision: number, mostReplications: number) {
  const executor = new InThisThread(createRunControl(mostReplications));
  return await runUntilPrecise(scenario, { seed: '5', executor, precision, mostReplications });
}

describe('replications that are added until an objective is known precisely', () => {
  it('end once half its interval is within the precision, and no replication too many is taken twice', async () => {
    const run = await runTo(0.3, 60);
    const [interval] = objectiveIntervals(run);
    const { mean, low, high, n } = interval as { mean: number; low: number; high: number; n: number };
    expect((high - low) / 2 / mean).toBeLessThanOrEqual(0.3);
    expect(n).toBeGreaterThanOrEqual(4);
    expect(n).toBeLessThan(60);
    expect(run.replications.map(({ replication }) => replication)).toEqual(Array.from({ length: n }, (_, i) => i + 1));
  });

  it('are those of a run with as many from the start', async () => {
    const run = await runTo(0.4, 30);
    const { planned } = run;
    const fixed = await runScenario({ ...scenario, replications: planned }, { seed: '5' });
    const fingerprints = (of: typeof run) => of.replications.map(({ fingerprint }) => fingerprint);
    expect(fingerprints(run)).toEqual(fingerprints(fixed));
  });

  it('end at the most that is allowed, however imprecise it is', async () => {
    const run = await runTo(0.0001, 6);
    expect(run.planned).toBe(6);
  });
});

describe('the interval of a mean', () => {
  it('leaves replications without data out, and does not exist for one', () => {
    expect(meanIntervalOf([3, undefined])).toEqual({ mean: 3, n: 1, sd: undefined, low: undefined, high: undefined });
    // Student's t with two degrees of freedom: 4.3027 times the standard error of 1 / sqrt 3.
    const { low, high } = meanIntervalOf([1, 2, undefined, 3]);
    expect(high as number).toBeCloseTo(2 + 4.302653 / Math.sqrt(3), 5);
    expect(low as number).toBeCloseTo(2 - 4.302653 / Math.sqrt(3), 5);
  });
});
