import { expect, it } from 'vitest';
import { measure, runScenario } from '../../../src/experiment/index.ts';
import { load, scenarioText } from '../../scenario/support.ts';

async function valuesOf(operations: string) {
  const spec = 'parameters: { kubeControllerManager.enabled: false }';
  const run = await runScenario(load(scenarioText(spec, operations)));
  const [replication] = run.replications;
  return (metric: string, resource?: string, statistic = 'final') =>
    measure({ metric, labels: resource === undefined ? {} : { resource }, statistic }, replication!.metrics);
}

const NODES =
  '    - createNodes: { count: 4, allocatable: { cpu: "4", memory: 8Gi, pods: 10 }, agents: false, preload: true }';
const pods = (name: string, count: number, requests: string) =>
  `    - createPods: { name: ${name}, count: ${count}, requests: ${requests}, terminationGracePeriod: 0s }
    - barrier: { podsScheduled: all, of: ${name}, within: 1m }`;

it('pods fill nodes by what they ask for', async () => {
  const value = await valuesOf(`${NODES}\n${pods('web', 4, '{ cpu: "1", memory: 4Gi }')}`);
  expect(value('plimsoll_allocation_ratio', 'cpu')).toBe(4 / 16);
  expect(value('plimsoll_allocation_ratio', 'memory')).toBe(16 / 32);
  expect(value('plimsoll_allocation_ratio', 'pods')).toBe(4 / 40);
  expect(value('plimsoll_nodes_in_use')).toBe(4);
});

it('what is free beside a resource that is used up is stranded', async () => {
  // Each node has two pods, no memory left and 2 of 4 CPU free.
  const value = await valuesOf(`${NODES}\n${pods('web', 8, '{ cpu: "1", memory: 4Gi }')}`);
  expect(value('plimsoll_stranded_ratio', 'cpu')).toBe(8 / 16);
  expect(value('plimsoll_stranded_ratio', 'memory')).toBe(0);
});

it('is not stranded as long as the smallest pod fits', async () => {
  const value = await valuesOf(`${NODES}
${pods('small', 1, '{ cpu: 100m, memory: 1Gi }')}
${pods('web', 4, '{ cpu: "1", memory: 6Gi }')}`);
  expect(value('plimsoll_stranded_ratio', 'cpu')).toBe(0);
});

it('pods that are gone leave nothing behind', async () => {
  const value = await valuesOf(`${NODES}
    - createPods: { name: web, count: 4, requests: { cpu: "2" }, terminationGracePeriod: 0s }
    - barrier: { podsScheduled: all, of: web, within: 1m }
    - sleep: 2s
    - delete: { pods: web }
    - barrier: { podsGone: all, of: web, within: 1m }
    - sleep: 2s`);
  expect(value('plimsoll_allocation_ratio', 'cpu', 'max')).toBe(8 / 16);
  expect(value('plimsoll_allocation_ratio', 'cpu')).toBe(0);
  expect(value('plimsoll_nodes_in_use')).toBe(0);
});
