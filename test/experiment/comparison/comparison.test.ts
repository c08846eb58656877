import { describe, expect, it } from 'vitest';
import {
  compareRuns,
  createRunControl,
  defaultMeasures,
  distributionsOf,
  knobsOf,
  type MeasureRequest,
  parseMeasure,
  type ReplicationResult,
  RunControl,
  runPoints,
  type ScenarioRun,
} from '../../../src/experiment/index.ts';
import { findMetric, statisticsOfKind } from '../../../src/metrics/index.ts';
import { knobCells } from '../../../src/report/comparison-words.ts';
import { type Files, loadScenarioSource, resolveVariant } from '../../../src/scenario/index.ts';
import { type ExampleRecording, exampleRun } from '../example-run.ts';

const startup = parseMeasure('pod_startup_latency_seconds{phase=total}:mean');
const objective = { metric: 'pod_startup_latency_seconds', labels: { phase: 'total' }, statistic: 'max', below: 9 };

function variant(name: string, recordings: readonly ExampleRecording[]): ScenarioRun {
  return { ...exampleRun(recordings), variant: name };
}

function compare(runs: readonly ScenarioRun[], measures: readonly MeasureRequest[] = [startup]) {
  return compareRuns(runs, { baseline: runs[0]?.variant ?? '', measures, changes: { fast: { qps: 5, cores: 8 } } });
}

/** As if series came to be only when something happens. */
function withoutEmptySeries(replication: ReplicationResult): ReplicationResult {
  const series = replication.metrics.series.filter(({ statistics: { final, count } }) => (final ?? count ?? 0) > 0);
  return { ...replication, metrics: { ...replication.metrics, series } };
}

