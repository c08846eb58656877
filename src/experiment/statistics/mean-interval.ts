/** The mean of independent observations with its interval by Student's t. */
import { Tally } from '../../engine/index.ts';
import { studentT } from '../student-t.ts';

/** A mean with what is known of it. */
export interface MeanInterval {
  readonly mean: number;
  readonly n: number;
  /** Sample standard deviation; undefined for a single observation, as is the interval. */
  readonly sd: number | undefined;
  readonly low: number | undefined;
  readonly high: number | undefined;
}

/** The 95 % interval of the mean of observations. */
export function meanInterval(observations: Tally): MeanInterval {
  const { mean, count: n } = observations;
  if (n < 2) return { mean, n, sd: undefined, low: undefined, high: undefined };
  const sd = observations.standardDeviation;
  const half = (studentT(0.95, n - 1) * sd) / Math.sqrt(n);
  return { mean, n, sd, low: mean - half, high: mean + half };
}

/** The interval of values of replications; those without a value do not count. */
export function meanIntervalOf(values: readonly (number | undefined)[]): MeanInterval {
  const tally = new Tally();
  for (const value of values) if (value !== undefined) tally.record(value);
  return meanInterval(tally);
}
