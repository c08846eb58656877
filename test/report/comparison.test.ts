import { describe, expect, it } from 'vitest';
import { assumption, count } from '../../src/engine/index.ts';
import { compareRuns, judge, parseMeasure } from '../../src/experiment/index.ts';
import { presentComparison } from '../../src/report/comparison-page.ts';
import { comparisonTable } from '../../src/report/comparison-table.ts';
import { comparisonCsv } from '../../src/report/csv.ts';
import { htmlReport } from '../../src/report/html-report.ts';
import { buildManifest } from '../../src/report/manifest.ts';
import { type ExampleRecording, exampleRun } from '../experiment/example-run.ts';

function variant(name: string, recordings: readonly ExampleRecording[]) {
  return { ...exampleRun(recordings), variant: name };
}

const slow = variant('slow', [{ starts: [10] }, { starts: [20] }, { starts: [30] }]);
const fast = variant('fast', [{ starts: [9] }, { starts: [18.9] }, { starts: [29] }]);
const same = variant('same', [{ starts: [10] }, { starts: [20] }, { starts: [30] }]);
const mixed = variant('mixed', [{ starts: [9] }, { starts: [22] }, { starts: [30] }]);
const runs = [slow, fast, same, mixed];
const measures = [parseMeasure('pod_startup_latency_seconds{phase=total}:mean')];
const compared = presentComparison(
  runs,
  compareRuns(runs, { baseline: 'slow', measures, changes: { fast: { qps: 5 } } }),
);

describe('the table of a comparison', () => {
  const text = comparisonTable(compared.comparison, compared.knobs, false);

  it('tells a direction where the interval excludes 0, and otherwise how the pairs went', () => {
    expect(text).toMatch(/slow +│ 20s +│ \(baseline\)/);
    expect(text).toMatch(/fast +│ 18\.97s +│ -1\.033s +│ -1\.177s … -889\.9ms +│ -5\.2 % +│ better \(lower\) \*/);
    expect(text).toMatch(/same +│ 20s +│ 0s +│ 0s … 0s +│ 0 % +│ the same/);
    expect(text).toMatch(/mixed .*│ unclear, above in 1 of 3/);
  });

  it('says what each variant is', () => {
    expect(text).toContain('variant     slow: as the scenario is written\nvariant     fast: qps=5\n');
  });

  it('names in a line what is the same in every variant', () => {
    const twins = presentComparison(
      [slow, same],
      compareRuns([slow, same], { baseline: 'slow', measures, changes: { fast: { qps: 5 } } }),
    );
    const short = comparisonTable(twins.comparison, twins.knobs, false);
    expect(short).toContain('the same in every variant: mean of pod_startup_latency_seconds{phase=total} (20s)');
    expect(short).not.toContain('(baseline)');
  });

  it('says how much of that chance would have told', () => {
    expect(text).toContain('3 differences over 1 measure and 4 variants');
    expect(text).toContain('By chance alone 0.15 of them would be told');
  });
});

it('comparison.csv has a row for each variant beside the baseline', () => {
  const [head, ...rows] = comparisonCsv('example', compared.comparison).trimEnd().split('\n');
  expect(head).toMatch(
    /^scenario,topic,metric,labels,statistic,better,variant,baseline,mean,baseline_mean,difference,/,
  );
  expect(rows.map((row) => row.split(',').slice(4, 11).join(' '))).toEqual([
    'mean lower fast slow 18.9666666667 20 -1.03333333333',
    'mean lower same slow 20 20 0',
    'mean lower mixed slow 20.3333333333 20 0.333333333333',
  ]);
});

it('the page has differences, a drawing of every replication, knobs and distributions before the verdicts', () => {
  const facts = {
    version: '0',
    gitCommit: null,
    nodeVersion: 'v20',
    command: [],
    startedAt: '',
    wallSeconds: 1,
    cpuSeconds: 1,
    peakMemoryBytes: 1,
    workers: 1,
  };
  const catalogue = {
    x: { y: count({ default: 1, unit: '1', range: [0, 1], help: 'y', source: assumption('a guess') }) },
  };
  const judged = runs.map((run) => ({ run, verdict: judge(run) }));
  const manifest = buildManifest(runs, facts, [], undefined);
  const page = htmlReport(judged, manifest, catalogue, { uplotScript: '', uplotStyle: '' }, compared);
  const order = ['Differences to slow', 'Knobs of each variant', 'Distributions', 'Verdict of each variant'];
  const places = order.map((title) => page.indexOf(title));
  expect(places.every((place) => place >= 0)).toBe(true);
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(page.match(/<circle/g)).toHaveLength(12);
  expect(page).toContain('"over":"share of observations"');
});
