import { describe, expect, it } from 'vitest';
import { TemplateRegistry } from '../../src/manifests/index.ts';
import { findMetric } from '../../src/metrics/index.ts';
import { defaultClient, isSelected } from '../../src/scenario/index.ts';
import { seconds } from '../../src/units/index.ts';
import { load, scenarioText } from './support.ts';

/** The resolved operations of some lines. */
function operationsOf(...lines: string[]) {
  return load(scenarioText('', lines.map((line) => `    ${line}`).join('\n'))).operations;
}

describe('arrivals', () => {
  it.each([
    ['', { kind: 'at-once' }],
    ['rate: 30/m', { kind: 'constant', rate: 0.5 }],
    ['rate: 5/s, arrivals: constant', { kind: 'constant', rate: 5 }],
    ['rate: 5/s, arrivals: randomized', { kind: 'randomized', rate: 5 }],
    ['rate: 5/s, arrivals: poisson', { kind: 'poisson', rate: 5 }],
    ['rate: 5/s, arrivals: { kind: poisson }', { kind: 'poisson', rate: 5 }],
    ['arrivals: { kind: stepped, burst: 10, every: 2s }', { kind: 'stepped', burst: 10, every: 2e9 }],
    ['arrivals: { kind: time-limited, within: 1m }', { kind: 'time-limited', within: 60e9 }],
    ['arrivals: { kind: randomized-time-limited, within: 1m }', { kind: 'randomized-time-limited', within: 60e9 }],
    ['arrivals: { kind: parallelism-limited, parallelism: 8 }', { kind: 'parallelism-limited', parallelism: 8 }],
    ['rate: 5/s, arrivals: { kind: global-qps, burst: 9 }', { kind: 'global-qps', rate: 5, burst: 9, group: 'global' }],
  ])('%s', (written, arrivals) => {
    expect(operationsOf(`- createPods: { count: 1, ${written} }`)).toMatchObject([{ arrivals }]);
  });
});

describe('clients', () => {
  it('are a service account with stated limits where nobody says otherwise', () => {
    expect(operationsOf('- createPods: { count: 1 }')).toMatchObject([{ client: defaultClient }]);
    expect(defaultClient.groups).not.toContain('system:masters');
  });

  it('keep what is not said', () => {
    const [operation] = operationsOf('- createPods: { count: 1, client: { user: deployer, qps: 5 } }');
    expect(operation).toMatchObject({
      client: { user: 'deployer', groups: ['system:authenticated'], qps: 5, burst: defaultClient.burst },
    });
  });
});

describe('createDeployment', () => {
  it('numbers several Deployments and deals them to namespaces, each with an app label and a template of its own', () => {
    const [operation] = operationsOf(
      '- createDeployment: { name: web, count: 3, namespace: load, namespaces: 2, replicas: 5 }',
    );
    expect(operation).toMatchObject({
      name: 'web',
      intents: [
        { name: 'web-0', namespace: 'load-0', replicas: 5, template: { id: 0, labels: { app: 'web-0' } } },
        { name: 'web-1', namespace: 'load-1', template: { id: 1 } },
        { name: 'web-2', namespace: 'load-0', template: { id: 2 } },
      ],
    });
  });

  it('has requests that default to limits, probes with their defaults, and init containers that change no placement', () => {
    const [operation] = operationsOf(
      '- createDeployment: { name: web, replicas: 1, limits: { cpu: 250m, memory: 1Gi, nvidia.com/gpu: 1 }, initContainers: 2, readinessProbe: {} }',
    );
    const requests = { cpu: 250, memory: 2 ** 30, ephemeralStorage: 0, extended: { 'nvidia.com/gpu': 1 } };
    const template = { requests, initContainers: [{ name: 'init-1' }, { name: 'init-2' }] };
    expect(operation).toMatchObject({ intents: [{ template }] });
    expect(operation).toMatchObject({
      intents: [
        {
          template: {
            containers: [{ readinessProbe: { initialDelay: 0, period: 10e9, timeout: 1e9, failureThreshold: 3 } }],
          },
        },
      ],
    });
  });

  it('shares a template among Deployments that differ in nothing a pod has, and keeps lifetimes apart', () => {
    const scenario = load(
      scenarioText(
        '',
        [
          '    - createPods: { name: a, count: 1 }',
          '    - createPods: { name: a, count: 2 }',
          '    - createPods: { name: a, count: 3, duration: { distribution: lognormal, p50: 10m, p99: 1h } }',
        ].join('\n'),
      ),
    );
    expect(scenario.operations.map((operation) => 'template' in operation && operation.template.id)).toEqual([0, 0, 1]);
    const registry = new TemplateRegistry(structuredClone(scenario.templates));
    expect(registry.get(0).lifetime).toBeUndefined();
    expect(registry.get(1).lifetime?.quantile(0.5)).toBeCloseTo(seconds(600), -6);
    expect(registry.get(1).restartPolicy).toBe('Never');
  });
});

