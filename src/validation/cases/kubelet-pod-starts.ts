/** How long the pods of one node take to start, with and without a limit of the kubelet's requests: published figures. */
import { measure } from '../../experiment/index.ts';
import { runReplication } from '../../experiment/replication.ts';
import type { MetricsResult } from '../../metrics/index.ts';
import { loadScenario, type ResolvedScenario } from '../../scenario/index.ts';
import { type ParameterValues, replaced } from '../case-parameters.ts';
import { type Conditions, numberOf, type Prediction, textOf, validationCase } from '../validation-case.ts';
import { publishedPoints } from './published-points.ts';

/** Seeds of the replications whose pods are looked at together: as many as give a hundred pods or so. */
const SEEDS = ['1-1', '2-1', '3-1', '4-1', '5-1'] as const;
/** What is told of them. */
const STATISTICS = ['mean', 'p50', 'p90', 'p99'] as const;
const MS_PER_SECOND = 1000;
/** Pods from which on one replication is enough. */
const ENOUGH_PODS = 50;

/** Kubernetes 1.15 on Docker: one engine call at a time, whose lengths are fitted to the runs without a limit; tokens are in Secrets. */
const ERA_2019: ParameterValues = {
  'kubelet.runtimeConcurrency': 1,
  'kubelet.sandboxStart': { distribution: 'lognormal', p50: 230_000_000, p99: 500_000_000 },
  'kubelet.containerStart': { distribution: 'lognormal', p50: 170_000_000, p99: 400_000_000 },
  'kubelet.boundTokens': false,
  'kubelet.podReadyToStartContainers': false,
};

/** kind: the engine runs in a container itself; the length of its calls is fitted to the whole of a start. */
const KIND: ParameterValues = {
  'kubelet.sandboxStart': { distribution: 'lognormal', p50: 650_000_000, p99: 1_800_000_000 },
};

export const kubeletPodStarts = validationCase({
  component: 'kubelet',
  measured:
    'pods that start together on one node: on kind with Kubernetes 1.36; and on a machine of 2019 with Kubernetes 1.15 and Docker, where the kubelet may send 5 or 100 requests a second',
  driven:
    'as many pods created at once for one node; the length of engine calls is fitted, for kind to the whole start, for 2019 to the runs without a limit, one call at a time; what a limit of 5 requests a second, another relist and 100 volumes make of it follows',
  data: 'published/kubelet.yaml',
  points: (text) =>
    publishedPoints(
      text,
      'KU-',
      ({ pods, objects, count, qps, relist }) =>
        `${pods} pods${objects === 'none' ? '' : `, ${count} ${objects} each`}, ${qps}/s${relist === undefined ? '' : `, relist ${relist} ms`}`,
    ),
  predict: (conditions, overrides) => {
    const startup = startups(conditions, overrides);
    if (conditions.relist === undefined) return startup;
    const period = numberOf(conditions, 'relist') * 1_000_000;
    const sooner = startups(conditions, { ...overrides, 'kubelet.plegRelistPeriod': period });
    return { 'saved by relist': (startup.mean as number) - (sooner.mean as number) };
  },
});

/** Milliseconds from the creation of a pod to its status Running. */
function startups(conditions: Conditions, overrides: ParameterValues): Prediction {
  const parameters = {
    'kubelet.imagesPresent': true,
    'kubelet.apiQps': numberOf(conditions, 'qps'),
    'kubelet.apiBurst': numberOf(conditions, 'burst'),
    ...(numberOf(conditions, 'era') < 2026 ? ERA_2019 : KIND),
    ...overrides,
  };
  const scenario = scenarioOf(conditions);
  const started = { ...scenario, parameters: replaced(scenario.parameters, parameters) };
  const seeds = numberOf(conditions, 'pods') >= ENOUGH_PODS ? SEEDS.slice(0, 1) : SEEDS;
  const runs = seeds.map((seed) => runReplication(started, { seed, replication: 1 }).metrics);
  const all = { ...(runs[0] as MetricsResult), series: runs.flatMap(({ series }) => series) };
  const labels = { phase: 'total' };
  return Object.fromEntries(
    STATISTICS.flatMap((statistic) => {
      const value = measure({ metric: 'pod_startup_latency_seconds', labels, statistic }, all);
      return value === undefined ? [] : [[statistic, MS_PER_SECOND * value]];
    }),
  );
}

/** One node, what its pods refer to, and the pods, created at once. */
function scenarioOf(conditions: Conditions): ResolvedScenario {
  const count = numberOf(conditions, 'count');
  const objects = textOf(conditions, 'objects');
  const names = Array.from({ length: count }, (_, i) => `object-${i}`).join(', ');
  const option = objects === 'secrets' ? 'secrets' : 'configMaps';
  const text = `# How long do pods take to start?
apiVersion: plimsoll.dev/v1
kind: Scenario
metadata: { name: pod-starts }
spec:
  profile: [kubernetes-1.36, etcd-3.6, disk-nvme, host-8-core]
  until: 10m
  operations:
    - createNodes: { count: 1, allocatable: { cpu: "64", memory: 64Gi, pods: 250 }, preload: true }
${count === 0 ? '' : `    - createObjects: { resource: ${objects}, name: object, count: ${count}, preload: true }\n`}    - sleep: 30s
    - createPods:
        name: pod
        count: ${numberOf(conditions, 'pods')}
${count === 0 ? '' : `        ${option}: [${names}]\n`}        client: { user: tester, qps: 1000, burst: 1000 }
    - barrier: { podsReady: all, within: 5m }
`;
  const files = { readText: () => text, resolve: (_: string, name: string) => name };
  return loadScenario(files, 'pod-starts.yaml', {});
}
