/**
 * Replications over worker threads. Results come back in the order of the jobs and are the same bytes as in process: a job knows nothing
 * of the thread it runs in.
 */
import { Piscina } from 'piscina';
import { InvariantViolation } from '../engine/index.ts';
import { type ErrorCode, type ErrorDetails, PlimsollError } from '../errors/index.ts';
import type { SimTime } from '../units/index.ts';
import type { Job } from './job.ts';
import type { ReplicationResult } from './replication-result.ts';
import type { RunControl } from './run-control.ts';

/** What a worker thread is given. */
export interface WorkerTask {
  readonly job: Job;
  readonly controlMemory: SharedArrayBuffer;
}

/** What it gives back: classes do not cross between threads, so errors of ours travel as plain data. */
export type WorkerAnswer =
  | { readonly kind: 'result'; readonly result: ReplicationResult | undefined }
  | { readonly kind: 'coded error'; readonly code: ErrorCode; readonly details: ErrorDetails }
  | { readonly kind: 'invariant'; readonly violation: ViolationData };

/** An {@link InvariantViolation} as plain data. */
export interface ViolationData {
  readonly reason: string;
  readonly time: SimTime;
  readonly eventName: string;
  readonly component: string;
  readonly seed: string;
  readonly replication: number;
}

/** How the pool is set up. */
export interface PoolOptions {
  /** Worker threads, 1 or more. */
  readonly workers: number;
  /** Most heap that one worker may hold [MiB]; undefined = Node's own limit. */
  readonly heapMebibytes?: number | undefined;
}

/** A worker with less heap than this dies before it has loaded the program. */
const LEAST_HEAP_MEBIBYTES = 128;

/** Runs all jobs, begun in their order; results in that order too, undefined where the run was stopped before the job began. */
export async function runInPool(
  jobs: readonly Job[],
  control: RunControl,
  { workers, heapMebibytes }: PoolOptions,
): Promise<(ReplicationResult | undefined)[]> {
  const threads = Math.min(workers, jobs.length);
  const pool = new Piscina<WorkerTask, WorkerAnswer>({
    filename: workerFile(),
    name: 'run',
    minThreads: threads,
    maxThreads: threads,
    ...(heapMebibytes === undefined
      ? {}
      : { resourceLimits: { maxOldGenerationSizeMb: Math.max(heapMebibytes, LEAST_HEAP_MEBIBYTES) } }),
  });
  // A worker that dies outside of a job would be started again and again: the pool ends instead, and its jobs with it.
  pool.on('error', (error: unknown) => {
    control.stop(isOutOfMemory(error) ? 'stopped for memory' : 'interrupted');
    void pool.destroy();
  });
  try {
    const outcomes = new Array<PromiseSettledResult<ReplicationResult | undefined> | undefined>(jobs.length);
    let next = 0;
    // Each thread gets its next job when it has done one: of jobs handed over all at once, the pool takes every second one first.
    const serveThread = async () => {
      while (next < jobs.length && control.stopReason === undefined) {
        const index = next++;
        const running = runOne(pool, jobs[index] as Job, control);
        [outcomes[index]] = await Promise.allSettled([stopOthersOnFailure(running, control)]);
      }
    };
    await Promise.all(Array.from({ length: threads }, serveThread));
    return Array.from(outcomes, (outcome) => {
      if (outcome?.status === 'rejected') throw outcome.reason;
      return outcome?.value;
    });
  } finally {
    await pool.destroy();
  }
}

/** One job on a thread; undefined if the run was stopped before it began, or while it ran out of memory. */
async function runOne(
  pool: Piscina<WorkerTask, WorkerAnswer>,
  job: Job,
  control: RunControl,
): Promise<ReplicationResult | undefined> {
  let answer: WorkerAnswer;
  try {
    answer = await pool.run({ job, controlMemory: control.memory });
  } catch (error) {
    if (isOutOfMemory(error)) control.stop('stopped for memory');
    if (control.stopReason === 'stopped for memory') return undefined;
    throw error;
  }
  return unwrap(answer);
}

/** A failed job ends the run: the others need not compute on. */
function stopOthersOnFailure<T>(promise: Promise<T>, control: RunControl): Promise<T> {
  return promise.catch((error: unknown) => {
    control.stop('interrupted');
    throw error;
  });
}

function unwrap(answer: WorkerAnswer): ReplicationResult | undefined {
  if (answer.kind === 'result') return answer.result;
  if (answer.kind === 'coded error') throw new PlimsollError(answer.code, answer.details);
  throw new InvariantViolation(answer.violation.reason, answer.violation);
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && (error as { code?: unknown }).code === 'ERR_WORKER_OUT_OF_MEMORY';
}

/** The compiled worker entry: beside this file, or in dist when the sources themselves are run (tests). */
function workerFile(): string {
  const fromSources = import.meta.url.endsWith('.ts');
  return new URL(fromSources ? '../../dist/experiment/worker-entry.js' : './worker-entry.js', import.meta.url).href;
}
