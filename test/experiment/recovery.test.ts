import { describe, expect, it } from 'vitest';
import { happeningsOf, recoveriesOf } from '../../src/experiment/index.ts';
import type { Happening } from '../../src/metrics/index.ts';
import { milliseconds, nanoseconds, seconds } from '../../src/units/index.ts';

/** Samples of so many seconds, ten a second: 10 writes, no failure, 300 watches and 100 Ready pods in each; spans differ. */
function service(span: number) {
  const every = (value: number) => Array.from({ length: span * 10 }, () => value);
  const samples = { writes: every(10), failures: every(0), watches: every(300), ready: every(100) };
  return {
    samples,
    /** From one instant to another [s] the value is another. */
    set(series: keyof typeof samples, from: number, to: number, value: number): void {
      samples[series].fill(value, Math.round(from * 10), Math.round(to * 10));
    },
  };
}

function fault(at: number, what = 'etcdLeaderLoss'): Happening {
  return { at: nanoseconds(seconds(at)), subject: 'fault', what, disturbs: true };
}

describe('recovery from a fault', () => {
  it('is nothing where nothing suffered', () => {
    const { samples } = service(60);
    expect(recoveriesOf([fault(20)], samples)).toEqual([{ fault: 'etcdLeaderLoss', at: seconds(20), recoveries: [] }]);
  });

  it('is not spoken of where nobody sampled, as in a run without faults whose etcd runs full', () => {
    expect(recoveriesOf([fault(20, 'NOSPACE')], service(0).samples)).toEqual([]);
  });

  it('tells the longest pause of writes, to the end of the interval in which one succeeded again', () => {
    const { samples, set } = service(60);
    set('writes', 20.1, 21.4, 0);
    const [outcome] = recoveriesOf([fault(20.05)], samples);
    expect(outcome?.recoveries).toEqual([
      {
        fault: 'etcdLeaderLoss',
        at: seconds(20.05),
        measure: 'writes',
        before: 100,
        worst: 0,
        from: seconds(20.1),
        until: seconds(21.5),
      },
    ]);
  });

  it('takes no pause for one that few writes leave by chance', () => {
    const { samples, set } = service(60);
    // Five writes a second: ten would have come in two seconds.
    samples.writes.forEach((_, i) => {
      samples.writes[i] = i % 2;
    });
    set('writes', 20, 21.9, 0);
    expect(recoveriesOf([fault(20)], samples)[0]?.recoveries).toEqual([]);
    set('writes', 20, 22.5, 0);
    expect(recoveriesOf([fault(20)], samples)[0]?.recoveries).toHaveLength(1);
  });

  it('counts writes that failed until the next fault, and says when the last one did', () => {
    const { samples, set } = service(60);
    set('failures', 20, 25, 2);
    set('failures', 40, 41, 1);
    const [first, second] = recoveriesOf([fault(20), fault(40, 'etcdPartition')], samples);
    expect(first?.recoveries).toMatchObject([{ measure: 'failed writes', worst: 100, until: seconds(25) }]);
    expect(second?.recoveries).toMatchObject([{ measure: 'failed writes', worst: 10, until: seconds(41) }]);
  });

  it('ends when as many watches and Ready pods are there as before, save the few that always change', () => {
    const { samples, set } = service(60);
    set('watches', 20, 22, 200);
    set('watches', 22, 23, 296);
    set('watches', 23, 60, 298);
    set('ready', 30, 35, 90);
    const [outcome] = recoveriesOf([fault(20)], samples);
    expect(outcome?.recoveries).toMatchObject([
      { measure: 'watches', before: 300, worst: 200, from: seconds(20), until: seconds(23.1) },
      { measure: 'pods Ready', before: 100, worst: 90, from: seconds(30), until: seconds(35.1) },
    ]);
  });

  it('compares with what was there before a sample that was taken at the very instant of the fault', () => {
    const { samples, set } = service(60);
    set('watches', 19.9, 22, 200);
    expect(recoveriesOf([fault(20)], samples)[0]?.recoveries).toMatchObject([{ before: 300, worst: 200 }]);
  });

  it('says what did not recover, and outlives the next fault where it began before it', () => {
    const { samples, set } = service(60);
    set('writes', 20, 45, 0);
    set('ready', 50, 60, 0);
    const [first, second] = recoveriesOf([fault(20), fault(40)], samples);
    expect(first?.recoveries).toMatchObject([{ measure: 'writes', until: seconds(45.1) }]);
    expect(second?.recoveries.at(-1)).toMatchObject({ measure: 'pods Ready', until: null });
  });

  it('is part of what happened', () => {
    const { samples, set } = service(60);
    set('writes', 20, 21.4, 0);
    set('watches', 20, 22, 200);
    const told = happeningsOf(recoveriesOf([fault(20)], samples));
    expect(told).toEqual([
      { at: milliseconds(21_500), subject: 'service', what: 'writes succeed again: none did for 1.5 s' },
      {
        at: milliseconds(22_100),
        subject: 'service',
        what: 'as many watches are open as before: 100 of 300 were gone',
      },
    ]);
  });
});
