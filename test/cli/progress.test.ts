import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Progress } from '../../src/cli/progress.ts';
import { createRunControl } from '../../src/index.ts';
import { seconds } from '../../src/units/index.ts';
import { exampleScenario } from '../experiment/example-run.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const points = [{ scenario: exampleScenario({ replications: 2, until: seconds(100) }), variant: '' }];

function watch(isTTY: boolean) {
  const written: string[] = [];
  const control = createRunControl(2);
  const target = { isTTY, columns: 200, write: (text: string) => written.push(text) };
  return { control, written, progress: new Progress(target, control, points) };
}

it('is a line every ten seconds where nobody watches', () => {
  const { control, written, progress } = watch(false);
  control.report(0, { virtualTime: seconds(50), events: 200_000 });
  vi.advanceTimersByTime(9_999);
  expect(written).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(written).toEqual([' 25 %, ETA 30s, 50s of 3m20s of virtual time, 20K events/s, 0 of 2 replications\n']);
  control.report(0, { virtualTime: seconds(100), events: 400_000 });
  vi.advanceTimersByTime(10_000);
  expect(written[1]).toContain(' 50 %, ETA 20s, 1m40s of 3m20s of virtual time, 20K events/s, 1 of 2 replications');
  progress.stop();
  vi.advanceTimersByTime(60_000);
  expect(written).toHaveLength(2);
});

it('is a bar on a terminal, and leaves a clean line', () => {
  const { control, written, progress } = watch(true);
  control.report(1, { virtualTime: seconds(100), events: 1_000 });
  vi.advanceTimersByTime(100);
  expect(written).toHaveLength(1);
  expect(written[0]).toContain(`${'█'.repeat(12)}${'░'.repeat(12)}  50 %`);
  progress.stop();
  expect(written.at(-1)).toBe('\r\u001b[2K');
});

it('never promises a time before there is anything to go by', () => {
  const { written, progress } = watch(false);
  vi.advanceTimersByTime(10_000);
  expect(written[0]).toContain('ETA ?');
  progress.stop();
});
