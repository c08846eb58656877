/**
 * A cell with its schedulers: who gets which job, who is told of what. Replaces the whole control plane where a question is about schedulers
 * alone: packing, decision time, queueing, conflicts. Left out: API server, etcd, kubelets, start-up times of containers.
 */
import { type Distribution, type ParameterSet, type Simulation, type ValuesOf, valuesOf } from '../../engine/index.ts';
import type { MetricRecorder } from '../../metrics/index.ts';
import type { Nanoseconds } from '../../units/index.ts';
import type { DeschedulerPolicy } from '../descheduler/index.ts';
import {
  type AlgorithmName,
  type AlgorithmSettings,
  algorithmRegistry,
  type SettingValues,
} from '../kube-scheduler/algorithms/index.ts';
import { Fragmentation } from '../kube-scheduler/fragmentation.ts';
import type { kubeSchedulerParameters } from '../kube-scheduler/kube-scheduler.parameters.ts';
import type { NodeUsage } from '../kube-scheduler/node-usage.ts';
import { PowerModel } from '../kube-scheduler/power-model.ts';
import type { TypicalPod } from '../kube-scheduler/typical-pods.ts';
import {
  type ArchitectureContext,
  type ArchitectureDefinition,
  type ArchitectureName,
  architectureRegistry,
  type SchedulingArchitecture,
} from './architectures/index.ts';
import { Cell, type ReturnReason } from './cell.ts';
import { CellDescheduler } from './cell-descheduler.ts';
import { CellMetrics, type SchedulerStatistics } from './cell-metrics.ts';
import type { CellResource } from './cell-totals.ts';
import { type CompactedJob, compact } from './compaction.ts';
import { InflationSeries } from './inflation-series.ts';
import type { Job, JobSpecification, Task } from './job.ts';
import { MeasuredUsage } from './measured-usage.ts';
import { NodeChooser } from './node-chooser.ts';
import { NodeMeter } from './node-meter.ts';
import type { QueueSpecification } from './queue-tree.ts';
import { settingsOfScheduler } from './scheduler-settings.ts';

/** A scheduler of a cell. */
export interface CellSchedulerOptions {
  readonly name: string;
  readonly architecture: ArchitectureName;
  readonly replicas: number;
  /** Settings of the architecture and of its node chooser, those that are given. */
  readonly settings: AlgorithmSettings;
}

/** What a cell is made from. */
export interface SchedulingCellOptions {
  readonly simulation: Simulation;
  readonly recorder: MetricRecorder;
  readonly schedulers: readonly CellSchedulerOptions[];
  readonly parameters: ValuesOf<typeof kubeSchedulerParameters>;
  /** Requests that are typical of the workload; learnt as jobs come if left out. */
  readonly typicalPods?: readonly TypicalPod[] | undefined;
  /** How often the use of nodes is measured; only where a scheduler asks for it if left out. */
  readonly usagePeriod?: Nanoseconds | undefined;
  /** What is evicted now and then; nothing if left out. */
  readonly descheduler?: DeschedulerPolicy | undefined;
  /** Queues of tenants, parents before their children; none is declared if left out. */
  readonly queues?: readonly QueueSpecification[];
}

/** One scheduler at work. */
interface CellScheduler {
  readonly architecture: SchedulingArchitecture;
  readonly statistics: SchedulerStatistics;
}

/** The cell and its schedulers. */
export class SchedulingCell {
  readonly cell: Cell;
  readonly metrics: CellMetrics;
  /** Fragmentation of GPUs; undefined where the workload asks for none. */
  readonly meter: NodeMeter | undefined;
  /** Power of the nodes [W]. */
  readonly power: NodeMeter;
  private readonly options: SchedulingCellOptions;
  private readonly schedulers = new Map<string, CellScheduler>();
  private readonly contexts = new Map<string, ArchitectureContext>();
  private readonly usages = new Map<Nanoseconds, NodeUsage>();
  private readonly sharedThings = new Map<string, unknown>();

