import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Workplace } from './run-program.ts';

let place: Workplace;
beforeAll(() => {
  place = new Workplace();
});
afterAll(() => place.remove());

const input = fileURLToPath(new URL('../../data/scheduler-perf/misc/performance-config.yaml', import.meta.url));

it('writes a scenario that runs from where it was written', async () => {
  const args = ['--workload', 'SchedulingBasic/5Nodes_AsyncAPICallsEnabled', '-o', 'basic.yaml'];
  const { code, stdout, stderr } = await place.run('import', 'scheduler-perf', input, ...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toBe('written     basic.yaml\n');
  expect(readFileSync(place.path('basic.yaml'), 'utf8')).toMatch(/^# How many pods a second .*\?\n/);
  const run = await place.run('run', 'basic.yaml', '--out', 'out');
  expect(run.stdout).toContain('podsScheduled: all of pods-2: met');
  expect(run.code).toBe(0);
});

it.each<[string[], ...string[]]>([
  [['import', 'schedulerperf', 'x', '-o', 'y'], 'P103', 'no format schedulerperf', 'nearest:  scheduler-perf'],
  [['import', 'scheduler-perf', 'absent.yaml', '-o', 'y'], 'P201', 'absent.yaml does not exist'],
  [['import', 'scheduler-perf', 'small.yaml', '-o', 'y'], 'P204', 'not a list of test cases', 'small.yaml:1:1'],
  [['import', 'scheduler-perf', input], 'P102', "required option '-o, --output"],
  [['import', 'scheduler-perf', input, '-o', 'y'], 'P102', 'workloads', '--workload SchedulingBasic/5Nodes'],
  [
    ['import', 'scheduler-perf', input, '-o', 'y', '--workload', 'SchedulingBasic/5Node'],
    'P103',
    'nearest:  SchedulingBasic/5Nodes',
  ],
  [['import', 'scheduler-perf', input, '-o', 'no/y', '--workload', 'SchedulingBasic/5Nodes'], 'P104', 'no/y'],
])('plimsoll %j exits 2 and writes nothing', async (args, ...parts) => {
  const { code, stdout, stderr } = await place.run(...args);
  for (const part of parts) expect(stderr).toContain(part);
  expect(stdout).toBe('');
  expect(code).toBe(2);
  expect(existsSync(place.path('y'))).toBe(false);
});
