/**
 * Which jobs of Volcano take part in sessions: the action enqueue with the plugins overcommit and proportion. volcano-sh/volcano:
 * pkg/scheduler/actions/enqueue, plugins/overcommit, plugins/proportion. Jobs beyond what the cell could hold soon stay out, and cost sessions nothing.
 */
import { amountsOf, type CellAmounts, cellResources, noAmounts } from '../cell-totals.ts';
import type { Job } from '../job.ts';
import type { TenantQueue } from '../queue-tree.ts';
import { addTo } from './volcano-session.ts';

/** The jobs that were let in. */
export class VolcanoEnqueue {
  private readonly factor: number;
  /** Jobs that are in until they are over, state. */
  private readonly jobs = new Set<Job>();

  /** `factor`: how much more than it has the cell may be asked for. */
  constructor(factor: number) {
    this.factor = factor;
  }

  /**
   * Lets jobs in, in the order that is given; returns all that are in. What is taken and what those ask for that are in and have not started must stay, in each
   * resource, within the factor of what there is, and within the limit of the queue.
   */
  admit(
    waiting: readonly Job[],
    whole: Readonly<CellAmounts>,
    taken: Readonly<CellAmounts>,
    queueOf: (job: Job) => TenantQueue,
  ): ReadonlySet<Job> {
    for (const job of this.jobs) if (job.isOver) this.jobs.delete(job);
    const inQueue = noAmounts();
    const ofQueue = new Map<TenantQueue, CellAmounts>();
    const count = (job: Job) => {
      const least = leastOf(job);
      addTo(inQueue, least, 1);
      const own = ofQueue.get(queueOf(job)) ?? noAmounts();
      addTo(own, least, 1);
      ofQueue.set(queueOf(job), own);
    };
    for (const job of this.jobs) if (job.running + job.held === 0) count(job);
    for (const job of waiting) {
      if (this.jobs.has(job)) continue;
      const least = leastOf(job);
      const { max, used } = queueOf(job);
      const own = ofQueue.get(queueOf(job)) ?? noAmounts();
      const fits = cellResources.every((resource) => {
        const more = least[resource];
        if (more === 0) return true;
        if (taken[resource] + inQueue[resource] + more > this.factor * whole[resource]) return false;
        const limit = max[resource];
        return limit === undefined || used[resource] + own[resource] + more <= limit;
      });
      // One that was preempted is in already; one that could never fit is let in to be seen not to.
      if (!fits && job.started === 0) continue;
      this.jobs.add(job);
      count(job);
    }
    return this.jobs;
  }
}

/** What a job needs to start: its gang, or a single task. */
function leastOf(job: Job): CellAmounts {
  const least = noAmounts();
  addTo(least, amountsOf(job), Math.max(1, job.specification.gang));
  return least;
}
