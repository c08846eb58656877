/** Ranking of parameters on Ishigami's function, whose indices are known. */
import { describe, expect, it } from 'vitest';
import {
  elementaryEffects,
  type SobolIndices,
  saltelliDesign,
  sobolIndices,
  trajectories,
} from '../../../src/experiment/sensitivity/index.ts';

const A = 7;
const B = 0.1;

/** sin x + 7 sin² y + 0.1 z⁴ sin x, for x, y and z from -π to π; further parameters do nothing. */
function ishigami(point: readonly number[]): number {
  const [x = 0, y = 0, z = 0] = point.map((share) => Math.PI * (2 * share - 1));
  return Math.sin(x) + A * Math.sin(y) ** 2 + B * z ** 4 * Math.sin(x);
}

/** The variances that belong to x, to y and to x and z together. */
const VARIANCE_X = (1 + (B * Math.PI ** 4) / 5) ** 2 / 2;
const VARIANCE_Y = A ** 2 / 8;
const VARIANCE_XZ = B ** 2 * Math.PI ** 8 * (1 / 18 - 1 / 50);
const VARIANCE = VARIANCE_X + VARIANCE_Y + VARIANCE_XZ;

describe("Sobol's indices", () => {
  const design = saltelliDesign(4096, 4, 'ishigami');
  const indices =
    sobolIndices(
      { a: design.a.map(ishigami), b: design.b.map(ishigami), mixed: design.mixed.map((rows) => rows.map(ishigami)) },
      'ishigami',
    ) ?? [];
  const first = [VARIANCE_X, VARIANCE_Y, 0, 0].map((variance) => variance / VARIANCE);
  const total = [VARIANCE_X + VARIANCE_XZ, VARIANCE_Y, VARIANCE_XZ, 0].map((variance) => variance / VARIANCE);

  it.each([0, 1, 2, 3])('of parameter %d are those that are known, within their intervals', (parameter) => {
    const { first: alone, total: together } = indices[parameter] as SobolIndices;
    expect(alone.value).toBeCloseTo(first[parameter] as number, 1.7);
    expect(together.value).toBeCloseTo(total[parameter] as number, 1.7);
    expect(alone.low).toBeLessThanOrEqual((first[parameter] as number) + 1e-9);
    expect(alone.high).toBeGreaterThanOrEqual((first[parameter] as number) - 1e-9);
    expect(together.low).toBeLessThanOrEqual((total[parameter] as number) + 1e-9);
    expect(together.high).toBeGreaterThanOrEqual((total[parameter] as number) - 1e-9);
  });

  it('leave out rows in which something was not measured, and do not exist where nothing varies', () => {
    const holes = design.a.map((point, i) => (i % 10 === 0 ? undefined : ishigami(point)));
    const mixed = design.mixed.map((rows) => rows.map(ishigami));
    const partly = sobolIndices({ a: holes, b: design.b.map(ishigami), mixed }, 'ishigami');
    expect(partly?.[1]?.first.value).toBeCloseTo(first[1] as number, 1);
    expect(sobolIndices({ a: [1, 1, 1], b: [1, 1, 1], mixed: [[1, 1, 1]] }, 'flat')).toBeUndefined();
  });
});

describe("Morris's effects", () => {
  it('put x, y and z far before what does nothing, and tell that z acts only with x', () => {
    const paths = trajectories(200, 4, 'ishigami');
    const effects = elementaryEffects(
      paths,
      paths.map(({ points }) => points.map(ishigami)),
    );
    const [x, y, z, nothing] = effects as [
      (typeof effects)[0],
      (typeof effects)[0],
      (typeof effects)[0],
      (typeof effects)[0],
    ];
    for (const parameter of [x, y, z]) expect(parameter.meanAbsolute).toBeGreaterThan(1);
    expect(nothing).toEqual({ meanAbsolute: 0, mean: 0, spread: 0 });
    // The effect of z has the sign of sin x: it cancels out on average.
    expect(Math.abs(z.mean)).toBeLessThan(0.5 * z.meanAbsolute);
    expect(z.spread).toBeGreaterThan(z.meanAbsolute);
  });

  it('of a linear function are its slopes, exactly', () => {
    const paths = trajectories(5, 3, 'linear');
    const effects = elementaryEffects(
      paths,
      paths.map(({ points }) => points.map(([x = 0, y = 0, z = 0]) => 3 * x - 2 * y + 0 * z)),
    );
    expect(effects.map(({ mean }) => Number(mean.toFixed(9)))).toEqual([3, -2, 0]);
    for (const { spread } of effects) expect(spread).toBeCloseTo(0, 9);
  });
});
