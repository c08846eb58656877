import { describe, expect, it } from 'vitest';
import { fisherExact, parseAxis, readValue, writeValue } from '../../src/experiment/index.ts';

describe('a range', () => {
  it.each([
    ['100..5000', { low: 100, high: 5000, unit: '', isWhole: true, isLogarithmic: true }],
    ['0.5..2', { low: 0.5, high: 2, unit: '', isWhole: false, isLogarithmic: true }],
    ['0..64', { low: 0, high: 64, unit: '', isWhole: true, isLogarithmic: false }],
    ['20/s..500/s', { low: 20, high: 500, unit: '/s', isWhole: false, isLogarithmic: true }],
    ['20..500/s', { low: 20, high: 500, unit: '/s', isWhole: false, isLogarithmic: true }],
    ['500ms..2s', { low: 500, high: 2000, unit: 'ms', isWhole: false, isLogarithmic: true }],
    ['256Mi..8Gi', { low: 256, high: 8192, unit: 'Mi', isWhole: false, isLogarithmic: true }],
  ])('%s keeps the unit of its lower end', (text, expected) => {
    expect(parseAxis('x', text)).toEqual({ path: 'x', ...expected });
  });

  it('is none where values are listed', () => {
    expect(parseAxis('x', '1,2,3')).toBeUndefined();
  });

  it.each(['5000..100', '1s..2Gi', 'a..b'])('%s is refused', (text) => {
    expect(() => parseAxis('x', text)).toThrow(expect.objectContaining({ code: 'P102' }));
  });

  it('writes its values as the scenario does, and reads those of the scenario', () => {
    const axis = parseAxis('churn', '20/s..500/s');
    if (axis === undefined) throw new Error('a range');
    expect(writeValue(axis, 35)).toBe('35/s');
    expect(readValue(axis, '50/s')).toBe(50);
    expect(readValue(axis, '60/m')).toBe(1);
    expect(readValue(axis, { distribution: 'constant' })).toBeUndefined();
  });
});

describe("Fisher's exact test", () => {
  it('gives the tea-tasting lady her probabilities', () => {
    // 8 cups, 4 of each kind; three of four told right: (16 + 1) / 70.
    expect(fisherExact({ held: 1, failed: 3 }, { held: 3, failed: 1 })).toBeCloseTo(17 / 70, 12);
    expect(fisherExact({ held: 0, failed: 4 }, { held: 4, failed: 0 })).toBeCloseTo(1 / 70, 12);
    expect(fisherExact({ held: 4, failed: 0 }, { held: 0, failed: 4 })).toBe(1);
  });
});
