/** What a metric is, apart from who records it. */

/** How a metric is recorded. */
export type MetricKind = 'histogram' | 'counter' | 'gauge';

/** Units as Prometheus names them: seconds, bytes, plain numbers, rates per second. */
export type MetricUnit = 's' | 'B' | '1' | '1/s';

/** One metric of the catalogue. */
export interface MetricDefinition {
  /** Name in every file; a real component's own name where one exports it. */
  readonly name: string;
  readonly kind: MetricKind;
  readonly unit: MetricUnit;
  /** Label names. A series gives each of them a value; an empty value is an absent label, as in Prometheus. */
  readonly labels: readonly string[];
  /** Upper bounds (`le`) of the Prometheus buckets in the metric's unit, ascending, without +Inf; histograms only. */
  readonly buckets?: readonly number[];
  /** What it tells, in one sentence. */
  readonly help: string;
  /** The real metric and where it is declared, or why we have our own. */
  readonly source: string;
}

/** `n` bounds that start at `start`, each `factor` times the one before; rounded to 12 digits, as 0.1 * 2 * 2 … drifts. */
export function exponentialBuckets(start: number, factor: number, n: number): readonly number[] {
  return Array.from({ length: n }, (_, i) => Number((start * factor ** i).toPrecision(12)));
}

/** `n` bounds that start at `start`, each `width` more than the one before. */
export function linearBuckets(start: number, width: number, n: number): readonly number[] {
  return Array.from({ length: n }, (_, i) => Number((start + width * i).toPrecision(12)));
}
