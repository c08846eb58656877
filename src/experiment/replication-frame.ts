/** What replications of all worlds have in common: options, samples over time, progress. */
import type { EventType, Simulation } from '../engine/index.ts';
import type { MetricRecorder } from '../metrics/index.ts';
import type { ResolvedScenario } from '../scenario/resolved-scenario.ts';
import { type Nanoseconds, NS_PER_SECOND, nanoseconds, plus, type SimTime, START_OF_RUN } from '../units/index.ts';
import type { JobProgress } from './run-control.ts';

/** How to run one replication. */
export interface ReplicationOptions {
  readonly seed: string;
  /** Number of the replication, from 1. */
  readonly replication: number;
  /** A pod whose way through the schedulers is to be told: "namespace/name". */
  readonly explainPod?: string;
  /** Event queue; both give the same results. */
  readonly queue?: 'radix-ladder' | 'heap';
  /** Told how far the run is, every {@link PROGRESS_EVERY} events; false stops it. */
  readonly onProgress?: (progress: JobProgress) => boolean;
}

/** Events between two looks at progress. */
const PROGRESS_EVERY = 50_000;
/** Most samples in a time series. */
const MOST_SAMPLES = 2000;
/** Sampling intervals that are tried, in seconds: 1, 2, 5, 10, … */
const INTERVAL_STEPS = [1, 2, 5] as const;

/** The smallest interval of 1, 2, 5, 10, … s that keeps a series of `span` within 2,000 samples. */
export function samplingInterval(span: Nanoseconds): Nanoseconds {
  for (let decade = 1; ; decade *= 10) {
    for (const step of INTERVAL_STEPS) {
      const interval = step * decade * NS_PER_SECOND;
      if (span / interval <= MOST_SAMPLES) return nanoseconds(interval);
    }
  }
}

/** Has the recorder take its samples over a run of this length. */
export function planSamples(simulation: Simulation, recorder: MetricRecorder, until: Nanoseconds): void {
  const interval = samplingInterval(until);
  const sample = simulation.on('experiment: sample', () => {
    recorder.sample();
    simulation.after(interval, sample);
  });
  simulation.after(interval, sample);
}

/** Tells of progress, if somebody wants to know; `stopped` is called when they want no more. */
export function watchProgress(simulation: Simulation, { onProgress }: ReplicationOptions, stopped: () => void): void {
  if (onProgress === undefined) return;
  simulation.everyEvents(PROGRESS_EVERY, () => {
    const goesOn = onProgress({ virtualTime: simulation.now, events: simulation.eventsProcessed });
    if (!goesOn) stopped();
    return goesOn;
  });
}

/** When the statistics of a replication begin: `warmUp` after its first measured operation has begun, or after t = 0 where nothing is measured. */
export class StatisticsStart {
  private readonly simulation: Simulation;
  private readonly scenario: ResolvedScenario;
  private readonly begin: () => void;
  private readonly evBegin: EventType;
  private isMeasuring = false;
  /** When they began, state. */
  from: SimTime = START_OF_RUN;

  /** `begin` is called when they do. */
  constructor(simulation: Simulation, scenario: ResolvedScenario, begin: () => void) {
    this.simulation = simulation;
    this.scenario = scenario;
    this.begin = begin;
    this.evBegin = simulation.on('experiment: statistics begin', () => this.start());
  }

  /** Before the run. */
  plan(): void {
    const { operations, warmUp } = this.scenario;
    const isMeasured = operations.some((operation) => 'measure' in operation && operation.measure);
    if (!isMeasured && warmUp > 0) this.simulation.after(warmUp, this.evBegin);
  }

  /** A measured operation begins; only the first one counts. */
  measured(): void {
    if (this.isMeasuring) return;
    this.isMeasuring = true;
    const { warmUp } = this.scenario;
    if (warmUp > 0) this.simulation.at(plus(this.simulation.now, warmUp), this.evBegin);
    else this.start();
  }

  private start(): void {
    this.from = this.simulation.now;
    this.begin();
  }
}
