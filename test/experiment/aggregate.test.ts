import { expect, it } from 'vitest';
import { aggregate } from '../../src/experiment/aggregate.ts';
import { gridOf, variantName } from '../../src/experiment/sweep.ts';
import { exampleReplication } from './example-run.ts';

function meanOf(...starts: (readonly number[])[]) {
  const replications = starts.map((each, i) => exampleReplication({ replication: i + 1, starts: each }));
  return aggregate(replications).find(
    (row) => row.metric === 'pod_startup_latency_seconds' && row.statistic === 'mean',
  );
}

it('gives mean, standard deviation and the 95 % t interval over replications', () => {
  // 4.302653 * 1 / sqrt(3) = 2.484138
  const row = meanOf([1], [2], [3]);
  expect(row).toMatchObject({ labels: 'phase=total', mean: 2, sd: 1, n: 3, unit: 's' });
  expect(row?.ci95Low).toBeCloseTo(2 - 2.484138, 5);
  expect(row?.ci95High).toBeCloseTo(2 + 2.484138, 5);
});

it('gives no spread for a single replication, and counts only those that have the statistic', () => {
  expect(meanOf([4])).toMatchObject({ mean: 4, sd: undefined, ci95Low: undefined, n: 1 });
  expect(meanOf([4], [])).toMatchObject({ mean: 4, n: 1 });
});

it('a grid has every combination, the last PATH fastest', () => {
  expect(gridOf({ nodes: [1, 2], 'kubeProxy.mode': ['iptables', 'ipvs'] }).map(variantName)).toEqual([
    'kubeProxy.mode=iptables;nodes=1',
    'kubeProxy.mode=ipvs;nodes=1',
    'kubeProxy.mode=iptables;nodes=2',
    'kubeProxy.mode=ipvs;nodes=2',
  ]);
  expect(gridOf({})).toEqual([{}]);
  expect(variantName({})).toBe('');
});
