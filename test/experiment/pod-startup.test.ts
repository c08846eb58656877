import { expect, it } from 'vitest';
import { judge, measure, runScenario, startupPhases } from '../../src/experiment/index.ts';
import { describeStartup } from '../../src/report/format-value.ts';
import { type Files, loadScenario } from '../../src/scenario/index.ts';

/** Ten pods whose images must be pulled, twice over. */
const text = `# Ten pods on five nodes.
apiVersion: plimsoll.dev/v1
kind: Scenario
metadata: { name: ten }
spec:
  replications: 2
  until: 2m
  operations:
    - createNodes: { count: 5, allocatable: { cpu: "4", memory: 16Gi, pods: 110 }, preload: true }
    - createDeployment: { name: web, replicas: 10, requests: { cpu: 100m }, measure: true }
    - barrier: { podsReady: all, within: 1m }
`;
const files: Files = { readText: () => text, resolve: (_, relative) => relative };

it('takes the start of a pod apart into phases that add up to the whole, longest first', async () => {
  const run = await runScenario(loadScenario(files, 'ten.yaml'));
  const { startup } = judge(run);
  expect(startup.map(({ phase }) => phase)).toEqual(['schedule_to_run', 'run_to_watch', 'create_to_schedule']);
  expect(startup.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
  const total = { metric: 'pod_startup_latency_seconds', labels: { phase: 'total' }, statistic: 'mean' };
  const means = run.replications.map(({ metrics }) => measure(total, metrics) as number);
  const mean = means.reduce((sum, value) => sum + value, 0) / means.length;
  expect(startup.reduce((sum, { meanSeconds }) => sum + meanSeconds, 0)).toBeCloseTo(mean, 6);
});

it('has nothing to say where no pod started', () => {
  expect(startupPhases([])).toEqual([]);
});

it('is told in one line', () => {
  const phases = [
    { phase: 'schedule_to_run', meanSeconds: 1.5, share: 0.75 },
    { phase: 'run_to_watch', meanSeconds: 0.5, share: 0.25 },
  ];
  expect(describeStartup(phases)).toBe('a pod took 2s on average: schedule_to_run 75 %, run_to_watch 25 %');
});
