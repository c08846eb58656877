/** The 409 experiment: what k writers of one object meet follows what was measured, with nothing in the model that is about conflicts. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { pointsOf, predictPoint } from '../../src/validation/index.ts';

const readData = (file: string) => readFileSync(join(import.meta.dirname, '../../data', file), 'utf8');
const NAME = 'apiserver-conflicts-rep2';

/** Points of a mode, by the number of clients, each with what was measured and what is predicted. */
function curve(mode: string) {
  return pointsOf(NAME, readData)
    .filter(({ conditions }) => conditions.mode === mode)
    .map(({ conditions, references }) => {
      const predicted = predictPoint({ case: NAME, conditions, overrides: {} });
      const figure = (metric: string) => ({
        measured: references.find((one) => one.metric === metric)?.value ?? 0,
        predicted: predicted[metric] as number,
      });
      return { clients: conditions.k as number, share: figure('conflict share'), goodput: figure('goodput') };
    })
    .sort((a, b) => a.clients - b.clients);
}

it('the share of conflicts rises with the writers as it was measured, within 0.15 at every number of them', () => {
  const points = curve('getput').filter(({ clients }) => clients > 1);
  expect(points.map(({ clients }) => clients)).toEqual([4, 8, 16]);
  for (const { share } of points) expect(Math.abs(share.predicted - share.measured)).toBeLessThan(0.15);
  const shares = points.map(({ share }) => share.predicted);
  expect([...shares].sort()).toEqual(shares);
});

it('goodput falls with the writers from the first on, though all of them work without pause: with get-modify-put and when the server retries', () => {
  for (const mode of ['getput', 'blindput', 'patch']) {
    const points = curve(mode);
    const goodput = points.map((point) => point.goodput.predicted);
    expect(goodput.length, mode).toBeGreaterThanOrEqual(3);
    expect(
      [...goodput].sort((a, b) => b - a),
      mode,
    ).toEqual(goodput);
    expect((goodput.at(-1) as number) / (goodput[0] as number), mode).toBeLessThan(0.4);
  }
});
