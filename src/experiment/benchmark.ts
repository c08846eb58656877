/**
 * The speed of the simulator itself. Nanoseconds differ between machines, so every figure is also given as a multiple of a reference
 * loop (arithmetic and memory, nothing of ours) that is measured in the same run: those multiples compare across machines.
 */
import { Bench } from 'tinybench';
import {
  createDistribution,
  type EventQueue,
  HeapEventQueue,
  RadixLadderEventQueue,
  RandomStreams,
  Simulation,
} from '../engine/index.ts';
import { MetricRecorder } from '../metrics/index.ts';
import type { ResolvedScenario } from '../scenario/resolved-scenario.ts';
import { NS_PER_SECOND, nanoseconds, type SimTime, simTime } from '../units/index.ts';
import { runJob } from './job.ts';
import { createRunControl } from './run-control.ts';
import { DEFAULT_SEED } from './seeds.ts';

/** Speed of one operation of the engine. */
export interface OperationSpeed {
  readonly name: string;
  /** Median time of one operation, the least over the repeats [ns]. */
  readonly nanoseconds: number;
  /** The same in iterations of the reference loop. */
  readonly multiple: number;
}

/** Speed of a whole replication. */
export interface ScenarioSpeed {
  readonly name: string;
  readonly events: number;
  /** The least over the repeats [s]. */
  readonly wallSeconds: number;
  readonly eventsPerSecond: number;
  /** Wall time of one event in iterations of the reference loop. */
  readonly multiple: number;
}

/** What a benchmark yields. */
export interface BenchmarkResult {
  /** Median time of one iteration of the reference loop, the least over the repeats [ns]. */
  readonly referenceNanoseconds: number;
  readonly operations: readonly OperationSpeed[];
  readonly scenarios: readonly ScenarioSpeed[];
}

/** Operations in one measured batch: long against the resolution of the clock. */
const BATCH = 100_000;
/** Time spent on each operation in each repeat [ms]. */
const TIME_PER_OPERATION_MS = 100;
/** Everything is measured this often, in turn: what else the machine does for a moment hits one repeat and not one operation. */
const REPEATS = 5;
const REFERENCE = 'reference loop';

/** Measures the engine's operations and one replication of each scenario, several times in turn; of each the least time counts. */
export function benchmark(scenarios: readonly ResolvedScenario[], say: (text: string) => void): BenchmarkResult {
  const batches = { [REFERENCE]: referenceLoop(), ...operationBatches() };
  const times = new Map<string, number>();
  const events = new Map<string, number>();
  const keep = (name: string, time: number) =>
    times.set(name, Math.min(time, times.get(name) ?? Number.POSITIVE_INFINITY));
  for (let repeat = 1; repeat <= REPEATS; repeat++) {
    say(`repeat ${repeat} of ${REPEATS}`);
    for (const [name, batch] of Object.entries(batches)) keep(name, medianOf(name, batch));
    for (const scenario of scenarios) {
      const { wallSeconds, processed } = runOnce(scenario);
      keep(scenario.name, wallSeconds);
      events.set(scenario.name, processed);
    }
  }
  const reference = times.get(REFERENCE) as number;
  return {
    referenceNanoseconds: reference,
    operations: Object.keys(batches)
      .slice(1)
      .map((name) => operationSpeed(name, times.get(name) as number, reference)),
    scenarios: scenarios.map(({ name }) =>
      scenarioSpeed(name, events.get(name) as number, times.get(name) as number, reference),
    ),
  };
}

/** The least times of two benchmarks of the same things. */
export function fasterOf(one: BenchmarkResult, other: BenchmarkResult): BenchmarkResult {
  const reference = Math.min(one.referenceNanoseconds, other.referenceNanoseconds);
  return {
    referenceNanoseconds: reference,
    operations: one.operations.map(({ name, nanoseconds: time }, i) =>
      operationSpeed(name, Math.min(time, other.operations[i]?.nanoseconds ?? time), reference),
    ),
    scenarios: one.scenarios.map(({ name, events, wallSeconds }, i) =>
      scenarioSpeed(name, events, Math.min(wallSeconds, other.scenarios[i]?.wallSeconds ?? wallSeconds), reference),
    ),
  };
}

function operationSpeed(name: string, time: number, reference: number): OperationSpeed {
  return { name, nanoseconds: time, multiple: time / reference };
}

