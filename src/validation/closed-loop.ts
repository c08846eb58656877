/** The benchmarks of etcd: operations in a closed loop of k clients over a window after a warm-up. For Poisson arrivals see open-loop.ts. */
import type { Process } from '../engine/index.ts';
import type { SeriesResult, StatisticName } from '../metrics/index.ts';
import { Samples } from './samples.ts';
import type { StoreWorld } from './store-world.ts';

/** Warm-up and window [s]: as long as the shortest windows of the measurements. */
const WARM_UP_S = 0.3;
const WINDOW_S = 1.5;

/** One operation; false = it did not succeed and does not count. */
export type BenchmarkOperation = () => Generator<number, boolean, number>;

/** What a window of a benchmark shows. */
export interface BenchmarkResult {
  readonly samples: Samples;
  /** CPU of the servers for one operation [us]. */
  readonly serverCpu: number;
  /** One statistic of a series over the window. */
  readonly statistic: (metric: string, statistic: StatisticName) => number;
}

/** k clients, each with its next operation when the last one is over. */
export function closedLoop(
  world: StoreWorld,
  clients: number,
  operation: BenchmarkOperation,
  window = WINDOW_S,
): BenchmarkResult {
  const samples = new Samples();
  for (let i = 0; i < clients; i++) world.spawn(client(world, samples, operation));
  return measure(world, samples, window);
}

function* client(world: StoreWorld, samples: Samples, operation: BenchmarkOperation): Process {
  for (;;) yield* timed(world, samples, operation);
}

function* timed(world: StoreWorld, samples: Samples, operation: BenchmarkOperation): Process {
  const began = world.simulation.now;
  if (yield* operation()) samples.record(began, world.simulation.now);
}

/** Lets the warm-up and the window pass, and tells what the window shows. */
export function measure(world: StoreWorld, samples: Samples, window: number): BenchmarkResult {
  world.pass(WARM_UP_S);
  world.recorder.startStatistics();
  const busy = world.serverBusy;
  samples.begin(world.simulation.now);
  world.pass(window);
  samples.end(world.simulation.now);
  const serverCpu = (world.serverBusy - busy) / samples.count / 1000;
  const { series } = world.recorder.result();
  return {
    samples,
    serverCpu,
    statistic: (metric, statistic) =>
      (series.find((one: SeriesResult) => one.metric === metric)?.statistics[statistic] as number | undefined) ??
      Number.NaN,
  };
}
