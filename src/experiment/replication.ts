/** One replication: a cluster is put together, the operations are carried out, and what was measured is handed over. */
import { ControlPlane } from '../components/control-plane.ts';
import { Simulation } from '../engine/index.ts';
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
import { nanoseconds, simTime } from '../units/index.ts';
import { runCellReplication } from './cell-replication.ts';
import { explainedPod, namedPod } from './explained-pod.ts';
import { happeningsOf, recoveriesOf } from './recovery.ts';
import { planSamples, type ReplicationOptions, StatisticsStart, watchProgress } from './replication-frame.ts';
import type { EndReason, ReplicationResult } from './replication-result.ts';
import { SAMPLE_INTERVAL, ServiceSampler } from './service-samples.ts';

/** Runs one replication of a scenario. Throws an InvariantViolation if the simulator breaks one of its own. */
export function runReplication(scenario: ResolvedScenario, options: ReplicationOptions): ReplicationResult {
  return scenario.model === 'schedulingCell'
    ? runCellReplication(scenario, options)
    : new Replication(scenario, options).run();
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
  private readonly statistics: StatisticsStart;
  private isStopped = false;

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
      imageSizes: new Map(Object.entries(scenario.images)),
      webhooks: webhooksOf(scenario),
      flowControl: scenario.flowControl,
      addons: scenario.addons,
      csiDrivers: csiDriversOf(scenario.operations),
      descheduler: scenario.descheduler,
      ...(options.explainPod === undefined ? {} : { explainPod: namedPod(options.explainPod) }),
      deriveTemplate: (template, change) => templates.derived(template, change),
    });
    this.service = new ServiceSampler(this.recorder, this.cluster);
    this.statistics = new StatisticsStart(this.simulation, scenario, () => {
      this.recorder.startStatistics();
      this.cluster.waits.startStatistics();
    });
    this.execution = new Execution(this.cluster, templates, () => this.statistics.measured());
  }

  run(): ReplicationResult {
    const { simulation, scenario } = this;
    preloadAll(this.execution, scenario.operations);
    this.cluster.start();
    planSamples(simulation, this.recorder, scenario.until);
    if (scenario.operations.some(({ kind }) => kind === 'fault')) this.observeService();
    this.statistics.plan();
    watchProgress(simulation, this.options, () => {
      this.isStopped = true;
    });
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

  private observeService(): void {
    const { simulation, service } = this;
    const sample = simulation.on('experiment: sample of the service', () => {
      service.sample();
      simulation.after(SAMPLE_INTERVAL, sample);
    });
    simulation.after(SAMPLE_INTERVAL, sample);
  }

  private result(endReason: EndReason, concluded: readonly string[]): ReplicationResult {
    const { simulation, options, cluster, execution } = this;
    const { entries } = cluster.store.timeline;
    const recoveries = recoveriesOf(entries, this.service);
    const { explanation } = cluster;
    return {
      ...(explanation === undefined ? {} : { explanation: explainedPod(cluster.tables.keysOf('pods'), explanation) }),
      replication: options.replication,
      seed: options.seed,
      endReason,
      endTime: nanoseconds(simulation.now),
      statisticsFrom: nanoseconds(this.statistics.from),
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
        ...cluster.proxies.notes,
        ...execution.allNotes(),
        ...notesOnLateOperations(this.scenario.operations, this.scenario.until),
        ...concluded,
      ],
    };
  }
}
