/**
 * Intervals hold what they claim: in M/M/1, where theory knows the mean wait, of 1,000 experiments with replications of their own, 93 to 97 % have
 * it in their 95 % interval.
 */
import { describe, expect, it } from 'vitest';
import { createDistribution, RandomStreams, SerialServer } from '../../src/engine/index.ts';
import { bootstrapInterval, meanIntervalOf } from '../../src/experiment/statistics/index.ts';
import { type SimTime, simTime } from '../../src/units/index.ts';

/** Mean service time [ns]. */
const SERVICE = 1e6;
const LOAD = 0.5;
/** Mean wait of M/M/1 at this load, in service times. */
const THEORY = LOAD / (1 - LOAD);
/** Customers that are not counted while the queue settles, and those that are. */
const SETTLING = 200;
const COUNTED = 800;

const service = createDistribution({ distribution: 'exponential', mean: SERVICE });
const interarrival = createDistribution({ distribution: 'exponential', mean: SERVICE / LOAD });

/** Mean wait of one replication. */
function meanWait(experiment: number, replication: number): number {
  const streams = new RandomStreams(`coverage ${experiment}`, replication);
  const [arrivals, services] = [streams.stream('arrivals'), streams.stream('services')];
  const server = new SerialServer(1);
  let now: SimTime = simTime(0);
  let before = 0;
  for (let customer = 0; customer < SETTLING + COUNTED; customer++) {
    if (customer === SETTLING) before = server.waitingSum;
    now = simTime(now + interarrival.sample(arrivals));
    server.reserve(now, service.sample(services));
  }
  return (server.waitingSum - before) / COUNTED / SERVICE;
}

const experiments = Array.from({ length: 1000 }, (_, experiment) =>
  Array.from({ length: 10 }, (_, replication) => meanWait(experiment, replication)),
);

describe('of 1,000 intervals from ten replications of M/M/1', () => {
  it("93 to 97 % of Student's t hold the mean wait", () => {
    const held = experiments.filter((values) => {
      const { low, high } = meanIntervalOf(values);
      return (low as number) <= THEORY && THEORY <= (high as number);
    });
    expect(held.length).toBeGreaterThanOrEqual(930);
    expect(held.length).toBeLessThanOrEqual(970);
  });

  it('about 90 % by bootstrap hold it, which is known to be too sure with so few', () => {
    const stream = new RandomStreams('bootstrap', 0).stream('draws');
    const held = experiments.filter((values) => {
      const mean = (drawn: Int32Array) => drawn.reduce((sum, i) => sum + (values[i] as number), 0) / drawn.length;
      const [low, high] = bootstrapInterval(values.length, mean, { confidence: 0.95, resamples: 400, stream });
      return low <= THEORY && THEORY <= high;
    });
    expect(held.length).toBeGreaterThanOrEqual(870);
    expect(held.length).toBeLessThanOrEqual(950);
  });
});
