/**
 * Operations that begin at Poisson arrivals, however many are under way; each counts from the instant at which it was due.
 *
 * The load generator is one process: while it sleeps its timers end at whole milliseconds after it fell asleep, because that is how long it may wait for
 * its sockets; an answer that comes meanwhile wakes it, and what is due by then begins (Go: src/runtime/netpoll_epoll.go:netpoll, a timeout in
 * milliseconds of which the least is one).
 */
import { createDistribution, type Process } from '../engine/index.ts';
import { NS_PER_MILLISECOND } from '../units/index.ts';
import { type BenchmarkOperation, type BenchmarkResult, measure } from './closed-loop.ts';
import { Samples } from './samples.ts';
import type { StoreWorld } from './store-world.ts';

/** The load generator. */
class ArrivalGenerator {
  private readonly world: StoreWorld;
  private readonly operation: BenchmarkOperation;
  private readonly samples: Samples;
  /** Time to the next arrival [ns]. */
  private readonly nextGap: () => number;
  /** When the next operation is due [ns], and which sleep the process is in, state. */
  private due: number;
  private sleeps = 0;

  constructor(world: StoreWorld, rate: number, operation: BenchmarkOperation, samples: Samples) {
    const gap = createDistribution({ distribution: 'exponential', mean: 1e9 / rate });
    const arrivals = world.simulation.streams.stream('arrivals');
    this.world = world;
    this.operation = operation;
    this.samples = samples;
    this.nextGap = () => gap.sample(arrivals);
    this.due = world.simulation.now + this.nextGap();
    this.wake();
  }

  /** What is due begins, and the process goes back to sleep. */
  private wake(): void {
    const { world } = this;
    for (; this.due <= world.simulation.now; this.due += this.nextGap()) world.spawn(this.perform(this.due));
    this.sleeps++;
    world.spawn(this.sleep(this.sleeps));
  }

  /** Sleeps until the next operation is due, in whole milliseconds, unless something else wakes the process. */
  private *sleep(number: number): Process {
    const whole = Math.floor((this.due - this.world.simulation.now) / NS_PER_MILLISECOND);
    yield Math.max(1, whole) * NS_PER_MILLISECOND;
    if (number === this.sleeps) this.wake();
  }

  private *perform(due: number): Process {
    if (yield* this.operation()) this.samples.record(due, this.world.simulation.now);
    this.wake();
  }
}

/** Operations at a rate over a window. */
export function openLoop(
  world: StoreWorld,
  rate: number,
  operation: BenchmarkOperation,
  window: number,
): BenchmarkResult {
  const samples = new Samples();
  new ArrivalGenerator(world, rate, operation, samples);
  return measure(world, samples, window);
}
