import { expect, it } from 'vitest';
import { assumption, count, duration, measured } from '../../src/engine/index.ts';
import { type FaultRecovery, judge } from '../../src/experiment/index.ts';
import { chartsOf } from '../../src/report/charts.ts';
import { htmlReport } from '../../src/report/html-report.ts';
import { buildManifest, type RunFacts } from '../../src/report/manifest.ts';
import { assumptionsInPlay, formatParameter } from '../../src/report/parameters-in-play.ts';
import { milliseconds, seconds } from '../../src/units/index.ts';
import { exampleReplication, exampleRun, exampleScenario } from '../experiment/example-run.ts';

const facts: RunFacts = {
  version: '0.1.0',
  gitCommit: 'abcdef0123456789',
  nodeVersion: 'v20.0.0',
  command: ['run', 'example.yaml'],
  startedAt: '2026-01-01T00:00:00.000Z',
  wallSeconds: 0.5,
  cpuSeconds: 0.6,
  peakMemoryBytes: 1,
  workers: 2,
};
const catalogue = {
  kubelet: {
    syncPeriod: duration({
      default: seconds(1),
      range: [seconds(0), seconds(9)],
      help: 'sync',
      source: assumption('a guess'),
    }),
    maxPods: count({ default: 110, unit: 'pod', range: [1, 500], help: 'pods', source: measured('x') }),
  },
};
const assets = { uplotScript: 'var uPlot = 1;', uplotStyle: '.u{}' };

function page(run = exampleRun([{ starts: [1] }])): string {
  const judged = [{ run, verdict: judge(run) }];
  const manifest = buildManifest([run], facts, assumptionsInPlay(run.scenario, catalogue), undefined);
  return htmlReport(judged, manifest, catalogue, assets);
}