  constructor(options: SchedulingCellOptions) {
    const { simulation, recorder } = options;
    this.options = options;
    this.cell = new Cell(simulation);
    this.metrics = new CellMetrics(recorder, this.cell);
    const { typicalPods } = options;
    const { nodes } = this.cell;
    if (typicalPods?.some(({ gpu }) => gpu !== undefined)) {
      const fragmentation = new Fragmentation(nodes, typicalPods);
      this.meter = new NodeMeter(this.cell, (slot) => fragmentation.ofNode(slot));
    }
    const model = new PowerModel(nodes);
    this.power = new NodeMeter(this.cell, (slot) => model.ofNode(slot));
    const watts = recorder.gauge('plimsoll_cell_power_watts');
    recorder.onSample(() => watts.set(this.power.sum()));
    if (this.meter !== undefined) this.tellFragmentation(recorder, this.meter);
    for (const scheduler of options.schedulers) {
      const statistics = this.metrics.schedulerStatistics(scheduler.name, scheduler.replicas);
      const definition: ArchitectureDefinition = architectureRegistry[scheduler.architecture];
      const context = this.contextOf(scheduler, statistics);
      this.contexts.set(scheduler.name, context);
      const architecture = definition.create(context);
      this.schedulers.set(scheduler.name, { architecture, statistics });
    }
    this.cell.listen({
      taskEnded: (task) => this.taskEnded(task),
      taskReturned: (task, reason) => this.taskReturned(task, reason),
      nodeChanged: (node) => {
        for (const { architecture } of this.schedulers.values()) architecture.nodeChanged?.(node);
      },
    });
    if (options.usagePeriod !== undefined) this.usageEvery(options.usagePeriod);
    if (options.descheduler !== undefined) new CellDescheduler(this.cell, recorder, options.descheduler).start();
    recorder.onSample(() => this.countPending());
    simulation.addInvariantCheck('cell schedulers', () => this.checkInvariants());
  }

  /** A job arrives: the scheduler that it names gets it. */
  submit(specification: JobSpecification): Job {
    const scheduler = this.schedulers.get(specification.scheduler);
    if (scheduler === undefined) throw new RangeError(`there is no scheduler "${specification.scheduler}"`);
    const job = this.cell.submit(specification);
    scheduler.architecture.submit(job);
    return job;
  }

  /** A job that is there before the run: its tasks are on random nodes that have room, without a decision; what fits nowhere is rejected. */
  preload(specification: JobSpecification): Job {
    const job = this.cell.submit(specification);
    const { requirements } = job;
    const { nodes } = this.cell;
    const random = this.options.simulation.streams.stream('schedulingCell.preload');
    while (job.waiting > 0) {
      const slots = nodes.order.slots().subarray(0, nodes.order.count);
      const fitting = slots.filter((slot) => this.cell.fits(slot, requirements));
      if (fitting.length === 0) break;
      this.cell.claim(job, fitting[Math.floor(random.next() * fitting.length)] as number);
    }
    this.cell.giveUp(job, 'rejected');
    return job;
  }

  /** Finds, in so many trials, how few nodes hold a workload that the node chooser of a scheduler places; returns trials in which all are too few. */
  compact(scheduler: string, jobs: readonly CompactedJob[], trials: number): number {
    const context = this.contexts.get(scheduler);
    if (context === undefined) throw new RangeError(`there is no scheduler "${scheduler}"`);
    return compact(jobs, trials, {
      cell: this.cell,
      chooser: (nodes) => context.chooser(nodes),
      random: this.options.simulation.streams.stream('schedulingCell.compaction'),
      nodesLeft: this.options.recorder.histogram('plimsoll_cell_compaction_nodes', { scheduler }),
    });
  }

  /** The series of jobs that come until they ask for a share of a resource. */
  inflationSeries(resource: CellResource): InflationSeries {
    return new InflationSeries(this.options.recorder, this.metrics.totals, resource, this.power, this.meter);
  }

  private tellFragmentation(recorder: MetricRecorder, meter: NodeMeter): void {
    const { capacity, taken } = this.metrics.totals;
    const ratio = recorder.gauge('plimsoll_cell_fragmentation_ratio');
    const share = recorder.gauge('plimsoll_cell_fragmented_share');
    recorder.onSample(() => {
      const fragmented = meter.sum();
      const free = capacity.gpu - taken.gpu;
      ratio.set(free > 0 ? fragmented / free : 0);
      share.set(capacity.gpu > 0 ? fragmented / capacity.gpu : 0);
    });
  }

