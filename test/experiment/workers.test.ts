import { expect, it } from 'vitest';
import { createRunControl, gridOf, runPoints, runScenario, variantName } from '../../src/experiment/index.ts';
import { type Files, loadScenario, loadScenarioSource, resolveVariant } from '../../src/scenario/index.ts';

const text = `# Ten pods on five nodes.
apiVersion: plimsoll.dev/v1
kind: Scenario
metadata: { name: ten }
spec:
  replications: 3
  until: 2m
  params: { replicas: 10 }
  operations:
    - createNodes: { count: 5, allocatable: { cpu: "4", memory: 16Gi, pods: 110 }, preload: true }
    - createDeployment: { name: web, replicas: $replicas, requests: { cpu: 100m }, measure: true }
    - barrier: { podsReady: all, within: 1m }
`;
const files: Files = { readText: () => text, resolve: (_, relative) => relative };
const scenario = loadScenario(files, 'ten.yaml');

it('gives the same results in this thread and in any number of workers, in the order of the replications', async () => {
  const here = await runScenario(scenario, { seed: '3' });
  expect(here.replications.map(({ replication, seed }) => [replication, seed])).toEqual([
    [1, '3-1'],
    [2, '3-2'],
    [3, '3-3'],
  ]);
  for (const workers of [1, 2]) expect(await runScenario(scenario, { seed: '3', workers })).toEqual(here);
});

it("gives every replication numbers of its own, and a sweep's points the same seeds", async () => {
  const source = loadScenarioSource(files, 'ten.yaml');
  const points = gridOf({ replicas: [10, 11] }).map((point) => {
    return { scenario: resolveVariant(source, point), variant: variantName(point) };
  });
  const runs = await runPoints(points, { seed: '3', workers: 2 });
  expect(runs.map(({ variant }) => variant)).toEqual(['replicas=10', 'replicas=11']);
  expect(runs[0]?.replications).toEqual((await runScenario(scenario, { seed: '3' })).replications);
  const fingerprints = runs.flatMap(({ replications }) => replications.map(({ fingerprint }) => fingerprint));
  expect(new Set(fingerprints).size).toBe(6);
  expect(runs[1]?.replications.map(({ seed }) => seed)).toEqual(['3-1', '3-2', '3-3']);
});

it('runs nothing more once it is told to stop', async () => {
  for (const workers of [0, 1]) {
    const control = createRunControl(3);
    control.stop('interrupted');
    control.stop('stopped by --deadline');
    expect(control.stopReason).toBe('interrupted');
    expect(await runScenario(scenario, { control, workers })).toMatchObject({ planned: 3, replications: [] });
  }
});

it('refuses a control without room for all replications', async () => {
  await expect(runScenario(scenario, { control: createRunControl(2) })).rejects.toThrow(RangeError);
});