describe('the other operations', () => {
  it('resolve', () => {
    expect(
      operationsOf(
        '- createDeployment: { name: web, replicas: 2 }',
        '- createService: { name: web, selector: web, ports: [80, { port: 443, name: https }], type: NodePort }',
        '- scale: { deployments: web, replicas: 5 }',
        '- scale: { deployments: all, replicas: { by: -2 }, rate: 1/s }',
        '- scale: { deployments: all, replicas: { scale: 1.5 } }',
        '- delete: { pods: web, count: 3, at: 2m }',
        '- delete: { configmaps: all, collection: true }',
        '- churn: { what: deployments, population: 10, rate: 2/s, for: 5m }',
        '- sleep: 30s',
        '- sleep: { duration: 30s }',
        '- stop: { churn: churn }',
        '- rollout: { deployments: all }',
        '- barrier: { podsReady: 10, podsScheduled: all, of: web, within: 90s }',
        '- fault: { kind: nodeCrash, nodes: 10%, duration: 5m, at: 1m }',
        '- fault: { kind: nodeCrash, nodes: [node-1, node-2] }',
        '- fault: { kind: nodeCrash, nodes: 1 }',
        '- fault: { kind: etcdLeaderLoss, duration: never }',
        '- fault: { kind: apiserverRestart }',
      ).slice(1),
    ).toMatchObject([
      {
        kind: 'createService',
        intents: [
          {
            specification: {
              type: 'NodePort',
              selector: { app: 'web' },
              ports: [{ port: 80, targetPort: 80 }, { name: 'https' }],
            },
          },
        ],
      },
      { kind: 'scale', deployments: { name: 'web' }, replicas: { change: 'to', replicas: 5 } },
      { kind: 'scale', replicas: { change: 'by', replicas: -2 }, arrivals: { kind: 'constant', rate: 1 } },
      { kind: 'scale', replicas: { change: 'times', factor: 1.5 } },
      { kind: 'delete', what: 'pods', selection: { name: 'web' }, count: 3, at: 120e9, collection: false },
      { kind: 'delete', what: 'configmaps', selection: { name: 'all' }, collection: true },
      {
        kind: 'churn',
        name: 'churn',
        population: 10,
        for: 300e9,
        object: { what: 'deployments', deployment: { replicas: 1 } },
      },
      { kind: 'sleep', duration: 30e9 },
      { kind: 'sleep', duration: 30e9 },
      { kind: 'stop', churn: 'churn' },
      { kind: 'rollout', deployments: { name: 'all' } },
      {
        kind: 'barrier',
        conditions: [
          { what: 'podsScheduled', target: 'all' },
          { what: 'podsReady', target: 10 },
        ],
        of: { name: 'web' },
        within: 90e9,
        description: 'podsScheduled: all, podsReady: 10 of web within 1m30s',
      },
      {
        kind: 'fault',
        at: 60e9,
        fault: { fault: 'nodeCrash', nodes: { choose: 'share', share: 0.1 }, duration: 300e9 },
      },
      { kind: 'fault', fault: { nodes: { choose: 'names', names: ['node-1', 'node-2'] }, duration: null } },
      { kind: 'fault', fault: { nodes: { choose: 'count', count: 1 } } },
      { kind: 'fault', fault: { fault: 'etcdLeaderLoss', duration: null } },
      { kind: 'fault', fault: { fault: 'apiserverRestart', server: 0, graceful: false } },
    ]);
  });
});

describe('selections', () => {
  it('match a name, the numbered names behind it, or all, in one namespace or in every one', () => {
    expect(isSelected({ name: 'all' }, 'a', 'x')).toBe(true);
    expect(isSelected({ name: 'web' }, 'a', 'web')).toBe(true);
    expect(isSelected({ name: 'web' }, 'a', 'web-12')).toBe(true);
    expect(isSelected({ name: 'web' }, 'a', 'web-api')).toBe(false);
    expect(isSelected({ name: 'web', namespace: 'b' }, 'a', 'web')).toBe(false);
  });

  it('match names whose last part the system made: pods of their own, of a Deployment, and of one of several', () => {
    expect(isSelected({ name: 'web' }, 'a', 'web-x2k4p', true)).toBe(true);
    expect(isSelected({ name: 'web' }, 'a', 'web-x2k4p-bcdfg', true)).toBe(true);
    expect(isSelected({ name: 'web' }, 'a', 'web-3-x2k4p-bcdfg', true)).toBe(true);
    expect(isSelected({ name: 'web' }, 'a', 'web-x2k4p')).toBe(false);
    expect(isSelected({ name: 'web' }, 'a', 'web-api-x2k4p', true)).toBe(false);
    expect(isSelected({ name: 'web' }, 'a', 'webs-x2k4p', true)).toBe(false);
  });
});

describe('objectives', () => {
  it('have bounds in the unit of their metric', () => {
    const { objectives } = load(
      scenarioText(
        [
          'objectives:',
          '  - { metric: pod_startup_latency_seconds, labels: { phase: total }, statistic: p99, below: 1500ms }',
          '  - { metric: pod_startup_latency_seconds, statistic: mean, below: 2, confidence: 0.9 }',
          '  - { metric: plimsoll_scheduling_throughput_pods_per_second, statistic: max, above: 90/s }',
          '  - { metric: etcd_mvcc_db_total_size_in_bytes, statistic: max, below: 8Gi }',
        ].join('\n'),
      ),
    );
    expect(objectives).toMatchObject([
      { below: 1.5 },
      { below: 2, confidence: 0.9 },
      { above: 90 },
      { below: 8 * 2 ** 30 },
    ]);
  });

  it('of the official set name metrics and labels that exist', () => {
    for (const { metric, labels } of load(scenarioText('objectives: kubernetes-slos')).objectives) {
      expect([
        metric,
        Object.keys(labels).filter((label) => findMetric(metric)?.labels.includes(label) !== true),
      ]).toEqual([metric, []]);
    }
  });

  it('may be the official set', () => {
    expect(load(scenarioText('objectives: kubernetes-slos')).objectives).toContainEqual({
      metric: 'kubelet_pod_start_sli_duration_seconds',
      labels: {},
      statistic: 'p99',
      below: 5,
    });
  });
});
