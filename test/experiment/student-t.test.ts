import { expect, it } from 'vitest';
import { centralProbability, studentT } from '../../src/experiment/student-t.ts';

// Printed tables of Student's distribution, two-sided.
it.each([
  [0.95, 1, 12.7062047364],
  [0.95, 2, 4.3026527297],
  [0.95, 4, 2.7764451052],
  [0.95, 9, 2.2621571628],
  [0.95, 30, 2.0422724563],
  [0.95, 99, 1.9842169516],
  [0.99, 5, 4.0321429836],
  [0.9, 10, 1.8124611228],
  [0.95, 1000, 1.9623390808],
])('the %d quantile with %d degrees of freedom is %d', (confidence, degrees, expected) => {
  expect(studentT(confidence, degrees)).toBeCloseTo(expected, 7);
});

it('is the inverse of the probability', () => {
  for (const degrees of [1, 2, 3, 8, 57])
    expect(centralProbability(studentT(0.8, degrees), degrees)).toBeCloseTo(0.8, 8);
});

it('refuses what has no quantile', () => {
  expect(() => studentT(1, 4)).toThrow(RangeError);
  expect(() => studentT(0.95, 0)).toThrow(RangeError);
});
