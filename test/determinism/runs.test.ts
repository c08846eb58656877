import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { runScenario, type ScenarioRun } from '../../src/experiment/index.ts';
import { runReplication } from '../../src/experiment/replication.ts';
import { replicationSeed } from '../../src/experiment/seeds.ts';
import { aggregateCsv, histogramsCsv, summaryCsv, timeseriesCsv } from '../../src/report/index.ts';
import { loadScenario, type ResolvedScenario } from '../../src/scenario/index.ts';
import { ensureBuilt } from './built.ts';

/** Replications of each run: more than there are workers, so that workers run several. */
const REPLICATIONS = 3;
const SEED = 'determinism';

/** A shipped scenario with other numbers in its text. */
function shortened(name: string, changes: readonly (readonly [from: string, to: string])[]): ResolvedScenario {
  const file = path.join(import.meta.dirname, '../../scenarios', `${name}.yaml`);
  let text = readFileSync(file, 'utf8');
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`${name}.yaml has no "${from}" any more`);
    text = text.replaceAll(from, to);
  }
  const files = { readText: () => text, resolve: (_: string, relative: string) => relative };
  return loadScenario(files, file, { replications: REPLICATIONS });
}

const scenarios = {
  quickstart: shortened('quickstart', [['nodes: 50, replicas: 300', 'nodes: 12, replicas: 40']]),
  'node-failure': shortened('node-failure', [
    ['nodes: 100, lost: 5', 'nodes: 12, lost: 2'],
    ['count: 20, replicas: 100', 'count: 3, replicas: 20'],
    ['name: web, count: 20,', 'name: web, count: 3,'],
    ['sleep: 1m', 'sleep: 20s'],
    ['until: 25m', 'until: 8m'],
  ]),
};

/** Everything that is written about a run. */
function csvs(run: ScenarioRun): Record<string, string> {
  return {
    summary: summaryCsv([run]),
    timeseries: [...timeseriesCsv([run])].join(''),
    histograms: histogramsCsv([run]),
    aggregate: aggregateCsv([run]),
  };
}

const fingerprints = (run: ScenarioRun) => run.replications.map(({ fingerprint }) => fingerprint);

beforeAll(ensureBuilt, 60_000);

describe.each(Object.entries(scenarios))('%s, shortened', (_, scenario) => {
  let reference: ScenarioRun;
  beforeAll(async () => {
    reference = await runScenario(scenario, { seed: SEED });
  });

  it('runs to its end and has something to say', () => {
    expect(reference.replications).toHaveLength(REPLICATIONS);
    expect(new Set(fingerprints(reference)).size).toBe(REPLICATIONS);
    for (const { events, barriers } of reference.replications) {
      expect(events).toBeGreaterThan(10_000);
      expect(barriers.every(({ met }) => met)).toBe(true);
    }
    expect(csvs(reference).summary?.length).toBeGreaterThan(10_000);
  });

  it('gives the same bytes again in this process', async () => {
    const again = await runScenario(scenario, { seed: SEED });
    expect(fingerprints(again)).toEqual(fingerprints(reference));
    expect(csvs(again)).toEqual(csvs(reference));
  });

  it.each([1, 2])('gives the same bytes with %d workers', async (workers) => {
    const there = await runScenario(scenario, { seed: SEED, workers });
    expect(fingerprints(there)).toEqual(fingerprints(reference));
    expect(csvs(there)).toEqual(csvs(reference));
  });

  it('gives other numbers with another seed', async () => {
    const other = await runScenario(scenario, { seed: 'another' });
    for (const fingerprint of fingerprints(other)) expect(fingerprints(reference)).not.toContain(fingerprint);
    expect(csvs(other).summary).not.toBe(csvs(reference).summary);
  });

  it('gives the same bytes with the plain heap as event queue', () => {
    const seed = replicationSeed(SEED, 1);
    const onHeap = runReplication(scenario, { seed, replication: 1, queue: 'heap' });
    const one = (replication: ScenarioRun['replications'][number] | undefined): ScenarioRun => ({
      ...reference,
      replications: replication === undefined ? [] : [replication],
    });
    expect(onHeap.fingerprint).toBe(fingerprints(reference)[0]);
    expect(csvs(one(onHeap))).toEqual(csvs(one(reference.replications[0])));
  });

  it('does not depend on who looks on', () => {
    const seed = replicationSeed(SEED, 1);
    let looks = 0;
    const watched = runReplication(scenario, { seed, replication: 1, onProgress: () => ++looks > 0 });
    expect(watched.fingerprint).toBe(fingerprints(reference)[0]);
  });
});
