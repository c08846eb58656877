/**
 * The capacity search against a limit that theory knows. In M/M/c a customer in steady state waits longer than s with probability
 * C(c, a) exp(-(c - a) s / service), C being Erlang's formula: the load at which 90 % of customers wait no longer than s follows exactly.
 * One probe is one customer behind a queue that has settled, so that objectives "hold" with just that probability.
 */
import { describe, expect, it } from 'vitest';
import { createDistribution, RandomStreams, SerialServer } from '../../src/engine/index.ts';
import { parseAxis } from '../../src/experiment/axis.ts';
import { CapacitySearch, type SearchResult } from '../../src/experiment/capacity/index.ts';
import { type SimTime, simTime } from '../../src/units/index.ts';
import { erlangC } from './erlang.ts';

/** Mean service time [ns]. */
const SERVICE = 1e6;
const SERVERS = 4;
/** Longest wait that the objective allows, in service times. */
const BOUND = 0.5;
/** Customers before the one that is looked at: the queue has long settled at the loads near the limit. */
const SETTLING = 2000;

const service = createDistribution({ distribution: 'exponential', mean: SERVICE });

/** Whether the wait of one customer in a replication is within the bound at this offered load. */
function holds(load: number, seed: string, replication: number): boolean {
  const streams = new RandomStreams(seed, replication);
  const [arrivals, services] = [streams.stream('arrivals'), streams.stream('services')];
  const interarrival = createDistribution({ distribution: 'exponential', mean: SERVICE / load });
  const server = new SerialServer(SERVERS);
  let now: SimTime = simTime(0);
  for (let customer = 0; customer < SETTLING; customer++) {
    now = simTime(now + interarrival.sample(arrivals));
    server.reserve(now, service.sample(services));
  }
  now = simTime(now + interarrival.sample(arrivals));
  return server.earliestFree - now <= BOUND * SERVICE;
}

/** The offered load at which a share `probability` of customers waits no longer than the bound, by bisection of the exact formula. */
function exactLimit(probability: number): number {
  let [low, high] = [0, SERVERS];
  for (let i = 0; i < 60; i++) {
    const load = (low + high) / 2;
    const longer = erlangC(SERVERS, load) * Math.exp(-(SERVERS - load) * BOUND);
    if (1 - longer > probability) low = load;
    else high = load;
  }
  return low;
}

function search(seed: string, probability: number, mostProbes: number): SearchResult {
  const axis = parseAxis('load', '0.8..3.9');
  if (axis === undefined) throw new Error('a range');
  const run = new CapacitySearch({ axis, probability, precision: 0.05, mostProbes });
  for (let round = run.nextRound(); round.length > 0; round = run.nextRound()) {
    for (const probe of round) run.record(probe, holds(probe.value, seed, probe.replication));
  }
  return run.result();
}

describe('the limit of M/M/4 with an objective on the wait', () => {
  it.each([0.9, 0.5])(
    'at which a share of %d of customers is served in time lies in the interval in at least 90 of 100 searches',
    (probability) => {
      const limit = exactLimit(probability);
      const results = Array.from({ length: 100 }, (_, i) => search(`capacity ${i + 1}`, probability, 40));
      const found = results.filter(({ low, high }) => low <= limit && limit <= high);
      expect(found.length).toBeGreaterThanOrEqual(90);
      // An interval that is always right because it is wide says nothing.
      const halfWidth = results.reduce((sum, { low, high }) => sum + (high - low) / 2, 0) / results.length;
      expect(halfWidth / limit).toBeLessThan(0.3);
      expect(results.filter(({ ending }) => ending === 'not monotone').length).toBeLessThanOrEqual(2);
    },
    60_000,
  );
});
