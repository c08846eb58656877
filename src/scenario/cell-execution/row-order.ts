/**
 * The order in which the jobs of a table come. For an inflation the list is tuned to what is to be asked for, as in the FGD study: with more of the same jobs,
 * drawn with replacement, or with fewer, random ones left out (hkust-adsl/kubernetes-scheduler-simulator pkg/simulator: TunePodsByNodeTotalResource).
 */
import type { RandomStream } from '../../engine/index.ts';
import type { Inflation, JobRow } from '../operations/index.ts';

/** What a job asks for of a resource, all its tasks together. */
export function amountOf({ template, tasks }: JobRow, resource: Inflation['resource']): number {
  return tasks * ofOneTask({ template }, resource);
}

function ofOneTask({ template }: Pick<JobRow, 'template'>, resource: Inflation['resource']): number {
  const { requests, gpu } = template;
  if (resource === 'gpu') return gpu === undefined ? 0 : gpu.count * gpu.milli;
  return requests[resource];
}

/** A list of jobs made longer or shorter until they ask for `target` of a resource. */
export function tuned(
  order: readonly JobRow[],
  rows: readonly JobRow[],
  resource: Inflation['resource'],
  target: number,
  random: RandomStream,
): JobRow[] {
  const list = [...order];
  let total = list.reduce((sum, row) => sum + amountOf(row, resource), 0);
  if (rows.every((row) => amountOf(row, resource) === 0)) return list;
  while (total > target) {
    const [left] = list.splice(Math.floor(random.next() * list.length), 1);
    total -= amountOf(left as JobRow, resource);
  }
  if (list.length < order.length) return list;
  for (;;) {
    const row = rows[Math.floor(random.next() * rows.length)] as JobRow;
    if (total + smallestPart(row, resource) > target) return list;
    list.push(row);
    total += amountOf(row, resource);
  }
}

/** What decides whether a drawn job is still taken: one GPU of one of its tasks, so that a job of several may go a little beyond. */
function smallestPart({ template }: JobRow, resource: Inflation['resource']): number {
  return resource === 'gpu' ? (template.gpu?.milli ?? 0) : template.requests[resource];
}
