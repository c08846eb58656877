import { describe, expect, it } from 'vitest';
import { XtablesLock } from '../../../src/components/kube-proxy/xtables-lock.ts';
import { createDistribution, Simulation } from '../../../src/engine/index.ts';
import { milliseconds, NS_PER_SECOND, seconds } from '../../../src/units/index.ts';

const SYNCS = 20_000;

/** What syncs of one proxy meet with. */
function outcomes(rate: number, holdMilliseconds: number, patienceSeconds = 5) {
  const { streams } = new Simulation({ seed: 'lock', replication: 1 });
  const hold = createDistribution({ distribution: 'constant', value: milliseconds(holdMilliseconds) });
  const lock = new XtablesLock(rate, hold, seconds(patienceSeconds), streams.keyed('lock'));
  return Array.from({ length: SYNCS }, (_, count) => lock.acquire(0, count, 0));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe('the lock of iptables', () => {
  it('is free if nobody else takes it', () => {
    expect(outcomes(0, 100).every(({ waited, isTaken }) => waited === 0 && isTaken)).toBe(true);
  });

  it('is found taken as often as others hold it, on average half way through', () => {
    // Once a second for 100 ms: a tenth of the time, and of these a tenth lose it once more.
    const all = outcomes(1, 100);
    const waiting = all.filter(({ waited }) => waited > 0);
    expect(waiting.length / SYNCS).toBeCloseTo(0.1, 1);
    const afterFirst = 0.05 + 0.1 * (0.1 / (1 - 0.1));
    expect(mean(waiting.map(({ waited }) => waited)) / NS_PER_SECOND).toBeCloseTo(afterFirst, 2);
  });

  it('is given up when it has not come free in time', () => {
    const all = outcomes(10, 99, 1);
    const failed = all.filter(({ isTaken }) => !isTaken);
    expect(failed.length).toBeGreaterThan(SYNCS / 2);
    expect(failed.every(({ waited }) => waited === seconds(1))).toBe(true);
  });
});
