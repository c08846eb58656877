import { describe, expect, it } from 'vitest';
import { RandomStreams } from '../../../src/engine/index.ts';
import { holm, pairedDifference } from '../../../src/experiment/index.ts';

describe('a paired difference', () => {
  it('is resampled from five pairs on, and told to be skewed where one pair makes most of it', () => {
    expect(pairedDifference([1, 2, 3, 4], [0, 0, 0, 0])?.bootstrap).toBeUndefined();
    const even = pairedDifference([11, 12, 13, 14, 15], [10, 10, 10, 10, 10]);
    expect(even?.isSkewed).toBe(false);
    expect(even?.bootstrap?.low).toBeGreaterThan(1);
    expect(even?.bootstrap?.high).toBeLessThan(5);
    const skewed = pairedDifference([1, 1, 1, 1, 1, 1, 1, 30], new Array(8).fill(0));
    expect(skewed?.isSkewed).toBe(true);
    // Student's t reaches below 0, where no choice of these pairs ever lies.
    expect(skewed?.low).toBeLessThan(0);
    expect(skewed?.bootstrap?.low).toBeGreaterThanOrEqual(1);
    expect(skewed?.effect).toBeUndefined();
  });

  it('has a direction only where both intervals have it', () => {
    // The bootstrap knows that all would be negative but for one; Student's t holds the mean to be above 0.
    const values = [-0.2, 2.1, 2.2, 2.3, 2.2];
    const difference = pairedDifference(values, [0, 0, 0, 0, 0]);
    expect([(difference?.low ?? 0) > 0, (difference?.bootstrap?.low ?? 0) > 0]).toEqual([
      true,
      difference?.effect === 'higher',
    ]);
    const clear = pairedDifference([5, 6, 5.5, 6.5, 5.2, 6.1], [0, 0, 0, 0, 0, 0]);
    expect(clear?.effect).toBe('higher');
  });

  it('is the mean over the pairs, with the t interval of the pairs and not of the two samples', () => {
    // Differences 1, 2, 3: mean 2, deviation 1, t(0.95, 2) = 4.302653, half = 2.484138.
    const difference = pairedDifference([11, 22, 33], [10, 20, 30]);
    expect(difference).toMatchObject({ pairs: 3, above: 3, below: 0, mean: 2, relative: 0.1 });
    expect(difference?.low).toBeCloseTo(2 - 2.484138, 5);
    expect(difference?.high).toBeCloseTo(2 + 2.484138, 5);
    // 2 / (1 / sqrt(3)) = 3.4641 with 2 degrees of freedom: p = 0.0742.
    expect(difference?.p).toBeCloseTo(0.0742, 4);
  });

  it('has a direction only where the interval excludes 0', () => {
    expect(pairedDifference([11, 22, 33], [10, 20, 30])?.effect).toBeUndefined();
    expect(pairedDifference([11, 21.1, 31], [10, 20, 30])?.effect).toBe('higher');
    expect(pairedDifference([9, 18.9, 29], [10, 20, 30])?.effect).toBe('lower');
  });

  it('of a single pair has no interval and no direction', () => {
    const difference = pairedDifference([2], [1]);
    expect(difference).toMatchObject({ pairs: 1, mean: 1, relative: 1 });
    expect(difference).toMatchObject({ low: undefined, high: undefined, p: undefined, effect: undefined });
  });

  it('leaves out pairs of which one half is missing', () => {
    expect(pairedDifference([1, undefined, 5], [0, 7, undefined])).toMatchObject({ pairs: 1, mean: 1 });
    expect(pairedDifference([undefined], [1])).toBeUndefined();
  });

  it('is certain where all pairs differ by the same amount, and none where they do not differ', () => {
    expect(pairedDifference([2, 3], [1, 2])).toMatchObject({ low: 1, high: 1, p: 0, effect: 'higher' });
    expect(pairedDifference([1, 2], [1, 2])).toMatchObject({ mean: 0, p: 1, above: 0, below: 0, effect: undefined });
  });

  it('does not see in the last bits of a sum what is not there', () => {
    expect(pairedDifference([0.1 + 0.2, 0.1 + 0.2], [0.3, 0.3])).toMatchObject({ mean: 0, above: 0, p: 1 });
  });

  it('has no share of a baseline that is 0', () => {
    expect(pairedDifference([1, 2], [0, 0])?.relative).toBeUndefined();
  });

  it('of values without any difference is marked in about one of twenty experiments', () => {
    const stream = new RandomStreams('comparison', 1).stream('noise');
    const experiments = 2000;
    let marked = 0;
    for (let i = 0; i < experiments; i++) {
      const noise = () => Array.from({ length: 6 }, () => stream.next() + stream.next() + stream.next());
      if (pairedDifference(noise(), noise())?.effect !== undefined) marked++;
    }
    // Three standard errors of a share of 0.05.
    expect(Math.abs(marked / experiments - 0.05)).toBeLessThan(3 * Math.sqrt((0.05 * 0.95) / experiments));
  });
});

describe("Holm's correction", () => {
  it('multiplies the least probability by the number of tests, the next by one less, and never goes down', () => {
    const adjusted = holm([0.01, 0.04, 0.03, 0.005]);
    [0.03, 0.06, 0.06, 0.02].forEach((expected, i) => {
      expect(adjusted[i]).toBeCloseTo(expected, 12);
    });
  });

  it('stays within 1, and leaves a single test as it is', () => {
    expect(holm([0.6, 0.9])).toEqual([1, 1]);
    expect(holm([0.04])).toEqual([0.04]);
    expect(holm([])).toEqual([]);
  });
});
