/** The things that components hold and record into: one per metric and set of labels. */
import { BucketCounts, LogLinearHistogram, TimeWeighted } from '../engine/index.ts';
import type { Nanoseconds, SimTime } from '../units/index.ts';
import type { MetricDefinition } from './metric.ts';
import type { SeriesResult } from './result.ts';
import { histogramStatistics, ticksPerUnit } from './statistics.ts';

/** What a series needs of the simulation: what time it is. */
export interface Clock {
  readonly now: SimTime;
}

/** What all kinds of series can do for the recorder. */
interface Series {
  readonly definition: MetricDefinition;
  /** "k=v;k=v" sorted by key. */
  readonly labels: string;
  /** The value that a sample over time takes. */
  sampleValue(): number;
  /** Forgets what was recorded before statistics began. */
  startStatistics(): void;
  /** Plain data, for a span of statistics of `spanSeconds`. */
  result(spanSeconds: number): SeriesResult;
}

/** Observations: a fine histogram for quantiles and exact counts of the metric's own Prometheus buckets. */
export class HistogramSeries implements Series {
  readonly definition: MetricDefinition;
  readonly labels: string;
  /** Every observation, in ticks (nanoseconds for durations). */
  private readonly fine = new LogLinearHistogram();
  /** Ticks in one unit of the metric. */
  private readonly ticks: number;
  /** Exact counts of the metric's own Prometheus buckets, bounds in ticks. */
  private readonly coarse: BucketCounts;
  /** Observations of 0 that are in neither yet, statistic: most waits are 0, and a number is all that they need. */
  private zeros = 0;

  constructor(definition: MetricDefinition, labels: string) {
    this.definition = definition;
    this.labels = labels;
    this.ticks = ticksPerUnit(definition.unit);
    const bounds = definition.buckets ?? [];
    this.coarse = new BucketCounts(this.ticks === 1 ? bounds : bounds.map((bound) => Math.round(bound * this.ticks)));
  }

  /** Records `value` in the metric's unit (seconds for durations), `weight` times. */
  record(value: number, weight = 1): void {
    this.recordTicks(this.ticks === 1 ? value : Math.round(value * this.ticks), weight);
  }

  /** Records a span; for metrics in seconds. */
  recordSpan(span: Nanoseconds, weight = 1): void {
    this.recordTicks(span, weight);
  }

  /** Observations so far. */
  get count(): number {
    return this.fine.count + this.zeros;
  }

  sampleValue(): number {
    return this.count;
  }

  startStatistics(): void {
    this.zeros = 0;
    this.fine.reset();
    this.coarse.reset();
  }

  result(spanSeconds: number): SeriesResult {
    this.enterZeros();
    const { name, unit, kind } = this.definition;
    const cumulative = this.coarse.cumulative();
    const buckets = (this.definition.buckets ?? []).map((le, i) => [le, cumulative[i] as number] as const);
    const statistics = histogramStatistics(this.fine, unit, spanSeconds);
    return { metric: name, labels: this.labels, unit, kind, statistics, histogram: this.fine.toData(), buckets };
  }

  private recordTicks(value: number, weight: number): void {
    if (value === 0) {
      this.zeros += weight;
      return;
    }
    this.fine.record(value, weight);
    this.coarse.record(value, weight);
  }

  private enterZeros(): void {
    if (this.zeros === 0) return;
    this.fine.record(0, this.zeros);
    this.coarse.record(0, this.zeros);
    this.zeros = 0;
  }
}

/** A count of what happened. */
export class CounterSeries implements Series {
  readonly definition: MetricDefinition;
  readonly labels: string;
  /** Count since statistics began. */
  value = 0;

  constructor(definition: MetricDefinition, labels: string) {
    this.definition = definition;
    this.labels = labels;
  }

  /** Counts `n` more. */
  add(n = 1): void {
    this.value += n;
  }

  sampleValue(): number {
    return this.value;
  }

  startStatistics(): void {
    this.value = 0;
  }

  result(spanSeconds: number): SeriesResult {
    const { name, unit, kind } = this.definition;
    const statistics = { rate: spanSeconds > 0 ? this.value / spanSeconds : 0, final: this.value };
    return { metric: name, labels: this.labels, unit, kind, statistics };
  }
}

/** A value that holds until it changes; its mean is over time. */
export class GaugeSeries implements Series {
  readonly definition: MetricDefinition;
  readonly labels: string;
  private readonly clock: Clock;
  /** Instant at which the series came to be. */
  private readonly createdAt: SimTime;
  /** The value over time; begins with the first value set. */
  private state: TimeWeighted | undefined;

  constructor(definition: MetricDefinition, labels: string, clock: Clock) {
    this.definition = definition;
    this.labels = labels;
    this.clock = clock;
    this.createdAt = clock.now;
  }

  /** From now on the value is `value`. */
  set(value: number): void {
    if (this.state === undefined) this.state = new TimeWeighted(this.clock.now, value);
    else this.state.set(this.clock.now, value);
  }

  /** Up to now, since the last value or the beginning, the value was `value` on average: utilisations and rates of an interval. */
  setPast(value: number): void {
    this.state ??= new TimeWeighted(this.createdAt, value);
    this.state.setPast(this.clock.now, value);
  }

  /** From now on the value is `delta` more. */
  add(delta: number): void {
    this.set(this.value + delta);
  }

  /** The value now, 0 before the first. */
  get value(): number {
    return this.state?.current ?? 0;
  }

  sampleValue(): number {
    return this.value;
  }

  startStatistics(): void {
    this.state?.reset(this.clock.now);
  }

  result(): SeriesResult {
    const { name, unit, kind } = this.definition;
    const statistics =
      this.state === undefined
        ? {}
        : {
            mean: this.state.mean(this.clock.now),
            min: this.state.min,
            max: this.state.max,
            final: this.state.current,
          };
    return { metric: name, labels: this.labels, unit, kind, statistics };
  }
}

/** Any series. */
export type AnySeries = HistogramSeries | CounterSeries | GaugeSeries;
