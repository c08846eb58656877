/** Confidence intervals from independent replications, for tests of simulations against theory. */
import { expect } from 'vitest';

/** Replications that every test runs; the quantile of Student's t below belongs to this number. */
const REPLICATIONS = 30;
/** Quantile 0.9995 of Student's t with 29 degrees of freedom: a two-sided confidence of 99.9 %. */
const STUDENT_T = 3.6594;

/** A mean and the half-width of its interval of 99.9 % confidence. */
export interface Interval {
  readonly mean: number;
  readonly halfWidth: number;
}

/** Runs a measurement in independent replications, 0 to 29. */
export function replicate(measure: (replication: number) => number): Interval {
  const values = Array.from({ length: REPLICATIONS }, (_, replication) => measure(replication));
  const mean = values.reduce((sum, value) => sum + value, 0) / REPLICATIONS;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (REPLICATIONS - 1);
  return { mean, halfWidth: STUDENT_T * Math.sqrt(variance / REPLICATIONS) };
}

/** Demands that theory lies in the interval, and that the interval is narrow enough to mean something. */
export function expectToContain(interval: Interval, theory: number, precision = 0.03): void {
  const { mean, halfWidth } = interval;
  const text = `${mean} ± ${halfWidth}, theory ${theory}`;
  expect(Math.abs(mean - theory), text).toBeLessThanOrEqual(halfWidth);
  expect(halfWidth / theory, text).toBeLessThan(precision);
}
