import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Workplace } from './run-program.ts';

let place: Workplace;
beforeAll(async () => {
  place = new Workplace();
  const runs = [
    ['before'],
    ['same', '--workers', '2'],
    ['slower', '--set', 'kubelet.containerStart=3s'],
    ['other-seed', '--seed', '2'],
  ] as const;
  for (const [out, ...more] of runs) {
    const { code } = await place.run('run', 'small.yaml', '--replications', '1', '--quiet', '--out', out, ...more);
    expect(code).toBe(0);
  }
  place.write(
    'tolerances.yaml',
    `apiVersion: plimsoll.dev/v1
kind: Tolerances
rules:
  - { metric: pod_startup_latency_seconds, labels: { phase: total }, statistics: [p50, p99], relative: 10% }
  - { metric: "*", ignore: true }
`,
  );
});
afterAll(() => place.remove());

const read = (...parts: string[]): string => readFileSync(place.path(...parts), 'utf8');

it('holds for a run of the same seed, whatever the workers, and says that it was the same event by event', async () => {
  const { code, stdout } = await place.run('check', 'same', '--baseline', 'before');
  expect(stdout).toMatch(/(\d+) of \1 pairs of the same seed are the same run, event by event/);
  expect(stdout).toMatch(/compared +([\d,]+) statistics: \1 same/);
  expect(code).toBe(0);
});

it('fails with 1 where a statistic is past its tolerance, and writes JUnit and Markdown', async () => {
  const { code, stdout } = await place.run(
    'check',
    'slower',
    '--baseline',
    'before',
    '--tolerances',
    'tolerances.yaml',
  );
  expect(code).toBe(1);
  expect(stdout).toMatch(/p99 of pod_startup_latency_seconds\{phase=total\} .* worse/);
  expect(stdout).toContain('2 statistics: 2 worse');
  expect(read('slower', 'check.md')).toContain('| p50 of pod\\_startup\\_latency\\_seconds{phase=total} |');
  const junit = read('slower', 'check.junit.xml');
  expect(junit).toMatch(/<testsuite name="Plimsoll check small" tests="3" failures="2" skipped="0" errors="0">/);
  expect(junit.match(/<failure /g)).toHaveLength(2);
});

it('a baseline file stands in for the results that it was made of', async () => {
  const kept = await place.run(
    'check',
    'before',
    '--write-baseline',
    'baseline.json',
    '--tolerances',
    'tolerances.yaml',
  );
  expect(kept.code).toBe(0);
  expect(
    read('baseline.json')
      .split('\n')
      .filter((line) => line.includes('pod_startup_latency_seconds')),
  ).toHaveLength(2);
  const same = await place.run('check', 'same', '--baseline', 'baseline.json', '--tolerances', 'tolerances.yaml');
  expect(same.stdout).toContain('compared    2 statistics: 2 same');
  const slower = await place.run(
    'check',
    'slower',
    '--baseline',
    'baseline.json',
    '--tolerances',
    'tolerances.yaml',
    '--format',
    'csv',
  );
  expect(slower.code).toBe(1);
  expect(slower.stdout.split('\n')[0]).toBe(
    'scenario,variant,metric,labels,statistic,baseline,now,relative,low,high,tolerance,method,outcome,unit,breach',
  );
});

it('refuses with 2 what cannot be judged or read', async () => {
  const nothing = await place.run('check', 'other-seed', '--baseline', 'before');
  expect([nothing.code, nothing.stderr]).toEqual([2, expect.stringContaining('P402')]);
  const noFile = await place.run('check', 'before', '--baseline', 'nowhere');
  expect([noFile.code, noFile.stderr]).toEqual([2, expect.stringContaining('P201')]);
  const noResults = await place.run('check', 'before', '--baseline', 'small.yaml');
  expect([noResults.code, noResults.stderr]).toEqual([2, expect.stringContaining('P401')]);
  const noTask = await place.run('check', 'before');
  expect([noTask.code, noTask.stderr]).toEqual([2, expect.stringContaining('P102')]);
});