describe('a comparison', () => {
  const slow = variant('slow', [{ starts: [10] }, { starts: [20] }, { starts: [30] }]);
  const fast = variant('fast', [{ starts: [9] }, { starts: [18.9] }, { starts: [29] }]);

  it('pairs the replications of one seed', () => {
    const [row] = compare([slow, fast]).rows;
    expect(row).toMatchObject({ unit: 's', measure: { statistic: 'mean', better: 'lower' } });
    expect(row?.outcomes[0]).toMatchObject({ variant: 'slow', mean: 20, values: [10, 20, 30], difference: undefined });
    expect(row?.outcomes[1]).toMatchObject({ variant: 'fast', n: 3, difference: { pairs: 3, effect: 'lower' } });
  });

  it('compares with the baseline that is named, wherever it stands', () => {
    const [row] = compareRuns([slow, fast], { baseline: 'fast', measures: [startup], changes: {} }).rows;
    expect(row?.outcomes[0]?.difference?.effect).toBe('higher');
    expect(row?.outcomes[1]?.difference).toBeUndefined();
  });

  it('tells of pairs that finished where it was stopped', () => {
    const cut = {
      ...fast,
      replications: [fast.replications[2]!, { ...fast.replications[0]!, endReason: 'interrupted' as const }],
    };
    const [row] = compare([slow, cut]).rows;
    expect(row?.outcomes[1]).toMatchObject({
      n: 1,
      values: [undefined, undefined, 29],
      difference: { pairs: 1, mean: -1 },
    });
  });

  it('says what each variant changes', () => {
    expect(compare([slow, fast]).changes).toEqual({ slow: '', fast: 'cores=8;qps=5' });
  });

  it('begins with the objectives of the scenario, and has each measure once', () => {
    const withObjective = { ...slow, scenario: { ...slow.scenario, objectives: [objective] } };
    const twice = compare(
      [withObjective, fast],
      [startup, startup, parseMeasure('pod_startup_latency_seconds{phase=total}:max')],
    );
    expect(twice.rows.map(({ measure }) => [measure.topic, measure.statistic])).toEqual([
      ['objectives', 'max'],
      ['chosen', 'mean'],
    ]);
  });

  it('corrects for all differences that it makes', () => {
    const third = variant('third', [{ starts: [10] }, { starts: [20] }, { starts: [31] }]);
    const { rows, tested } = compare([slow, fast, third], [startup, parseMeasure('plimsoll_pods{phase=running}:max')]);
    expect(tested).toBe(4);
    const difference = rows[0]?.outcomes[1]?.difference;
    expect(difference?.pHolm).toBeCloseTo(4 * (difference?.p ?? Number.NaN), 12);
    expect(difference?.remains).toBe((difference?.pHolm ?? 1) < 0.05);
  });

  it('splits gauges, which cannot be added up, into their series, and leaves out what was 0 everywhere', () => {
    const metrics = compare(
      [slow, fast],
      [parseMeasure('plimsoll_pods:max'), parseMeasure('apiserver_request_total')],
    ).rows;
    expect(metrics.map(({ measure }) => measure.labels)).toEqual([{ phase: 'running' }]);
  });

  it('merges the histograms that labels select before it takes a quantile', () => {
    const post = parseMeasure('apiserver_request_duration_seconds{verb=POST}:max');
    const runs = [variant('a', [{ posts: [1, 3] }]), variant('b', [{ posts: [2] }])];
    expect(compare(runs, [post]).rows[0]?.outcomes.map(({ mean }) => mean)).toEqual([3, 2]);
  });

  it('counts what never happened as 0, and has no quantile of it', () => {
    const runs = [variant('a', [{ posts: [1] }, { posts: [1, 1] }]), variant('b', [{}, {}])];
    const measures = ['apiserver_request_total', 'apiserver_request_duration_seconds:p50'].map(parseMeasure);
    const [counted, quantile] = compare(
      runs.map((run) => ({ ...run, replications: run.replications.map(withoutEmptySeries) })),
      measures.map((measure) => ({ ...measure, statistics: measure.statistics.slice(0, 1) })),
    ).rows;
    expect(counted?.outcomes[1]).toMatchObject({ mean: 0, n: 2, difference: { pairs: 2, mean: -1.5 } });
    expect(quantile?.outcomes[1]).toMatchObject({ mean: undefined, n: 0, difference: undefined });
  });

  it('has the whole distribution of each variant behind a histogram', () => {
    const [distribution] = distributionsOf([slow, fast], compare([slow, fast]));
    expect(distribution?.lines.map(({ variant: name }) => name)).toEqual(['slow', 'fast']);
    for (const { quantiles } of distribution?.lines ?? []) {
      expect(quantiles).toEqual([...quantiles].sort((a, b) => a - b));
      expect(quantiles).toHaveLength(distribution?.shares.length ?? 0);
    }
    expect(distribution?.lines[0]?.quantiles.at(-1)).toBe(30);
  });
});

