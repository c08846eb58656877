/** The rules of PodTopologySpread, by upstream's own examples; the column form follows by the contract test. */
import { describe, expect, test } from 'vitest';
import type { PodTemplate, TopologySpreadConstraint } from '../../../src/cluster/index.ts';
import { selectorFromLabels } from '../../../src/cluster/index.ts';
import type { FilterPlugin, ScorePlugin } from '../../../src/components/kube-scheduler/framework.ts';
import { normaliseScores } from '../../../src/components/kube-scheduler/framework.ts';
import { CrossNodeWorld } from './cross-node-world.ts';

const ZONE = 'topology.kubernetes.io/zone';
const HOST = 'kubernetes.io/hostname';
const FOO = { foo: '' };

const spread = (topologyKey: string, maxSkew: number, more: Partial<TopologySpreadConstraint> = {}) => ({
  topologyKey,
  maxSkew,
  whenUnsatisfiable: 'DoNotSchedule' as const,
  selector: selectorFromLabels(FOO),
  minDomains: 1,
  nodeAffinityPolicy: 'Honor' as const,
  nodeTaintsPolicy: 'Ignore' as const,
  matchLabelKeys: [],
  ...more,
});

/** Upstream's usual cluster: nodes a and b in zone1, x and y in zone2, with pods with label foo on them. */
function worldOf(pods: Readonly<Record<string, number>>, nodes = ['a', 'b', 'x', 'y']): CrossNodeWorld {
  const world = new CrossNodeWorld('PodTopologySpread');
  for (const node of nodes) world.node(node, { [ZONE]: node < 'm' ? 'zone1' : 'zone2', [HOST]: node });
  for (const [node, count] of Object.entries(pods)) world.place(count, { labels: FOO }, node);
  return world;
}

const admitted = (world: CrossNodeWorld, pod: Partial<PodTemplate>) => world.admitted({ labels: FOO, ...pod });

describe('PodTopologySpread filters', () => {
  // filtering_test.go:TestSingleConstraint
  test('to the zone with fewer pods', () => {
    const world = worldOf({ a: 2, b: 1 });
    expect(admitted(world, { topologySpread: [spread(ZONE, 1)] })).toEqual(['x', 'y']);
  });

  test('by what the pod adds: one that does not match itself may go where it makes no difference', () => {
    const world = worldOf({ a: 2, b: 1 });
    expect(admitted(world, { labels: {}, topologySpread: [spread(ZONE, 3)] })).toEqual(['a', 'b', 'x', 'y']);
    expect(admitted(world, { topologySpread: [spread(ZONE, 3)] })).toEqual(['x', 'y']);
  });

  test('over nodes: those with 0 pods only, while any has 0', () => {
    const world = worldOf({ a: 2, b: 1, y: 3 });
    expect(admitted(world, { topologySpread: [spread(HOST, 1)] })).toEqual(['x']);
    expect(admitted(world, { topologySpread: [spread(HOST, 2)] })).toEqual(['b', 'x']);
  });

  test('away from nodes without the label, which no removal helps', () => {
    const world = worldOf({});
    world.node('n', { [HOST]: 'n' });
    expect(admitted(world, { topologySpread: [spread(ZONE, 1)] })).toEqual(['a', 'b', 'x', 'y']);
    const pod = world.pod({ labels: FOO, topologySpread: [spread(ZONE, 1)] });
    const unresolvable = (world.filter as { unresolvable(of: typeof pod, slot: number): boolean }).unresolvable(
      pod,
      world.slot('n'),
    );
    expect(unresolvable).toBe(true);
  });

  // filtering_test.go: "pods spread across zones as 2/1/…, minDomains": with fewer zones than minDomains the least is 0.
  test('strictly while there are fewer domains than minDomains', () => {
    const world = worldOf({ a: 1, x: 1 });
    expect(admitted(world, { topologySpread: [spread(ZONE, 1, { minDomains: 2 })] })).toHaveLength(4);
    expect(admitted(world, { topologySpread: [spread(ZONE, 1, { minDomains: 3 })] })).toEqual([]);
  });

  test('by nodes that its node affinity admits, unless it is to be ignored', () => {
    const world = worldOf({ a: 1, b: 1 });
    const nodeSelector = { [ZONE]: 'zone1' };
    expect(admitted(world, { nodeSelector, topologySpread: [spread(ZONE, 1)] })).toContain('a');
    const ignoring = spread(ZONE, 1, { nodeAffinityPolicy: 'Ignore' });
    expect(admitted(world, { nodeSelector, topologySpread: [ignoring] })).not.toContain('a');
  });

  test('without nodes whose taints it does not tolerate, if they are to be honoured', () => {
    const world = worldOf({ a: 1, b: 1, x: 1 });
    world.node('y', { [ZONE]: 'zone3', [HOST]: 'y' }, [{ key: 'gone', value: '', effect: 'NoSchedule' }]);
    expect(admitted(world, { topologySpread: [spread(ZONE, 1)] })).toEqual(['y']);
    const honouring = spread(ZONE, 1, { nodeTaintsPolicy: 'Honor' });
    expect(admitted(world, { topologySpread: [honouring] })).toEqual(['x', 'y']);
  });

  test('among pods with the same values under matchLabelKeys', () => {
    const world = worldOf({});
    world.place(3, { labels: { ...FOO, version: '1' } }, 'a');
    const labels = { ...FOO, version: '2' };
    expect(admitted(world, { labels, topologySpread: [spread(ZONE, 1)] })).toEqual(['x', 'y']);
    const keyed = spread(ZONE, 1, { matchLabelKeys: ['version'] });
    expect(admitted(world, { labels, topologySpread: [keyed] })).toHaveLength(4);
  });

  test('without pods that are being deleted, and those of other namespaces', () => {
    const world = worldOf({ a: 1 });
    world.place(2, { labels: FOO }, 'x', { namespace: 'other' });
    world.place(2, { labels: FOO }, 'x', { terminating: true });
    expect(admitted(world, { topologySpread: [spread(ZONE, 1)] })).toEqual(['x', 'y']);
  });
});

