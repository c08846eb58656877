import { afterAll, beforeAll, expect, it } from 'vitest';
import { Workplace } from './run-program.ts';

let place: Workplace;
beforeAll(() => {
  place = new Workplace();
});
afterAll(() => place.remove());

it('validate says what is predicted beside what was measured, as CSV or JSON, and ends with 1 while a class does not hold', async () => {
  const options = ['--quiet', '--workers', '1'];
  const csv = await place.run('validate', 'etcd-cluster-put', '--format', 'csv', ...options);
  expect(csv.stderr).toBe('');
  const [header, ...rows] = csv.stdout.trim().split('\n');
  expect(header).toBe('case,point,metric,unit,predicted,reference,least,most,ratio,verdict');
  expect(rows).toHaveLength(12);
  const json = await place.run('validate', 'etcd-cluster-put', '--format', 'json', ...options);
  const result = JSON.parse(json.stdout);
  expect(result.figures).toHaveLength(12);
  expect(json.code).toBe(result.classes.every(({ holds }: { holds: boolean }) => holds) ? 0 : 1);
  expect(csv.code).toBe(json.code);
});
