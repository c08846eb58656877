import { describe, expect, it } from 'vitest';
import { RandomStreams } from '../../../src/engine/index.ts';
import { check, exactRule, type ToleranceRule } from '../../../src/experiment/gate/index.ts';
import { p99, results } from './results.ts';

const within = (relative: number, more: Partial<ToleranceRule> = {}): ToleranceRule => ({
  ...exactRule,
  relative,
  ...more,
});

describe('results from the same seeds', () => {
  it('hold only if every statistic is the same to the last digit', () => {
    expect(check(results({ statistics: [p99(2.5, 3)] }), results({ statistics: [p99(2.5, 3)] })).holds).toBe(true);
    const changed = check(results({ statistics: [p99(2.5, 3.0000000001)] }), results({ statistics: [p99(2.5, 3)] }));
    expect(changed.holds).toBe(false);
    expect(changed.rows[0]).toMatchObject({ outcome: 'changed', method: 'exact', isBreach: true });
  });

  it('fail where values moved although their mean did not', () => {
    expect(check(results({ statistics: [p99(2, 4)] }), results({ statistics: [p99(4, 2)] })).holds).toBe(false);
  });

  it('fail in the good direction too, as they are not what they were', () => {
    expect(check(results({ statistics: [p99(1)] }), results({ statistics: [p99(2)] })).rows[0]?.outcome).toBe(
      'changed',
    );
  });

  it('promise nothing across major versions of Node', () => {
    const now = results({ nodeMajor: 22, statistics: [p99(2.1)] });
    const { rows, holds } = check(now, results({ statistics: [p99(2)] }));
    expect(rows[0]?.outcome).toBe('not judged');
    expect(holds).toBe(true);
  });

  it('tell how many runs were the same event by event', () => {
    const now = results({ fingerprint: 'g', statistics: [p99(1, 1)] });
    expect(check(now, results({ statistics: [p99(1, 1)] })).samePairs).toEqual({ pairs: 2, equal: 0 });
    expect(check(now, now).samePairs).toEqual({ pairs: 2, equal: 2 });
  });
});

describe('a tolerance', () => {
  const baseline = results({ statistics: [p99(10)] });
  const judge = (value: number, rule: ToleranceRule) => check(results({ statistics: [p99(value)] }), baseline, [rule]);

  it('allows a change up to itself, as a share of the baseline or in the unit', () => {
    expect(judge(10.49, within(0.05)).holds).toBe(true);
    expect(judge(10.51, within(0.05)).holds).toBe(false);
    expect(judge(10.9, { ...exactRule, absolute: '1s' }).holds).toBe(true);
    expect(judge(11.1, { ...exactRule, absolute: '1s' }).holds).toBe(false);
    // The larger of the two bounds counts.
    expect(judge(11.1, within(0.2, { absolute: '1s' })).holds).toBe(true);
  });

  it('fails nothing in the good direction: latencies may fall', () => {
    const { rows, holds } = judge(5, within(0.05));
    expect(rows[0]?.outcome).toBe('better');
    expect(holds).toBe(true);
    expect(judge(5, within(0.05, { worse: 'either' })).rows[0]?.outcome).toBe('changed');
    expect(judge(5, within(0.05, { worse: 'lower' })).rows[0]?.outcome).toBe('worse');
  });

  it('is exceeded only where the replications prove it', () => {
    const spread = results({ statistics: [p99(9, 13, 8, 14)] });
    const steady = results({ statistics: [p99(10, 10, 10, 10)] });
    expect(check(spread, steady, [within(0.05)]).rows[0]).toMatchObject({ outcome: 'unclear', isBreach: false });
    const shifted = results({ statistics: [p99(11, 11.1, 10.9, 11)] });
    expect(check(shifted, steady, [within(0.05)]).rows[0]).toMatchObject({ outcome: 'worse', isBreach: true });
  });

  it('of another metric leaves everything else alone, and a rule that ignores does so before those behind it', () => {
    const other = { ...within(0), metric: 'etcd_*' };
    expect(check(results({ statistics: [p99(99)] }), baseline, [other]).rows).toEqual([]);
    const ignore = { ...exactRule, metric: 'pod_*', ignore: true };
    expect(check(results({ statistics: [p99(99)] }), baseline, [ignore, exactRule]).holds).toBe(true);
  });

  it('does not stand in for a rule that demands the same', () => {
    expect(judge(10.0001, { ...exactRule, exact: true }).rows[0]?.outcome).toBe('changed');
  });
});

