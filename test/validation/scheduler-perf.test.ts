/** scheduler_perf's workloads against its published gates. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { judgePoint, pointsOf, predictPoint } from '../../src/validation/index.ts';

const readData = (file: string) => readFileSync(join(import.meta.dirname, '../../data', file), 'utf8');

it('every published figure is compared, or says why not', () => {
  const figures = parse(readData('published/scheduler.yaml')) as { id: string; points?: object[]; leftOut?: string }[];
  for (const { id, points, leftOut } of figures) {
    expect(points === undefined, id).toBe(leftOut !== undefined);
    if (leftOut !== undefined) expect(leftOut.length, id).toBeGreaterThan(8);
  }
});

it.each(['SC-08', 'SC-17'])('%s is near, from nothing but the workloads', { timeout: 120_000 }, (id) => {
  const point = pointsOf('scheduler-perf', readData).find(({ name }) => name.startsWith(id));
  if (point === undefined) throw new Error(`there is no point ${id}`);
  const prediction = predictPoint({ case: 'scheduler-perf', conditions: point.conditions, overrides: {} });
  for (const { verdict } of judgePoint('scheduler-perf', point, prediction))
    expect(['close', 'near']).toContain(verdict);
});

it('a parameter that a fit tries changes the prediction', { timeout: 60_000 }, () => {
  const [point] = pointsOf('scheduler-perf-measured', readData);
  const predict = (overrides: Record<string, number>) =>
    predictPoint({ case: 'scheduler-perf-measured', conditions: point!.conditions, overrides }).throughput as number;
  expect(predict({ 'kubeScheduler.cycleTime': 5_000_000 })).toBeLessThan(0.8 * predict({}));
});
