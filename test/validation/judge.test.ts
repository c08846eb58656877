import { describe, expect, it } from 'vitest';
import { judgePoint, median, summarise } from '../../src/validation/judge.ts';

const point = (...references: { metric: string; value: number; least?: number; most?: number }[]) => ({
  name: 'p',
  conditions: {},
  references: references.map((reference) => ({ unit: '1/s', ...reference })),
});
const verdicts = (predicted: number | undefined, range: { least?: number; most?: number } = {}) =>
  judgePoint(
    'c',
    point({ metric: 'ops', value: 100, ...range }),
    predicted === undefined ? {} : { ops: predicted },
  ).map(({ verdict }) => verdict);

describe('a figure', () => {
  it.each([
    [115, {}, 'close'],
    [86, {}, 'close'],
    [130, { least: 60, most: 140 }, 'in range'],
    [145, { least: 60, most: 140 }, 'near'],
    [66, {}, 'near'],
    [65, {}, 'off'],
    [151, {}, 'off'],
    [Number.NaN, {}, 'not predicted'],
  ])('of %d beside 100 %o is %s', (predicted, range, verdict) => {
    expect(verdicts(predicted, range)).toEqual([verdict]);
  });

  it('that the model says nothing about is not predicted', () => {
    expect(verdicts(undefined)).toEqual(['not predicted']);
  });
});

describe('a class', () => {
  const classOf = (...predicted: number[]) =>
    summarise(predicted.flatMap((ops) => judgePoint('c', point({ metric: 'ops', value: 100 }), { ops })));

  it('holds with its median within 15 % and nine of ten near', () => {
    expect(classOf(...Array(9).fill(105), 300)).toMatchObject([{ figures: 10, near: 0.9, holds: true }]);
    expect(classOf(...Array(8).fill(105), 300, 300)).toMatchObject([{ near: 0.8, holds: false }]);
    expect(classOf(120, 120, 120)).toMatchObject([{ near: 1, holds: false }]);
  });

  it('holds with a worse median if most of it lies within the repeats', () => {
    const wide = judgePoint('c', point({ metric: 'ops', value: 100, least: 70, most: 140 }), { ops: 130 });
    expect(summarise(wide)).toMatchObject([{ inRange: 1, holds: true }]);
  });

  it('does not hold while anything of it is not predicted', () => {
    const unknown = judgePoint('c', point({ metric: 'ops', value: 100 }), {});
    expect(
      summarise([...judgePoint('c', point({ metric: 'ops', value: 100 }), { ops: 100 }), ...unknown]),
    ).toMatchObject([{ notPredicted: 1, holds: false }]);
  });

  it('has the median of what was predicted', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(median([])).toBeNaN();
  });
});
