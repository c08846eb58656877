/** LowNodeUtilization and HighNodeUtilization of the descheduler, by examples worked out by hand. */
import { describe, expect, it } from 'vitest';
import { pass, times } from './descheduler-world.ts';

const onlyCpu = { memory: 100, targetMemory: 100, pods: 100, targetPods: 100 };

describe('LowNodeUtilization', () => {
  const low = (settings = {}) => [['LowNodeUtilization', { ...onlyCpu, ...settings }]] as const;
  const cluster = {
    full: { pods: times(8) },
    medium: { pods: times(3) },
    empty: {},
    little: { pods: times(1) },
  };

  it('evicts from a full node until it is at its target', () => {
    // 8 of 10 CPUs, the target is 50 %: three of one CPU each leave.
    expect(pass(cluster, low())).toEqual(['full/0', 'full/1', 'full/2']);
  });

  it('begins with the fullest node', () => {
    const nodes = { over: { pods: times(7) }, most: { pods: times(9) }, empty: {} };
    expect(pass(nodes, low()).map((pod) => pod.split('/')[0])).toEqual(['most', 'most', 'most', 'most', 'over']);
  });

  it('stops when the nodes that are used little are at their target together', () => {
    // They have room for 5 CPUs up to 50 %, and give it to the first two full nodes; eviction goes on while something is left.
    const nodes = { a: { pods: times(9) }, b: { pods: times(9) }, empty: {} };
    expect(pass(nodes, low())).toHaveLength(5);
  });

  it('takes the lowest priority first, and of equals those that promise least', () => {
    const pods = [
      { name: 'high', priority: 10 },
      { name: 'burstable', cpu: 5 },
      { name: 'best-effort', cpu: 0, memory: 0 },
      { name: 'low', priority: -1 },
    ];
    expect(pass({ full: { pods }, empty: {} }, low())).toEqual(['full/low', 'full/best-effort', 'full/burstable']);
  });

  it('does nothing if no node is used much, none little, or all little', () => {
    expect(pass({ a: { pods: times(4) }, b: {} }, low())).toEqual([]);
    expect(pass({ a: { pods: times(9) }, b: { pods: times(3) } }, low())).toEqual([]);
    expect(pass({ a: { pods: times(1) }, b: {} }, low())).toEqual([]);
  });

  it('does nothing unless more nodes than numberOfNodes are used little', () => {
    expect(pass(cluster, low({ numberOfNodes: 2 }))).toEqual([]);
    expect(pass(cluster, low({ numberOfNodes: 1 }))).toHaveLength(3);
  });

  it('counts a node as used little only if it is so in every resource, and as used much if it is in one', () => {
    const heavy = { cpu: 1, memory: 60 };
    const nodes = { full: { pods: [heavy] }, empty: {} };
    expect(pass(nodes, [['LowNodeUtilization']])).toEqual(['full/0']);
    expect(pass(nodes, low())).toEqual([]);
    expect(pass({ full: { pods: times(8) }, other: { pods: [heavy] } }, [['LowNodeUtilization']])).toEqual([]);
  });

  it('goes by the mean of all nodes if thresholds are deviations', () => {
    // Shares 60, 40 and 20 %: mean 40. With 10 either way the first is above 50, the last below 30.
    const nodes = { a: { pods: times(6) }, b: { pods: times(4) }, c: { pods: times(2) } };
    const settings = { useDeviationThresholds: true, cpu: 10, targetCpu: 10 };
    expect(pass(nodes, low(settings))).toEqual(['a/0']);
  });

  it('does not move pods to nodes that take none: unschedulable ones, and such whose taints they do not tolerate', () => {
    expect(pass({ full: { pods: times(8) }, empty: { unschedulable: true } }, low())).toEqual([]);
    const taints = [{ key: 'gpu', value: '', effect: 'NoSchedule' }] as const;
    expect(pass({ full: { pods: times(8) }, empty: { taints } }, low())).toEqual([]);
    expect(pass({ full: { pods: times(8) }, empty: { taints }, other: {} }, low())).toHaveLength(3);
  });

  it('evicts no more from one node than its own limit allows', () => {
    expect(pass(cluster, low({ evictionLimitPerNode: 2 }))).toHaveLength(2);
  });

  it('goes on with the next pod where an eviction is refused', () => {
    expect(pass(cluster, low(), {}, (pod) => pod !== 'full/1')).toEqual(['full/0', 'full/2', 'full/3']);
  });
});

