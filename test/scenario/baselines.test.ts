/**
 * The shipped scenarios do what they did: fingerprints and main statistics of their beginnings beside bench/baseline, by the code of `plimsoll check`.
 * A change of a model changes them; UPDATE_BASELINE=1 writes them anew, and the differences belong into the commit that says why.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  baselineText,
  buildManifest,
  check,
  type Files,
  type GateResults,
  gateTable,
  loadScenario,
  type RunFacts,
  readTolerances,
  resultsOfBaseline,
  resultsOfDirectory,
  ruleFor,
  runPoints,
  summaryCsv,
} from '../../src/index.ts';

const root = path.join(import.meta.dirname, '../..');
const baselines = path.join(root, 'bench/baseline');
const names = readdirSync(path.join(root, 'scenarios'))
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => name.replace('.yaml', ''));
const tolerancesFile = path.join(baselines, 'tolerances.yaml');
const rules = readTolerances(tolerancesFile, readFileSync(tolerancesFile, 'utf8'));
const files: Files = {
  readText: (file) => readFileSync(file, 'utf8'),
  resolve: (from, relative) => path.resolve(path.dirname(from), relative),
};
const isUpdate = process.env.UPDATE_BASELINE === '1';
/** How much of a scenario is run: enough for what it is about to begin, little enough for every change of the code. */
const BEGINNING = { controlPlane: '20s', schedulingCell: '10m' } as const;
/** Nothing of this is compared. */
const facts: RunFacts = {
  version: '',
  gitCommit: null,
  nodeVersion: process.version,
  command: [],
  startedAt: '',
  wallSeconds: 0,
  cpuSeconds: 0,
  peakMemoryBytes: 0,
  workers: 2,
};

const results = new Map<string, GateResults>();
beforeAll(async () => {
  const points = names.map((name) => {
    const file = path.join(root, 'scenarios', `${name}.yaml`);
    const { model } = loadScenario(files, file);
    const scenario = loadScenario(files, file, {
      until: BEGINNING[model],
      replications: 1,
      sets: [['spec.warmUp', '0s']],
    });
    return { scenario, variant: '' };
  });
  for (const run of await runPoints(points, { workers: 2 })) {
    const manifest = JSON.stringify(buildManifest([run], facts, [], undefined));
    results.set(run.scenario.name, resultsOfDirectory(run.scenario.name, manifest, summaryCsv([run])));
  }
}, 600_000);

describe.each(names)('%s', (name) => {
  const file = path.join(baselines, `${name}.json`);

  it.runIf(isUpdate)('its baseline is written anew', () => {
    const isKept = (statistic: Parameters<typeof ruleFor>[1]): boolean => ruleFor(rules, statistic)?.ignore === false;
    writeFileSync(file, baselineText(results.get(name)!, isKept));
  });

  it.skipIf(isUpdate)('has a baseline', () => {
    expect(existsSync(file), 'UPDATE_BASELINE=1 npx vitest run test/scenario/baselines.test.ts writes it').toBe(true);
  });

  it('is the same run, event by event, as its baseline (skipped on another major version of Node)', ({ skip }) => {
    const baseline = resultsOfBaseline(file, readFileSync(file, 'utf8'));
    const now = results.get(name)!;
    skip(baseline.nodeMajor !== now.nodeMajor, `the baseline is of Node ${baseline.nodeMajor}`);
    const gate = check(now, baseline, rules);
    expect(gate.holds && gate.samePairs.equal === gate.samePairs.pairs, gateTable(gate, false)).toBe(true);
  });
});
