import { describe, expect, it } from 'vitest';
import type { ReplicationResult } from '../../src/experiment/index.ts';
import { runReplication } from '../../src/experiment/replication.ts';
import type { StatisticName } from '../../src/metrics/index.ts';
import { load, problemsOf } from '../scenario/support.ts';

const SCHEDULER =
  'schedulers: [{ name: main, algorithm: first-fit, settings: { decisionTimePerJob: 0s, decisionTimePerTask: 0s } }]';

function text(operations: readonly string[], scheduler = SCHEDULER): string {
  return [
    '# A question?',
    'apiVersion: plimsoll.dev/v1',
    'kind: Scenario',
    'metadata: { name: test }',
    'spec:',
    '  model: schedulingCell',
    '  until: 1h',
    `  ${scheduler}`,
    '  operations:',
    ...operations.map((operation) => `    - ${operation}`),
  ].join('\n');
}

function run(operations: readonly string[], scheduler?: string, files: Record<string, string> = {}, seed = '1') {
  return runReplication(load(text(operations, scheduler), {}, files), { seed, replication: 1 });
}

function value({ metrics }: ReplicationResult, metric: string, labels: string, statistic: StatisticName) {
  return metrics.series.find((one) => one.metric === metric && one.labels === labels)?.statistics[statistic];
}

const NODES = 'createNodes: { count: 10, allocatable: { cpu: 4, memory: 16Gi }, preload: true }';
const REJECTS = SCHEDULER.replace('settings: {', 'settings: { whenFull: reject,');

describe('a scenario in a scheduling cell', () => {
  it('has jobs come at their pace and run for as long as they take', () => {
    const result = run([
      NODES,
      'submitJobs: { count: 20, rate: 1/s, tasks: 2, requests: { cpu: 1 }, duration: 10s }',
      'barrier: { podsGone: all, within: 5m }',
    ]);
    expect(result.barriers).toMatchObject([{ met: true, state: '0 tasks left' }]);
    // The last comes at 19 s and runs for 10 s.
    expect(result.barriers[0]?.at).toBe(29e9);
    expect(value(result, 'plimsoll_cell_jobs_total', 'class=jobs;event=completed', 'final')).toBe(20);
    expect(value(result, 'plimsoll_cell_tasks', 'state=running', 'max')).toBe(20);
  });

  it('gives the same fingerprint for the same seed, and another for another', () => {
    const operations = [
      NODES,
      'submitJobs: { count: 50, arrivals: poisson, rate: 2/s, tasks: { distribution: exponential, mean: 3 }, requests: { cpu: 1 }, duration: { distribution: exponential, mean: 5s } }',
    ];
    const [first, second, other] = ['1', '1', '2'].map((seed) => run(operations, undefined, {}, seed).fingerprint);
    expect(first).toBe(second);
    expect(first).not.toBe(other);
  });

  it('fills up to a share, job by job, and tells when the first was rejected', () => {
    const result = run(
      [NODES, 'submitJobs: { requests: { cpu: 3, memory: 1Gi }, inflate: { resource: cpu, to: 100% } }'],
      REJECTS,
    );
    // Ten nodes of four CPUs hold one such task each; 14 ask for more than 40 CPUs, the eleventh is the first too many.
    expect(value(result, 'plimsoll_cell_tasks_total', 'class=jobs;event=rejected', 'final')).toBe(4);
    expect(value(result, 'plimsoll_cell_inflation_first_refusal_ratio', 'resource=cpu', 'final')).toBeCloseTo(0.825, 9);
    expect(value(result, 'plimsoll_cell_inflation_allocation_ratio', 'arrived=75;resource=cpu', 'final')).toBe(0.75);
    expect(value(result, 'plimsoll_cell_inflation_allocation_ratio', 'arrived=98;resource=cpu', 'final')).toBe(0.75);
  });

  it('replays a table in its own time', () => {
    const csv =
      'name,cpu_milli,memory_mib,arrival_s,duration_s,class,gang\na,1000,512,5,10,short,0\nb,1000,512,2,4,long,0\n';
    const result = run([NODES, 'submitJobs: { from: jobs.csv, order: traced }', 'sleep: 1m'], undefined, {
      'jobs.csv': csv,
    });
    expect(value(result, 'plimsoll_cell_jobs_total', 'class=short;event=completed', 'final')).toBe(1);
    expect(value(result, 'plimsoll_cell_job_completion_seconds', 'class=long', 'max')).toBeCloseTo(4, 2);
  });

  it('has jobs there from the start that no scheduler decided on', () => {
    const result = run([
      NODES,
      'submitJobs: { name: base, requests: { cpu: 2 }, inflate: { resource: cpu, to: 60% }, preload: true }',
      'sleep: 10s',
    ]);
    expect(value(result, 'plimsoll_cell_allocation_ratio', 'resource=cpu', 'final')).toBe(0.6);
    expect(value(result, 'plimsoll_cell_decisions_total', 'result=scheduled;scheduler=main', 'final')).toBeUndefined();
  });

  it('finds the fewest nodes that hold a workload', () => {
    const result = run([
      NODES,
      'compact: { jobs: [{ name: big, count: 3, requests: { cpu: 3 } }, { name: small, count: 5, requests: { cpu: 1 } }] }',
    ]);
    // 3 x 3 + 5 x 1 = 14 CPUs on nodes of four: four nodes at least, and first fit needs no more in any order.
    expect(value(result, 'plimsoll_cell_compaction_nodes', 'scheduler=main', 'count')).toBe(11);
    expect(value(result, 'plimsoll_cell_compaction_nodes', 'scheduler=main', 'p90')).toBeCloseTo(4, 1);
    expect(run([NODES, 'compact: { jobs: [{ count: 99, requests: { cpu: 3 } }] }']).notes).toEqual([
      'the workload of compact does not fit on all nodes in 11 of 11 trials',
    ]);
  });
});

describe('what a scheduling cell does not know is refused', () => {
  it.each([
    ['createDeployment: { name: web, replicas: 3 }', 'createDeployment is not an operation of model schedulingCell'],
    ['submitJobs: { requests: { cpu: 1 } }', 'nothing says how many jobs come'],
    ['submitJobs: { count: 3, scheduler: mian }', 'there is no scheduler "mian"'],
    ['barrier: { podsReady: all }', 'podsReady is not known in a scheduling cell'],
    ['submitJobs: { from: jobs.csv }', 'cpu_milli is no number: many'],
  ])('%s', (operation, message) => {
    const files = { 'jobs.csv': 'name,cpu_milli,memory_mib\na,1000,1\nb,many,1\n' };
    const problems = problemsOf(text([NODES, operation]), {}, files);
    expect(problems.map(({ details }) => details.message)).toContain(message);
  });

  it('and settings are those of the algorithm', () => {
    const wrong = SCHEDULER.replace('first-fit', 'best-fit').replace(
      'settings: {',
      'settings: { tieBrek: rank, quantise: 7,',
    );
    const problems = problemsOf(text([NODES], wrong));
    expect(problems.map(({ details }) => [details.message, details.nearest])).toEqual([
      ['"tieBrek" is not a setting of best-fit', 'tieBreak'],
      ['7 is not known here', undefined],
    ]);
  });
});
