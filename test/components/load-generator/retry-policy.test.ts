import { expect, it } from 'vitest';
import { pauseAfter, retryPolicies } from '../../../src/components/load-generator/index.ts';

const half = { next: () => 0.5 };

it("pauses are client-go's: steps, a factor, and a jitter that only adds", () => {
  const pauses = (name: keyof typeof retryPolicies) =>
    [1, 2, 3].map((attempt) => pauseAfter(retryPolicies[name], attempt, half) / 1e6);
  expect(pauses('default')).toEqual([10.5, 10.5, 10.5]);
  expect(pauses('backoff')).toEqual([10.5, 52.5, 262.5]);
  expect(pauses('immediate')).toEqual([0, 0, 0]);
  expect(Object.values(retryPolicies).map(({ steps }) => steps)).toEqual([1, Number.POSITIVE_INFINITY, 5, 4]);
});
