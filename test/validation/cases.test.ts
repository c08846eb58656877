/** The validation cases: all points of the data are there, and predictions do not depend on where they are made. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pointsOf, validate, validationCases } from '../../src/validation/index.ts';

const readData = (file: string) => readFileSync(join(import.meta.dirname, '../../data', file), 'utf8');

describe('every case', () => {
  it.each(Object.entries(validationCases))(
    '%s has points with names of their own and figures that are numbers',
    (name) => {
      const points = pointsOf(name, readData);
      expect(points.length).toBeGreaterThan(0);
      for (const { references } of points) {
        expect(references.length).toBeGreaterThan(0);
        for (const { value } of references) expect(value).toBeGreaterThan(0);
      }
      expect(
        new Set(points.map((point) => JSON.stringify([point.name, point.conditions, point.references]))).size,
      ).toBe(points.length);
      // They cross to other threads as they are.
      expect(structuredClone(points)).toEqual(points);
    },
  );
});

it('predictions are the same bytes in this thread and in two others', async () => {
  const names = ['etcd-cluster-put', 'etcd-lease-keepalive'];
  const here = await validate(names, { readData, workers: 1 });
  const there = await validate(names, { readData, workers: 2 });
  expect(JSON.stringify(there)).toBe(JSON.stringify(here));
});

it('a parameter that a fit tries changes what is predicted, and nothing else does', async () => {
  const options = { readData, workers: 1 };
  const usual = await validate(['etcd-cluster-put'], options);
  const again = await validate(['etcd-cluster-put'], options);
  const slower = await validate(['etcd-cluster-put'], { ...options, overrides: { 'etcd.requestCpu': 600_000 } });
  expect(again).toEqual(usual);
  const rate = (result: typeof usual) => result.figures.findLast(({ metric }) => metric === 'ops')?.predicted as number;
  expect(rate(slower)).toBeLessThan(rate(usual) / 2);
});
