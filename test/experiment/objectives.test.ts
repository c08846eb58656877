import { describe, expect, it } from 'vitest';
import { judgeObjective } from '../../src/experiment/objectives.ts';
import type { Objective } from '../../src/scenario/resolved-scenario.ts';
import { exampleReplication } from './example-run.ts';

const startup: Objective = {
  metric: 'pod_startup_latency_seconds',
  labels: { phase: 'total' },
  statistic: 'max',
  below: 5,
};

function judgeStarts(objective: Objective, ...starts: (readonly number[])[]) {
  return judgeObjective(
    objective,
    starts.map((each, i) => exampleReplication({ replication: i + 1, starts: each })),
  );
}

describe('an objective', () => {
  it('holds below its bound, with the margin to it', () => {
    expect(judgeStarts(startup, [1, 2, 4])).toMatchObject({ measured: 4, margin: 0.2, holds: true, unit: 's' });
  });

  it('fails at its bound and past it', () => {
    expect(judgeStarts(startup, [5]).holds).toBe(false);
    expect(judgeStarts(startup, [6])).toMatchObject({ measured: 6, margin: -0.2, holds: false });
  });

  it('fails without an observation', () => {
    expect(judgeStarts(startup, [])).toMatchObject({ measured: undefined, margin: undefined, holds: false });
    const elsewhere = { ...startup, labels: { phase: 'run_to_watch' } };
    expect(judgeStarts(elsewhere, [1])).toMatchObject({ measured: undefined, holds: false });
  });

  it('must hold in every replication, and tells the worst', () => {
    expect(judgeStarts(startup, [1], [6], [2])).toMatchObject({ measured: 6, heldIn: 2, holds: false });
  });

  it('must hold in the share of replications that its confidence gives', () => {
    expect(judgeStarts({ ...startup, confidence: 0.6 }, [1], [6], [2])).toMatchObject({
      measured: 2,
      heldIn: 2,
      holds: true,
    });
    expect(judgeStarts({ ...startup, confidence: 0.7 }, [1], [6], [2])).toMatchObject({ measured: 6, holds: false });
    const twenty = Array.from({ length: 20 }, (_, i) => [i === 0 ? 9 : 1]);
    expect(judgeStarts({ ...startup, confidence: 0.95 }, ...twenty).holds).toBe(true);
  });

  it('with a replication without data fails, unless its confidence allows', () => {
    expect(judgeStarts(startup, [1], []).holds).toBe(false);
    expect(judgeStarts({ ...startup, confidence: 0.5 }, [1], []).holds).toBe(true);
  });

  it('may ask for more instead of less', () => {
    const throughput: Objective = { ...startup, statistic: 'rate', above: 0.2 };
    const { below: _, ...above } = throughput;
    expect(judgeStarts(above, [1, 1, 1])).toMatchObject({ measured: 0.3, unit: '1/s', holds: true });
    expect(judgeStarts(above, [1, 1, 1], [1])).toMatchObject({ measured: 0.1, margin: -0.5, holds: false });
  });

  it('merges the histograms of all series that its labels select', () => {
    const replication = exampleReplication({ posts: [0.1, 0.2, 0.3], starts: [1] });
    const objective: Objective = {
      metric: 'apiserver_request_duration_seconds',
      labels: {},
      statistic: 'count',
      below: 4,
    };
    const get = {
      ...replication.metrics.series.find((s) => s.metric === objective.metric)!,
      labels: 'resource=pods;verb=GET',
    };
    const doubled = {
      ...replication,
      metrics: { ...replication.metrics, series: [...replication.metrics.series, get] },
    };
    expect(judgeObjective(objective, [doubled])).toMatchObject({ measured: 6, unit: '1', holds: false });
    expect(judgeObjective({ ...objective, labels: { verb: 'GET' } }, [doubled]).measured).toBe(3);
  });

  it('adds up counters', () => {
    const objective: Objective = {
      metric: 'apiserver_request_total',
      labels: { verb: 'POST' },
      statistic: 'final',
      below: 3,
    };
    expect(judgeObjective(objective, [exampleReplication({ posts: [1, 1] })]).measured).toBe(2);
  });
});
