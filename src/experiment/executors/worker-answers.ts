/** What passes between a worker thread and whoever gave it a job. Classes do not cross between threads, so errors travel as plain data. */
import { InvariantViolation } from '../../engine/index.ts';
import { type ErrorCode, type ErrorDetails, PlimsollError } from '../../errors/index.ts';
import type { SimTime } from '../../units/index.ts';
import type { Job } from '../job.ts';

/** What a worker thread is given. */
export interface WorkerTask {
  readonly job: Job;
  readonly controlMemory: SharedArrayBuffer;
}

/** What it gives back: the packed result, or undefined if the run was stopped before the job began, or the job was given up, or an error. */
export type WorkerAnswer = Uint8Array | undefined | WorkerFailure;

/** An error as plain data. */
export type WorkerFailure =
  | { readonly kind: 'coded error'; readonly code: ErrorCode; readonly details: ErrorDetails }
  | { readonly kind: 'invariant'; readonly violation: ViolationData }
  | { readonly kind: 'error'; readonly message: string; readonly stack: string | undefined };

/** An {@link InvariantViolation} as plain data. */
export interface ViolationData {
  readonly reason: string;
  readonly time: SimTime;
  readonly eventName: string;
  readonly component: string;
  readonly seed: string;
  readonly replication: number;
}

/** An error as plain data. A job that throws would throw again: it is no crash of its thread, and is not tried again. */
export function failureOf(error: unknown): WorkerFailure {
  if (error instanceof PlimsollError) return { kind: 'coded error', code: error.code, details: error.details };
  if (error instanceof InvariantViolation) {
    const { reason, time, eventName, component, seed, replication } = error;
    return { kind: 'invariant', violation: { reason, time, eventName, component, seed, replication } };
  }
  return error instanceof Error
    ? { kind: 'error', message: error.message, stack: error.stack }
    : { kind: 'error', message: String(error), stack: undefined };
}

/** The error again. */
export function errorOf(failure: WorkerFailure): Error {
  if (failure.kind === 'coded error') return new PlimsollError(failure.code, failure.details);
  if (failure.kind === 'invariant') return new InvariantViolation(failure.violation.reason, failure.violation);
  const error = new Error(failure.message);
  if (failure.stack !== undefined) error.stack = failure.stack;
  return error;
}
