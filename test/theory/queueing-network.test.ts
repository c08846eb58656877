/** Laws of queueing networks, on models made of events: Little, Jackson, cores that are shared, and two choices. */
import { describe, expect, it } from 'vitest';
import {
  createDistribution,
  type DistributionSpec,
  type EventType,
  Simulation,
  TimeSharing,
} from '../../src/engine/index.ts';
import { nanoseconds, type SimTime, simTime } from '../../src/units/index.ts';
import { expectToContain, replicate } from './confidence.ts';

const SERVICE = 1e6;
/** A slice that no job needs to the end. */
const WHOLE = 1e15;

/** A FIFO station with one server in events, that keeps the integral of the customers it holds. */
class Station {
  /** Customers present [customer], state. */
  present = 0;
  /** Integral of the customers present [customer ns], statistic. */
  integral = 0;
  private changedAt = 0;
  private readonly simulation: Simulation;
  private readonly waiting: number[] = [];
  private readonly served: EventType;
  private readonly service: () => number;

  constructor(simulation: Simulation, name: string, onServed: (customer: number) => void) {
    this.simulation = simulation;
    const stream = simulation.streams.stream(name);
    const distribution = createDistribution({ distribution: 'exponential', mean: SERVICE });
    this.service = () => distribution.sample(stream);
    this.served = simulation.on(`${name}.served`, (customer) => {
      this.waiting.shift();
      this.count(-1);
      if (this.present > 0) this.start();
      onServed(customer);
    });
  }

  arrive(customer: number): void {
    this.waiting.push(customer);
    this.count(1);
    if (this.present === 1) this.start();
  }

  count(change: number): void {
    this.integral += this.present * (this.simulation.now - this.changedAt);
    this.changedAt = this.simulation.now;
    this.present += change;
  }

  private start(): void {
    this.simulation.after(nanoseconds(this.service()), this.served, this.waiting[0] as number);
  }
}

/** Lets customers arrive in a Poisson stream until an instant; afterwards the model drains. */
function poissonArrivals(
  simulation: Simulation,
  rate: number,
  until: SimTime,
  onArrival: (customer: number) => void,
): void {
  const stream = simulation.streams.stream('arrivals');
  const interarrival = createDistribution({ distribution: 'exponential', mean: SERVICE / rate });
  let customers = 0;
  const arrived = simulation.on('arrived', () => {
    onArrival(customers++);
    const next = simTime(simulation.now + interarrival.sample(stream));
    if (next <= until) simulation.at(next, arrived);
  });
  simulation.after(interarrival.sample(stream), arrived);
}

describe("Little's law", () => {
  it('holds exactly from one idle moment to another: the integral of customers is the sum of their sojourns', () => {
    const simulation = new Simulation({ seed: 'little' });
    const arrivedAt: number[] = [];
    let sojourns = 0;
    const station = new Station(simulation, 'station', (customer) => {
      sojourns += simulation.now - (arrivedAt[customer] as number);
    });
    poissonArrivals(simulation, 0.9, simTime(20_000 * SERVICE), (customer) => {
      arrivedAt.push(simulation.now);
      station.arrive(customer);
    });
    simulation.run(simTime(40_000 * SERVICE));
    expect([station.present, simulation.pendingEvents]).toEqual([0, 0]);
    expect(arrivedAt.length).toBeGreaterThan(17_000);
    // Whole nanoseconds below 2^53: not nearly equal, but equal.
    expect(station.integral).toBe(sojourns);
  });
});

describe("Jackson's theorem", () => {
  const load = 0.7;

  /** Mean of what is observed each 50 service times at a tandem of three stations. */
  const observe = (what: (present: readonly number[]) => number) =>
    replicate((replication) => {
      const simulation = new Simulation({ seed: 'jackson', replication });
      const stations: Station[] = [0, 1, 2].map(
        (i) => new Station(simulation, `station-${i}`, (customer) => stations[i + 1]?.arrive(customer)),
      );
      poissonArrivals(simulation, load, simTime(1e15), (customer) => (stations[0] as Station).arrive(customer));
      simulation.run(simTime(500 * SERVICE));
      let sum = 0;
      const observations = 800;
      for (let i = 0; i < observations; i++) {
        simulation.run(simTime(simulation.now + 50 * SERVICE));
        sum += what(stations.map(({ present }) => present));
      }
      return sum / observations;
    });

  it('gives each station of a tandem the customers that it would have alone', () => {
    for (const i of [0, 1, 2])
      expectToContain(
        observe((present) => present[i] as number),
        load / (1 - load),
        0.08,
      );
  });

  it('makes the stations independent at an instant: all idle with the product of the probabilities', () => {
    const allIdle = observe((present) => (present.every((customers) => customers === 0) ? 1 : 0));
    expectToContain(allIdle, (1 - load) ** 3, 0.2);
    const lastTwoBusy = observe((present) => ((present[1] as number) > 0 && (present[2] as number) > 0 ? 1 : 0));
    expectToContain(lastTwoBusy, load ** 2, 0.04);
  });
});

