import { describe, expect, it } from 'vitest';
import type { PluginsByPoint } from '../../src/components/kube-scheduler/index.ts';
import { readKubeSchedulerConfiguration, type SchedulerPluginInfo } from '../../src/manifests/index.ts';
import { noFields, problemsOf } from './support.ts';

const catalogue: readonly SchedulerPluginInfo[] = [
  { name: 'PrioritySort', points: ['queueSort'], defaultWeight: 1, modelled: true },
  { name: 'TaintToleration', points: ['filter', 'score'], defaultWeight: 3, modelled: true },
  { name: 'NodeResourcesFit', points: ['filter', 'score'], defaultWeight: 1, modelled: true },
  { name: 'ImageLocality', points: ['score'], defaultWeight: 1, modelled: false },
  { name: 'Extra', points: ['filter', 'score'], modelled: true },
];

const head = 'apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n';

function read(body: string) {
  const accepted = noFields();
  const configuration = readKubeSchedulerConfiguration('scheduler.yaml', head + body, catalogue, accepted);
  return { ...configuration, accepted: accepted.list() };
}

/** "TaintToleration:3 NodeResourcesFit:1" of one point. */
function pluginsOf(plugins: PluginsByPoint | undefined, point: keyof PluginsByPoint): string {
  return (plugins?.[point] ?? []).map(({ name, weight }) => `${name}:${weight}`).join(' ');
}

describe('a scheduler configuration', () => {
  it('that says nothing is the default profile', () => {
    const [profile] = read('').profiles;
    expect(profile?.schedulerName).toBe('default-scheduler');
    expect(pluginsOf(profile?.plugins, 'filter')).toBe('TaintToleration:3 NodeResourcesFit:1');
    expect(pluginsOf(profile?.plugins, 'score')).toBe('TaintToleration:3 NodeResourcesFit:1 ImageLocality:1');
    expect(pluginsOf(profile?.plugins, 'queueSort')).toBe('PrioritySort:1');
    expect(profile?.arguments.nodeResourcesFit.strategy).toBe('LeastAllocated');
  });

  it('says its limits and back-offs, and nothing else', () => {
    expect(
      read(
        [
          'parallelism: 32',
          'percentageOfNodesToScore: 10',
          'podInitialBackoffSeconds: 2',
          'podMaxBackoffSeconds: 20',
          'clientConnection: { qps: 500.5, burst: 1000, kubeconfig: /etc/kubernetes/scheduler.conf }',
          'leaderElection: { leaderElect: true }',
        ].join('\n'),
      ),
    ).toMatchObject({
      parallelism: 32,
      percentageOfNodesToScore: 10,
      podInitialBackoff: 2e9,
      podMaxBackoff: 20e9,
      clientQps: 500.5,
      clientBurst: 1000,
      leaderElect: true,
      accepted: ['KubeSchedulerConfiguration clientConnection.kubeconfig'],
    });
    expect(read('profiles: []')).not.toHaveProperty('parallelism');
  });

  it('disables and enables plugins at one point, with weights', () => {
    const { profiles, accepted } = read(
      'profiles:\n  - plugins: { score: { disabled: [{ name: ImageLocality }], enabled: [{ name: NodeResourcesFit, weight: 5 }, { name: Extra }] } }\n',
    );
    expect(pluginsOf(profiles[0]?.plugins, 'score')).toBe('NodeResourcesFit:5 TaintToleration:3 Extra:1');
    expect(pluginsOf(profiles[0]?.plugins, 'filter')).toBe('TaintToleration:3 NodeResourcesFit:1');
    expect(accepted).toEqual(['KubeSchedulerConfiguration plugin ImageLocality']);
  });

  it('disables all plugins of a point but those it names', () => {
    const { profiles } = read(
      'profiles:\n  - plugins: { score: { disabled: [{ name: "*" }], enabled: [{ name: TaintToleration, weight: 7 }] } }\n',
    );
    expect(pluginsOf(profiles[0]?.plugins, 'score')).toBe('TaintToleration:7');
  });

  it('sets plugins at all their points by multiPoint', () => {
    const { profiles } = read(
      'profiles:\n  - plugins: { multiPoint: { disabled: [{ name: ImageLocality }], enabled: [{ name: TaintToleration, weight: 2 }, { name: Extra, weight: 4 }] } }\n',
    );
    expect(pluginsOf(profiles[0]?.plugins, 'score')).toBe('TaintToleration:2 NodeResourcesFit:1 Extra:4');
    expect(pluginsOf(profiles[0]?.plugins, 'filter')).toBe('TaintToleration:2 NodeResourcesFit:1 Extra:4');
  });

  it('takes arguments of plugins', () => {
    const { profiles, accepted } = read(
      [
        'profiles:',
        '  - schedulerName: packer',
        '    percentageOfNodesToScore: 50',
        '    pluginConfig:',
        '      - name: NodeResourcesFit',
        '        args:',
        '          scoringStrategy: { type: MostAllocated, resources: [{ name: cpu, weight: 3 }, { name: nvidia.com/gpu }] }',
        '      - { name: ImageLocality, args: { x: 1 } }',
      ].join('\n'),
    );
    expect(profiles).toMatchObject([
      {
        schedulerName: 'packer',
        percentageOfNodesToScore: 50,
        arguments: {
          nodeResourcesFit: {
            strategy: 'MostAllocated',
            resources: [
              { name: 'cpu', weight: 3 },
              { name: 'nvidia.com/gpu', weight: 1 },
            ],
          },
        },
      },
    ]);
    expect(accepted).toContain('KubeSchedulerConfiguration profiles[].pluginConfig[].args');
  });

  it('takes a shape of scores', () => {
    const shape = 'shape: [{ utilization: 0, score: 10 }, { utilization: 100, score: 0 }]';
    const { profiles } = read(
      `profiles:\n  - pluginConfig: [{ name: NodeResourcesFit, args: { scoringStrategy: { type: RequestedToCapacityRatio, requestedToCapacityRatio: { ${shape} } } } }]\n`,
    );
    expect(profiles[0]?.arguments.nodeResourcesFit).toMatchObject({
      strategy: 'RequestedToCapacityRatio',
      shape: [
        { utilization: 0, score: 10 },
        { utilization: 100, score: 0 },
      ],
    });
  });

  it.each([
    [
      'an unknown plugin',
      'profiles:\n  - plugins: { filter: { enabled: [{ name: NodeResourceFit }] } }\n',
      'P304 scheduler.yaml:4:44 KubeSchedulerConfiguration profiles[0].plugins.filter.enabled[0].name: there is no scheduler plugin "NodeResourceFit" (NodeResourcesFit)',
    ],
    [
      'a strategy that is not modelled',
      'profiles:\n  - pluginConfig: [{ name: NodeResourcesFit, args: { scoringStrategy: { type: Best } } }]\n',
      'P303 scheduler.yaml:4:79 KubeSchedulerConfiguration profiles[0].pluginConfig[0].args.scoringStrategy.type: "Best" is not known',
    ],
    [
      'a percentage above all',
      'percentageOfNodesToScore: 120\n',
      'P303 scheduler.yaml:3:27 KubeSchedulerConfiguration percentageOfNodesToScore: 120 is not allowed',
    ],
    [
      'a back-off below the first',
      'podInitialBackoffSeconds: 5\npodMaxBackoffSeconds: 2\n',
      'P303 scheduler.yaml:4:23 KubeSchedulerConfiguration podMaxBackoffSeconds: podMaxBackoffSeconds is below podInitialBackoffSeconds',
    ],
    [
      'two profiles of one name',
      'profiles:\n  - {}\n  - {}\n',
      'P303 scheduler.yaml:5:5 KubeSchedulerConfiguration profiles[1].schedulerName: there are two profiles named "default-scheduler"',
    ],
  ])('with %s is refused', (_, body, problem) => {
    expect(problemsOf(() => read(body))).toEqual([problem]);
  });

  it('of another version is refused', () => {
    const text = head.replace('/v1', '/v1beta3');
    expect(problemsOf(() => readKubeSchedulerConfiguration('scheduler.yaml', text, catalogue))).toEqual([
      'P301 scheduler.yaml:1:13 KubeSchedulerConfiguration apiVersion: apiVersion is "kubescheduler.config.k8s.io/v1beta3"',
    ]);
  });
});

