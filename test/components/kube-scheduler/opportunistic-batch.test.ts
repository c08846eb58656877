/** Opportunistic batching, against the slow path that ranks all nodes for every pod. K:pkg/scheduler/framework/runtime/batch.go. */
import { describe, expect, test } from 'vitest';
import type { PodTemplate } from '../../../src/cluster/index.ts';
import { defaultConfiguration, type SchedulerConfiguration } from '../../../src/components/kube-scheduler/index.ts';
import { milliseconds, type Nanoseconds, seconds } from '../../../src/units/index.ts';
import { amounts, nodeOf, SchedulerWorld, templateOf } from './scheduler-world.ts';

/** The default configuration but for the constraints by which all pods are spread. */
function withoutDefaultConstraints(): SchedulerConfiguration {
  const configuration = defaultConfiguration('default-scheduler');
  const profiles = configuration.profiles.map((profile) => ({
    ...profile,
    arguments: { ...profile.arguments, podTopologySpread: { isSystem: false, constraints: [] } },
  }));
  return { ...configuration, profiles };
}

/** A pod of a size for which the nodes are made. */
const filling = (id: number, options: Partial<PodTemplate> = {}) =>
  templateOf(id, { requests: amounts(3000, 1), ...options });

interface Run {
  readonly nodes: (string | undefined)[];
  readonly cpu: number;
  counted(metric: string, label: string): number;
}

/** Schedules pods of these templates, one after the other, on 60 nodes of different sizes. */
function run(
  templates: readonly PodTemplate[],
  options: { batching?: boolean; pause?: Nanoseconds; configuration?: SchedulerConfiguration; pods?: number } = {},
): Run {
  const { batching = true, pods = 1, pause = milliseconds(0), configuration = withoutDefaultConstraints() } = options;
  const parameters = { clientQps: 0, opportunisticBatching: batching, cores: 1 };
  const world = new SchedulerWorld({ kubeScheduler: parameters }, [{ name: 'default-scheduler', configuration }]);
  // With room for as many pods as it is told, and such that LeastAllocated gives a filling pod 10, 11, … 69 on them: no two are equal.
  world.addNodes(60, (i) => nodeOf({ allocatable: amounts(Math.ceil(300_000 / (90 - i)), 100.01 / (90 - i)), pods }));
  world.start();
  const created = templates.map((template) => {
    const pod = world.createPod(template);
    world.run(pause);
    return pod;
  });
  world.run(seconds(10));
  return {
    nodes: world.boundTo(created),
    cpu: world.processes[0]?.nanoseconds ?? 0,
    counted: (metric, label) => {
      const series = world.recorder
        .result()
        .series.filter((one) => one.metric === metric && one.labels.includes(label));
      return series.reduce((sum, { statistics }) => sum + (statistics.final ?? 0), 0);
    },
  };
}

const hints = (run: Run, result: string) => run.counted('scheduler_batch_attempts_total', `result=${result}`);
const flushes = (run: Run, reason: string) => run.counted('scheduler_batch_cache_flushed_total', `reason=${reason}`);
const same = (count: number, options: Partial<PodTemplate> = {}) =>
  Array.from({ length: count }, () => filling(0, options));

describe('pods that are alike and fill their nodes', () => {
  test('go where they would go one by one, for less work', () => {
    const pause = milliseconds(10);
    const fast = run(same(40), { pause });
    const slow = run(same(40), { pause, batching: false });
    expect(fast.nodes).toEqual(slow.nodes);
    expect(new Set(fast.nodes).size).toBe(40);
    expect(hints(fast, 'hint_used')).toBe(39);
    expect(hints(fast, 'no_hint')).toBe(1);
    expect(hints(slow, 'hint_used') + hints(slow, 'no_hint')).toBe(0);
    // Each of 39 pods is spared the filters and scores of up to 60 nodes.
    expect(slow.cpu - fast.cpu).toBeGreaterThan(39 * 21 * 6_000);
  });

  test('share a ranking for half a second', () => {
    expect(hints(run(same(5), { pause: milliseconds(100) }), 'hint_used')).toBe(4);
    const aging = run(same(8), { pause: milliseconds(200) });
    // Made at 0, used at 0.2 and 0.4; made anew at 0.6, and so on.
    expect(hints(aging, 'hint_used')).toBe(5);
    expect(flushes(aging, 'expired')).toBe(2);
  });

  test('are as good as new when no node of the ranking is left', () => {
    const all = run(same(61));
    expect(all.nodes.filter((node) => node !== undefined)).toHaveLength(60);
    expect(hints(all, 'hint_used')).toBe(59);
  });
});

describe('a ranking is of no use', () => {
  test('while the last node has room for another such pod', () => {
    const small = Array.from({ length: 10 }, () => templateOf(0));
    const pods = run(small, { pods: 110 });
    expect(hints(pods, 'hint_used')).toBe(0);
    expect(flushes(pods, 'node_not_full')).toBe(9);
  });

  test('to a pod with other labels or requests, although all of them come from one owner', () => {
    const labelled = run([0, 1, 0, 1].map((id) => filling(id)));
    expect(flushes(labelled, 'pod_incompatible')).toBe(3);
    const sized = [3000, 2900, 3000].map((cpu, id) => templateOf(id, { labels: {}, requests: amounts(cpu, 1) }));
    expect(flushes(run(sized), 'pod_incompatible')).toBe(2);
    const alike = [0, 1, 2].map((id) => filling(id, { labels: { app: 'same' } }));
    expect(hints(run(alike), 'hint_used')).toBe(2);
  });

  test('to pods whose place depends on other pods', () => {
    const term = {
      topologyKey: 'kubernetes.io/hostname',
      selector: [],
      namespaces: [],
      matchLabelKeys: [],
      mismatchLabelKeys: [],
    };
    const pods = run(same(5, { podAntiAffinity: { required: [], preferred: [{ weight: 1, term }] } }));
    expect(hints(pods, 'no_hint')).toBe(5);
    expect(flushes(pods, 'pod_not_batchable')).toBe(5);
  });

  test('in the default profile, which spreads all pods', () => {
    const pods = run(same(5), { configuration: defaultConfiguration('default-scheduler') });
    expect(hints(pods, 'no_hint')).toBe(5);
    expect(flushes(pods, 'pod_not_batchable')).toBe(5);
  });
});
