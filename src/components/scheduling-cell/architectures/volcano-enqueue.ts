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

  /** Whether a job was let in. */
  has(job: Job): boolean {
    return this.jobs.has(job);
  }

  /**
   * Lets jobs in that are not, in the order that is given. What is taken and what those ask for that are in and have not started must stay, in each
   * resource, within the factor of what there is, and within the limit of the queue.
   */
  admit(
    waiting: readonly Job[],
    whole: Readonly<CellAmounts>,
    taken: Readonly<CellAmounts>,
    queueOf: (job: Job) => TenantQueue,
  ): void {
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
    /** Needs that were too much: the same is too much for every later job of the queue. */
    const refused = new Set<string>();
    for (const job of waiting) {
      const need = needOf(job);
      if (refused.has(need) && job.started === 0) continue;
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
      // One that has had room before is let in whatever others ask for.
      if (!fits && job.started === 0) {
        refused.add(need);
        continue;
      }
      this.jobs.add(job);
      count(job);
    }
  }
}

/** Jobs of a queue with the same need are let in or not alike. */
function needOf({ specification: { queue, gang }, requirements: { shape } }: Job): string {
  return `${queue} ${shape} ${gang}`;
}

/** What a job needs to start: its gang, or a single task. */
function leastOf(job: Job): CellAmounts {
  const least = noAmounts();
  addTo(least, amountsOf(job), Math.max(1, job.specification.gang));
  return least;
}
