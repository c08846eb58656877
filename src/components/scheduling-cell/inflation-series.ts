/**
 * How a cell fills while jobs come that never leave: allocation and fragmentation by how much was asked for so far, in whole percent of what the cell has.
 * The series of the FGD study (hkust-adsl/kubernetes-scheduler-simulator, analysis scripts), with its rounding: every arrival, placed or not, is one
 * observation; a percent has the mean of its observations, and one without any the mean of its neighbours.
 */
import type { MetricName, MetricRecorder } from '../../metrics/index.ts';
import type { CellResource, CellTotals } from './cell-totals.ts';
import type { NodeMeter } from './node-meter.ts';

/** Parts of a percentage. */
const PERCENT = 100;
/** Observations are rounded to hundredths of a percent. */
const DIGITS = 2;

/** Observations by percent. */
class Buckets {
  private readonly sums: number[] = [];
  private readonly counts: number[] = [];
  private readonly metric: MetricName;
  /** Observations in one unit of the metric. */
  private readonly unit: number;
  /** Whether means are rounded as observations are. */
  private readonly roundsMeans: boolean;

  constructor(metric: MetricName, roundsMeans: boolean, unit = PERCENT) {
    this.metric = metric;
    this.unit = unit;
    this.roundsMeans = roundsMeans;
  }

  record(bucket: number, value: number): void {
    this.sums[bucket] = (this.sums[bucket] ?? 0) + rounded(value);
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
  }

  /** Tells the means. */
  publish(recorder: MetricRecorder, resource: CellResource): void {
    for (let bucket = 0; bucket < this.counts.length; bucket++) {
      const value = this.meanOf(bucket) ?? this.meanBeside(bucket);
      if (value === undefined) continue;
      recorder.gauge(this.metric, { resource, arrived: String(bucket) }).set(value / this.unit);
    }
  }

  private meanOf(bucket: number): number | undefined {
    const count = this.counts[bucket] ?? 0;
    if (count === 0) return undefined;
    const mean = (this.sums[bucket] as number) / count;
    return this.roundsMeans ? rounded(mean) : mean;
  }

  private meanBeside(bucket: number): number | undefined {
    const [below, above] = [this.meanOf(bucket - 1), this.meanOf(bucket + 1)];
    return below === undefined || above === undefined ? (below ?? above) : (below + above) / 2;
  }
}

/** The series of one inflation. */
export class InflationSeries {
  private readonly recorder: MetricRecorder;
  private readonly totals: CellTotals;
  private readonly resource: CellResource;
  private readonly power: NodeMeter;
  private readonly meter: NodeMeter | undefined;
  private readonly allocation = new Buckets('plimsoll_cell_inflation_allocation_ratio', true);
  private readonly ratio = new Buckets('plimsoll_cell_inflation_fragmentation_ratio', false);
  private readonly amount = new Buckets('plimsoll_cell_inflation_fragmented_share', true);
  private readonly watts = new Buckets('plimsoll_cell_inflation_power_watts', false, 1);
  /** Whether a job could not be placed, state. */
  private hasRefused = false;
  /** Asked for so far, in the unit of the resource. */
  private arrived = 0;

  constructor(
    recorder: MetricRecorder,
    totals: CellTotals,
    resource: CellResource,
    power: NodeMeter,
    meter: NodeMeter | undefined,
  ) {
    this.power = power;
    this.recorder = recorder;
    this.totals = totals;
    this.resource = resource;
    this.meter = meter;
  }

  /** A job has come that asks for so much, and was placed or not (or not in full). */
  record(amount: number, isPlaced: boolean): void {
    const { totals, resource, meter } = this;
    this.arrived += amount;
    const capacity = totals.capacity[resource];
    if (capacity === 0) return;
    if (!isPlaced && !this.hasRefused) {
      this.hasRefused = true;
      const ratio = this.recorder.gauge('plimsoll_cell_inflation_first_refusal_ratio', { resource });
      ratio.set(this.arrived / capacity);
    }
    const bucket = roundedHalfEven((this.arrived * PERCENT) / capacity);
    this.allocation.record(bucket, totals.allocation(resource) * PERCENT);
    this.watts.record(bucket, this.power.sum());
    if (meter === undefined) return;
    const free = totals.capacity.gpu - totals.taken.gpu;
    const fragmented = meter.sum();
    if (free > 0) this.ratio.record(bucket, (fragmented * PERCENT) / free);
    this.amount.record(bucket, (fragmented * PERCENT) / totals.capacity.gpu);
  }

  /** Tells the series: when the last job has come. */
  publish(): void {
    for (const buckets of [this.allocation, this.watts, this.ratio, this.amount])
      buckets.publish(this.recorder, this.resource);
  }
}

function rounded(value: number): number {
  return Number(value.toFixed(DIGITS));
}

/** The nearest whole number, the even one of two equally near ones. */
function roundedHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  // Exactly between two.
  const isHalf = rest * 2 === 1;
  return isHalf ? below + (below % 2) : Math.round(value);
}
