import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Workplace } from './run-program.ts';

let place: Workplace;
beforeAll(() => {
  place = new Workplace();
  place.write('room.yaml', scenario);
});
afterAll(() => place.remove());

/** Each of the nodes holds eight of these pods. */
const scenario = `# How many pods find room?
apiVersion: plimsoll.dev/v1
kind: Scenario
metadata: { name: room }
spec:
  until: 40s
  params: { nodes: 2, replicas: 10 }
  parameters: { kubelet.imagesPresent: true }
  operations:
    - createNodes: { count: $nodes, allocatable: { cpu: "4", memory: 16Gi, pods: 110 }, preload: true }
    - createDeployment: { name: web, replicas: $replicas, requests: { cpu: 500m }, measure: true }
    - barrier: { podsReady: all, within: 30s }
`;

const SEARCH = ['capacity', 'room.yaml', '--vary', 'replicas=4..60', '--precision', '15%', '--probes', '24'];

function read(...parts: string[]): string {
  return readFileSync(place.path(...parts), 'utf8');
}

it('finds the limit, what gives way there and that it cannot be lifted, and writes its files', async () => {
  const { code, stdout, stderr } = await place.run(...SEARCH, '--out', 'found', '--no-progress');
  expect(stderr).toBe('');
  expect(stdout).toContain('room: replicas from 4 to 60, seed 1\nHow many pods find room?');
  expect(stdout).toMatch(
    /limit +replicas = 16 \(95 % interval 1[456] to 16\): up to there every objective and barrier holds in 90 %/,
  );
  expect(stdout).toMatch(/now +replicas = 10: the limit is 60 % above it/);
  expect(stdout).toMatch(/gives way +barrier podsReady: all within 30s, in 5 of the 5 failures/);
  expect(stdout).toMatch(/bottleneck +room on the nodes/);
  expect(stdout).toMatch(/lifted +room on the nodes cannot be lifted: pods wait here until a node has room/);
  expect(stdout).toMatch(/verdict +LIMIT: replicas = 16\n/);
  expect(code).toBe(0);
  const files = readdirSync(place.path('found'));
  for (const file of ['capacity.csv', 'summary.csv', 'report.html', 'manifest.json']) expect(files).toContain(file);
  const rows = read('found', 'capacity.csv')
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','));
  for (const [, , , path, value, , , , holds] of rows) {
    expect(path).toBe('replicas');
    expect(holds, `${value} pods`).toBe(Number(value) <= 16 ? '1' : '0');
  }
  expect(read('found', 'report.html')).toContain('<figure class="plot">');
});

it('says the same whatever runs the probes, as one JSON document on demand', async () => {
  const outcomes = [];
  for (const workers of ['1', '6']) {
    const { stdout, code } = await place.run(
      ...SEARCH,
      '--workers',
      workers,
      '--out',
      `w${workers}`,
      '--format',
      'json',
      '--quiet',
    );
    expect(code).toBe(0);
    outcomes.push(JSON.parse(stdout).capacities);
  }
  expect(outcomes[0]).toEqual(outcomes[1]);
  expect(outcomes[0][0]).toMatchObject({ verdict: 'LIMIT: replicas = 16', own: 10, margin: 0.6, lifted: null });
  expect(read('w1', 'capacity.csv')).toBe(read('w6', 'capacity.csv'));
  expect(read('w1', 'summary.csv')).toBe(read('w6', 'summary.csv'));
});

it('finds the limit for each of the values that are listed', async () => {
  const { code, stdout } = await place.run(
    ...SEARCH,
    '--vary',
    'nodes=1,2,4',
    '--out',
    'frontier',
    '--format',
    'json',
    '--quiet',
  );
  expect(code).toBe(1);
  const { capacities } = JSON.parse(stdout);
  const limits = capacities.map((each: { with: string; first: { limit: number } }) => [each.with, each.first.limit]);
  expect(limits).toEqual([
    ['nodes=1', 8],
    ['nodes=2', 16],
    ['nodes=4', 32],
  ]);
  expect(read('frontier', 'report.html')).toContain('Limit of replicas over nodes');
});

it('exits 1 where the own value of the scenario is past the limit, and finds the smallest value that holds', async () => {
  const { code, stdout } = await place.run(
    'capacity',
    'room.yaml',
    '--vary',
    'nodes=1..20',
    '--set',
    'replicas=50',
    '--out',
    'least',
    '--quiet',
  );
  expect(stdout).toMatch(/limit +nodes = 7 \(.*\): from there on every objective and barrier holds/);
  expect(stdout).toMatch(/now +nodes = 2: 250 % more is needed/);
  expect(stdout).toContain("LEAST: nodes = 7, and the scenario's own value is past it");
  expect(code).toBe(1);
});

it.each([
  [['--vary', 'replicas=4,5'], 'there is no range to search'],
  [['--vary', 'replicas=4..9', '--vary', 'nodes=1..9'], 'replicas and nodes are both ranges'],
  [['--vary', 'replicaz=4..9'], 'there is nothing named "replicaz"'],
  [['--vary', 'replicas=9..4'], 'is no range to search'],
  [['--vary', 'replicas=4..9', '--precision', '2'], '--precision 2 cannot be understood'],
])('exits 2 for %j', async (args, message) => {
  const { code, stderr } = await place.run('capacity', 'room.yaml', ...args);
  expect(stderr).toContain(message);
  expect(code).toBe(2);
});