describe('cores that threads have in turn', () => {
  /** Mean of a statistic over the jobs of an M/G/c queue whose jobs have a core for a slice at a time; sojourn and work are in service times. */
  const observe = (
    service: DistributionSpec,
    load: number,
    cores: number,
    slice: number,
    what: (sojourn: number, work: number) => number,
    jobs = 50_000,
  ) =>
    replicate((replication) => {
      const simulation = new Simulation({ seed: 'sharing', replication });
      const services = simulation.streams.stream('services');
      const serviceTime = createDistribution(service);
      const startedAt: number[] = [];
      const works: number[] = [];
      let sum = 0;
      let count = 0;
      const cpu = new TimeSharing(simulation, 'cpu', cores, slice, (_, customer) => {
        const sojourn = simulation.now - (startedAt[customer] as number);
        sum += what(sojourn / SERVICE, (works[customer] as number) / SERVICE);
        count++;
      });
      poissonArrivals(simulation, load * cores, simTime(jobs * SERVICE), (customer) => {
        const work = serviceTime.sample(services);
        startedAt.push(simulation.now);
        works.push(work);
        cpu.start(nanoseconds(work), customer);
      });
      simulation.run(simTime(1e15));
      expect(count).toBe(startedAt.length);
      return sum / count;
    });

  const exponential: DistributionSpec = { distribution: 'exponential', mean: SERVICE };
  const constant: DistributionSpec = { distribution: 'constant', value: SERVICE };
  const bursty: DistributionSpec = { distribution: 'gamma', shape: 0.4, mean: SERVICE };
  const sojourn = (span: number) => span;

  it('have in M/M/1 the mean sojourn of M/M/1, whatever the slice', () => {
    for (const load of [0.3, 0.7]) {
      for (const slice of [SERVICE / 2, WHOLE])
        expectToContain(observe(exponential, load, 1, slice, sojourn), 1 / (1 - load));
    }
  });

  it('have without slices the waiting time of Pollaczek and Khinchine', () => {
    const load = 0.7;
    expectToContain(observe(constant, load, 1, WHOLE, sojourn), 1 + load / (2 * (1 - load)), 0.04);
    const squaredVariation = 1 / 0.4;
    expectToContain(
      observe(bursty, load, 1, WHOLE, sojourn),
      1 + (load * (1 + squaredVariation)) / (2 * (1 - load)),
      0.08,
    );
  });

  it('come with small slices to a CPU that is shared equally, which does not care for the distribution of the work', () => {
    const load = 0.6;
    expectToContain(observe(bursty, load, 1, SERVICE / 50, sojourn, 5_000), 1 / (1 - load), 0.08);
  });

  it('have on two cores the mean sojourn of M/M/2', () => {
    const load = 0.75;
    for (const slice of [SERVICE / 2, WHOLE])
      expectToContain(observe(exponential, load, 2, slice, sojourn), 1 / (1 - load ** 2));
  });
});

describe('the supermarket model', () => {
  it('leaves a share load^(2^k - 1) of the queues with k or more customers, if each picks the shorter of two', () => {
    const load = 0.8;
    const queues = 400;
    const shares = [1, 2, 3].map((k) =>
      replicate((replication) => {
        const simulation = new Simulation({ seed: `supermarket-${k}`, replication });
        const choices = simulation.streams.stream('choices');
        const stations = Array.from({ length: queues }, (_, i) => new Station(simulation, `queue-${i}`, () => {}));
        poissonArrivals(simulation, load * queues, simTime(1e15), (customer) => {
          const one = stations[Math.floor(choices.next() * queues)] as Station;
          const two = stations[Math.floor(choices.next() * queues)] as Station;
          (one.present <= two.present ? one : two).arrive(customer);
        });
        simulation.run(simTime(20 * SERVICE));
        let sum = 0;
        for (let i = 0; i < 20; i++) {
          simulation.run(simTime(simulation.now + 2 * SERVICE));
          sum += stations.filter(({ present }) => present >= k).length / queues;
        }
        return sum / 20;
      }),
    );
    // The law is that of infinitely many queues; with 400 its error is of the order of 1/400.
    shares.forEach((share, i) => {
      const theory = load ** (2 ** (i + 1) - 1);
      expect(Math.abs(share.mean - theory)).toBeLessThan(share.halfWidth + theory / 50);
      expect(share.halfWidth / theory).toBeLessThan(0.1);
    });
  });
});
