/** Jobs that wait for a decision: higher priority first, then in the order in which they came. */
import type { Job } from './job.ts';

/** Jobs of one priority. Those that were taken are dropped from the front now and then. */
interface Lane {
  readonly priority: number;
  jobs: Job[];
  /** Place of the first job that was not taken. */
  head: number;
}

/** Taken jobs that are dropped together at least. */
const SMALLEST_DROP = 64;

/** The queue. A job is in it once at most. */
export class JobQueue {
  /** By falling priority. */
  private readonly lanes: Lane[] = [];
  private readonly members = new Set<Job>();

  /** Jobs in it. */
  get size(): number {
    return this.members.size;
  }

  /** Whether a job is in it. */
  has(job: Job): boolean {
    return this.members.has(job);
  }

  /** Puts a job behind those of its priority. */
  add(job: Job): void {
    this.members.add(job);
    const { priority } = job.specification;
    let place = 0;
    while (place < this.lanes.length && (this.lanes[place] as Lane).priority > priority) place++;
    if (this.lanes[place]?.priority !== priority) this.lanes.splice(place, 0, { priority, jobs: [], head: 0 });
    (this.lanes[place] as Lane).jobs.push(job);
  }

  /** Takes the next job; undefined if there is none. */
  take(): Job | undefined {
    for (const lane of this.lanes) {
      if (lane.head === lane.jobs.length) continue;
      const job = lane.jobs[lane.head++] as Job;
      if (lane.head >= SMALLEST_DROP && lane.head * 2 > lane.jobs.length) {
        lane.jobs = lane.jobs.slice(lane.head);
        lane.head = 0;
      }
      this.members.delete(job);
      return job;
    }
    return undefined;
  }
}
