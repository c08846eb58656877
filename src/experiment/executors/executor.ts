/** What carries out jobs: in this thread, over worker threads, over machines, with a journal before it. Results are the same bytes everywhere. */
import type { Job } from '../job.ts';
import type { ReplicationResult } from '../replication-result.ts';
import type { RunControl } from '../run-control.ts';

/** A replication that ran. */
export interface Finished {
  readonly result: ReplicationResult;
  /** The result as bytes (see packing.ts), where it came as such: from another thread, a journal or a queue. */
  readonly packed?: Uint8Array;
}

/** Jobs that are speculative begin only when no other waits. */
export type Priority = 'normal' | 'speculative';

/** Carries out jobs. Its threads live until it is closed, over as many jobs as anybody submits. */
export interface Executor {
  /** Progress and stopping of all its jobs; a job's `index` is its place in it. */
  readonly control: RunControl;
  /** Carries out a job; those of one priority begin in the order in which they were submitted. Undefined = stopped before it began, or given up. */
  submit(job: Job, priority?: Priority): Promise<Finished | undefined>;
  /** Ends its threads and connections. Jobs that still run are lost. */
  close(): Promise<void>;
}

/** Carries out all jobs; results in their order. The first job that fails stops the run, and its error is thrown once all have ended. */
export async function runAll(
  executor: Executor,
  jobs: readonly Job[],
  priority: Priority = 'normal',
): Promise<(ReplicationResult | undefined)[]> {
  const outcomes = await Promise.allSettled(
    jobs.map(async (job) => {
      try {
        return (await executor.submit(job, priority))?.result;
      } catch (error) {
        executor.control.stop('interrupted');
        throw error;
      }
    }),
  );
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}
