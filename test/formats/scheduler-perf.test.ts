import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { PlimsollError } from '../../src/errors/index.ts';
import { judge, measure, runScenario } from '../../src/experiment/index.ts';
import { importFormats } from '../../src/formats/index.ts';
import { type Files, loadScenario, type ResolvedScenario } from '../../src/scenario/index.ts';
import { memoryFiles } from '../scenario/support.ts';

const data = fileURLToPath(new URL('../../data/scheduler-perf/', import.meta.url));
const onDisk: Files = {
  readText: (path) => readFileSync(path, 'utf8'),
  resolve: (from, name) => resolve(dirname(from), name),
};

function importFrom(area: string, workload: string) {
  return importFormats['scheduler-perf'].read({
    files: onDisk,
    input: join(data, area, 'performance-config.yaml'),
    workload,
    scenarioName: 'scenario',
    pathFromScenario: (path) => relative(data, path),
  });
}

/** The scenario, loaded from where it was written. */
function loadImported(text: string): ResolvedScenario {
  const scenario = join(data, 'scenario.yaml');
  const files: Files = { ...onDisk, readText: (path) => (path === scenario ? text : onDisk.readText(path)) };
  return loadScenario(files, scenario);
}

const workloads = ['misc', 'affinity'].flatMap((area) => {
  const cases = parse(onDisk.readText(join(data, area, 'performance-config.yaml'))) as {
    name: string;
    workloads: { name: string }[];
  }[];
  return cases.flatMap(({ name, workloads: all }) =>
    all.map((workload) => [area, `${name}/${workload.name}`] as const),
  );
});

it.each(workloads)('%s %s imports as it is, and loads', (area, workload) => {
  const scenario = loadImported(importFrom(area, workload).scenario);
  expect(scenario.question).toContain(workload);
  expect(scenario.operations.filter((operation) => 'measure' in operation && operation.measure)).toHaveLength(1);
});

describe('an imported workload', () => {
  it('does what the opcodes say', () => {
    const { scenario, notes } = importFrom('misc', 'SchedulingBasic/5Nodes_QueueingHintsEnabled');
    const client = { qps: 5000, burst: 5000, encoding: 'protobuf' };
    const arrivals = { kind: 'parallelism-limited', parallelism: 30 };
    const template = 'templates/pod-default.yaml';
    expect(parse(scenario).spec).toMatchObject({
      params: { initNodes: 5, initPods: 5, measurePods: 10 },
      parameters: {
        'kubeControllerManager.enabled': false,
        'kubeScheduler.queueingHints': true,
        'kubeScheduler.asyncApiCalls': false,
      },
      operations: [
        { createNodes: { count: '$initNodes', allocatable: { cpu: '4', pods: 110 }, agents: false, preload: true } },
        { createPods: { name: 'pods-1', namespace: 'namespace-1', count: '$initPods', template, arrivals, client } },
        { barrier: { podsScheduled: 'all', of: 'pods-1' } },
        { createPods: { name: 'pods-2', count: '$measurePods', template, measure: true } },
        { barrier: { podsScheduled: 'all', of: 'pods-2' } },
      ],
    });
    expect(notes).toEqual([]);
  });

  it('churns nodes, pods and Services at their interval until the measured pods are scheduled', () => {
    const { operations } = parse(importFrom('misc', 'SchedulingWithMixedChurn/1000Nodes').scenario).spec;
    expect(operations.slice(1, 4)).toMatchObject([
      { churn: { what: 'nodes', allocatable: { pods: 0 }, population: 1, rate: '0.5/s' } },
      { churn: { what: 'pods', template: 'templates/pod-high-priority-large-cpu.yaml' } },
      { churn: { what: 'services', selector: { app: 'foo' }, ports: [{ port: 8080, targetPort: 8080 }] } },
    ]);
    expect(operations.at(-1)).toEqual({ stop: { churn: 'all' } });
    const created = parse(importFrom('misc', 'Unschedulable/5Nodes/1Init/10Pods').scenario).spec.operations[3];
    expect(created).toMatchObject({ churn: { what: 'pods', population: 1_000_000, rate: '5/s' } });
  });

  it('spreads sets of pods over their namespaces', () => {
    const workload = 'SchedulingRequiredPodAffinityWithNSSelector/500Nodes';
    const { operations } = parse(importFrom('affinity', workload).scenario).spec;
    expect(operations[0].createNodes.zones).toEqual(['zone1']);
    expect(operations[1]).toEqual({
      createNamespaces: { name: 'init-ns', count: '$initNamespaces', labels: { team: 'devops' } },
    });
    expect(operations[3].createPods).toMatchObject({ namespace: 'init-ns', namespaces: 10, count: 40 });
  });

  it('says by name, once each, what it does not have', () => {
    const { notes, scenario } = importFrom('affinity', 'SchedulingRequiredPodAffinityWithNSSelector/500Nodes');
    expect(new Set(notes).size).toBe(notes.length);
    expect(notes).toContain(
      'createPodSets: pods are dealt to the namespaces in turn, not one namespace after the other',
    );
    for (const note of notes) expect(scenario).toContain(`# ${note}`);
  });

  it.each([
    ['misc', 'SchedulingBasic/5Nodes', 10],
    ['misc', 'SchedulingDaemonset/5Nodes', 10],
    ['misc', 'SchedulingWithMixedChurn/10Nodes', 100],
    ['misc', 'SchedulingDeletedPodsWithFinalizers/10Node_100DeletingPods', 10],
    ['misc', 'SchedulingWithExtendedResource/fast', 10],
    ['affinity', 'SchedulingNodeAffinity/5Nodes', 10],
    ['affinity', 'SchedulingPodAntiAffinity/5Nodes', 4],
    ['affinity', 'SchedulingRequiredPodAntiAffinityWithNSSelector/10Nodes', 6],
  ])('%s %s runs to its end and schedules the pods that it measures', async (area, workload, measured) => {
    const run = await runScenario(loadImported(importFrom(area, workload).scenario));
    const { barriers, endings } = judge(run);
    expect(endings.map(({ reason }) => reason)).toEqual(['operations done']);
    for (const barrier of barriers) expect(barrier).toMatchObject({ holds: true });
    const [replication] = run.replications;
    const bound = measure(
      { metric: 'plimsoll_pods', labels: { phase: 'bound' }, statistic: 'final' },
      replication!.metrics,
    );
    // Those of earlier operations are among them.
    expect(bound).toBeGreaterThanOrEqual(measured);
  });
});

