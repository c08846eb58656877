/** Jobs one after the other in this thread: for the library in a browser, and for a debugger. */
import { type Job, runJob } from '../job.ts';
import type { RunControl } from '../run-control.ts';
import type { Executor, Finished } from './executor.ts';

/** Carries out a job as soon as it is submitted. */
export class InThisThread implements Executor {
  readonly control: RunControl;

  constructor(control: RunControl) {
    this.control = control;
  }

  async submit(job: Job): Promise<Finished | undefined> {
    const result = runJob(job, this.control);
    return result === undefined ? undefined : { result };
  }

  async close(): Promise<void> {}
}
