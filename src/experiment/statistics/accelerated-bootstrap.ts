/**
 * Bootstrap intervals, bias-corrected and accelerated (BCa): what a statistic could have been, had other values of the same kind been drawn. They need no
 * distribution, and lie where skewed values put them, which neither Student's t nor plain percentiles do. B. Efron, Better bootstrap confidence intervals, JASA 82 (1987).
 * Written here because packages that offer it draw by chance of their own, and a result must be the same again.
 */
import { gammaProbability, normalQuantile } from '../../engine/index.ts';
import type { BootstrapOptions } from './bootstrap.ts';

/** An interval. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** The interval of a statistic of these values; both ends are the statistic itself where it is the same for every choice of them. */
export function acceleratedInterval(
  values: readonly number[],
  statistic: (values: readonly number[]) => number,
  { confidence, resamples, stream }: BootstrapOptions,
): Interval {
  const whole = statistic(values);
  const drawn = Array.from({ length: resamples }, () =>
    statistic(values.map(() => values[Math.floor(stream.next() * values.length)] as number)),
  ).sort((a, b) => a - b);
  const [least, most] = [drawn[0] as number, drawn.at(-1) as number];
  if (least === most) return { low: whole, high: whole };
  const bias = normalQuantile(within(shareBelow(drawn, whole), resamples));
  const acceleration = accelerationOf(values, statistic);
  const end = (share: number): number => {
    const z = bias + normalQuantile(share);
    return quantile(drawn, normalProbability(bias + z / (1 - acceleration * z)));
  };
  const outside = (1 - confidence) / 2;
  return { low: end(outside), high: end(1 - outside) };
}

/** The mean of values. */
export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Sample skewness (Fisher and Pearson's, not adjusted); 0 where all values are the same. */
export function skewnessOf(values: readonly number[]): number {
  const mean = meanOf(values);
  const second = meanOf(values.map((value) => (value - mean) ** 2));
  return second === 0 ? 0 : meanOf(values.map((value) => (value - mean) ** 3)) / second ** (3 / 2);
}

/** Share of sorted values below one; of those equal to it the half. */
function shareBelow(sorted: readonly number[], value: number): number {
  let below = 0;
  for (const each of sorted) below += each < value ? 1 : each === value ? 1 / 2 : 0;
  return below / sorted.length;
}

/** A share that is neither 0 nor 1, by half a value of so many. */
function within(share: number, of: number): number {
  return Math.min(1 - 1 / (2 * of), Math.max(1 / (2 * of), share));
}

/** How fast the spread changes with the statistic, from leaving out one value after the other. */
function accelerationOf(values: readonly number[], statistic: (values: readonly number[]) => number): number {
  const without = values.map((_, i) => statistic(values.filter((_each, place) => place !== i)));
  const mean = meanOf(without);
  let squares = 0;
  let cubes = 0;
  for (const value of without) {
    squares += (mean - value) ** 2;
    cubes += (mean - value) ** 3;
  }
  return squares === 0 ? 0 : cubes / (6 * squares ** (3 / 2));
}

/** The quantile of sorted values, between two of them in proportion. */
function quantile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] as number;
  const above = sorted[Math.ceil(place)] as number;
  return below + (above - below) * (place - Math.floor(place));
}

/** Probability that a standard normal value is at most z: half of it and the error function, which is an incomplete gamma function. */
function normalProbability(z: number): number {
  const half = gammaProbability(1 / 2, (z * z) / 2) / 2;
  return z < 0 ? 1 / 2 - half : 1 / 2 + half;
}
