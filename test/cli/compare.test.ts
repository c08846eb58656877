import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Workplace } from './run-program.ts';

let place: Workplace;
beforeAll(() => {
  place = new Workplace();
  place.write('variants.yaml', scenario);
});
afterAll(() => place.remove());

const scenario = `# Does packing load fewer nodes than spreading?
apiVersion: plimsoll.dev/v1
kind: Scenario
metadata: { name: variants }
spec:
  replications: 2
  until: 5m
  params: { replicas: 10 }
  operations:
    - createNodes: { count: 5, allocatable: { cpu: "4", memory: 16Gi, pods: 110 }, preload: true }
    - createDeployment: { name: web, replicas: $replicas, requests: { cpu: 100m }, measure: true }
    - barrier: { podsReady: all, within: 4m }
  experiment:
    variants:
      spread: {}
      pack: { schedulers.default-scheduler.settings.scoring: MostAllocated }
  objectives:
    - { metric: pod_startup_latency_seconds, labels: { phase: total }, statistic: p99, below: 4m }
`;

const CSV = ['aggregate.csv', 'comparison.csv', 'histograms.csv', 'summary.csv', 'timeline.csv', 'timeseries.csv'];

function read(...parts: string[]): string {
  return readFileSync(place.path(...parts), 'utf8');
}

/** The cells of a CSV whose fields hold no comma. */
function cells(text: string): string[][] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','));
}

it('compares the variants of the scenario, writes its files and exits 0 if every variant held', async () => {
  const { code, stdout, stderr } = await place.run('compare', 'variants.yaml', '--out', 'plain');
  expect(stderr).toBe('');
  expect(stdout).toContain('variants: seed 1, 1 variant beside spread');
  expect(stdout).toContain('p99 of pod_startup_latency_seconds{phase=total}');
  expect(stdout).toContain("Holm's correction");
  expect(stdout).toMatch(
    /pack +│ default-scheduler │ kube-scheduler │ random +│ integer +│ adaptive .* scoring=MostAllocated/,
  );
  expect(code).toBe(0);
  expect(readdirSync(place.path('plain')).sort()).toEqual([...CSV, 'manifest.json', 'report.html'].sort());
  for (const file of ['summary.csv', 'aggregate.csv']) {
    const names = new Set(
      cells(read('plain', file))
        .slice(1)
        .map(([, variant]) => variant),
    );
    expect([...names]).toEqual(['spread', 'pack']);
  }
  expect(read('plain', 'report.html')).toContain('Differences to spread');
});

it('gives every variant the same seeds', async () => {
  await place.run('compare', 'variants.yaml', '--out', 'seeds', '--seed', '5');
  const { runs } = JSON.parse(read('seeds', 'manifest.json'));
  expect(runs.map((run: { replications: { seed: string }[] }) => run.replications.map(({ seed }) => seed))).toEqual([
    ['5-1', '5-2'],
    ['5-1', '5-2'],
  ]);
});

it('gives the same bytes with any number of workers', async () => {
  for (const workers of ['1', '2'])
    await place.run('compare', 'variants.yaml', '--out', `w${workers}`, '--workers', workers);
  for (const file of CSV) expect(read('w2', file)).toBe(read('w1', file));
});

it('takes variants, baseline and measures from the command line', async () => {
  const { code, stdout } = await place.run(
    'compare',
    'small.yaml',
    '--out',
    'typed',
    '--format',
    'csv',
    '--variant',
    'ten',
    '--variant',
    'twelve:replicas=12,spec.profile=[kubernetes-1.36, etcd-3.6]',
    '--baseline',
    'twelve',
    '--metric',
    'scheduler_schedule_attempts_total{result=scheduled}:final',
    '--metric',
    'apiserver_request_total',
  );
  expect(code).toBe(0);
  expect(stdout).toBe(read('typed', 'comparison.csv'));
  const [head = [], ...rows] = cells(stdout);
  const column = (name: string) => rows.map((row) => row[head.indexOf(name)]);
  expect(column('topic')).toEqual(['objectives', 'chosen', 'chosen', 'chosen']);
  expect(column('variant')).toEqual(['ten', 'ten', 'ten', 'ten']);
  const scheduled = rows.find((row) => row.includes('scheduler_schedule_attempts_total')) ?? [];
  expect(scheduled[head.indexOf('difference')]).toBe('-2');
  expect(scheduled[head.indexOf('effect')]).toBe('lower');
});

it('prints exactly one JSON document with --format json', async () => {
  const { stdout } = await place.run('compare', 'variants.yaml', '--out', 'json', '--format', 'json');
  const { holds, comparison, points } = JSON.parse(stdout);
  expect(holds).toBe(true);
  expect(points).toHaveLength(2);
  expect(comparison).toMatchObject({ baseline: 'spread', variants: ['spread', 'pack'] });
  expect(comparison.rows[0]).toMatchObject({
    topic: 'objectives',
    unit: 's',
    outcomes: [{ n: 2 }, { variant: 'pack' }],
  });
  expect(comparison.knobs).toHaveLength(2);
});

it('exits 1 if a variant missed an objective, and marks no direction for a single replication', async () => {
  const { code, stdout } = await place.run(
    'compare',
    'variants.yaml',
    '--out',
    'missed',
    '--replications',
    '1',
    '--set',
    'spec.objectives[0].below=1ms',
  );
  expect(code).toBe(1);
  expect(stdout).toContain('A single pair shows no direction');
});

it('that is stopped writes what finished and exits 4', async () => {
  const args = ['--out', 'late', '--replications', '2000', '--deadline', '1500ms', '--workers', '2'];
  const { code } = await place.run('compare', 'variants.yaml', ...args);
  expect(code).toBe(4);
  const pairs = cells(read('late', 'comparison.csv'));
  const finished = JSON.parse(read('late', 'manifest.json')).runs.map(
    ({ replications }: { replications: unknown[] }) => replications.length,
  );
  // One replication of every variant before the next: they differ by what the two workers had begun.
  expect(Math.abs(finished[0] - finished[1])).toBeLessThanOrEqual(2);
  expect(pairs.length).toBeGreaterThan(finished[1] > 2 ? 1 : 0);
});
