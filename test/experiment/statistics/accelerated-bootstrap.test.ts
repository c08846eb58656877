/** Bootstrap intervals: where they lie for skewed values, how often they hold the truth, and that they are the same again. */
import { describe, expect, it } from 'vitest';
import { RandomStreams } from '../../../src/engine/index.ts';
import { acceleratedInterval, meanOf, skewnessOf } from '../../../src/experiment/statistics/index.ts';
import { studentT } from '../../../src/experiment/student-t.ts';

const options = (seed = 'bootstrap') => ({
  confidence: 0.95,
  resamples: 2000,
  stream: new RandomStreams(seed, 0).stream('draws'),
});

describe('a bootstrap interval', () => {
  it('of values without skew is close to the normal one', () => {
    const values = Array.from({ length: 100 }, (_, i) => i);
    const { low, high } = acceleratedInterval(values, meanOf, options());
    const error = 28.87 / Math.sqrt(100);
    expect(low).toBeCloseTo(49.5 - 1.96 * error, 0);
    expect(high).toBeCloseTo(49.5 + 1.96 * error, 0);
  });

  it('of skewed values reaches further on the side of their tail, where Student’s t reaches as far on both', () => {
    const values = [1, 1, 2, 2, 2, 3, 3, 4, 6, 40];
    const mean = meanOf(values);
    const { low, high } = acceleratedInterval(values, meanOf, options());
    expect(high - mean).toBeGreaterThan(1.8 * (mean - low));
    expect(low).toBeGreaterThan(1);
  });

  it('of the mean of seven mice lies where the textbook has it', () => {
    // Efron and Tibshirani, An Introduction to the Bootstrap (1993), table 2.1: the treated mice; the percentiles at 5 and 95 % are about 49 and 127.
    const mice = [94, 197, 16, 38, 99, 141, 23];
    const { low, high } = acceleratedInterval(mice, meanOf, { ...options(), confidence: 0.9 });
    expect(low).toBeGreaterThan(50);
    expect(low).toBeLessThan(60);
    expect(high).toBeGreaterThan(122);
    expect(high).toBeLessThan(136);
  });

  it('holds the truth of skewed values about as often as it says, and above it misses less than Student’s t does', () => {
    const draws = new RandomStreams('coverage', 0).stream('values');
    const trials = 400;
    let held = 0;
    let missedAbove = 0;
    let missedAboveByT = 0;
    for (let trial = 0; trial < trials; trial++) {
      // Exponential values of mean 1.
      const values = Array.from({ length: 20 }, () => -Math.log(1 - draws.next()));
      const { low, high } = acceleratedInterval(values, meanOf, { ...options(String(trial)), resamples: 400 });
      if (low <= 1 && 1 <= high) held++;
      if (high < 1) missedAbove++;
      const mean = meanOf(values);
      const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
      if (mean + studentT(0.95, 19) * Math.sqrt(squares / 19 / 20) < 1) missedAboveByT++;
    }
    expect(held / trials).toBeGreaterThan(0.88);
    expect(held / trials).toBeLessThan(0.98);
    expect(missedAbove).toBeLessThan(missedAboveByT);
  });

  it('is the same again from the same seed, and of equal values nothing but the value', () => {
    const values = [3, 1, 4, 1, 5, 9, 2, 6];
    expect(acceleratedInterval(values, meanOf, options())).toEqual(acceleratedInterval(values, meanOf, options()));
    expect(acceleratedInterval([2, 2, 2], meanOf, options())).toEqual({ low: 2, high: 2 });
  });
});

describe('skewness', () => {
  it('is 0 of values that lie evenly about their mean, and positive with a tail above it', () => {
    expect(skewnessOf([1, 2, 3])).toBe(0);
    expect(skewnessOf([5, 5])).toBe(0);
    // Mean 2, second moment 3, third 6: 6 / 3^1.5.
    expect(skewnessOf([1, 1, 1, 5])).toBeCloseTo(6 / 3 ** 1.5, 12);
  });
});