describe('HighNodeUtilization', () => {
  const high = (settings = {}) => [['HighNodeUtilization', { memory: 100, pods: 100, ...settings }]] as const;

  it('empties nodes that are used little, the least used first', () => {
    const nodes = { busy: { pods: times(5) }, two: { pods: times(2) }, one: { pods: times(1) } };
    expect(pass(nodes, high())).toEqual(['one/0', 'two/0', 'two/1']);
  });

  it('stops when the other nodes are full together', () => {
    const nodes = { busy: { pods: times(9) }, two: { pods: times(2) }, one: { pods: times(1) } };
    expect(pass(nodes, high())).toEqual(['one/0']);
  });

  it('leaves a cluster alone in which all nodes are used little, or none', () => {
    expect(pass({ a: { pods: times(1) }, b: { pods: times(2) } }, high())).toEqual([]);
    expect(pass({ a: { pods: times(3) }, b: { pods: times(5) } }, high())).toEqual([]);
  });
});

describe('the limits of a pass', () => {
  const nodes = { a: { pods: times(9, { namespace: 'x' }) }, b: { pods: times(9, { namespace: 'y' }) }, c: {}, d: {} };
  const plugins = [['LowNodeUtilization', onlyCpu]] as const;
  const byNode = (evicted: string[]) => [...'ab'].map((node) => evicted.filter((pod) => pod.startsWith(node)).length);

  it('hold for a node, a namespace and in all', () => {
    expect(byNode(pass(nodes, plugins))).toEqual([4, 4]);
    expect(byNode(pass(nodes, plugins, { maxNoOfPodsToEvictPerNode: 3 }))).toEqual([3, 3]);
    expect(byNode(pass(nodes, plugins, { maxNoOfPodsToEvictPerNamespace: 1 }))).toEqual([1, 1]);
    expect(byNode(pass(nodes, plugins, { maxNoOfPodsToEvictTotal: 6 }))).toEqual([4, 2]);
  });

  it('count over all plugins', () => {
    const both = [...plugins, ['RemoveDuplicates'] as const];
    expect(pass(nodes, both, { maxNoOfPodsToEvictTotal: 6 })).toHaveLength(6);
  });
});

describe('the default evictor', () => {
  const plugins = [['LowNodeUtilization', onlyCpu]] as const;
  const evictedOf = (pods: Parameters<typeof times>[1][], settings = {}) =>
    pass({ full: { pods: pods.map((pod = {}) => ({ cpu: 2, ...pod })) }, empty: { cpu: 4 } }, plugins, settings);

  it('spares pods that nobody makes anew, that are on their way out, or that matter too much', () => {
    const pods = [{ owner: '' }, { isTerminating: true }, { priority: 2_000_000_000 }, { name: 'plain' }];
    expect(evictedOf(pods)).toEqual(['full/plain']);
    expect(evictedOf([...pods, { priority: 100 }], { priorityThreshold: 50 })).toEqual(['full/plain']);
  });

  it('with nodeFit, spares pods that fit nowhere else', () => {
    const pods = [
      { name: 'large', cpu: 5 },
      { name: 'small', cpu: 2, priority: 1 },
    ];
    expect(evictedOf(pods)).toEqual(['full/large']);
    expect(evictedOf(pods, { nodeFit: true })).toEqual(['full/small']);
  });

  it('leaves a cluster of a single node alone', () => {
    expect(pass({ only: { pods: times(9) } }, [['RemoveDuplicates']])).toEqual([]);
  });
});