function medianOf(name: string, batch: () => void): number {
  const bench = new Bench({ time: TIME_PER_OPERATION_MS, warmupTime: TIME_PER_OPERATION_MS / 3 });
  bench.add(name, batch);
  const [task] = bench.runSync();
  const result = task?.result;
  if (result === undefined || !('latency' in result)) throw new Error(`the benchmark ${name} did not run`);
  return (result.latency.p50 * 1e6) / BATCH;
}

/** Multiplications, a data-dependent load and a store per iteration, over a table that fits the second-level cache. */
function referenceLoop(): () => void {
  const table = new Float64Array(2 ** 16);
  let index = 1;
  return () => {
    for (let i = 0; i < BATCH; i++) {
      index = (Math.imul(index, 1_664_525) + 1_013_904_223) >>> 0;
      const cell = index >>> 16;
      table[cell] = (table[cell] as number) * 0.5 + i;
    }
  };
}

function operationBatches(): Record<string, () => void> {
  return {
    'event queue, hold at 1,000 pending': hold(new RadixLadderEventQueue(() => {}), 1_000),
    'event queue, hold at 100,000 pending': hold(new RadixLadderEventQueue(() => {}), 100_000),
    'plain heap, hold at 100,000 pending': hold(new HeapEventQueue(() => {}), 100_000),
    'event scheduled and handled': eventLoop(),
    'sample of a distribution': sampling(),
    'observation in a histogram': observing(),
  };
}

/** Pops the earliest entry and pushes it again, exponential increments. */
function hold(queue: EventQueue, pending: number): () => void {
  const increments = exponentialSpans();
  for (let i = 0; i < pending; i++) queue.push(increments[i & (increments.length - 1)] as number, i);
  let position = 0;
  return () => {
    for (let i = 0; i < BATCH; i++) {
      const handle = queue.pop();
      position = (position + 1) & (increments.length - 1);
      queue.push(queue.poppedKey + (increments[position] as number), handle);
    }
  };
}

/** A thousand lifecycles that schedule themselves again. */
function eventLoop(): () => void {
  const simulation = new Simulation({ seed: DEFAULT_SEED });
  const spans = exponentialSpans();
  let handled = 0;
  const tick = simulation.on('benchmark.tick', (lifecycle) => {
    handled++;
    if (handled % BATCH === 0) simulation.stop('batch done');
    simulation.after(nanoseconds(spans[handled & (spans.length - 1)] as number), tick, lifecycle);
  });
  for (let i = 0; i < 1_000; i++) simulation.after(nanoseconds(spans[i] as number), tick, i);
  return () => simulation.run(simTime(simulation.now + 2 ** 50));
}

function sampling(): () => void {
  const distribution = createDistribution({ distribution: 'exponential', mean: NS_PER_SECOND });
  const stream = new RandomStreams(DEFAULT_SEED, 0).stream('benchmark');
  let sum = 0;
  return () => {
    for (let i = 0; i < BATCH; i++) sum += distribution.sample(stream);
    if (sum < 0) throw new Error('spans are never negative');
  };
}

function observing(): () => void {
  const recorder = new MetricRecorder({ now: 0 as SimTime });
  const series = recorder.histogram('pod_startup_latency_seconds', { phase: 'total' });
  const spans = exponentialSpans();
  return () => {
    for (let i = 0; i < BATCH; i++) series.recordSpan(nanoseconds(spans[i & (spans.length - 1)] as number));
  };
}

/** A power of two of exponential spans with a mean of a second, always the same. */
function exponentialSpans(): Float64Array {
  const distribution = createDistribution({ distribution: 'exponential', mean: NS_PER_SECOND });
  const stream = new RandomStreams(DEFAULT_SEED, 0).stream('benchmark.spans');
  return Float64Array.from({ length: 2 ** 14 }, () => distribution.sample(stream));
}

function runOnce(scenario: ResolvedScenario): { wallSeconds: number; processed: number } {
  const started = performance.now();
  const result = runJob({ scenario, runSeed: DEFAULT_SEED, replication: 1, index: 0 }, createRunControl(1));
  return { wallSeconds: (performance.now() - started) / 1000, processed: result?.events ?? 0 };
}

function scenarioSpeed(name: string, events: number, wallSeconds: number, reference: number): ScenarioSpeed {
  return {
    name,
    events,
    wallSeconds,
    eventsPerSecond: Math.round(events / wallSeconds),
    multiple: (wallSeconds * 1e9) / events / reference,
  };
}
