/** Every server and limiter where work can wait is known to `plimsoll capacity`: it can be lifted, or there is a reason why not. */
import { describe, expect, it } from 'vitest';
import { parameterRegistry } from '../../src/components/parameters.ts';
import type { ParameterSet } from '../../src/engine/index.ts';
import { applyLift, liftOf, lifts } from '../../src/experiment/capacity/index.ts';
import { runScenario } from '../../src/experiment/index.ts';
import { parseLabels } from '../../src/metrics/index.ts';
import { load } from '../scenario/support.ts';
import { sourcesIn } from '../tidy/sources.ts';

/** A run in which every component has something to do. */
const busy = `# What waits where?
apiVersion: plimsoll.dev/v1
kind: Scenario
metadata: { name: busy }
spec:
  until: 1m
  webhooks:
    - { name: policy, type: validating, resources: [pods], verbs: [CREATE], latency: 5ms, timeout: 10s, failurePolicy: Ignore, replicas: 1 }
  schedulers: [{ name: default-scheduler }, { name: second }]
  operations:
    - createNodes: { count: 5, preload: true }
    - createService: { name: web, selector: web, ports: [80], preload: true }
    - createDeployment: { name: web, replicas: 20 }
    - createObjects: { resource: configmaps, name: state, count: 10, preload: true }
    - callApi: { name: reads, verb: get, resource: configmaps, objects: state, rate: 10/s, for: 5s }
    - sleep: 10s
`;

describe('the registry of lifts', () => {
  it('knows every server and limiter that a cluster publishes', async () => {
    const run = await runScenario(load(busy));
    const names = new Set(
      run.replications.flatMap(({ metrics }) =>
        metrics.series
          .filter(({ metric }) => /^plimsoll_server_(utilisation|waiting_seconds)$/.test(metric))
          .map(({ labels }) => (parseLabels(labels).server ?? '').replace(/ \(busiest\)$/, '')),
      ),
    );
    expect(names.size).toBeGreaterThan(25);
    expect([...names].filter((name) => liftOf(name) === undefined)).toEqual([]);
  });

  it('knows every name that the sources give to a place of waiting', () => {
    const calls = sourcesIn('src/components').flatMap(({ path, text }) => [
      ...[...text.matchAll(/waits\.server\(\s*'([^']+)'/g)].map(([, name]) => [path, name] as const),
      ...[...text.matchAll(/publishServer\([\w\s.,]*'([^']+)',/g)].map(([, name]) => [path, name] as const),
    ]);
    expect(calls.length).toBeGreaterThan(12);
    expect(calls.filter(([, name]) => liftOf(name as string) === undefined)).toEqual([]);
  });

  it('knows the limiter of every client that the sources name', () => {
    const clients = sourcesIn('src/components').flatMap(({ text }) =>
      [...text.matchAll(/newClient\(\s*'([^']+)'/g)].map(([, name]) => `${name} client limiter`),
    );
    expect(clients.length).toBeGreaterThan(10);
    expect(clients.filter((name) => liftOf(name) === undefined)).toEqual([]);
  });

  it('knows the workers of every queue', () => {
    const queues = sourcesIn('src/components').flatMap(({ text }) =>
      [...text.matchAll(/newQueue\(\s*'([^']+)'/g)].map(([, name]) => `${name} workers`),
    );
    expect(queues.length).toBeGreaterThan(10);
    expect(queues.filter((name) => liftOf(name) === undefined)).toEqual([]);
  });

  it('names parameters that exist, and gives reasons where it names none', () => {
    for (const [names, lift] of lifts) {
      if ('impossible' in lift) {
        expect(lift.impossible.length, String(names)).toBeGreaterThan(20);
        continue;
      }
      expect(lift.parameters.length, String(names)).toBeGreaterThan(0);
      for (const { parameter } of lift.parameters) {
        const [component = '', name = ''] = parameter.split('.');
        const set: ParameterSet | undefined = (parameterRegistry as Readonly<Record<string, ParameterSet>>)[component];
        expect(['number', 'duration', 'distribution'], parameter).toContain(set?.[name]?.type);
      }
    }
  });
});

describe('a scenario with a bottleneck lifted', () => {
  const scenario = load(busy);

  it('has larger limits, as if they had been set last', () => {
    const lifted = applyLift(scenario, 'replicaset-controller client limiter');
    if ('impossible' in lifted) throw new Error(lifted.impossible);
    expect(lifted.parameters).toEqual([
      { parameter: 'kubeControllerManager.clientQps', before: 20, after: 200 },
      { parameter: 'kubeControllerManager.clientBurst', before: 30, after: 300 },
    ]);
    expect(lifted.scenario.parameters.kubeControllerManager?.clientQps).toBe(200);
    expect(scenario.parameters.kubeControllerManager?.clientQps).toBe(20);
    expect(lifted.scenario.overrides.find(({ path }) => path === 'kubeControllerManager.clientQps')?.origin).toBe(
      'lift',
    );
  });

  it('has a disk whose syncs take a tenth', () => {
    const lifted = applyLift(scenario, 'etcd disk (WAL)');
    if ('impossible' in lifted) throw new Error(lifted.impossible);
    expect(lifted.scenario.parameters.etcd?.walSync).toEqual({ distribution: 'lognormal', p50: 17_000, p99: 62_000 });
  });

  it('is refused with the reason where nothing can be lifted', () => {
    expect(applyLift(scenario, 'room on the nodes')).toEqual({ impossible: expect.stringContaining('more nodes') });
    expect(applyLift(scenario, 'load client reads client limiter')).toHaveProperty('impossible');
    expect(applyLift(scenario, 'nobody')).toHaveProperty('impossible');
  });
});