  private contextOf(scheduler: CellSchedulerOptions, statistics: SchedulerStatistics): ArchitectureContext {
    const { simulation, parameters, typicalPods } = this.options;
    const { cell } = this;
    const { name } = scheduler;
    const settings = valuesOf(
      settingsOfScheduler(scheduler.architecture, scheduler.settings.placement as AlgorithmName | undefined),
      scheduler.settings,
    ) as SettingValues;
    const stream = (what: string) => simulation.streams.stream(`schedulingCell.${name}.${what}`);
    const thinking = stream('decisionTime');
    const { decisionTimePerJob, decisionTimePerTask } = settings as Readonly<Record<string, Distribution>>;
    let choosers = 0;
    return {
      simulation,
      cell,
      name,
      replicas: scheduler.replicas,
      queues: this.options.queues ?? [],
      settings,
      statistics,
      stream,
      chooser: (nodes) => {
        const algorithm = settings.placement as AlgorithmName;
        const set: ParameterSet = algorithmRegistry[algorithm].settings;
        const own = Object.fromEntries(
          Object.entries(set).map(([key, { default: usual }]) => [key, scheduler.settings[key] ?? usual]),
        );
        const tieBreak = stream(choosers === 0 ? 'tieBreak' : `tieBreak.${choosers}`);
        choosers++;
        return new NodeChooser({
          algorithm,
          plainSettings: own,
          settings,
          nodes,
          parameters,
          tieBreak,
          register: cell.register,
          typicalPods,
          usage: (period) => this.usageEvery(period),
          statistics,
        });
      },
      decisionTime: ({ specification: { decisionTime } }, tasks) =>
        decisionTime === undefined
          ? (((decisionTimePerJob as Distribution).sample(thinking) +
              (decisionTimePerTask as Distribution).sample(thinking) * tasks) as Nanoseconds)
          : ((decisionTime.perJob + decisionTime.perTask * tasks) as Nanoseconds),
      shared: <T>(key: string, create: () => T): T => {
        if (!this.sharedThings.has(key)) this.sharedThings.set(key, create());
        return this.sharedThings.get(key) as T;
      },
    };
  }

  /** What nodes use, measured every so often; measured only where somebody asks. */
  private usageEvery(period: Nanoseconds): NodeUsage {
    let usage = this.usages.get(period);
    if (usage === undefined) {
      usage = new MeasuredUsage(this.cell, period, (cpu) => this.metrics.measured(cpu));
      this.usages.set(period, usage);
    }
    return usage;
  }

  private taskEnded(task: Task): void {
    for (const { architecture } of this.schedulers.values()) architecture.taskEnded?.(task);
  }

  private taskReturned(task: Task, reason: ReturnReason): void {
    const owner = this.schedulers.get(task.job.specification.scheduler);
    for (const scheduler of this.schedulers.values()) {
      if (scheduler === owner) scheduler.architecture.taskReturned?.(task, reason);
      else scheduler.architecture.roomFreed?.(task.node);
    }
  }

  private countPending(): void {
    for (const { architecture, statistics } of this.schedulers.values()) statistics.setPending(architecture.pending);
  }

  /** Every job with tasks that wait or only hold room is pending at its scheduler. */
  private checkInvariants(): void {
    const pending = new Map<string, number>();
    for (const { specification, waiting, held } of this.cell.jobs.values()) {
      if (waiting + held === 0) continue;
      pending.set(specification.scheduler, (pending.get(specification.scheduler) ?? 0) + 1);
    }
    for (const [name, { architecture }] of this.schedulers) {
      const jobs = pending.get(name) ?? 0;
      const message = `scheduler ${name} has ${architecture.pending} jobs pending, the cell ${jobs} of it`;
      this.options.simulation.invariant(architecture.pending === jobs, 'cell schedulers', message);
    }
  }
}