describe('results from other seeds', () => {
  it('are judged by a test over the replications', () => {
    const baseline = results({ statistics: [p99(10, 10.2, 9.9, 10.1)] });
    const slower = results({ seed: '2', statistics: [p99(12, 12.1, 11.9, 12.2)] });
    expect(check(slower, baseline).rows[0]).toMatchObject({ method: 'test', outcome: 'worse', isBreach: true });
    const alike = results({ seed: '2', statistics: [p99(10.1, 9.8, 10.2, 10)] });
    expect(check(alike, baseline).holds).toBe(true);
  });

  it('are not judged with one replication', () => {
    const { rows } = check(results({ seed: '2', statistics: [p99(99)] }), results({ statistics: [p99(1)] }));
    expect(rows[0]).toMatchObject({ outcome: 'not judged', method: 'none', isBreach: false });
  });

  it('raise a false alarm in no more than 5 % of gates, however many statistics there are', () => {
    const stream = new RandomStreams('7', 0).stream('gates');
    // Sums of twelve uniform numbers are close to normal.
    const normal = () => Array.from({ length: 12 }, () => stream.next()).reduce((sum, value) => sum + value, -6);
    const metrics = Array.from({ length: 40 }, (_, i) => `verb=V${i}`);
    const side = (seed: string) =>
      results({
        seed,
        statistics: metrics.map((labels) => ({
          metric: 'apiserver_request_duration_seconds',
          labels,
          statistic: 'mean',
          values: Array.from({ length: 5 }, normal),
        })),
      });
    const gates = 400;
    const alarms = Array.from({ length: gates }, () => check(side('2'), side('1'))).filter(
      ({ holds }) => !holds,
    ).length;
    // 20 expected at most; 34 would come by chance once in a thousand times.
    expect(alarms).toBeLessThan(34);
  });
});

describe('what is there on one side only', () => {
  it('fails the gate if it is gone, and not if it is new', () => {
    const both = results({ statistics: [p99(1)] });
    const none = results({ statistics: [{ ...p99(1), labels: 'phase=other' }] });
    const { rows } = check(none, both);
    expect(rows.map(({ labels, outcome, isBreach }) => [labels, outcome, isBreach])).toEqual([
      ['phase=total', 'gone', true],
      ['phase=other', 'new', false],
    ]);
  });

  it('counts as 0 where it says how much there was', () => {
    const conflicts = { metric: 'plimsoll_conflicts_total', statistic: 'final' as const };
    const before = results({ statistics: [p99(1), { ...conflicts, values: [40] }] });
    const after = results({ statistics: [p99(1)] });
    expect(check(after, before, [within(0.1)]).rows[0]).toMatchObject({ now: 0, outcome: 'better', isBreach: false });
    expect(check(before, after, [within(0.1)]).rows[0]).toMatchObject({
      baseline: 0,
      outcome: 'worse',
      isBreach: true,
    });
  });

  it('fails the gate for a variant that is missing, and for a verdict that holds no more', () => {
    const one = results({ variant: 'a', statistics: [p99(1)] });
    const { holds, missing } = check(results({ variant: 'b', statistics: [p99(1)] }), one);
    expect([holds, missing]).toEqual([false, ['a']]);
    const lost = check(results({ variant: 'a', holds: false, statistics: [p99(1)] }), one);
    expect([lost.holds, lost.lost]).toEqual([false, ['a']]);
  });

  it('is refused where the scenarios differ', () => {
    const other = results({ scenario: 'other', statistics: [p99(1)] });
    expect(() => check(other, results({ statistics: [p99(1)] }))).toThrow('P402');
  });
});
