/** A small cell with its schedulers, driven by hand. */

import type { GpuRequest, NodeGpus } from '../../../src/cluster/index.ts';
import type { DeschedulerPolicy } from '../../../src/components/descheduler/index.ts';
import {
  type CellSchedulerOptions,
  type Job,
  type JobSpecification,
  type QueueSpecification,
  SchedulingCell,
  WITHOUT_END,
} from '../../../src/components/scheduling-cell/index.ts';
import { Simulation } from '../../../src/engine/index.ts';
import { TemplateRegistry } from '../../../src/manifests/index.ts';
import { MetricRecorder, type StatisticName } from '../../../src/metrics/index.ts';
import { materialiseParameters } from '../../../src/scenario/index.ts';
import { makePodTemplate } from '../../../src/scenario/operations/pod-options.ts';
import { BYTES_PER_GIBIBYTE, bytes, milliCpu, type Nanoseconds, seconds, simTime } from '../../../src/units/index.ts';

/** What a job asks for, in short. */
export interface ShortJob {
  readonly tasks?: number;
  /** CPUs and GiB of each task. */
  readonly cpu?: number;
  readonly memory?: number;
  readonly gpu?: GpuRequest;
  /** Seconds that each task runs; for ever if left out. */
  readonly runs?: number;
  readonly priority?: number;
  readonly gang?: number;
  readonly scheduler?: string;
  readonly queue?: string;
  readonly className?: string;
}

/** The world. */
export class CellWorld {
  readonly simulation: Simulation;
  readonly recorder: MetricRecorder;
  readonly world: SchedulingCell;
  private readonly templates = new TemplateRegistry();
  private jobs = 0;

  constructor(
    schedulers: readonly Partial<CellSchedulerOptions>[] = [{}],
    seed = 'cell',
    queues: readonly QueueSpecification[] = [],
    replication = 0,
    descheduler?: DeschedulerPolicy,
  ) {
    this.simulation = new Simulation({ seed, replication });
    this.recorder = new MetricRecorder(this.simulation);
    this.world = new SchedulingCell({
      simulation: this.simulation,
      recorder: this.recorder,
      schedulers: schedulers.map((scheduler) => ({
        name: 'main',
        architecture: 'monolithic',
        replicas: 1,
        settings: {},
        ...scheduler,
      })),
      parameters: materialiseParameters({}).kubeScheduler,
      queues,
      descheduler,
    });
  }

  get cell() {
    return this.world.cell;
  }

  /** Nodes of so many CPUs and GiB; returns their slots. */
  nodes(count: number, cpu: number, memory: number, gpus?: NodeGpus): number[] {
    const before = this.world.cell.register.keys.count;
    return Array.from({ length: count }, (_, i) => {
      const allocatable = {
        cpu: milliCpu(cpu * 1000),
        memory: bytes(memory * BYTES_PER_GIBIBYTE),
        ephemeralStorage: bytes(0),
        extended: {},
      };
      const specification = { allocatable, pods: 110, labels: {}, taints: [], unschedulable: false };
      return this.cell.setNode(`node-${before + i}`, gpus === undefined ? specification : { ...specification, gpus });
    });
  }

  /** What a job that is described in short asks for. */
  specification({ tasks = 1, cpu = 1, memory = 1, gpu, runs, ...rest }: ShortJob): JobSpecification {
    const requests = { cpu: milliCpu(cpu * 1000), memory: bytes(memory * BYTES_PER_GIBIBYTE) };
    const template = makePodTemplate({ requests }, {}, this.templates, null, 'Never', gpu);
    const duration: Nanoseconds = runs === undefined ? WITHOUT_END : seconds(runs);
    return {
      name: `job-${this.jobs++}`,
      className: 'batch',
      tasks,
      requirements: this.cell.requirementsOf(template),
      durations: [duration],
      estimatedDuration: duration,
      priority: 0,
      queue: 'default',
      gang: 0,
      scheduler: 'main',
      ...rest,
    };
  }

  /** A job comes now. */
  submit(job: ShortJob): Job {
    return this.world.submit(this.specification(job));
  }

  /** How often something happened that only schedulers of one kind know. */
  happened(event: string, scheduler = 'main'): number {
    return (
      this.statistic('plimsoll_cell_scheduler_events_total', `event=${event};scheduler=${scheduler}`, 'final') ?? 0
    );
  }

  /** Lets so many seconds pass, and checks all laws of conservation. */
  run(untilSeconds: number): void {
    this.simulation.run(simTime(untilSeconds * 1e9));
  }

  /** Names of the nodes on which tasks of a job have room, in the order of its tasks. */
  placesOf(job: Job): string[] {
    return this.cell.tasks
      .filter((task) => task?.job === job)
      .sort((a, b) => (a?.index ?? 0) - (b?.index ?? 0))
      .map((task) => this.cell.nodes.nameOf(task?.node ?? -1));
  }

  /** A statistic of a series. */
  statistic(metric: string, labels: string, statistic: StatisticName): number | undefined {
    const series = this.recorder.result().series.find((one) => one.metric === metric && one.labels === labels);
    return series?.statistics[statistic];
  }
}
