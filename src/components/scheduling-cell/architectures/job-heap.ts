/** Jobs in an order that does not change while they wait: higher priority first, then the one that arrived first. */
import type { Job } from '../job.ts';
import { Heap } from './heap.ts';

/** The heap. A job is in it once at most. */
export class JobHeap {
  private readonly jobs = new Heap<Job>(comesBefore);
  private readonly members = new Set<Job>();

  /** Jobs in it. */
  get size(): number {
    return this.jobs.size;
  }

  /** The first; undefined if there is none. */
  get first(): Job | undefined {
    return this.jobs.first;
  }

  /** Puts a job in, if it is not there. */
  add(job: Job): void {
    if (this.members.has(job)) return;
    this.members.add(job);
    this.jobs.add(job);
  }

  /** Takes the first; undefined if there is none. */
  take(): Job | undefined {
    const job = this.jobs.take();
    if (job !== undefined) this.members.delete(job);
    return job;
  }
}

/** Whether a job comes before another: by priority, then by arrival. */
export function comesBefore(a: Job, b: Job): boolean {
  const [priorityOfA, priorityOfB] = [a.specification.priority, b.specification.priority];
  return priorityOfA === priorityOfB ? a.id < b.id : priorityOfA > priorityOfB;
}
