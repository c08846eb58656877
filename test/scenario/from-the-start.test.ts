/** What is there from the start, and operations that go on beside others, as a run shows them. */
import { expect, it } from 'vitest';
import { kinds } from '../../src/cluster/index.ts';
import { judge, measure, runScenario, type ScenarioRun } from '../../src/experiment/index.ts';
import { type Files, loadScenario } from '../../src/scenario/index.ts';
import { ClusterWorld } from '../components/cluster-world.ts';

const NODES = '{ count: 5, allocatable: { cpu: "4", memory: 16Gi, pods: 110 }, preload: true }';

/** A scenario with five nodes, these operations and these files beside it. */
function scenarioOf(operations: string, spec = '', manifests = ''): ReturnType<typeof loadScenario> {
  const text = `# A question.
apiVersion: plimsoll.dev/v1
kind: Scenario
metadata: { name: small }
spec:
  until: 2m
${spec}  operations:
    - createNodes: ${NODES}
${operations}`;
  const files: Files = {
    readText: (path) => (path === 'small.yaml' ? text : manifests),
    resolve: (_, relative) => relative,
  };
  return loadScenario(files, 'small.yaml');
}

/** The last value of a state of pods. */
function pods(run: ScenarioRun, phase: string): number | undefined {
  const [replication] = run.replications;
  return (
    replication && measure({ metric: 'plimsoll_pods', labels: { phase }, statistic: 'final' }, replication.metrics)
  );
}

it('a churn that stop ends with the word all creates nothing more', async () => {
  const run = await runScenario(
    scenarioOf(`    - churn: { what: pods, name: jobs, population: 100, rate: 1/s }
    - sleep: 20s
    - stop: { churn: all }
    - sleep: 30s
`),
  );
  expect(pods(run, 'created')).toBe(20);
});

it('a churn may begin with its population and keeps its number', async () => {
  const run = await runScenario(
    scenarioOf(`    - createPods: { name: jobs-other, count: 3, preload: true }
    - churn: { what: pods, name: jobs, population: 10, rate: 1/s, preload: true }
    - sleep: 30s
    - stop: { churn: jobs }
    - sleep: 40s
`),
  );
  expect(pods(run, 'running')).toBe(13);
  expect(pods(run, 'removed')).toBe(30);
});

it('a ReplicaSet that is preloaded stays one, with nobody above it', async () => {
  const manifests = `apiVersion: apps/v1
kind: ReplicaSet
metadata: { name: alone }
spec:
  replicas: 4
  selector: { matchLabels: { app: alone } }
  template:
    metadata: { labels: { app: alone } }
    spec: { containers: [{ name: main, image: "main:1" }] }
`;
  for (const preload of [true, false]) {
    const scenario = scenarioOf(
      `    - apply: { manifests: rs.yaml, preload: ${preload} }
    - createDeployment: { name: web, replicas: 2 }
    - scale: { deployments: all, replicas: 3 }
    - barrier: { deploymentsComplete: all, podsReady: all, within: 1m }
`,
      '',
      manifests,
    );
    const [barrier] = judge(await runScenario(scenario)).barriers;
    expect(barrier?.state).toBe('7 of 7 pods Ready, 1 of 1 Deployments complete');
  }
});

it('a barrier on Deployments that are not there is not met', async () => {
  const run = await runScenario(
    scenarioOf(`    - createDeployment: { name: web, replicas: 2 }
    - barrier: { podsReady: all, of: web, namespace: prod, within: 20s }
`),
  );
  expect(judge(run).barriers[0]).toMatchObject({
    holds: false,
    description: 'podsReady: all of web in prod within 20s',
    state: '0 of 1 Deployments or pods by that name',
  });
});

it('a run whose operations are all done before it begins goes on until its end, and says so', async () => {
  const [replication] = (await runScenario(scenarioOf(''))).replications;
  expect(replication).toMatchObject({ endReason: 'until reached', endTime: 120e9 });
});

it('refuses a warm-up that outlasts the run, and to measure what nobody asks for', () => {
  expect(() => scenarioOf('', '  warmUp: 2m\n')).toThrow(/warmUp is not over before the run ends/);
  expect(() =>
    scenarioOf('    - createDeployment: { name: web, replicas: 2, preload: true, measure: true }\n'),
  ).toThrow(/measure is given beside preload/);
});

it('an operation that would begin only when the run has ended is noted', async () => {
  const run = await runScenario(
    scenarioOf(`    - fault: { kind: apiserverRestart, at: 2m }
    - createPods: { name: late, count: 1, at: 150s }
    - createPods: { name: early, count: 1, at: 119s }
`),
  );
  expect(run.replications[0]?.notes).toEqual([
    'apiserverRestart at 2m came to nothing: the run ends at 2m',
    'createPods at 2m30s came to nothing: the run ends at 2m',
  ]);
});

it.each(['deployments', 'pods'])('a churn deals its %s to all of its namespaces in turn', (what) => {
  const resource = what === 'pods' ? kinds.pods : kinds.deployments;
  for (const preload of [false, true]) {
    const world = new ClusterWorld({
      operations: `
    - createNodes: ${NODES}
    - churn: { what: ${what}, name: web, population: 6, rate: 1/s, namespaces: 3, preload: ${preload} }`,
    });
    if (!preload) world.perform();
    world.runFor(20);
    const counts = new Map<string, number>();
    const keys = world.cluster.tables.keysOf(resource);
    world.cluster.store.forEachCurrent(resource, (key) => {
      const namespace = keys.namespace(key);
      counts.set(namespace, (counts.get(namespace) ?? 0) + 1);
    });
    expect([...counts.keys()].sort()).toEqual(['default-0', 'default-1', 'default-2']);
    expect(Math.min(...counts.values())).toBeGreaterThan(0);
    expect(world.cluster.store.objectCount(resource)).toBeGreaterThanOrEqual(6);
  }
});
