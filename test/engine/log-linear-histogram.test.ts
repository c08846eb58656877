import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { histogramFromData, LogLinearHistogram } from '../../src/engine/log-linear-histogram.ts';

/** The quantile by definition: nearest rank in the sorted values. */
function exactQuantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(Number((q * sorted.length).toPrecision(14)))) - 1] as number;
}

function recordAll(values: readonly number[]): LogLinearHistogram {
  const histogram = new LogLinearHistogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

const wholeNanoseconds = fc.array(
  fc.oneof(
    fc.nat(300),
    fc.nat(),
    fc.maxSafeNat().map((n) => Math.floor(n / 2)),
  ),
  { minLength: 1, maxLength: 200 },
);

describe('log-linear histogram', () => {
  it('is within half a per cent of the exact quantile, for any values', () => {
    fc.assert(
      fc.property(wholeNanoseconds, fc.constantFrom(0, 0.01, 0.5, 0.9, 0.99, 0.999, 1), (values, q) => {
        const exact = exactQuantile(values, q);
        expect(Math.abs(recordAll(values).quantile(q) - exact)).toBeLessThanOrEqual(0.005 * exact);
      }),
    );
  });

  it('keeps count, sum, least and greatest exactly', () => {
    fc.assert(
      fc.property(wholeNanoseconds, (values) => {
        const histogram = recordAll(values);
        const sum = values.reduce((total, value) => total + BigInt(value), 0n);
        expect(histogram.count).toBe(values.length);
        expect(histogram.sum).toBe(Number(sum));
        expect(histogram.min).toBe(Math.min(...values));
        expect(histogram.max).toBe(Math.max(...values));
      }),
    );
  });

  it('merges to what one histogram would hold, in any order', () => {
    fc.assert(
      fc.property(wholeNanoseconds, wholeNanoseconds, (left, right) => {
        const both = recordAll([...left, ...right]);
        const forward = recordAll(left);
        forward.merge(recordAll(right));
        const backward = histogramFromData(recordAll(right).toData());
        backward.merge(recordAll(left));
        for (const merged of [forward, backward]) {
          expect(merged.toData().bins).toEqual(both.toData().bins);
          expect([merged.count, merged.sum, merged.min, merged.max]).toEqual([
            both.count,
            both.sum,
            both.min,
            both.max,
          ]);
        }
      }),
    );
  });

  it('counts a weighted value like that many single ones', () => {
    const weighted = new LogLinearHistogram();
    weighted.record(1_000, 3);
    weighted.record(0, 2);
    expect(weighted.toData()).toEqual(recordAll([1_000, 0, 1_000, 0, 1_000]).toData());
  });

  it('records fractions and tiny values', () => {
    const histogram = recordAll([1e-9, 0.5, 2.25]);
    expect(histogram.quantile(0.5)).toBeCloseTo(0.5, 2);
    expect(histogram.min).toBe(1e-9);
  });

  it('tells a constant exactly', () => {
    expect(recordAll([123_457, 123_457, 123_457]).quantile(0.5)).toBe(123_457);
  });

  it('is empty after a reset and tells zeros then', () => {
    const histogram = recordAll([5, 6, 7]);
    histogram.reset();
    expect([
      histogram.count,
      histogram.sum,
      histogram.mean,
      histogram.min,
      histogram.max,
      histogram.quantile(0.5),
    ]).toEqual([0, 0, 0, 0, 0, 0]);
    histogram.record(9);
    expect(histogram.toData()).toEqual(recordAll([9]).toData());
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d', (value) => {
    expect(() => new LogLinearHistogram().record(value)).toThrow(RangeError);
  });
});
