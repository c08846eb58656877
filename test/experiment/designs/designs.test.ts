import { describe, expect, it } from 'vitest';
import { parseAxis } from '../../../src/experiment/axis.ts';
import { designPoints, latinHypercube, sobolPoints } from '../../../src/experiment/designs/index.ts';

const axes = ['nodes=100..5000', 'churn=1/s..50/s', 'share=0..1.0'].flatMap((text) => {
  const [path = '', range = ''] = text.split('=');
  return parseAxis(path, range) ?? [];
});

/** How many points lie in each of `parts` equal parts of one dimension. */
function counts(points: readonly (readonly number[])[], dimension: number, parts: number): number[] {
  const found = new Array<number>(parts).fill(0);
  for (const point of points) found[Math.floor((point[dimension] as number) * parts)]!++;
  return found;
}

describe("Sobol's sequence", () => {
  const points = sobolPoints(256, 21, 'seed');

  it('has one of the first 2^k points in each part of 2^-k, in every dimension and however it is moved', () => {
    for (let dimension = 0; dimension < 21; dimension++)
      for (const many of [8, 64, 256])
        expect(counts(points.slice(0, many), dimension, many), `${dimension}`).toEqual(new Array(many).fill(1));
  });

  it('fills the square of the first two dimensions as a net does: one point in each 2^-k x 2^-(8-k) rectangle', () => {
    for (const k of [2, 4, 6]) {
      const cells = new Set(
        points.map(([x = 0, y = 0]) => `${Math.floor(x * 2 ** k)} ${Math.floor(y * 2 ** (8 - k))}`),
      );
      expect(cells.size).toBe(256);
    }
  });

  it('integrates a smooth function of six variables far better than chance', () => {
    const value = (point: readonly number[]) => point.slice(0, 6).reduce((product, x) => product * (0.5 + x), 1);
    const many = sobolPoints(1024, 6, 'integral');
    const mean = many.reduce((sum, point) => sum + value(point), 0) / many.length;
    // Chance alone would be off by 0.025 on average.
    expect(Math.abs(mean - 1)).toBeLessThan(0.005);
  });

  it('is moved by its seed', () => {
    expect(sobolPoints(4, 2, '1')).not.toEqual(sobolPoints(4, 2, '2'));
    expect(sobolPoints(4, 2, '1')).toEqual(sobolPoints(4, 2, '1'));
  });
});

describe('a Latin hypercube', () => {
  it('has one value in each part of each dimension', () => {
    const points = latinHypercube(30, 3, 'seed');
    for (const dimension of [0, 1, 2]) expect(counts(points, dimension, 30)).toEqual(new Array(30).fill(1));
    expect(points).not.toEqual(latinHypercube(30, 3, 'other'));
  });
});

describe('the points of a sweep', () => {
  const lists = { mode: ['iptables', 'ipvs'], pods: [1, 2] };
  const common = { ranges: [], design: undefined, points: 16, seed: '1' };

  it('are all combinations of lists', () => {
    expect(designPoints({ ...common, lists })).toHaveLength(4);
  });

  it('are the values at the same place where they are paired', () => {
    expect(designPoints({ ...common, lists, design: 'paired' })).toEqual([
      { mode: 'iptables', pods: 1 },
      { mode: 'ipvs', pods: 2 },
    ]);
    const uneven = { ...lists, pods: [1, 2, 3] };
    expect(() => designPoints({ ...common, lists: uneven, design: 'paired' })).toThrow(/same length/);
  });

  it.each(['sobol', 'latin-hypercube', undefined] as const)(
    'fill ranges by %s, in the words of the scenario',
    (design) => {
      const points = designPoints({ ...common, lists: {}, ranges: axes, design });
      expect(points).toHaveLength(16);
      for (const { nodes, churn, share } of points) {
        expect(Number.isInteger(nodes)).toBe(true);
        expect(nodes).toBeGreaterThanOrEqual(100);
        expect(nodes).toBeLessThanOrEqual(5000);
        expect(churn).toMatch(/^[\d.]+\/s$/);
        expect(share).toBeLessThanOrEqual(1);
      }
      // Half of them below the geometric mean: a range above 0 is filled by ratios.
      expect(points.filter(({ nodes }) => (nodes as number) < Math.sqrt(100 * 5000))).toHaveLength(8);
    },
  );

  it('join each combination of lists with each point of the ranges', () => {
    expect(designPoints({ ...common, lists, ranges: axes, points: 8 })).toHaveLength(32);
  });

  it('are refused where lists and design do not fit', () => {
    expect(() => designPoints({ ...common, lists, design: 'sobol' })).toThrow(/goes over ranges/);
    expect(() => designPoints({ ...common, lists: {}, ranges: axes, design: 'grid' })).toThrow(/goes over lists/);
  });
});
