/** RemoveDuplicates and RemovePodsViolatingTopologySpreadConstraint of the descheduler, by examples worked out by hand. */
import { describe, expect, it } from 'vitest';
import { pass, type ShortPod, times } from './descheduler-world.ts';

describe('RemoveDuplicates', () => {
  const plugin = [['RemoveDuplicates']] as const;

  it('leaves each node as many pods of an owner as all nodes could have, rounded up', () => {
    // Seven pods over three nodes: three each at most.
    expect(pass({ a: { pods: times(6) }, b: { pods: times(1) }, c: {} }, plugin)).toEqual(['a/3', 'a/4', 'a/5']);
  });

  it('tells owners and namespaces apart', () => {
    const pods = [...times(2, { owner: 'ReplicaSet a' }), ...times(2, { owner: 'ReplicaSet b' })];
    expect(pass({ a: { pods }, b: {} }, plugin)).toEqual(['a/1', 'a/3']);
    expect(pass({ a: { pods: [{ namespace: 'x' }, { namespace: 'y' }] }, b: {} }, plugin)).toEqual([]);
  });

  it('counts only nodes that would do', () => {
    const picky = times(4, { nodeSelector: { disk: 'fast' } });
    const fast = { disk: 'fast' };
    expect(pass({ a: { pods: picky, labels: fast }, b: {} }, plugin)).toEqual([]);
    expect(pass({ a: { pods: picky, labels: fast }, b: {}, c: { labels: fast } }, plugin)).toEqual(['a/2', 'a/3']);
  });
});

describe('RemovePodsViolatingTopologySpreadConstraint', () => {
  const plugin = (settings = {}) => [['RemovePodsViolatingTopologySpreadConstraint', settings]] as const;
  const spread = (maxSkew: number, whenUnsatisfiable: 'DoNotSchedule' | 'ScheduleAnyway' = 'DoNotSchedule') => ({
    maxSkew,
    topologyKey: 'zone',
    whenUnsatisfiable,
    selector: [{ key: 'app', operator: 'In', values: ['web'] } as const],
    minDomains: 1,
    nodeAffinityPolicy: 'Honor' as const,
    nodeTaintsPolicy: 'Ignore' as const,
    matchLabelKeys: [],
  });
  const web = (constraint = spread(1), more: ShortPod = {}): ShortPod => ({
    labels: { app: 'web' },
    topologySpread: [constraint],
    ...more,
  });
  const zones = (...counts: number[]) =>
    Object.fromEntries(
      counts.map((count, i) => [`n${i}`, { cpu: 20, labels: { zone: `z${i}` }, pods: times(count, web()) }]),
    );
  const byNode = (evicted: string[]) => {
    const counts: Record<string, number> = {};
    for (const pod of evicted) {
      const node = pod.split('/')[0] as string;
      counts[node] = (counts[node] ?? 0) + 1;
    }
    return counts;
  };

  it('evicts half of what two zones differ by more than the skew', () => {
    // 5 and 1: four apart, one is allowed; ceil(3 / 2) = 2 move, and 3 and 3 remain.
    expect(byNode(pass(zones(5, 1), plugin()))).toEqual({ n0: 2 });
    expect(pass(zones(3, 2), plugin())).toEqual([]);
  });

  it('fills the emptiest from the fullest zone, no further than the mean', () => {
    // Upstream's own example: 2, 3, 5, 5, 7 and 8 become 5 each; three leave the fullest, two the next.
    expect(byNode(pass(zones(2, 5, 3, 8, 5, 7), plugin()))).toEqual({ n3: 3, n5: 2 });
  });

  it('counts zones without a pod', () => {
    expect(byNode(pass(zones(4, 0), plugin()))).toEqual({ n0: 2 });
  });

  it('minds soft constraints only if it is told to', () => {
    const pods = times(4, web(spread(1, 'ScheduleAnyway')));
    const nodes = { a: { labels: { zone: 'a' }, pods }, b: { labels: { zone: 'b' } } };
    expect(pass(nodes, plugin())).toEqual([]);
    expect(pass(nodes, plugin({ softConstraints: true }))).toHaveLength(2);
  });

  it('passes over pods that fit on no node of an emptier zone', () => {
    const nodes = {
      a: { labels: { zone: 'a' }, pods: times(4, web()) },
      b: { cpu: 1, labels: { zone: 'b' }, pods: [{}] },
    };
    expect(pass(nodes, plugin())).toEqual([]);
    expect(pass(nodes, plugin({ topologyBalanceNodeFit: false }))).toHaveLength(2);
  });

  it('takes pods without selectors before those with, and the lowest priority first', () => {
    const pods = [
      web(spread(1), { name: 'low', priority: -1 }),
      web(spread(1), { name: 'plain' }),
      web(spread(1), { name: 'picky', nodeSelector: { disk: 'fast' }, priority: -2 }),
      web(spread(1), { name: 'high', priority: 5 }),
    ];
    const fast = { disk: 'fast' };
    const nodes = { a: { labels: { zone: 'a', ...fast }, pods }, b: { labels: { zone: 'b', ...fast } } };
    expect(pass(nodes, plugin()).sort()).toEqual(['a/low', 'a/plain']);
  });
});