describe('PodTopologySpread rates', () => {
  const soft = (key: string, maxSkew = 1) => spread(key, maxSkew, { whenUnsatisfiable: 'ScheduleAnyway' });

  function scores(world: CrossNodeWorld, pod: Partial<PodTemplate>, candidates: readonly string[]): number[] {
    return world.scores({ labels: FOO, ...pod }, candidates);
  }

  // scoring_test.go:TestPodTopologySpreadScore
  test('one node with the best score', () => {
    const world = worldOf({ a: 0 });
    expect(scores(world, { topologySpread: [soft(HOST)] }, ['a'])).toEqual([100]);
  });

  test('nodes by their pods: 2, 1, 0 and 3 on four nodes', () => {
    const world = worldOf({ a: 2, b: 1, y: 3 });
    expect(scores(world, { topologySpread: [soft(HOST)] }, ['a', 'b', 'x', 'y'])).toEqual([20, 60, 100, 0]);
  });

  test('zones by their pods, where a node of a zone that is not rated counts', () => {
    const world = worldOf({ a: 2, b: 1, y: 3 });
    const [a, x] = scores(world, { topologySpread: [soft(ZONE)] }, ['a', 'x']);
    expect(a).toBe(x);
  });

  test('nodes that lack a label with 0', () => {
    const world = worldOf({ a: 1 });
    world.node('n', { [HOST]: 'n' });
    expect(scores(world, { topologySpread: [soft(ZONE)] }, ['x', 'n'])).toEqual([100, 0]);
  });

  test('by the constraints of the system pods that a Service selects, and those of a ReplicaSet', () => {
    const world = worldOf({ a: 1 });
    expect(scores(world, {}, ['a', 'x'])).toEqual([100, 100]);
    world.columns.services.set('default', 1, FOO);
    expect(scores(world, {}, ['a', 'x'])[0]).toBeLessThan(100);
    world.columns.services.set('default', 1, undefined);
    const controller = { selector: selectorFromLabels(FOO), ofDeployment: false };
    expect(world.scores({ labels: FOO }, ['a', 'x'], { controller })[0]).toBeLessThan(100);
  });

  test('pods of a Deployment apart from those of its other ReplicaSets', () => {
    const world = worldOf({});
    const controller = { selector: selectorFromLabels(FOO), ofDeployment: true };
    world.place(3, { labels: FOO }, 'a', { controller });
    const other = { ...controller };
    expect(world.scores({ labels: FOO, priority: 1 }, ['a', 'x'], { controller: other })).toEqual([100, 100]);
  });

  test('the fewer the better, as upstream normalises', () => {
    const raw = Float64Array.from([4, 2, -1, 6]);
    normaliseScores(raw, 4, 'spread');
    expect([...raw]).toEqual([66, 100, 0, 33]);
    const none = Float64Array.from([0, -1]);
    normaliseScores(none, 2, 'spread');
    expect([...none]).toEqual([100, 0]);
  });
});

describe('PodTopologySpread says what may help', () => {
  const world = worldOf({ a: 1 });
  const filter = world.filter as Required<FilterPlugin>;
  const pod = world.pod({ labels: FOO, topologySpread: [spread(ZONE, 1)] });
  const like = world.pod({ labels: FOO });
  const unlike = world.pod({ labels: {} });

  // plugin_test.go:Test_isSchedulableAfterPodChange, Test_isSchedulableAfterNodeChange
  test('pods that a constraint counts, placed or gone', () => {
    expect(filter.helpedByPlacement(pod, like)).toBe(true);
    expect(filter.helpedByDeletion(pod, like)).toBe(true);
    expect(filter.helpedByPlacement(pod, unlike)).toBe(false);
    expect(filter.helpedByDeletion(pod, world.pod({ labels: FOO }, { namespace: 'other' }))).toBe(false);
  });

  test('nodes with the labels, added, gone or moved to another domain', () => {
    const facts = world.facts('a');
    expect(filter.helpedByNode(pod, facts, undefined)).toBe(true);
    expect(filter.helpedByNode(pod, facts, { ...facts, labels: { ...facts.labels, [ZONE]: 'zone2' } })).toBe(true);
    expect(filter.helpedByNode(pod, facts, facts)).toBe(false);
    expect(filter.helpedByNode(pod, { ...facts, labels: {} }, undefined)).toBe(false);
    expect(filter.helpedByNodeDeletion(pod, facts)).toBe(true);
  });
});

test('what PodTopologySpread costs grows with nodes and pods, and only for pods with constraints', () => {
  const world = worldOf({ a: 10, b: 10 });
  const { filter, score } = world as { filter: Required<FilterPlugin>; score: Required<ScorePlugin> };
  const hard = world.pod({ labels: FOO, topologySpread: [spread(ZONE, 1)] });
  const before = filter.preFilterWork(hard);
  expect(filter.preFilterWork(world.pod({ labels: FOO }))).toBe(0);
  expect(score.preScoreWork(hard, new Int32Array(0), 0)).toBe(0);
  world.place(20, { labels: FOO }, 'x');
  const morePods = filter.preFilterWork(hard);
  expect(morePods).toBeGreaterThan(before);
  world.node('z', { [ZONE]: 'zone2' });
  expect(filter.preFilterWork(hard)).toBeGreaterThan(morePods);
});
