/** callApi, openWatches and createObjects: what is written, what is refused, and what a run with them shows. */
import { describe, expect, it } from 'vitest';
import { measure, runScenario, type ScenarioRun } from '../../src/experiment/index.ts';
import { type Files, loadScenario } from '../../src/scenario/index.ts';
import { load, scenarioText } from './support.ts';

function operationsOf(...lines: string[]) {
  return load(scenarioText('', lines.map((line) => `    ${line}`).join('\n'))).operations;
}

/** Runs a scenario with these operations. */
function run(...lines: string[]): Promise<ScenarioRun> {
  const text = `# A question?
apiVersion: plimsoll.dev/v1
kind: Scenario
metadata: { name: small }
spec:
  until: 2m
  customResources: [{ resource: widgets.example.com, size: 20k }]
  operations:
${lines.map((line) => `    ${line}`).join('\n')}
`;
  const files: Files = { readText: () => text, resolve: (_, relative) => relative };
  return runScenario(loadScenario(files, 'small.yaml'));
}

function statistic(
  { replications }: ScenarioRun,
  metric: string,
  labels: Record<string, string>,
  name: 'final' | 'count' | 'mean' | 'max',
): number {
  const [replication] = replications;
  return (replication && measure({ metric, labels, statistic: name }, replication.metrics)) ?? 0;
}

