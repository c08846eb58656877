/** A run that is asked about one pod tells every step of it, and runs as it would have otherwise. */
import { expect, it } from 'vitest';
import { runScenario } from '../../src/experiment/index.ts';
import { explanationText } from '../../src/report/index.ts';
import { load } from '../scenario/support.ts';

const scenario = load(
  `# ?
apiVersion: plimsoll.dev/v1
kind: Scenario
metadata: { name: explained }
spec:
  until: 40s
  operations:
    - createNodes: { count: 3, allocatable: { cpu: "1", memory: 8Gi, pods: 10 }, preload: true }
    - apply: { manifests: pods.yaml }
    - sleep: 20s
`,
  {},
  {
    'pods.yaml': ['small', 'large']
      .map((name) => {
        const cpu = name === 'small' ? '500m' : '3';
        return `apiVersion: v1\nkind: Pod\nmetadata: { name: ${name} }\nspec: { containers: [{ name: c, image: "i:1", resources: { requests: { cpu: ${cpu} } } }] }\n`;
      })
      .join('---\n'),
  },
);

it('tells of queue, filters, scores by plugin, node and binding', async () => {
  const run = await runScenario(scenario, { explainPod: 'default/small' });
  const text = explanationText(run);
  expect(text).toMatch(/^pod default\/small, replication 1, seed 1-1\n/);
  expect(text).toMatch(/\d\.\d{6} s {2}queue {4}active \(the pod was created\)\n/);
  expect(text).toMatch(/attempt {2}1 by kube-scheduler, after \d+\.\d ms in the queue\n/);
  expect(text).toMatch(/filter {3}3 of 3 nodes examined, 3 feasible\n/);
  expect(text).toMatch(/score {4}node-\d \d+ = .*NodeResourcesFit \d+/);
  expect(text).toMatch(/node {5}node-\d\n.*bind {5}node-\d: 201 after \d+\.\d ms/);
});

it('tells why a pod finds no node, by plugin', async () => {
  const text = explanationText(await runScenario(scenario, { explainPod: 'default/large' }));
  expect(text).toMatch(/0 feasible; turned down: 3 by NodeResourcesFit/);
  expect(text).toMatch(/queue {4}unschedulable: waits for an event \(its attempt failed\)/);
});

it('knows the nearest pod where there is none of the name', async () => {
  const run = await runScenario(scenario, { explainPod: 'default/smal' });
  expect(run.replications[0]?.explanation).toMatchObject({ exists: false, nearest: 'default/small', steps: [] });
});

it('names a pod of the run where no name is near', async () => {
  const run = await runScenario(scenario, { explainPod: 'shop/cart' });
  expect(run.replications[0]?.explanation).toMatchObject({ exists: false, example: 'default/small' });
});

it('changes nothing about the run', async () => {
  const asked = await runScenario(scenario, { explainPod: 'default/small' });
  const plain = await runScenario(scenario);
  expect(plain.replications[0]?.explanation).toBeUndefined();
  expect(explanationText(plain)).toBe('');
  expect(asked.replications[0]?.fingerprint).toBe(plain.replications[0]?.fingerprint);
});
