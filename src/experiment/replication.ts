/** One replication: a cluster is put together, the operations are carried out, and what was measured is handed over. */
import { ControlPlane } from '../components/control-plane.ts';
import { type EventType, Simulation } from '../engine/index.ts';
import { TemplateRegistry } from '../manifests/index.ts';
import { MetricRecorder } from '../metrics/index.ts';
import {
  Execution,
  notesOnLateOperations,
  preloadAll,
  recordUnmet,
  runOperations,
} from '../scenario/execution/index.ts';
import { csiDriversOf, materialiseParameters, schedulersOf, webhooksOf } from '../scenario/index.ts';
import type { ResolvedScenario } from '../scenario/resolved-scenario.ts';
import {
  type Nanoseconds,
  NS_PER_SECOND,
  nanoseconds,
  plus,
  type SimTime,
  START_OF_RUN,
  simTime,
} from '../units/index.ts';
import { happeningsOf, recoveriesOf } from './recovery.ts';
import type { EndReason, ReplicationResult } from './replication-result.ts';
import type { JobProgress } from './run-control.ts';
import { SAMPLE_INTERVAL, ServiceSampler } from './service-samples.ts';

/** How to run one replication. */
export interface ReplicationOptions {
  readonly seed: string;
  /** Number of the replication, from 1. */
  readonly replication: number;
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

/** Runs one replication of a scenario. Throws an InvariantViolation if the simulator breaks one of its own. */
export function runReplication(scenario: ResolvedScenario, options: ReplicationOptions): ReplicationResult {
  return new Replication(scenario, options).run();
}

/** The smallest interval of 1, 2, 5, 10, … s that keeps a series of `span` within 2,000 samples. */
export function samplingInterval(span: Nanoseconds): Nanoseconds {
  for (let decade = 1; ; decade *= 10) {
    for (const step of INTERVAL_STEPS) {
      const interval = step * decade * NS_PER_SECOND;
      if (span / interval <= MOST_SAMPLES) return nanoseconds(interval);
    }
  }
}

/** A replication while it runs. */
class Replication {
  private readonly scenario: ResolvedScenario;
  private readonly options: ReplicationOptions;
  private readonly simulation: Simulation;
  private readonly recorder: MetricRecorder;
  private readonly cluster: ControlPlane;
  private readonly execution: Execution;
  private readonly service: ServiceSampler;
  /** When statistics began, state. */
  private statisticsFrom: SimTime = START_OF_RUN;
  private isMeasuring = false;
  private isStopped = false;
  /** Event with which statistics begin after the warm-up. */
  private readonly evStatistics: EventType;

  constructor(scenario: ResolvedScenario, options: ReplicationOptions) {
    this.scenario = scenario;
    this.options = options;
    const { seed, replication, queue } = options;
    this.simulation = new Simulation({ seed, replication, ...(queue === undefined ? {} : { queue }) });
    this.recorder = new MetricRecorder(this.simulation);
    const templates = new TemplateRegistry(scenario.templates);
    this.cluster = new ControlPlane({
      simulation: this.simulation,
      recorder: this.recorder,
      parameters: materialiseParameters(scenario.parameters),
      schedulers: schedulersOf(scenario),
      customResources: scenario.customResources,
      webhooks: webhooksOf(scenario),
      flowControl: scenario.flowControl,
      csiDrivers: csiDriversOf(scenario.operations),
      deriveTemplate: (template, change) => templates.derived(template, change),
    });
    this.service = new ServiceSampler(this.recorder, this.cluster);
    this.evStatistics = this.simulation.on('experiment: statistics begin', () => this.startStatistics());
    this.execution = new Execution(this.cluster, templates, () => this.onMeasure());
  }

  run(): ReplicationResult {
    const { simulation, scenario } = this;
    preloadAll(this.execution, scenario.operations);
    this.cluster.start();
    this.planSamples();
    if (scenario.operations.some(({ kind }) => kind === 'fault')) this.observeService();
    if (!scenario.operations.some((operation) => 'measure' in operation && operation.measure) && scenario.warmUp > 0) {
      simulation.after(scenario.warmUp, this.evStatistics);
    }
    this.watchProgress();
    simulation.processes.spawn(
      'scenario',
      runOperations(this.execution, scenario.operations, () => simulation.stop('operations done')),
    );
    // Operations that are all done before time begins stop nothing: what they set up is watched until the end.
    simulation.run(simTime(scenario.until));
    const ending = simulation.stopReason === undefined ? 'until reached' : 'operations done';
    recordUnmet(this.execution, scenario.operations);
    const concluded = this.cluster.census.conclude();
    this.recorder.sample();
    simulation.checkInvariants();
    return this.result(this.isStopped ? 'interrupted' : ending, concluded);
  }

  private planSamples(): void {
    const { simulation } = this;
    const interval = samplingInterval(this.scenario.until);
    const sample = simulation.on('experiment: sample', () => {
      this.recorder.sample();
      simulation.after(interval, sample);
    });
    simulation.after(interval, sample);
  }

  private observeService(): void {
    const { simulation, service } = this;
    const sample = simulation.on('experiment: sample of the service', () => {
      service.sample();
      simulation.after(SAMPLE_INTERVAL, sample);
    });
    simulation.after(SAMPLE_INTERVAL, sample);
  }

  private watchProgress(): void {
    const { onProgress } = this.options;
    if (onProgress === undefined) return;
    this.simulation.everyEvents(PROGRESS_EVERY, () => {
      const goesOn = onProgress({ virtualTime: this.simulation.now, events: this.simulation.eventsProcessed });
      if (!goesOn) this.isStopped = true;
      return goesOn;
    });
  }

  /** The first measured operation begins; statistics follow after the warm-up. */
  private onMeasure(): void {
    if (this.isMeasuring) return;
    this.isMeasuring = true;
    const { warmUp } = this.scenario;
    if (warmUp > 0) this.simulation.at(plus(this.simulation.now, warmUp), this.evStatistics);
    else this.startStatistics();
  }

  private startStatistics(): void {
    this.statisticsFrom = this.simulation.now;
    this.recorder.startStatistics();
    this.cluster.waits.startStatistics();
  }

  private result(endReason: EndReason, concluded: readonly string[]): ReplicationResult {
    const { simulation, options, cluster, execution } = this;
    const { entries } = cluster.store.timeline;
    const recoveries = recoveriesOf(entries, this.service);
    return {
      replication: options.replication,
      seed: options.seed,
      endReason,
      endTime: nanoseconds(simulation.now),
      statisticsFrom: nanoseconds(this.statisticsFrom),
      metrics: this.recorder.result(),
      barriers: execution.barriers.map(({ began, at, ...barrier }) => ({
        ...barrier,
        began: nanoseconds(began),
        at: nanoseconds(at),
      })),
      flows: cluster.waits.result(),
      events: simulation.eventsProcessed,
      fingerprint: simulation.fingerprint(),
      timeline: [...entries, ...happeningsOf(recoveries)].sort((a, b) => a.at - b.at),
      recoveries,
      notes: [
        ...cluster.store.notes,
        ...cluster.servers.flatMap((server) => server.notes),
        ...execution.allNotes(),
        ...notesOnLateOperations(this.scenario.operations, this.scenario.until),
        ...concluded,
      ],
    };
  }
}
