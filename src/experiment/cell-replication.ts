/** One replication of a scenario in a scheduling cell: schedulers, nodes and jobs, without a control plane. */
import { SchedulingCell } from '../components/scheduling-cell/index.ts';
import { Simulation } from '../engine/index.ts';
import { TemplateRegistry } from '../manifests/index.ts';
import { MetricRecorder } from '../metrics/index.ts';
import {
  CellExecution,
  preloadCell,
  recordUnmetInCell,
  runCellOperations,
  typicalPodsOfOperations,
} from '../scenario/cell-execution/index.ts';
import { notesOnLateOperations } from '../scenario/execution/index.ts';
import { cellSchedulersOf, materialiseParameters } from '../scenario/index.ts';
import type { ResolvedScenario } from '../scenario/resolved-scenario.ts';
import { nanoseconds, seconds, simTime } from '../units/index.ts';
import { planSamples, type ReplicationOptions, StatisticsStart, watchProgress } from './replication-frame.ts';
import type { ReplicationResult } from './replication-result.ts';

/** How often the use of nodes is measured where jobs say what they use: as a metrics server does. */
const USAGE_PERIOD = seconds(60);

/** Runs one replication. Throws an InvariantViolation if the simulator breaks one of its own. */
export function runCellReplication(scenario: ResolvedScenario, options: ReplicationOptions): ReplicationResult {
  return new CellReplication(scenario, options).run();
}

/** A replication while it runs. Exported for those who want to look into the cell: validation and tests. */
export class CellReplication {
  readonly world: SchedulingCell;
  private readonly scenario: ResolvedScenario;
  private readonly options: ReplicationOptions;
  private readonly simulation: Simulation;
  private readonly recorder: MetricRecorder;
  private readonly execution: CellExecution;
  private readonly statistics: StatisticsStart;
  private isStopped = false;

  constructor(scenario: ResolvedScenario, options: ReplicationOptions) {
    this.scenario = scenario;
    this.options = options;
    const { seed, replication, queue } = options;
    this.simulation = new Simulation({ seed, replication, ...(queue === undefined ? {} : { queue }) });
    this.recorder = new MetricRecorder(this.simulation);
    this.world = new SchedulingCell({
      simulation: this.simulation,
      recorder: this.recorder,
      schedulers: cellSchedulersOf(scenario),
      parameters: materialiseParameters(scenario.parameters).kubeScheduler,
      queues: scenario.queues,
      descheduler: scenario.descheduler,
      typicalPods: typicalPodsOfOperations(scenario.operations),
      usagePeriod: scenario.operations.some((operation) => operation.kind === 'submitJobs' && operation.usage)
        ? USAGE_PERIOD
        : undefined,
    });
    const templates = new TemplateRegistry(scenario.templates);
    const firstScheduler = scenario.schedulers[0]?.name ?? '';
    this.execution = new CellExecution(this.world, templates, firstScheduler, () => this.statistics.measured());
    this.statistics = new StatisticsStart(this.simulation, scenario, () => this.recorder.startStatistics());
  }

  /** Runs it to its end. */
  run(): ReplicationResult {
    const { simulation, scenario, execution } = this;
    preloadCell(execution, scenario.operations);
    planSamples(simulation, this.recorder, scenario.until);
    this.statistics.plan();
    watchProgress(simulation, this.options, () => {
      this.isStopped = true;
    });
    simulation.processes.spawn(
      'scenario',
      runCellOperations(execution, scenario.operations, () => simulation.stop('operations done')),
    );
    simulation.run(simTime(scenario.until));
    const endReason = simulation.stopReason === undefined ? 'until reached' : 'operations done';
    recordUnmetInCell(execution, scenario.operations);
    this.recorder.sample();
    simulation.checkInvariants();
    return {
      replication: this.options.replication,
      seed: this.options.seed,
      endReason: this.isStopped ? 'interrupted' : endReason,
      endTime: nanoseconds(simulation.now),
      statisticsFrom: nanoseconds(this.statistics.from),
      metrics: this.recorder.result(),
      barriers: execution.barriers.map(({ began, at, ...barrier }) => ({
        ...barrier,
        began: nanoseconds(began),
        at: nanoseconds(at),
      })),
      flows: [],
      events: simulation.eventsProcessed,
      fingerprint: simulation.fingerprint(),
      timeline: [],
      recoveries: [],
      notes: [...execution.notes, ...notesOnLateOperations(scenario.operations, scenario.until)],
    };
  }
}
