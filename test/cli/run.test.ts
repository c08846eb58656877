import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Workplace } from './run-program.ts';

let place: Workplace;
beforeAll(() => {
  place = new Workplace();
});
afterAll(() => place.remove());

const FILES = [
  'aggregate.csv',
  'histograms.csv',
  'manifest.json',
  'report.html',
  'summary.csv',
  'timeline.csv',
  'timeseries.csv',
];
const CSV = FILES.filter((file) => file.endsWith('.csv'));

function read(...parts: string[]): string {
  return readFileSync(place.path(...parts), 'utf8');
}

describe('a run', () => {
  it('writes its files, prints the verdict and exits 0 if everything held', async () => {
    const { code, stdout, stderr } = await place.run('run', 'small.yaml', '--seed', '7');
    expect(stderr).toBe('');
    expect(stdout).toContain('small: seed 7, 2 replications');
    expect(stdout).toContain('Do ten pods start within five minutes?');
    expect(stdout).toContain('verdict     HOLDS');
    expect(code).toBe(0);
    const [directory, latest] = readdirSync(place.path('results', 'small')).sort();
    expect(directory).toMatch(/^\d{8}T\d{6}Z-7$/);
    expect(latest).toBe('latest');
    expect(realpathSync(place.path('results', 'small', 'latest'))).toBe(
      realpathSync(place.path('results', 'small', directory!)),
    );
    expect(readdirSync(place.path('results', 'small', 'latest')).sort()).toEqual(FILES);
  });

  it('says in its manifest what ran and how it ended', async () => {
    await place.run('run', 'small.yaml', '--out', 'manifest', '--set', 'nodes=6', '--quiet');
    const manifest = JSON.parse(read('manifest', 'manifest.json'));
    expect(manifest).toMatchObject({ seed: '1', endReason: 'operations done', program: { name: 'plimsoll' } });
    expect(manifest.command).toEqual(['run', 'small.yaml', '--out', 'manifest', '--set', 'nodes=6', '--quiet']);
    expect(manifest.runs[0].scenario.params.nodes).toBe(6);
    expect(manifest.runs[0].replications.map((r: { seed: string }) => r.seed)).toEqual(['1-1', '1-2']);
    expect(manifest.events).toBeGreaterThan(0);
  });

  it('exits 1 if an objective failed', async () => {
    const { code, stdout } = await place.run(
      'run',
      'small.yaml',
      '--out',
      'failed',
      '--set',
      'spec.objectives[0].below=1ms',
    );
    expect(stdout).toContain('verdict     FAILS: 1 of 1 objectives');
    expect(code).toBe(1);
    expect(readdirSync(place.path('failed')).sort()).toEqual(FILES);
  });

  it('prints exactly one JSON document with --format json, and summary.csv with --format csv', async () => {
    const json = await place.run('run', 'small.yaml', '--out', 'json', '--format', 'json');
    expect(JSON.parse(json.stdout)).toMatchObject({ holds: true, points: [{ variant: '', verdict: { holds: true } }] });
    const csv = await place.run('run', 'small.yaml', '--out', 'csv', '--format', 'csv');
    expect(csv.stdout).toBe(read('csv', 'summary.csv'));
    expect(csv.stderr).toBe('');
  });

  it('gives the same bytes with any number of workers, and others with another seed', async () => {
    for (const workers of ['1', '2', '3'])
      await place.run('run', 'small.yaml', '--out', `w${workers}`, '--workers', workers);
    for (const file of CSV) {
      expect(read('w2', file)).toBe(read('w1', file));
      expect(read('w3', file)).toBe(read('w1', file));
    }
    await place.run('run', 'small.yaml', '--out', 'other', '--seed', '2');
    expect(read('other', 'summary.csv')).not.toBe(read('w1', 'summary.csv'));
  });

  it('uses no colour in a pipe', async () => {
    const { stdout } = await place.run('run', 'small.yaml', '--out', 'plain');
    expect(stdout).not.toContain('\u001b');
  });
});

describe('a run that is stopped', () => {
  it('by --deadline exits 4 and says so', async () => {
    const { code, stdout } = await place.run(
      'run',
      'small.yaml',
      '--out',
      'late',
      '--replications',
      '5000',
      '--deadline',
      '300ms',
    );
    expect(code).toBe(4);
    expect(stdout).toContain('NOT COMPLETE');
    expect(JSON.parse(read('late', 'manifest.json')).endReason).toBe('stopped by --deadline');
  });

  it('by --memory exits 4 and says so', async () => {
    const { code } = await place.run('run', 'small.yaml', '--out', 'full', '--replications', '5000', '--memory', '1Mi');
    expect(code).toBe(4);
    expect(JSON.parse(read('full', 'manifest.json')).endReason).toBe('stopped for memory');
  });

  it.skipIf(process.platform === 'win32')('by Ctrl-C writes what finished and exits 130', async () => {
    const { child, outcome } = place.start(['run', 'small.yaml', '--out', 'cut', '--replications', '5000']);
    while (!existsSync(place.path('cut'))) await new Promise((resolve) => setTimeout(resolve, 20));
    await new Promise((resolve) => setTimeout(resolve, 400));
    child.kill('SIGINT');
    const { code, stderr } = await outcome;
    expect(code).toBe(130);
    expect(stderr).toContain('interrupted');
    const manifest = JSON.parse(read('cut', 'manifest.json'));
    expect(manifest.endReason).toBe('interrupted');
    expect(manifest.runs[0].notRun.length).toBeGreaterThan(0);
  });
});

it('a sweep runs the grid and writes one tidy CSV', async () => {
  const args = ['--vary', 'nodes=5,6', '--vary', 'spec.replications=1,2'];
  const { code, stdout } = await place.run('sweep', 'small.yaml', '--out', 'grid', ...args);
  expect(code).toBe(0);
  expect(stdout).toContain('nodes=6;spec.replications=2');
  const variants = new Set(
    read('grid', 'summary.csv')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split(',')[1]),
  );
  expect([...variants]).toEqual([
    'nodes=5;spec.replications=1',
    'nodes=5;spec.replications=2',
    'nodes=6;spec.replications=1',
    'nodes=6;spec.replications=2',
  ]);
  expect(JSON.parse(read('grid', 'manifest.json')).runs).toHaveLength(4);
});

it('bench measures the engine and the quickstart against a reference loop', async () => {
  const { code, stdout } = await place.run('bench', '--format', 'json', '--quiet');
  expect(code).toBe(0);
  const { referenceNanoseconds, operations, scenarios } = JSON.parse(stdout);
  expect(referenceNanoseconds).toBeGreaterThan(0);
  expect(operations.length).toBeGreaterThan(4);
  expect(scenarios).toMatchObject([{ name: 'quickstart' }]);
});
