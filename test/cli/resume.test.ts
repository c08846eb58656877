import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Workplace } from './run-program.ts';

let place: Workplace;
beforeAll(() => {
  place = new Workplace();
});
afterAll(() => place.remove());

const CSV = ['aggregate.csv', 'histograms.csv', 'summary.csv', 'timeline.csv', 'timeseries.csv'];

/** Bytes of all CSVs of a results directory. */
function csvOf(out: string): string[] {
  return CSV.map((name) => readFileSync(place.path(out, name), 'utf8'));
}

/** Names of the finished replications in a journal. */
function journalOf(out: string): string[] {
  const directory = place.path(out, '.journal');
  return existsSync(directory) ? readdirSync(directory).filter((name) => name.endsWith('.replication')) : [];
}

/** Starts a command and kills it, as no program can prevent, once this many replications are in its journal. */
async function killedAfter(finished: number, out: string, args: readonly string[]): Promise<void> {
  const { child, outcome } = place.start([...args, '--out', out]);
  while (journalOf(out).length < finished && child.exitCode === null)
    await new Promise((resolve) => setTimeout(resolve, 5));
  child.kill('SIGKILL');
  expect((await outcome).code).toBeNull();
}

describe('a sweep that was killed', () => {
  const sweep = ['sweep', 'small.yaml', '--vary', 'nodes=5,6,7,8', '--vary', 'replicas=8,9', '--workers', '2'];
  beforeAll(async () => {
    await place.run(...sweep, '--out', 'undisturbed');
  });

  it('goes on where it was, and its CSVs are those of a run that nobody disturbed', async () => {
    await killedAfter(4, 'killed', sweep);
    const before = journalOf('killed');
    expect(before.length).toBeGreaterThanOrEqual(4);
    expect(before.length).toBeLessThan(16);
    const { code, stderr } = await place.run(...sweep, '--out', 'killed');
    expect(code).toBe(0);
    expect(stderr).toContain(`killed has ${before.length} finished replications in its journal`);
    expect(csvOf('killed')).toEqual(csvOf('undisturbed'));
    expect(existsSync(place.path('killed', '.journal'))).toBe(false);
  });

  it('does not run again what is in its journal, and does what was cut short', async () => {
    await killedAfter(3, 'damaged', sweep);
    const [whole, cut] = journalOf('damaged').sort();
    const pathOf = (name: string) => place.path('damaged', '.journal', name);
    const bytes = readFileSync(pathOf(cut!));
    writeFileSync(pathOf(cut!), bytes.subarray(0, bytes.length / 2));
    const written = statSync(pathOf(whole!)).mtimeMs;
    await place.run(...sweep, '--out', 'damaged', '--keep-journal');
    expect(csvOf('damaged')).toEqual(csvOf('undisturbed'));
    expect(statSync(pathOf(whole!)).mtimeMs).toBe(written);
    expect(statSync(pathOf(cut!)).size).toBeGreaterThan(bytes.length / 2);
    expect(journalOf('damaged')).toHaveLength(16);
  });
});

it('a run of more replications takes those of an earlier one that kept its journal', async () => {
  await place.run('run', 'small.yaml', '--out', 'grows', '--keep-journal');
  expect(journalOf('grows')).toHaveLength(2);
  const { stderr } = await place.run('run', 'small.yaml', '--out', 'grows', '--replications', '5', '--keep-journal');
  expect(stderr).toContain('grows has 2 finished replications');
  expect(journalOf('grows')).toHaveLength(5);
  await place.run('run', 'small.yaml', '--out', 'at-once', '--replications', '5');
  expect(csvOf('grows')).toEqual(csvOf('at-once'));
});

it('another seed, other values, and other objectives: only what is simulated decides what is taken from a journal', async () => {
  const keep = ['run', 'small.yaml', '--out', 'shared', '--keep-journal'];
  await place.run(...keep);
  await place.run(...keep, '--set', 'spec.objectives[0].below=1ms');
  expect(journalOf('shared')).toHaveLength(2);
  await place.run(...keep, '--set', 'nodes=6');
  expect(journalOf('shared')).toHaveLength(4);
  await place.run(...keep, '--seed', '2');
  expect(journalOf('shared')).toHaveLength(6);
});

it('a comparison that is interrupted says how it goes on, and does', async () => {
  const compare = ['compare', 'small.yaml', '--variant', 'few', '--variant', 'many:nodes=9', '--replications', '8'];
  await place.run(...compare, '--out', 'pairs');
  const { child, outcome } = place.start([...compare, '--out', 'cut']);
  while (journalOf('cut').length < 2 && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 5));
  child.kill('SIGINT');
  const { code, stderr } = await outcome;
  expect(code).toBe(130);
  expect(stderr).toContain('the same command with --out cut goes on from here');
  await place.run(...compare, '--out', 'cut');
  expect(csvOf('cut')).toEqual(csvOf('pairs'));
});