describe('thresholds become objectives', () => {
  it.each([
    ['threshold: 270', { statistic: 'mean', above: 270 }],
    ['threshold: { a: 10, b: 20 }', { statistic: 'mean', above: 20 }],
    [
      'threshold: 5\n    thresholdMetricSelector: { name: SchedulingThroughput, dataBucket: Perc50, expectLower: true }',
      { statistic: 'p50', below: 5 },
    ],
  ])('%s', (threshold, expected) => {
    const { objectives } = parse(read(`    ${threshold}`).scenario).spec;
    expect(objectives).toEqual([{ metric: 'plimsoll_scheduling_window_pods_per_second', ...expected }]);
  });

  it('on a metric that is not there is remarked', () => {
    const { notes } = read('    threshold: 5\n    thresholdMetricSelector: { name: some_metric, dataBucket: Perc99 }');
    expect(notes).toEqual(['threshold on Perc99 of some_metric: not imported']);
  });
});

/** A configuration of one workload with these lines and this template. */
function read(more: string, template = '  - opcode: createNodes\n    count: 3', workload?: string) {
  const text = `- name: Case\n  workloadTemplate:\n${template}\n  workloads:\n  - name: One\n    params: { pods: 2 }\n${more}\n`;
  const files = memoryFiles({ 'perf.yaml': text });
  return importFormats['scheduler-perf'].read({
    files,
    input: 'perf.yaml',
    workload,
    scenarioName: 's',
    pathFromScenario: (path) => path,
  });
}

describe('what is wrong is told with its place', () => {
  it.each([
    ['  - opcode: createNode\n    count: 3', 'P208', 'perf.yaml:3:13', 'there is no opcode createNode'],
    ['  - opcode: createNodes\n    countParam: $pod', 'P208', 'perf.yaml:4:17', 'the workload has no param $pod'],
    ['  - opcode: createNodes', 'P204', 'perf.yaml:3:5', 'neither count nor countParam'],
    ['  - opcode: churn\n    mode: shake', 'P204', 'perf.yaml:4:11', 'there is no mode shake'],
    ['  - opcode: sleep', 'P204', 'perf.yaml:3:5', 'duration is missing'],
  ])('%j', (template, code, where, message) => {
    const { details, code: actual } = problemOf(() => read('', template));
    expect(actual).toBe(code);
    expect(details.message).toContain(message);
    expect(`${details.position?.file}:${details.position?.line}:${details.position?.column}`).toBe(where);
  });

  it('an unknown workload is answered with the nearest one', () => {
    const { code, details } = problemOf(() => read('', undefined, 'Case/Two'));
    expect(code).toBe('P103');
    expect(details.expected).toBe('Case/One');
  });

  it('several workloads want a choice', () => {
    const { code, details } = problemOf(() => importFrom('misc', 'SchedulingBasic'));
    expect(code).toBe('P102');
    expect(details.expected).toContain('SchedulingBasic/5000Nodes_10000Pods');
  });

  it('a file that is no configuration is refused', () => {
    const files = memoryFiles({ 'perf.yaml': 'kind: Scenario' });
    const request = {
      files,
      input: 'perf.yaml',
      workload: undefined,
      scenarioName: 's',
      pathFromScenario: (path: string) => path,
    };
    expect(problemOf(() => importFormats['scheduler-perf'].read(request)).code).toBe('P204');
  });
});

function problemOf(action: () => unknown): PlimsollError {
  try {
    action();
  } catch (error) {
    if (error instanceof PlimsollError) return error;
    throw error;
  }
  throw new Error('nothing was wrong');
}

it('says of all workloads together only this: what is had in another way, and gates that the model knows one way of', () => {
  const said = new Set(workloads.flatMap(([area, workload]) => importFrom(area, workload).notes));
  expect([...said].sort()).toEqual([
    'barrier stageRequirement Attempted: a second is waited, instead of a first attempt for each pod',
    'churn recreate: objects are created and deleted at the same instant, every second interval',
    'createPodSets: pods are dealt to the namespaces in turn, not one namespace after the other',
    'feature gate DRAExtendedResource: true: not imported',
    'feature gate SchedulerAsyncPreemption: false: not imported',
  ]);
});
