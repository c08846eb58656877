/** What a worker thread runs: one job at a time, errors of ours as plain data. */
import { InvariantViolation } from '../engine/index.ts';
import { PlimsollError } from '../errors/index.ts';
import { runJob } from './job.ts';
import type { WorkerAnswer, WorkerTask } from './pool.ts';
import { RunControl } from './run-control.ts';

/** Called by the pool, by this name, for each job. */
export function run({ job, controlMemory }: WorkerTask): WorkerAnswer {
  try {
    return { kind: 'result', result: runJob(job, new RunControl(controlMemory)) };
  } catch (error) {
    if (error instanceof PlimsollError) return { kind: 'coded error', code: error.code, details: error.details };
    if (error instanceof InvariantViolation) {
      const { reason, time, eventName, component, seed, replication } = error;
      return { kind: 'invariant', violation: { reason, time, eventName, component, seed, replication } };
    }
    throw error;
  }
}
