/** Quotas of queues in a cohort: what fits, who borrows, and what share a queue has of what can be borrowed. KEP 1714 of Kueue. */
import { amountsOf, type CellAmounts, cellResources } from '../cell-totals.ts';
import type { Job } from '../job.ts';
import type { TenantQueue } from '../queue-tree.ts';

/** What the waiting tasks of a job ask for. */
export interface QuotaDemand {
  readonly amounts: CellAmounts;
  readonly tasks: number;
}

/** Nothing: to ask how things stand. */
export const NO_DEMAND: QuotaDemand = { amounts: { cpu: 0, memory: 0, gpu: 0 }, tasks: 0 };

/** The demand of a job. */
export function demandOf(job: Job): QuotaDemand {
  return { amounts: amountsOf(job), tasks: job.waiting };
}

/** Whether a queue would exceed its nominal quota with the demand. A resource for which it has none is not limited. */
export function needsToBorrow({ used, guaranteed }: TenantQueue, { amounts, tasks }: QuotaDemand): boolean {
  return cellResources.some((resource) => {
    const nominal = guaranteed[resource];
    return nominal !== undefined && amounts[resource] > 0 && used[resource] + amounts[resource] * tasks > nominal;
  });
}

/** Whether the demand fits: within the queue's own limit, and with what the others of its cohort use within the sum of their nominal quotas. */
export function fitsQuota(queue: TenantQueue, demand: QuotaDemand): boolean {
  const { amounts, tasks } = demand;
  if (!queue.isWithinMax(amounts, tasks)) return false;
  return cellResources.every((resource) => {
    const more = amounts[resource] * tasks;
    const quota = cohortQuota(queue, resource);
    return more === 0 || quota === undefined || cohortUse(queue, resource) + more <= quota;
  });
}

/** The greatest fraction that a queue borrows, the demand included, of what its cohort can lend; divided by its weight. */
export function borrowingShare(queue: TenantQueue, { amounts, tasks }: QuotaDemand): number {
  let greatest = 0;
  for (const resource of cellResources) {
    const nominal = queue.guaranteed[resource];
    const lendable = cohortQuota(queue, resource);
    if (nominal === undefined || lendable === undefined || lendable === 0) continue;
    greatest = Math.max(greatest, (queue.used[resource] + amounts[resource] * tasks - nominal) / lendable);
  }
  return greatest / queue.weight;
}

/** Nominal quota of a queue's cohort, of a queue without one its own; undefined = not limited. */
function cohortQuota(queue: TenantQueue, resource: keyof CellAmounts): number | undefined {
  let sum: number | undefined;
  for (const { guaranteed } of membersOf(queue)) {
    const nominal = guaranteed[resource];
    if (nominal !== undefined) sum = (sum ?? 0) + nominal;
  }
  return sum;
}

function cohortUse(queue: TenantQueue, resource: keyof CellAmounts): number {
  let sum = 0;
  for (const { used, guaranteed } of membersOf(queue)) if (guaranteed[resource] !== undefined) sum += used[resource];
  return sum;
}

/** The queues of a queue's cohort, itself included. Queues directly below the root belong to no cohort. */
export function membersOf(queue: TenantQueue): readonly TenantQueue[] {
  return queue.parent === undefined || queue.parent.parent === undefined ? [queue] : queue.parent.children;
}
