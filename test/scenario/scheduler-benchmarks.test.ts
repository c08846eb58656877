/** What benchmarks of schedulers need: nodes without agents, churn of anything, waits for some pods, no controllers. */
import { describe, expect, it } from 'vitest';
import { judge, measure, runScenario } from '../../src/experiment/index.ts';
import { load, problemsOf, scenarioText } from './support.ts';

const NODES = '    - createNodes: { count: 3, agents: false, preload: true }';

async function run(operations: string, parameters = 'kubeControllerManager.enabled: false') {
  const result = await runScenario(load(scenarioText(`parameters: { ${parameters} }`, operations)));
  const [replication] = result.replications;
  const value = (metric: string, labels: Record<string, string>, statistic: string) =>
    measure({ metric, labels, statistic }, replication!.metrics);
  return { ...judge(result), value };
}

describe('nodes without agents', () => {
  it.each([
    ['that are there from the start', NODES],
    ['that are created by requests', '    - createNodes: { count: 3, agents: false }'],
  ])('%s take pods, which never run', async (_, nodes) => {
    const { barriers, value } = await run(`${nodes}
    - createPods: { name: load, count: 5 }
    - barrier: { podsScheduled: all, of: load, within: 10s }
    - sleep: 2m`);
    expect(barriers[0]).toMatchObject({ holds: true, state: '5 of 5 pods scheduled' });
    expect(value('plimsoll_pods', { phase: 'bound' }, 'final')).toBe(5);
    expect(value('plimsoll_pods', { phase: 'running' }, 'final')).toBe(0);
    expect(value('apiserver_request_total', { resource: 'leases', verb: 'PUT' }, 'final') ?? 0).toBeLessThan(100);
  });

  it('are looked after by nobody but the node lifecycle controller, which finds them silent', async () => {
    const { value } = await run(`${NODES}\n    - sleep: 3m`, 'kubeControllerManager.enabled: true');
    expect(value('node_collector_unhealthy_nodes_in_zone', {}, 'final')).toBe(3);
  });

  it.each([
    ['{ count: 3, client: { qps: 5 } }', 'client'],
    ['{ count: 3, name: big }', 'name'],
  ])('%s is refused', (written, key) => {
    const [problem] = problemsOf(scenarioText('', `    - createNodes: ${written}`));
    expect(problem).toMatchObject({ code: 'P209', details: { path: `spec.operations[0].createNodes.${key}` } });
  });
});

it('without a controller manager Deployments have no pods', async () => {
  const { value } = await run(`${NODES}
    - createDeployment: { name: web, replicas: 3 }
    - sleep: 1m`);
  expect(value('plimsoll_pods', { phase: 'created' }, 'final')).toBe(0);
});

describe('a churn', () => {
  it('of nodes and Services keeps their number', async () => {
    const { value } = await run(`${NODES}
    - churn: { what: nodes, name: extra, population: 2, rate: 1/s, allocatable: { pods: 0 } }
    - churn: { what: services, name: svc, population: 2, rate: 1/s, ports: [8080], selector: { app: foo } }
    - sleep: 10500ms
    - stop: { churn: all }`);
    for (const resource of ['nodes', 'services']) {
      expect(value('apiserver_request_total', { verb: 'POST', resource }, 'final')).toBe(11);
      expect(value('apiserver_request_total', { verb: 'DELETE', resource }, 'final')).toBe(9);
    }
  });

  it('is told what does not describe its objects', () => {
    const churn = '    - churn: { what: nodes, population: 1, rate: 1/s, replicas: 3 }';
    const [problem] = problemsOf(scenarioText('', `${NODES}\n${churn}`));
    expect(problem).toMatchObject({ code: 'P209', details: { message: 'replicas says nothing about nodes' } });
  });
});

it('a barrier waits for the pods of one operation, whatever becomes of others', async () => {
  const { barriers } = await run(`${NODES}
    - createPods: { name: huge, count: 2, requests: { cpu: "64" } }
    - createPods: { name: small, count: 4, requests: { cpu: 100m } }
    - barrier: { podsScheduled: all, of: small, within: 10s }
    - barrier: { podsScheduled: all, of: huge, within: 10s }`);
  expect(barriers.map(({ holds, state }) => [holds, state])).toEqual([
    [true, '4 of 4 pods scheduled'],
    [false, '0 of 2 pods scheduled'],
  ]);
});

it('pods can be deleted in the background, while others are created', async () => {
  const { value } = await run(`${NODES}
    - createPods: { name: old, count: 10, namespace: a, terminationGracePeriod: 0s }
    - barrier: { podsScheduled: all, of: old, within: 10s }
    - delete: { pods: all, namespace: a, rate: 1/s, background: true }
    - createPods: { name: new, count: 5, namespace: b }
    - barrier: { podsScheduled: all, of: new, within: 5s }
    - barrier: { podsGone: all, of: old, within: 20s }`);
  expect(value('plimsoll_pods', { phase: 'removed' }, 'final')).toBe(10);
});

it.each([
  ['a', 0],
  ['b', 3],
])('pods that keep away from those of namespaces with team: %s find a node for %s of 3', async (team, scheduled) => {
  const term = `{ topologyKey: kubernetes.io/hostname, labelSelector: { app: there }, namespaceSelector: { team: ${team} } }`;
  const { value } = await run(`${NODES}
    - createNamespaces: { name: near, labels: { team: a } }
    - createNamespaces: { name: far, count: 2, labels: { team: b } }
    - createPods: { name: there, count: 3, namespace: near, topologySpreadConstraints: [{ maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule }] }
    - barrier: { podsScheduled: all, of: there, within: 10s }
    - createPods: { name: other, count: 3, namespace: far-1, podAntiAffinity: { required: [${term}] } }
    - sleep: 10s`);
  expect(value('plimsoll_pods', { phase: 'bound' }, 'final')).toBe(3 + scheduled);
});