it('is one page that loads nothing', () => {
  const text = page();
  expect(text.startsWith('<!doctype html>')).toBe(true);
  expect(text).not.toMatch(/(src|href)=|@import|url\(|https?:/);
  expect(text).toContain('var uPlot = 1;');
});

it('says the verdict before everything else', () => {
  const text = page();
  expect(text.indexOf('class="verdict')).toBeLessThan(text.indexOf('Bottleneck'));
  expect(text.indexOf('Bottleneck')).toBeLessThan(text.indexOf('Over virtual time'));
});

it('cannot be broken by a name', () => {
  const run = exampleRun([{ starts: [1], changes: { notes: ['</script><script>alert(1)</script>'] } }]);
  const text = page({ ...run, scenario: { ...run.scenario, name: '<b>&"' } });
  expect(text).not.toContain('<script>alert');
  expect(text).toContain('<h1>&lt;b&gt;&amp;&quot;</h1>');
});

it('lists assumptions in play and values that differ, in their units', () => {
  const path = 'kubelet.syncPeriod';
  expect(page()).toContain('a guess');
  expect(formatParameter(path, milliseconds(1500), catalogue)).toBe('1.5s');
  const overrides = [{ path, value: milliseconds(1500), default: seconds(1), origin: '--set' }];
  const scenario = exampleScenario({ overrides });
  expect(assumptionsInPlay(scenario, catalogue)).toEqual([]);
  expect(assumptionsInPlay(exampleScenario(), catalogue)).toEqual([{ path, help: 'sync', reason: 'a guess' }]);
  // A scheduling cell has no such component.
  expect(assumptionsInPlay(exampleScenario({ model: 'schedulingCell' }), catalogue)).toEqual([]);
  expect(page({ ...exampleRun([{}]), scenario })).toContain('<td class="text">1.5s</td>');
});

it('draws what moved, thinned to what a screen shows', () => {
  const charts = chartsOf(exampleReplication({ starts: [1, 2], posts: [1, 1, 1] }).metrics);
  expect(charts.map(({ title }) => title)).toEqual(['Pods by state']);
  expect(charts[0]).toMatchObject({ times_s: [0, 10], lines: [{ label: 'running', values: [0, 2] }] });
  const times_s = Array.from({ length: 2000 }, (_, i) => i);
  const long = { metric: 'etcd_mvcc_db_total_size_in_bytes', labels: '', unit: 'B', times_s, values: times_s } as const;
  const [thinned] = chartsOf({ span_s: 2000, series: [], timeseries: [long] });
  expect(thinned?.times_s.length).toBeLessThanOrEqual(600);
  expect(thinned?.times_s.at(-1)).toBe(1999);
});

it('draws limiters apart from servers, lines of several metrics together, and a leader only where it was lost', () => {
  const series = (metric: string, labels: string, ...values: number[]) =>
    ({ metric, labels, unit: '1', times_s: values.map((_, i) => i), values }) as const;
  const charts = (...timeseries: ReturnType<typeof series>[]) => chartsOf({ span_s: 3, series: [], timeseries });
  const utilisation = 'plimsoll_server_utilisation';
  const drawn = charts(
    series(utilisation, 'server=etcd apply', 0.123456789, 0.2),
    series(utilisation, 'server=kubelet client limiter (busiest)', 1, 1),
    series(utilisation, 'server=kube-apiserver in-flight limit', 1, 1),
    series('etcd_mvcc_db_total_size_in_bytes', '', 8, 8),
    series('etcd_mvcc_db_total_size_in_use_in_bytes', '', 8, 4),
    series('etcd_server_has_leader', '', 1, 1),
  );
  const labels = drawn.map(({ title, lines }) => [title, lines.map(({ label }) => label).sort()]);
  expect(labels).toEqual([
    ['Utilisation of servers', ['etcd apply']],
    ['Utilisation of limiters', ['kube-apiserver in-flight limit', 'kubelet client limiter (busiest)']],
    ['etcd database', ['file', 'in use']],
  ]);
  expect(drawn[0]?.lines[0]?.values).toEqual([0.12346, 0.2]);
  expect(charts(series('etcd_server_has_leader', '', 1, 0, 1)).map(({ title }) => title)).toEqual([
    'etcd has a leader',
  ]);
});

it('tells how long after a fault things happened, and marks faults in the charts', () => {
  const at = (ms: number) => milliseconds(ms);
  const timeline = [
    { at: at(500), subject: 'etcd', what: 'the members are 0, 1, 2' },
    { at: at(1000), subject: 'fault', what: 'etcdLeaderLoss' },
    { at: at(1904), subject: 'etcd member 1', what: 'leads in term 2' },
  ];
  const text = page(exampleRun([{ starts: [1], changes: { timeline } }]));
  expect(text).toContain('<td class="text">1.904s</td><td class="text">+904ms</td><td class="text">etcd member 1</td>');
  expect(text).toContain('<td class="text">500ms</td><td class="text"></td><td class="text">etcd</td>');
  expect(text).toContain('"marks":[1]');
});

it('tells what recovered from each fault, after how long and by which metric it is judged', () => {
  const at = seconds(2);
  const recovery = { fault: 'etcdLeaderLoss', at, before: 200, worst: 0, from: milliseconds(2100) };
  const recoveries: FaultRecovery[] = [
    {
      fault: 'etcdLeaderLoss',
      at,
      recoveries: [
        { ...recovery, measure: 'writes', until: milliseconds(3600) },
        { ...recovery, measure: 'watches', until: null },
      ],
    },
    { fault: 'etcdTransferLeader', at: seconds(8), recoveries: [] },
  ];
  const text = page(exampleRun([{ starts: [1], changes: { recoveries } }]));
  for (const cell of ['200/s', '1.5s', '1.6s', 'not by the end', 'apiserver_request_total{code=2xx}']) {
    expect(text).toContain(cell);
  }
  expect(text).toContain('no pause of writes, no failed write, no watch and no Ready pod lost');
  expect(page(exampleRun([{ starts: [1] }]))).not.toContain('<h2>Recovery</h2>');
});

it('the manifest tells seeds, fingerprints, events per second and why it ended', () => {
  const run = { ...exampleRun([{ starts: [1] }]), planned: 2 };
  const manifest = buildManifest([run], facts, [], 'interrupted');
  expect(manifest).toMatchObject({ seed: '1', events: 1000, eventsPerSecond: 2000, endReason: 'interrupted' });
  expect(manifest.runs[0]?.replications).toEqual([
    { replication: 1, seed: '1-1', endReason: 'operations done', endTime_s: 10, events: 1000, fingerprint: 'f1' },
  ]);
  expect(manifest.runs[0]?.notRun).toEqual(['1-2']);
  expect(buildManifest([exampleRun([{}])], facts, [], undefined).endReason).toBe('operations done');
});
