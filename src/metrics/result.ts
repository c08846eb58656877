/** What a recorder hands over at the end: plain data that crosses to another thread and into JSON as it is. */
import type { HistogramData } from '../engine/index.ts';
import type { MetricKind, MetricUnit } from './metric.ts';

/** Statistics of a series, in the order of the CSVs. */
export const statisticNames = [
  'count',
  'sum',
  'mean',
  'min',
  'max',
  'p50',
  'p90',
  'p95',
  'p99',
  'p999',
  'rate',
  'final',
] as const;

/** Name of a statistic. */
export type StatisticName = (typeof statisticNames)[number];

/** The quantile behind a statistic's name. */
export const quantileOf: Readonly<Partial<Record<StatisticName, number>>> = {
  p50: 0.5,
  p90: 0.9,
  p95: 0.95,
  p99: 0.99,
  p999: 0.999,
};

/** The statistics that a kind of metric has. */
export const statisticsOfKind: Readonly<Record<MetricKind, readonly StatisticName[]>> = {
  histogram: ['count', 'sum', 'mean', 'min', 'max', 'p50', 'p90', 'p95', 'p99', 'p999', 'rate'],
  counter: ['rate', 'final'],
  gauge: ['mean', 'min', 'max', 'final'],
};

/** One series: a metric with one set of labels. */
export interface SeriesResult {
  readonly metric: string;
  /** "k=v;k=v" sorted by key. */
  readonly labels: string;
  readonly unit: MetricUnit;
  readonly kind: MetricKind;
  readonly statistics: Readonly<Partial<Record<StatisticName, number>>>;
  /**
   * Histograms only: the fine histogram, so that any subset of series merges exactly. It counts in ticks: nanoseconds for
   * durations, the metric's unit otherwise.
   */
  readonly histogram?: HistogramData;
  /** Histograms only: cumulative counts of the metric's own Prometheus buckets, counted exactly; +Inf is the histogram's count. */
  readonly buckets?: readonly (readonly [le: number, count: number])[];
}

/** Samples of one series over virtual time. */
export interface TimeSeriesResult {
  /** Name of the metric; a histogram's number of observations is under `<metric>_count`, as Prometheus has it. */
  readonly metric: string;
  readonly labels: string;
  readonly unit: MetricUnit;
  readonly times_s: readonly number[];
  readonly values: readonly number[];
}

/** All that was recorded, sorted by metric and labels. */
export interface MetricsResult {
  /** Virtual time over which statistics were kept [s]. */
  readonly span_s: number;
  readonly series: readonly SeriesResult[];
  readonly timeseries: readonly TimeSeriesResult[];
}
