/** A descheduler in a control plane: its passes, its requests, and the budgets that hold it back. */
import { describe, expect, it } from 'vitest';
import { kinds } from '../../../src/cluster/index.ts';
import { ClusterWorld } from '../cluster-world.ts';

const budget = `apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: b }
spec: { maxUnavailable: 1, selector: { matchLabels: { app: web } } }
`;

/** Two full nodes from the start, and two that join later; twelve pods of a deployment. */
function worldWith(descheduler: string, operations = ''): ClusterWorld {
  return new ClusterWorld({
    operations: `
    - createNodes: { count: 2, allocatable: { cpu: 4, memory: 16Gi, pods: 110 }, preload: true }
    - createDeployment: { name: web, replicas: 12, labels: { app: web }, requests: { cpu: 500m }, preload: true }
    ${operations}
    - createNodes: { count: 2, namePrefix: late, allocatable: { cpu: 4, memory: 16Gi, pods: 110 } }`,
    spec: `parameters: { kubelet.imagesPresent: true }\ndescheduler:\n  settings: { deschedulingInterval: 1m }\n  plugins: [${descheduler}]`,
    files: { 'budget.yaml': budget },
  });
}

const LOW =
  '{ name: LowNodeUtilization, settings: { cpu: 20, targetCpu: 50, memory: 100, targetMemory: 100, pods: 100, targetPods: 100 } }';

function podsByNode(world: ClusterWorld): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const key of world.podKeys()) {
    const node = world.tables.pods.node.get(world.cluster.store.current(kinds.pods, key as never));
    const name = node < 0 ? '' : world.tables.keysOf('nodes').name(node as never);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

const evicted = (world: ClusterWorld, result: string) =>
  world.recorder
    .result()
    .series.filter(
      ({ metric, labels }) => metric === 'descheduler_pods_evicted_total' && labels.includes(`result=${result}`),
    )
    .reduce((sum, { statistics }) => sum + (statistics.final ?? 0), 0);

describe('a descheduler', () => {
  it('moves pods of full nodes to nodes that have joined, at its next pass and no faster than its client may', () => {
    const world = worldWith(LOW);
    world.runFor(10);
    expect(Object.values(podsByNode(world))).toEqual([6, 6]);
    world.perform();
    world.runFor(45);
    expect(world.of('POST pods/eviction')).toEqual([]);
    world.runFor(60);
    // 75 % of each old node is requested and 50 % is the target: two pods of each leave.
    const calls = world.of('POST pods/eviction');
    expect(calls.map(({ code }) => code)).toEqual([201, 201, 201, 201]);
    expect(calls.every(({ at }) => at >= 60 && at < 62)).toBe(true);
    expect(evicted(world, 'success')).toBe(4);
    const late = Object.entries(podsByNode(world)).filter(([node]) => node.startsWith('late'));
    expect(late.reduce((sum, [, count]) => sum + count, 0)).toBe(4);
    expect(world.podKeys()).toHaveLength(12);
    const reasons = world.calls.filter(({ reason }) => reason === 'Descheduled');
    expect(reasons.length).toBeGreaterThan(0);
    // Nothing is left to move.
    world.runFor(300);
    expect(world.of('POST pods/eviction')).toHaveLength(4);
  });

  it('is held back by budgets, and comes again', () => {
    const world = worldWith(LOW, '- apply: { manifests: budget.yaml, preload: true }');
    world.runFor(10);
    world.perform();
    world.runFor(65);
    expect(evicted(world, 'success')).toBe(1);
    expect(evicted(world, 'error')).toBeGreaterThan(0);
    world.runFor(400);
    expect(evicted(world, 'success')).toBe(4);
  });

  it('leaves pods alone that nobody would make again', () => {
    const world = new ClusterWorld({
      operations: `
    - createNodes: { count: 2, allocatable: { cpu: 4, memory: 16Gi, pods: 110 }, preload: true }
    - createPods: { count: 12, requests: { cpu: 500m }, preload: true }
    - createNodes: { count: 2, namePrefix: late, allocatable: { cpu: 4, memory: 16Gi, pods: 110 } }`,
      spec: `parameters: { kubelet.imagesPresent: true }\ndescheduler: { plugins: [${LOW}] }`,
    });
    world.runFor(10);
    world.perform();
    world.runFor(700);
    expect(world.of('POST pods/eviction')).toEqual([]);
  });
});