describe('extenders and election', () => {
  const text = (lines: string) =>
    `apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n${lines}\n`;
  const parse = (lines: string) => readKubeSchedulerConfiguration('scheduler.yaml', text(lines), catalogue);

  it('are read with the defaults of upstream', () => {
    const { extenders, leaderElect } = parse(
      'leaderElection: { leaderElect: false, leaseDuration: 15s }\nextenders: [{ urlPrefix: "http://a/", filterVerb: filter, managedResources: [{ name: a.b/c, ignoredByScheduler: true }] }, { urlPrefix: "http://b/", prioritizeVerb: p, bindVerb: b, weight: 3, httpTimeout: 100ms, nodeCacheCapable: true, ignorable: true, enableHTTPS: true }]',
    );
    expect(leaderElect).toBe(false);
    expect(extenders).toEqual([
      {
        name: 'http://a/',
        filters: true,
        preempts: false,
        prioritizes: false,
        binds: false,
        weight: 0,
        timeout: 5e9,
        nodeCacheCapable: false,
        ignorable: false,
        managedResources: ['a.b/c'],
        ignoredResources: ['a.b/c'],
      },
      {
        name: 'http://b/',
        filters: false,
        preempts: false,
        prioritizes: true,
        binds: true,
        weight: 3,
        timeout: 1e8,
        nodeCacheCapable: true,
        ignorable: true,
        managedResources: [],
        ignoredResources: [],
      },
    ]);
  });

  it.each([
    ['one that rates without a weight', '{ urlPrefix: "http://a/", prioritizeVerb: p }', 'needs a weight'],
    ['one without an address', '{ filterVerb: f }', 'urlPrefix is missing'],
    ['a timeout that is none', '{ urlPrefix: "http://a/", httpTimeout: soon }', '"soon" is not a duration'],
  ])('%s is refused', (_, extender, message) => {
    expect(problemsOf(() => parse(`extenders: [${extender}]`)).join()).toContain(message);
  });
});
