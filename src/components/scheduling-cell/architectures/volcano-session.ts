/** What a session of Volcano works with: queues and jobs as they were when it opened, what it gives and takes. volcano-sh/volcano: pkg/scheduler/framework. */
import { type CellAmounts, cellResources } from '../cell-totals.ts';
import type { Job, Task } from '../job.ts';
import type { TenantQueue } from '../queue-tree.ts';
import type { Heap } from './heap.ts';

/** A queue within a session. */
export interface SessionQueue {
  readonly queue: TenantQueue;
  readonly jobs: Heap<SessionJob>;
  /** What it has, what the session gives it included. */
  readonly used: CellAmounts;
  readonly wants: CellAmounts;
  deserved: CellAmounts;
}

/** A job within a session. */
export interface SessionJob {
  readonly job: Job;
  readonly queue: SessionQueue;
  readonly amounts: CellAmounts;
  /** Tasks that it has, planned ones included, and those that wait for a node. */
  placed: number;
  waiting: number;
  /** Its dominant share, by which jobs are compared. */
  share: number;
}

/** A placement that the session decided. */
export interface Placement {
  readonly job: Job;
  readonly node: number;
  readonly devices: number;
  /** Tasks that have to go first. */
  readonly victims: readonly Task[];
}

/** Whether a job is served before another: by priority, then the one with the smaller share, then the older. */
export function isServedBefore(a: SessionJob, b: SessionJob): boolean {
  const [priorityOfA, priorityOfB] = [a.job.specification.priority, b.job.specification.priority];
  if (priorityOfA !== priorityOfB) return priorityOfA > priorityOfB;
  return a.share === b.share ? a.job.id < b.job.id : a.share < b.share;
}

/** Tasks that a job still needs before it may start, one at least. */
export function missingOf({ job, placed }: SessionJob): number {
  return Math.max(1, job.specification.gang - placed - job.ended);
}

/** Whether amounts exceed others in a resource. */
export function exceeds(amounts: Readonly<CellAmounts>, others: Readonly<CellAmounts>): boolean {
  return cellResources.some((resource) => amounts[resource] > others[resource]);
}

/** Adds so many times some amounts. */
export function addTo(sum: CellAmounts, amounts: Readonly<CellAmounts>, times: number): void {
  for (const resource of cellResources) sum[resource] += amounts[resource] * times;
}

/** Whether something asks for nothing: it takes no part in the dealing out, and is placed at the end of a session wherever there is a place. */
export function asksForNothing(amounts: Readonly<CellAmounts>): boolean {
  return cellResources.every((resource) => amounts[resource] === 0);
}
