/** The numbers that docs/model.md works out by hand, held against a run; and the requests in the life of its pods. */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { judge, loadScenario, runScenario, type ScenarioRun } from '../../src/index.ts';
import { files } from './generated-pages.ts';
import { projectRoot } from './markdown.ts';

const PODS = 300;
const quickstart = join(projectRoot, 'scenarios/quickstart.yaml');

/** A run of the first half of quickstart: everything up to the barrier for 300 Ready pods. */
async function runUntilReady(...sets: (readonly [string, string])[]): Promise<ScenarioRun> {
  const scenario = loadScenario(files, quickstart, { sets: [['kubelet.imagesPresent', 'true'], ...sets] });
  const barrier = scenario.operations.findIndex(({ kind }) => kind === 'barrier');
  return await runScenario({ ...scenario, operations: scenario.operations.slice(0, barrier + 1) });
}

/** A statistic of the series of a metric with these labels, added up. */
function total(run: ScenarioRun, metric: string, selector: string, statistic: 'final' | 'max' | 'p50'): number {
  const selected = run.replications[0]!.metrics.series.filter(
    (series) =>
      series.metric === metric && selector.split(';').every((label) => series.labels.split(';').includes(label)),
  );
  return selected.reduce((sum, { statistics }) => sum + (statistics[statistic] ?? 0), 0);
}

function requests(run: ScenarioRun, selector: string): number {
  return total(run, 'apiserver_request_total', selector, 'final');
}

describe('300 pods at 20 requests a second', () => {
  let run: ScenarioRun;
  beforeAll(async () => {
    run = await runUntilReady();
  });

  it('are created in (300 + 10 - 30) / 20 s', () => {
    const creation = total(run, 'workqueue_work_duration_seconds', 'name=replicaset', 'max');
    expect(creation).toBeGreaterThan((PODS - 30) / 20);
    expect(creation).toBeLessThan((PODS + 25 - 30) / 20);
  });

  it('are Running 1.4 s after their creation in the median, and all Ready after 18 to 22 s', () => {
    const median = total(run, 'pod_startup_latency_seconds', 'phase=total', 'p50');
    expect(median).toBeGreaterThan(1.1);
    expect(median).toBeLessThan(1.9);
    const [barrier] = judge(run).barriers;
    expect(barrier?.holds).toBe(true);
    expect(barrier!.latest / 1e9).toBeGreaterThan(17);
    expect(barrier!.latest / 1e9).toBeLessThan(24);
  });

  it('take the requests that the life of a pod lists', () => {
    expect(requests(run, 'resource=pods;verb=POST')).toBe(2 * PODS); // creations and bindings
    expect(requests(run, 'resource=pods;subresource=binding;verb=POST')).toBe(PODS);
    expect(requests(run, 'resource=serviceaccounts;subresource=token;verb=POST')).toBe(PODS);
    // Pending, sandbox, Running, Ready: each a GET and a PATCH.
    expect(requests(run, 'resource=pods;subresource=status;verb=PATCH')).toBe(4 * PODS);
    expect(requests(run, 'resource=pods;verb=GET')).toBe(4 * PODS);
    expect(
      total(run, 'rest_client_requests_total', 'client=replicaset-controller;method=POST', 'final'),
    ).toBeLessThanOrEqual(PODS + 25);
  });

  it('wait at places that docs/model.md names', () => {
    const names = new Set(
      run.replications[0]!.metrics.series.filter(({ metric }) => metric === 'plimsoll_server_waiting_seconds').map(
        ({ labels }) => /server=([^;]+)/.exec(labels)?.[1] ?? '',
      ),
    );
    const text = files.readText(join(projectRoot, 'docs/model.md'));
    for (const name of names) {
      const shown = name
        .replace(/^.+ client limiter$/, 'CLIENT client limiter')
        .replace(/^\S+ workers$/, 'QUEUE workers')
        .replace(/^flow control \S+$/, 'flow control LEVEL');
      expect(text).toContain(`| \`${shown}\` `);
    }
  });
});

it('with four times the limit, creation takes 3 s', async () => {
  const run = await runUntilReady(
    ['kubeControllerManager.clientQps', '100'],
    ['kubeControllerManager.clientBurst', '100'],
  );
  expect(total(run, 'workqueue_work_duration_seconds', 'name=replicaset', 'max')).toBeLessThan(3.5);
  expect(judge(run).barriers[0]!.latest / 1e9).toBeLessThan(16);
});

it('init containers run one after the other and are reported, and images are pulled once a node', async () => {
  const text = `# Do ten pods with two init containers start?
apiVersion: plimsoll.dev/v1
kind: Scenario
metadata: { name: init-containers }
spec:
  until: 5m
  operations:
    - createNodes: { count: 2, preload: true }
    - createDeployment: { name: web, replicas: 10, initContainers: 2, image: example/web:1, measure: true }
    - barrier: { podsReady: all }
`;
  const inMemory = { readText: () => text, resolve: (_: string, relative: string) => relative };
  const run = await runScenario(loadScenario(inMemory, 'init-containers.yaml'));
  expect(judge(run).barriers[0]?.holds).toBe(true);
  // Pending, sandbox, the end of two init containers, Running and Ready: each a PATCH for each of ten pods; and one more for each init container that
  // still runs when a relist looks.
  const patches = requests(run, 'resource=pods;subresource=status;verb=PATCH');
  expect(patches).toBeGreaterThanOrEqual(5 * 10);
  expect(patches).toBeLessThanOrEqual(7 * 10);
  // Two runs of init containers of 1 s and a pull of 3 s in the median stand in the way.
  expect(total(run, 'pod_startup_latency_seconds', 'phase=total', 'p50')).toBeGreaterThan(3);
});

it('kube-proxy writes 3 rules for each endpoint and 2 for the Service, beside its fixed ones', async () => {
  const rules = async (replicas: number): Promise<number> => {
    const scenario = loadScenario(files, quickstart, {
      sets: [
        ['kubelet.imagesPresent', 'true'],
        ['replicas', String(replicas)],
      ],
    });
    const barrier = scenario.operations.findIndex(({ kind }) => kind === 'barrier');
    // Some seconds more, until the last endpoints are listed.
    const operations = [...scenario.operations.slice(0, barrier + 1), { kind: 'sleep', duration: 5e9 } as never];
    const run = await runScenario({ ...scenario, operations });
    return total(run, 'kubeproxy_sync_proxy_rules_iptables_total', 'table=nat', 'final');
  };
  expect((await rules(20)) - (await rules(10))).toBe(3 * 10);
});
