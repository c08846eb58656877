/**
 * What tasks really use, and what a metrics server knows of it: every period the use of each node is measured, as the sum over its tasks of a share of what they
 * request that is drawn anew for each task and measurement. Mean and deviation are over the latest measurements.
 */
import type { EventType, KeyedStream } from '../../engine/index.ts';
import type { Nanoseconds } from '../../units/index.ts';
import type { NodeUsage } from '../kube-scheduler/node-usage.ts';
import type { Cell } from './cell.ts';

/** Measurements over which mean and deviation are: the quarter of an hour of Load Watcher, at a measurement a minute. */
const WINDOW = 15;

/** Counters between two measurements of a job: its tasks have draws of their own, up to so many. */
const TASKS_APART = 65_536;

/** The latest measurements of one resource, node by node. */
class Window {
  /** {@link WINDOW} values a node. */
  private values = new Float64Array(0);
  private mean = new Float64Array(0);
  private deviation = new Float64Array(0);
  private latest: Float64Array = new Float64Array(0);

  record(sample: Float64Array, number: number): void {
    const nodes = sample.length;
    if (this.latest.length < nodes) {
      const values = new Float64Array(nodes * WINDOW);
      values.set(this.values);
      this.values = values;
      this.mean = new Float64Array(nodes);
      this.deviation = new Float64Array(nodes);
    }
    this.latest = sample;
    const filled = Math.min(number + 1, WINDOW);
    for (let node = 0; node < nodes; node++) {
      const first = node * WINDOW;
      this.values[first + (number % WINDOW)] = sample[node] as number;
      let sum = 0;
      let squares = 0;
      for (let i = 0; i < filled; i++) sum += this.values[first + i] as number;
      const mean = sum / filled;
      for (let i = 0; i < filled; i++) squares += ((this.values[first + i] as number) - mean) ** 2;
      this.mean[node] = mean;
      this.deviation[node] = Math.sqrt(squares / filled);
    }
  }

  latestOf(node: number): number {
    return this.latest[node] ?? 0;
  }

  meanOf(node: number): number {
    return this.mean[node] ?? 0;
  }

  deviationOf(node: number): number {
    return this.deviation[node] ?? 0;
  }
}

/** Measures a cell. */
export class MeasuredUsage implements NodeUsage {
  private readonly cell: Cell;
  private readonly period: Nanoseconds;
  private readonly random: KeyedStream;
  private readonly cpu = new Window();
  private readonly memory = new Window();
  /** Told of the CPU in use by node [milli-CPU], at each measurement. */
  private readonly onMeasured: (cpu: Float64Array) => void;
  /** Requests of tasks that came since, by node [milli-CPU], state. */
  private unmeasured = new Float64Array(0);
  /** Measurements so far. */
  private measurements = 0;
  private readonly evMeasure: EventType;

  constructor(cell: Cell, period: Nanoseconds, onMeasured: (cpu: Float64Array) => void) {
    this.onMeasured = onMeasured;
    const { simulation } = cell;
    this.cell = cell;
    this.period = period;
    this.random = simulation.streams.keyed('schedulingCell.usage');
    this.evMeasure = simulation.on(`cell: nodes are measured every ${period} ns`, () => this.onMeasure());
    simulation.after(period, this.evMeasure);
    cell.listen({
      taskStarted: ({ node, job }) => {
        this.makeRoom();
        this.unmeasured[node] = (this.unmeasured[node] as number) + job.requirements.cpu;
      },
    });
  }

  latestCpu(slot: number): number {
    return this.cpu.latestOf(slot);
  }

  meanCpu(slot: number): number {
    return this.cpu.meanOf(slot);
  }

  deviationCpu(slot: number): number {
    return this.cpu.deviationOf(slot);
  }

  meanMemory(slot: number): number {
    return this.memory.meanOf(slot);
  }

  deviationMemory(slot: number): number {
    return this.memory.deviationOf(slot);
  }

  unmeasuredCpu(slot: number): number {
    return this.unmeasured[slot] ?? 0;
  }

  private onMeasure(): void {
    const { cell } = this;
    this.makeRoom();
    this.unmeasured.fill(0);
    const cpu = new Float64Array(cell.nodes.capacity);
    const memory = new Float64Array(cell.nodes.capacity);
    for (const task of cell.tasks) {
      if (task === undefined) continue;
      const { node, job, index } = task;
      const { usage } = job.specification;
      const share =
        usage === undefined ? 1 : usage.quantile(this.random.uniform(job.id, this.measurements * TASKS_APART + index));
      cpu[node] = (cpu[node] as number) + share * job.requirements.cpu;
      memory[node] = (memory[node] as number) + share * job.requirements.memory;
    }
    this.cpu.record(cpu, this.measurements);
    this.memory.record(memory, this.measurements);
    this.measurements++;
    this.onMeasured(cpu);
    cell.simulation.after(this.period, this.evMeasure);
  }

  private makeRoom(): void {
    const { capacity } = this.cell.nodes;
    if (this.unmeasured.length >= capacity) return;
    const bigger = new Float64Array(capacity);
    bigger.set(this.unmeasured);
    this.unmeasured = bigger;
  }
}
