import { expect, it } from 'vitest';
import { PlimsollError } from '../../../src/errors/index.ts';
import { type GateStatistic, readTolerances, ruleFor } from '../../../src/experiment/gate/index.ts';

const head = 'apiVersion: plimsoll.dev/v1\nkind: Tolerances\n';

function problems(rules: string): string[] {
  try {
    readTolerances('tolerances.yaml', `${head}rules:\n${rules}`);
  } catch (error) {
    if (error instanceof PlimsollError) return [error, ...error.others].map((one) => one.format());
    throw error;
  }
  return [];
}

const statistic = (metric: string, labels: string, name: GateStatistic['statistic']): GateStatistic => {
  return { metric, labels, statistic: name, unit: 's', values: new Map() };
};

it('the first rule that fits a statistic decides', () => {
  const rules = readTolerances(
    'tolerances.yaml',
    `${head}rules:
  - { metric: pod_startup_latency_seconds, labels: { phase: total }, statistics: [p99], relative: 5% }
  - { metric: "*_seconds", absolute: 20ms, worse: higher }
  - { metric: etcd_mvcc_*, exact: true }
`,
  );
  const ruleOf = (...given: Parameters<typeof statistic>) => ruleFor(rules, statistic(...given));
  expect(ruleOf('pod_startup_latency_seconds', 'phase=total', 'p99')).toMatchObject({ relative: 0.05 });
  expect(ruleOf('pod_startup_latency_seconds', 'phase=total', 'p50')).toMatchObject({
    absolute: '20ms',
    worse: 'higher',
  });
  expect(ruleOf('pod_startup_latency_seconds', 'phase=run_to_watch', 'p99')).toMatchObject({ absolute: '20ms' });
  expect(ruleOf('etcd_mvcc_db_total_size_in_bytes', '', 'max')).toMatchObject({ exact: true });
  expect(ruleOf('plimsoll_pods', 'phase=ready', 'final')).toBeUndefined();
});

it('names that no metric has, and keys that exclude each other, are refused', () => {
  const found = problems(`  - { metric: etdc_server_has_leader, relative: 5% }
  - { metric: "*", exact: true, relative: 5% }
  - { metric: "*", absolute: 5 parsecs }
`);
  expect(found).toHaveLength(3);
  expect(found[0]).toContain('tolerances.yaml:4:15: error P208: no metric is named etdc_server_has_leader');
  expect(found[0]).toContain('nearest:  etcd_server_has_leader');
  expect(found[1]).toContain('tolerances.yaml:5:5: error P209');
  expect(found[2]).toContain('tolerances.yaml:6:30: error P204');
});

it('values out of their form or range are refused', () => {
  const found = problems(`  - { metric: "*", relative: -5% }
  - { metric: "*", worse: highr }
  - { metric: "*", tolerance: 5% }
`);
  expect(found[0]).toContain('P206');
  expect(found[1]).toContain('nearest:  higher');
  expect(found[2]).toContain('unknown key "tolerance"');
});
