/** What coordinators and workers agree on. */
import type { WorkerFailure } from '../executors/worker-answers.ts';

/** Before all keys of ours in Redis. */
export const PREFIX = 'plimsoll';
/** The queue of tasks. */
export const QUEUE_NAME = 'tasks';

/** What is kept in Redis for somebody who does not come any more goes after a day [s]. */
export const KEPT_SECONDS = 86_400;

/**
 * How long a task belongs to a worker that tells nothing [ms], and how often others look for such tasks. A replication computes on a thread of
 * its own, so a worker renews its locks every half of this however long the replication takes; one that is gone is noticed within both together.
 */
export const LOCK_MS = 10_000;
export const STALLED_LOOK_MS = 4000;
/** How often the worker of a task may vanish before nobody tries it again. */
export const MOST_STALLS = 5;

/** How often a worker tells that it is there, and for how long that holds. */
export const PRESENCE_MS = 3000;
export const PRESENCE_SECONDS = 10;

/** A task, under the key of its result. */
export interface TaskData {
  /** The program that must carry it out: another one might get other bytes. */
  readonly program: string;
  /** Hash of what is simulated; the scenario itself lies under {@link scenarioKey}. */
  readonly scenario: string;
  readonly runSeed: string;
  readonly replication: number;
  readonly explainPod?: string;
}

/** What a worker answers: where the result lies, or what went wrong. */
export type TaskAnswer = { readonly kind: 'result'; readonly stored: StoredBytes } | WorkerFailure;

/** Bytes in Redis. */
export interface StoredBytes {
  /** Their key; each attempt has its own, so that two of them never mix. */
  readonly key: string;
  readonly sha256: string;
}

/** How far a task is. */
export interface TaskProgress {
  readonly virtualTime: number;
  readonly events: number;
}

/** Where the scenario with this hash lies. */
export function scenarioKey(hash: string): string {
  return `${PREFIX}:scenario:${hash}`;
}

/** What a task fails with whose scenario Redis does not have any more; the coordinator gives it again. */
export const SCENARIO_IS_GONE = 'the scenario of this task is gone';
