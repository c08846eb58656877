/** Requests in a closed loop beside those of the measured machine: the validation case of them, with the bounds that it must not leave. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { judgePoint, median, pointsOf, predictPoint } from '../../src/validation/index.ts';

it('creates, gets, updates and patches come within 20 % in the median, each within 60 % (single points repeat to 30 %)', () => {
  const readData = (file: string) => readFileSync(join(import.meta.dirname, '../../data', file), 'utf8');
  const points = pointsOf('apiserver-crud', readData).filter(({ name }) => /^(create|get|update|patch) /.test(name));
  const rates = points
    .flatMap((point) => {
      const task = { case: 'apiserver-crud', conditions: point.conditions, overrides: {} };
      return judgePoint(task.case, point, predictPoint(task));
    })
    .filter(({ metric }) => metric === 'ops');
  expect(rates.length).toBeGreaterThanOrEqual(20);
  const ratios = rates.map(({ ratio }) => ratio as number);
  expect(median(ratios.map((ratio) => Math.abs(ratio - 1)))).toBeLessThan(0.2);
  expect(Math.max(...ratios)).toBeLessThan(1.6);
  expect(Math.min(...ratios)).toBeGreaterThan(1 / 1.6);
});