describe('loads', () => {
  it('are resolved with a pace of their own, no limiter that nobody asked for, and DefaultRetry', () => {
    const [, closed, open, watches] = operationsOf(
      '- createObjects: { resource: configmaps, name: hot, count: 4, size: 900, namespaces: 2, preload: true }',
      '- callApi: { verb: getModifyPut, resource: configmaps, objects: hot, clients: 8, think: 5ms, for: 10s }',
      '- callApi: { name: lists, verb: list, resource: pods, fromCache: true, limit: 500, labelShare: 10%, rate: 5/s, arrivals: poisson, background: true, client: { qps: 20, connections: 4 } }',
      '- openWatches: { resource: configmaps, objects: hot, count: 100, rate: 50/s }',
      '- stop: { load: lists }',
    );
    expect(closed).toMatchObject({
      name: 'load',
      pace: { loop: 'closed', clients: 8, think: { distribution: 'constant', value: 5e6 } },
      retry: 'default',
      client: { qps: -1 },
      for: 10e9,
      background: false,
    });
    expect(open).toMatchObject({
      pace: { loop: 'open', arrivals: { kind: 'poisson', rate: 5 } },
      client: { qps: 20, connections: 4 },
      limit: 500,
      labelShare: 0.1,
      background: true,
    });
    expect(watches).toMatchObject({ count: 100, observed: 20, selects: { part: 'object', objects: { name: 'hot' } } });
  });

  it.each([
    ['without a pace', '- callApi: { verb: get, resource: pods, for: 1s }', 'has no pace'],
    ['with two', '- callApi: { verb: get, resource: pods, for: 1s, clients: 2, rate: 1/s }', 'both clients and a rate'],
    ['without an end', '- callApi: { verb: get, resource: pods, clients: 2 }', 'never ends'],
    ['with two ends', '- callApi: { verb: get, resource: pods, clients: 2, for: 1s, until: 3s }', 'both until and for'],
    [
      'with a retry of nothing',
      '- callApi: { verb: get, resource: pods, clients: 2, for: 1s, retry: none }',
      'retry means nothing to get',
    ],
    [
      'that cannot be written',
      '- callApi: { verb: update, resource: pods, clients: 2, for: 1s }',
      'cannot update pods',
    ],
    [
      'of a node without pods',
      '- callApi: { verb: list, resource: secrets, clients: 2, for: 1s, ofOneNode: true }',
      'are on no node',
    ],
    [
      'of objects that nobody creates',
      '- callApi: { verb: get, resource: secrets, objects: hot, clients: 2, for: 1s }',
      'no operation creates "hot"',
    ],
    [
      'with a pace of what is under way',
      '- callApi: { verb: get, resource: pods, for: 1s, arrivals: { kind: parallelism-limited, parallelism: 3 } }',
      'pace no load',
    ],
    [
      'that records without waiting',
      '- callApi: { verb: recordEvent, resource: pods, for: 1s, clients: 2 }',
      'closed loop has no pace',
    ],
    [
      'of a resource that is none',
      '- callApi: { verb: get, resource: secretz, clients: 2, for: 1s }',
      'no resource "secretz"',
    ],
    ['to stop that is none', '- stop: { load: lists }', 'no operation creates "lists"'],
    ['to stop without a name', '- stop: {}', 'names nothing to end'],
  ])('%s are refused', (_, line, message) => {
    expect(() => operationsOf(line)).toThrow(message);
  });

  it('hold up what comes after them until their time is over, and then nothing is under way', async () => {
    const result = await run(
      '- createObjects: { resource: configmaps, name: hot, count: 2, preload: true }',
      '- callApi: { name: writers, verb: getModifyPut, resource: configmaps, objects: hot, clients: 4, think: 20ms, for: 5s, measure: true }',
      '- callApi: { name: after, verb: get, resource: configmaps, objects: hot, clients: 1, count: 7 }',
    );
    expect(
      statistic(result, 'plimsoll_load_operations_total', { load: 'writers', result: 'ok' }, 'final'),
    ).toBeGreaterThan(300);
    expect(statistic(result, 'plimsoll_load_operations_total', { load: 'after', result: 'ok' }, 'final')).toBe(7);
    const [replication] = result.replications;
    expect((replication?.endTime as number) / 1e9).toBeGreaterThan(5);
    expect((replication?.endTime as number) / 1e9).toBeLessThan(6);
  });

  it('go on in the background until stop, at the rate of an open loop', async () => {
    const result = await run(
      '- callApi: { name: events, verb: create, resource: events, size: 700, rate: 20/s, background: true }',
      '- callApi: { name: secrets, verb: create, resource: secrets, size: 4k, rate: 10/s, background: true }',
      '- sleep: 10s',
      '- stop: { load: events }',
      '- sleep: 5s',
      '- stop: { load: all }',
    );
    const created = (name: string) =>
      statistic(result, 'plimsoll_load_operations_total', { load: name, result: 'ok' }, 'final');
    expect(created('events')).toBe(200);
    expect(created('secrets')).toBe(150);
  });

  it('of pods find them under the name of the operation that made them, and so does delete', async () => {
    const result = await run(
      '- createNodes: { count: 3, allocatable: { cpu: "4", memory: 16Gi, pods: 110 }, preload: true }',
      '- createPods: { name: web, count: 6, preload: true }',
      '- createDeployment: { name: shop, replicas: 5, preload: true }',
      '- callApi: { name: reads, verb: get, resource: pods, objects: shop, clients: 1, count: 10 }',
      '- delete: { pods: web, count: 4 }',
      '- sleep: 40s',
    );
    expect(statistic(result, 'plimsoll_load_operations_total', { load: 'reads', result: 'ok' }, 'final')).toBe(10);
    expect(statistic(result, 'plimsoll_pods', { phase: 'running' }, 'final')).toBe(2 + 5);
  });

  it('of a collection delete all of a namespace by one request each', async () => {
    const result = await run(
      '- createObjects: { resource: configmaps, name: settings, count: 20, namespace: a, preload: true }',
      '- createObjects: { resource: configmaps, name: others, count: 20, namespace: b, preload: true }',
      '- createObjects: { resource: configmaps, name: kept, count: 7, namespace: c, preload: true }',
      '- delete: { configmaps: all, namespace: a, collection: true }',
      '- delete: { configmaps: all, namespace: b, collection: true }',
      '- sleep: 5s',
    );
    const requests = statistic(result, 'apiserver_request_total', { verb: 'DELETECOLLECTION', code: '200' }, 'final');
    expect(requests).toBe(2);
    const deleted = statistic(result, 'etcd_mvcc_delete_total', {}, 'final');
    expect(deleted).toBeGreaterThanOrEqual(40);
  });

  it('through recorders are correlated: repeated events about few pods are counted up and then dropped', async () => {
    const result = await run(
      '- createNodes: { count: 2, allocatable: { cpu: "4", memory: 16Gi, pods: 110 }, preload: true }',
      '- createPods: { name: crashing, count: 2, preload: true }',
      '- callApi: { name: events, verb: recordEvent, resource: pods, objects: crashing, rate: 10/s, for: 20s }',
    );
    const ended = (outcome: string) =>
      statistic(result, 'plimsoll_load_operations_total', { load: 'events', result: outcome }, 'final');
    // A source may write 25 events about an object and then one in five minutes.
    expect(ended('ok')).toBe(50);
    expect(ended('failed')).toBe(150);
  });

  it('of watches are there when their turn is over, and see what is written', async () => {
    const result = await run(
      '- createObjects: { resource: configmaps, name: settings, count: 10, preload: true }',
      '- openWatches: { name: watchers, resource: configmaps, count: 200, observed: 5, client: { connections: 10 } }',
      '- sleep: 2s',
      '- callApi: { name: writes, verb: patch, resource: configmaps, objects: settings, rate: 10/s, for: 5s }',
      '- sleep: 1s',
    );
    const delivered = statistic(result, 'plimsoll_load_watch_delivery_duration_seconds', { load: 'watchers' }, 'count');
    expect(delivered).toBe(5 * 50);
    // One more is the quota controller's, which counts config maps.
    expect(statistic(result, 'apiserver_registered_watchers', { resource: 'configmaps' }, 'max')).toBe(201);
  });

  it('write custom resources, at the size that the scenario gives them', async () => {
    const result = await run(
      '- createObjects: { resource: widgets.example.com, name: widget, count: 50 }',
      '- callApi: { verb: patch, resource: widgets.example.com, objects: widget, clients: 2, count: 100 }',
      // The size of the database is that of its latest commit.
      '- sleep: 1s',
    );
    expect(statistic(result, 'plimsoll_load_operations_total', { load: 'load', result: 'ok' }, 'final')).toBe(100);
    expect(statistic(result, 'etcd_mvcc_db_total_size_in_bytes', {}, 'max')).toBeGreaterThan(150 * 20_000);
  });
});
