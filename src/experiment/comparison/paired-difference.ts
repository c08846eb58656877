/** Differences of pairs: two variants that shared a seed differ by what they do, and not by the luck of their workload. */
import { RandomStreams, Tally } from '../../engine/index.ts';
import { acceleratedInterval, type Interval, meanOf, skewnessOf } from '../statistics/index.ts';
import { centralProbability, studentT } from '../student-t.ts';

/** Confidence of the intervals. */
export const CONFIDENCE = 0.95;
/** Values that differ by less than this share of themselves are equal: what the last bits say is the order of additions. */
const RESOLUTION = 1e-12;
/** Fewer pairs than this are not resampled: their intervals would be far too narrow. */
const LEAST_RESAMPLED = 5;
/** How often pairs are drawn anew, from a stream of its own for each difference. */
const RESAMPLES = 2_000;
/** Skewness of the pairs from which on Student's t is in doubt. */
const SKEWED = 1;
/** Digits of what is told. */
const DIGITS = 12;

/** What pairs of values say of the difference between two variants. */
export interface PairedDifference {
  /** Pairs of which both values exist. */
  readonly pairs: number;
  /** Pairs in which the variant is above the baseline, and below it. */
  readonly above: number;
  readonly below: number;
  /** Mean of (variant - baseline). */
  readonly mean: number;
  /** 95 % interval of the mean difference (Student's t over the pairs); undefined for a single pair. */
  readonly low: number | undefined;
  readonly high: number | undefined;
  /** 95 % interval of it by the bootstrap (BCa); undefined for fewer than five pairs. */
  readonly bootstrap: Interval | undefined;
  /** Whether the pairs are so skewed that Student's t is in doubt. */
  readonly isSkewed: boolean;
  /** Mean difference as a share of the baseline's mean; undefined if that is 0. */
  readonly relative: number | undefined;
  /** Probability of a mean difference as large as this if there were none in truth; undefined for a single pair. */
  readonly p: number | undefined;
  /** Direction of the difference, marked only where the interval excludes 0, and that of the bootstrap does where there is one. */
  readonly effect: 'higher' | 'lower' | undefined;
}

/** The difference over pairs of values; undefined if no pair is complete. */
export function pairedDifference(
  variant: readonly (number | undefined)[],
  baseline: readonly (number | undefined)[],
): PairedDifference | undefined {
  const differences = new Tally();
  const pairs: number[] = [];
  const bases = new Tally();
  let above = 0;
  let below = 0;
  variant.forEach((value, i) => {
    const base = baseline[i];
    if (value === undefined || base === undefined) return;
    const difference = differenceOf(value, base);
    differences.record(difference);
    pairs.push(difference);
    bases.record(base);
    if (difference > 0) above++;
    if (difference < 0) below++;
  });
  if (differences.count === 0) return undefined;
  const mean = round(differences.mean);
  const relative = bases.mean === 0 ? undefined : round(mean / Math.abs(bases.mean));
  const byT = intervalOf(differences);
  const bootstrap = resampled(pairs);
  const agrees = bootstrap === undefined || directionOf(bootstrap.low, bootstrap.high) === byT.effect;
  return {
    pairs: pairs.length,
    above,
    below,
    mean,
    relative,
    bootstrap,
    isSkewed: bootstrap !== undefined && Math.abs(skewnessOf(pairs)) > SKEWED,
    ...byT,
    effect: agrees ? byT.effect : undefined,
  };
}

function differenceOf(value: number, base: number): number {
  const difference = value - base;
  return Math.abs(difference) <= RESOLUTION * Math.max(Math.abs(value), Math.abs(base)) ? 0 : difference;
}

function intervalOf(differences: Tally): Pick<PairedDifference, 'low' | 'high' | 'p' | 'effect'> {
  const { count, mean } = differences;
  if (count < 2) return { low: undefined, high: undefined, p: undefined, effect: undefined };
  const deviation = differences.standardDeviation;
  const error = deviation / Math.sqrt(count);
  // Pairs that all differ by the same amount leave no doubt.
  const certain = deviation <= RESOLUTION * Math.abs(mean);
  const half = certain ? 0 : studentT(CONFIDENCE, count - 1) * error;
  const low = round(mean - half);
  const high = round(mean + half);
  return { low, high, p: probability(mean, certain ? 0 : error, count - 1), effect: directionOf(low, high) };
}

/** The bootstrap interval of the mean of pairs. */
function resampled(pairs: readonly number[]): Interval | undefined {
  if (pairs.length < LEAST_RESAMPLED) return undefined;
  const stream = new RandomStreams('paired differences', 0).stream('bootstrap');
  const { low, high } = acceleratedInterval(pairs, meanOf, { confidence: CONFIDENCE, resamples: RESAMPLES, stream });
  return { low: round(low), high: round(high) };
}

function probability(mean: number, error: number, degrees: number): number {
  if (mean === 0) return 1;
  if (error === 0) return 0;
  return round(Math.max(0, 1 - centralProbability(Math.abs(mean) / error, degrees)));
}

function directionOf(low: number, high: number): PairedDifference['effect'] {
  if (low > 0) return 'higher';
  return high < 0 ? 'lower' : undefined;
}

function round(value: number): number {
  return Number(value.toPrecision(DIGITS));
}
