import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BucketCounts } from '../../src/engine/bucket-counts.ts';

const bounds = fc.uniqueArray(fc.oneof(fc.nat(40), fc.nat(1e9), fc.double({ min: 0, max: 100, noNaN: true })), {
  maxLength: 30,
});

it('counts as the definition says: values at or below each bound', () => {
  fc.assert(
    fc.property(
      bounds,
      fc.array(fc.oneof(fc.nat(41), fc.nat(2e9), fc.double({ min: 0, max: 200, noNaN: true }))),
      (unsorted, values) => {
        const sorted = [...unsorted].sort((a, b) => a - b);
        const counts = new BucketCounts(sorted);
        for (const value of [...values, ...sorted]) counts.record(value);
        const expected = sorted.map((bound) => [...values, ...sorted].filter((value) => value <= bound).length);
        expect(counts.cumulative()).toEqual(expected);
      },
    ),
  );
});

it('counts weights, and nothing after a reset', () => {
  const counts = new BucketCounts([1, 2]);
  counts.record(2, 5);
  expect(counts.cumulative()).toEqual([0, 5]);
  counts.reset();
  expect(counts.cumulative()).toEqual([0, 0]);
});