describe('measures', () => {
  it('of the catalogue name metrics, labels and statistics that exist', () => {
    for (const { metric, labels, statistics, by = [] } of defaultMeasures) {
      const definition = findMetric(metric);
      expect(definition, metric).toBeDefined();
      for (const label of [...Object.keys(labels), ...by]) expect(definition?.labels, metric).toContain(label);
      for (const statistic of statistics) expect(statisticsOfKind[definition!.kind], metric).toContain(statistic);
    }
  });

  it('are read as METRIC{label=value}:STATISTIC', () => {
    expect(parseMeasure('apiserver_request_total{verb=POST,resource=pods}:rate')).toMatchObject({
      metric: 'apiserver_request_total',
      labels: { verb: 'POST', resource: 'pods' },
      statistics: ['rate'],
      better: 'lower',
    });
    expect(parseMeasure('etcd_disk_wal_fsync_duration_seconds').statistics).toEqual(['mean', 'p50', 'p99']);
  });

  it.each([
    ['p99 of it', 'P102', 'cannot be understood'],
    ['apiserver_request_totl', 'P103', 'is not a metric'],
    ['apiserver_request_total{verbs=POST}', 'P103', 'is not a label'],
    ['apiserver_request_total:p99', 'P103', 'is not a statistic of a counter'],
  ])('%s is refused', (text, code, message) => {
    expect(() => parseMeasure(text)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });
});

const text = `# Do pods pack?
apiVersion: plimsoll.dev/v1
kind: Scenario
metadata: { name: ten }
spec:
  replications: 2
  until: 2m
  params: { replicas: 10 }
  operations:
    - createNodes: { count: 5, allocatable: { cpu: "4", memory: 16Gi, pods: 110 }, preload: true }
    - createDeployment: { name: web, replicas: $replicas, requests: { cpu: 100m }, measure: true }
    - barrier: { podsReady: all, within: 1m }
`;
const files: Files = { readText: () => text, resolve: (_, relative) => relative };

describe('the runs of a comparison', () => {
  const source = loadScenarioSource(files, 'ten.yaml');
  const pack = { 'schedulers.default-scheduler.settings.scoring': 'MostAllocated' };
  const points = [
    { variant: 'spread', scenario: resolveVariant(source, {}) },
    { variant: 'pack', scenario: resolveVariant(source, pack) },
  ];

  it('are the same whichever replication comes first', async () => {
    const byPoint = await runPoints(points, { seed: '3' });
    expect(await runPoints(points, { seed: '3', order: 'by replication' })).toEqual(byPoint);
    expect(await runPoints(points, { seed: '3', order: 'by replication', workers: 2 })).toEqual(byPoint);
  });

  it('finish the first seed of every variant before the second, so that what was stopped has pairs', async () => {
    /** Stops once the first replication of the second variant is over. */
    class StoppingControl extends RunControl {
      override report(job: number, progress: Parameters<RunControl['report']>[1]): void {
        super.report(job, progress);
        if (job === 2 && progress.virtualTime >= points[1]!.scenario.until) this.stop('interrupted');
      }
    }
    const control = new StoppingControl(createRunControl(4).memory);
    const runs = await runPoints(points, { control, order: 'by replication' });
    expect(runs.map(({ replications }) => replications.map(({ replication }) => replication))).toEqual([[1], [1]]);
  });

  it('say with which knobs each variant chose nodes', () => {
    const valuesOf = (variant: string, values = {}) => {
      const [knobs] = knobsOf(variant, resolveVariant(source, values));
      return Object.fromEntries(Object.entries(knobs?.settings ?? {}).map(([name, { value }]) => [name, value]));
    };
    const usual = { tieBreak: 'random', quantise: 'integer', nodeSampling: 'adaptive', scoring: 'configured' };
    expect(valuesOf('spread')).toMatchObject(usual);
    const all = { ...pack, 'kubeScheduler.percentageOfNodesToScore': 100 };
    expect(valuesOf('pack', all)).toMatchObject({ ...usual, nodeSampling: '100 %', scoring: 'MostAllocated' });
  });

  it('say the same of a scheduling cell, with what its architecture and its node chooser can be set to', () => {
    const cell = resolveVariant(source, {
      'spec.model': 'schedulingCell',
      'spec.operations': [
        { createNodes: { count: 2, preload: true } },
        { submitJobs: { name: 'slow', count: 2, decisionTime: { perJob: '1s', perTask: '2s' } } },
      ],
      'spec.schedulers': [
        { name: 'default-scheduler', algorithm: 'best-fit', replicas: 2, settings: { tieBreak: 'rank' } },
      ],
    });
    const [knobs] = knobsOf('cell', cell);
    expect(knobs).toMatchObject({ algorithm: 'best-fit', settings: { tieBreak: { value: 'rank', isDefault: false } } });
    expect(knobs).toMatchObject({ replicas: 2, jobs: [{ name: 'slow', perJob: { value: 1e9 } }] });
    expect(knobCells(knobs!)[6]).toBe('slow: 1s a job + 2s a task');
    expect(knobCells(knobs!).at(-1)).toBe('replicas=2');
    expect(Object.keys(knobs!.settings)).toEqual(
      expect.arrayContaining(['quantise', 'nodeSampling', 'decisionTimePerJob', 'decisionTimePerTask']),
    );
  });
});
