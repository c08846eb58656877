import { describe, expect, it } from 'vitest';
import type { BenchmarkResult } from '../../../src/experiment/index.ts';
import { checkSpeed, readSpeedBaseline, speedBaselineText } from '../../../src/experiment/index.ts';

/** A measurement in which the operation takes so many nanoseconds, the reference loop 10. */
function measured(nanoseconds: number, reference = 10): BenchmarkResult {
  const operations = [{ name: 'operation', nanoseconds, multiple: nanoseconds / reference }];
  return { referenceNanoseconds: reference, operations, scenarios: [] };
}

describe('the speed beside its baseline', () => {
  const baseline = readSpeedBaseline('speed.json', speedBaselineText(measured(50), '0.1.0', 'v20.19.4'));

  it('is that of the operation against the reference loop, whatever the machine', () => {
    const twiceAsFast = checkSpeed(() => measured(25, 5), baseline, 0.3);
    expect(twiceAsFast.check).toMatchObject({ holds: true, rows: [{ ratio: 1, isSlower: false }] });
  });

  it('is slower only if it stays so when it is measured again', () => {
    const noisy = [90, 80, 52];
    const { check } = checkSpeed(() => measured(noisy.shift() as number), baseline, 0.3);
    expect(check).toMatchObject({ holds: true, measurements: 3 });
    const slow = checkSpeed(() => measured(90), baseline, 0.3);
    expect(slow.check).toMatchObject({ holds: false, measurements: 4, rows: [{ ratio: 1.8, isSlower: true }] });
  });

  it('says nothing of what only one side has', () => {
    const { check } = checkSpeed(() => measured(50), { other: 3 }, 0.3);
    expect(check.rows.map(({ name, ratio }) => [name, ratio])).toEqual([
      ['other', undefined],
      ['operation', undefined],
    ]);
    expect(check.holds).toBe(true);
  });

  it('refuses a file that is no baseline', () => {
    expect(() => readSpeedBaseline('speed.json', '{}')).toThrow('P401');
    expect(() => readSpeedBaseline('speed.json', 'no JSON')).toThrow('P401');
  });
});
