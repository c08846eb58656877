/** Mean waits in the queues that theory knows, each within an interval of 99.9 % confidence from 30 replications. */
import { describe, it } from 'vitest';
import { createDistribution, type DistributionSpec, RandomStreams, SerialServer } from '../../src/engine/index.ts';
import { type SimTime, simTime } from '../../src/units/index.ts';
import { expectToContain, replicate } from './confidence.ts';
import { erlangC } from './erlang.ts';

/** Mean service time [ns]: a millisecond, so that rounding to nanoseconds is far below the noise. */
const SERVICE = 1e6;

/** Mean wait, in service times, of Poisson arrivals at c servers that are busy a share `load` of the time. */
function meanWait(service: DistributionSpec, servers: number, load: number, customers: number) {
  const interarrival = createDistribution({ distribution: 'exponential', mean: SERVICE / (load * servers) });
  const serviceTime = createDistribution(service);
  return replicate((replication) => {
    const streams = new RandomStreams('waiting', replication);
    const arrivals = streams.stream('arrivals');
    const services = streams.stream('services');
    const server = new SerialServer(servers);
    let now: SimTime = simTime(0);
    const warmUp = customers / 10;
    let waitedBefore = 0;
    for (let customer = 0; customer < customers + warmUp; customer++) {
      if (customer === warmUp) waitedBefore = server.waitingSum;
      now = simTime(now + interarrival.sample(arrivals));
      server.reserve(now, serviceTime.sample(services));
    }
    return (server.waitingSum - waitedBefore) / customers / SERVICE;
  });
}

describe('the mean wait', () => {
  const exponential: DistributionSpec = { distribution: 'exponential', mean: SERVICE };

  it.each([0.3, 0.8])('in M/M/1 at load %d is load / (1 - load) service times', (load) => {
    expectToContain(meanWait(exponential, 1, load, 400_000), load / (1 - load));
  });

  it.each([
    [2, 0.7],
    [8, 0.85],
  ])('in M/M/%d at load %d follows Erlang', (servers, load) => {
    const theory = erlangC(servers, servers * load) / (servers * (1 - load));
    expectToContain(meanWait(exponential, servers, load, 400_000), theory);
  });

  it('in M/D/1 is half that of M/M/1', () => {
    const load = 0.8;
    expectToContain(meanWait({ distribution: 'constant', value: SERVICE }, 1, load, 400_000), load / (1 - load) / 2);
  });

  it.each([
    [{ distribution: 'gamma', shape: 0.5, mean: SERVICE } as const, 2],
    [{ distribution: 'gamma', shape: 4, mean: SERVICE } as const, 0.25],
    [{ distribution: 'uniform', min: 0, max: 2 * SERVICE } as const, 1 / 3],
  ])('in M/G/1 follows Pollaczek and Khinchine: %o', (service, squaredVariation) => {
    const load = 0.7;
    expectToContain(meanWait(service, 1, load, 400_000), ((load / (1 - load)) * (1 + squaredVariation)) / 2);
  });
});
