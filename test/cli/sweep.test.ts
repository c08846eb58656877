import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Workplace } from './run-program.ts';

let place: Workplace;
beforeAll(() => {
  place = new Workplace();
  place.write('room.yaml', scenario);
});
afterAll(() => place.remove());

const scenario = `# How long do pods take?
apiVersion: plimsoll.dev/v1
kind: Scenario
metadata: { name: room }
spec:
  until: 30s
  params: { nodes: 2, replicas: 4 }
  parameters: { kubelet.imagesPresent: true }
  operations:
    - createNodes: { count: $nodes, preload: true }
    - createDeployment: { name: web, replicas: $replicas, measure: true }
    - sleep: 8s
  objectives:
    - { metric: pod_startup_latency_seconds, labels: { phase: total }, statistic: p50, below: 60s }
`;

function rows(...parts: string[]): string[][] {
  return readFileSync(place.path(...parts), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','));
}

it('fills ranges evenly, and tells what the objectives measured with a column for each value that varies', async () => {
  const ranges = ['--vary', 'nodes=2..20', '--vary', 'replicas=1..10', '--points', '8'];
  const { code, stdout } = await place.run('sweep', 'room.yaml', ...ranges, '--out', 'filled', '--quiet');
  expect(code).toBe(0);
  expect(stdout).toContain('room: seed 1, 8 points');
  const [head, ...points] = rows('filled', 'sweep.csv');
  expect(head).toEqual('scenario,nodes,replicas,replication,metric,labels,statistic,value,unit,holds'.split(','));
  expect(points).toHaveLength(8);
  for (const [, nodes, replicas, , metric, , , value, unit, holds] of points) {
    expect(Number(nodes)).toBeGreaterThanOrEqual(2);
    expect(Number(replicas)).toBeLessThanOrEqual(10);
    expect([metric, unit, holds]).toEqual(['pod_startup_latency_seconds', 's', '1']);
    expect(Number(value)).toBeGreaterThan(0.3);
  }
  const page = readFileSync(place.path('filled', 'report.html'), 'utf8');
  expect(page.match(/<figure class="plot">/g)).toHaveLength(2);
});

it('pairs lists, and draws means with intervals over replications', async () => {
  const lists = ['--vary', 'nodes=2,4,8', '--vary', 'replicas=1,2,4', '--design', 'paired', '--replications', '3'];
  const { code } = await place.run('sweep', 'room.yaml', ...lists, '--out', 'paired', '--quiet');
  expect(code).toBe(0);
  const points = rows('paired', 'sweep.csv').slice(1);
  expect(points.map(([, nodes, replicas, replication]) => `${nodes} ${replicas} ${replication}`)).toEqual(
    ['2 1', '4 2', '8 4'].flatMap((point) => [1, 2, 3].map((replication) => `${point} ${replication}`)),
  );
});

it('refuses a design that does not fit', async () => {
  const { code, stderr } = await place.run('sweep', 'room.yaml', '--vary', 'nodes=2,4', '--design', 'sobol');
  expect(stderr).toContain('--design sobol goes over ranges');
  expect(code).toBe(2);
});

it('ranks ranges by their effect on the first objective, with indices on demand', async () => {
  const ranges = ['--vary', 'kubelet.plegRelistPeriod=200ms..4s', '--vary', 'kubeApiserver.eventTtl=600s..7200s'];
  const options = ['--sensitivity', '--trajectories', '2', '--points', '4', '--out', 'ranked', '--quiet'];
  const { code, stdout } = await place.run('sweep', 'room.yaml', ...ranges, ...options);
  expect(code).toBe(0);
  expect(stdout).toContain('room: seed 1, 2 parameters');
  expect(stdout).toContain('p50 of pod_startup_latency_seconds{phase=total}');
  expect(stdout).toContain('1 others have no effect on it');
  const [head, first, second] = rows('ranked', 'sensitivity.csv') as [string[], string[], string[]];
  expect(head[1]).toBe('parameter');
  expect([first[1], second[1]]).toEqual(['kubelet.plegRelistPeriod', 'kubeApiserver.eventTtl']);
  expect(Number(first[5])).toBeGreaterThan(0.1);
  expect(Number(second[5])).toBe(0);
  // The only one that matters explains all of the variance together with nobody.
  expect(Number(first[11])).toBeGreaterThan(0.5);
  expect(readFileSync(place.path('ranked', 'report.html'), 'utf8')).toContain('Parameters by their effect');
});
