/**
 * How a client tries again after a conflict: client-go's wait.ExponentialBackoff. K:apimachinery/pkg/util/wait/backoff.go (Backoff.Step),
 * client-go/util/retry/util.go (DefaultRetry, DefaultBackoff).
 */
import type { RandomStream } from '../../engine/index.ts';
import { milliseconds, type Nanoseconds, nanoseconds } from '../../units/index.ts';

/** A policy. */
export interface RetryPolicy {
  /** What it does, in one sentence. */
  readonly help: string;
  /** Attempts in all, Infinity = until it succeeds. */
  readonly steps: number;
  /** First pause [ns]. */
  readonly pause: Nanoseconds;
  /** What each further pause is multiplied by. */
  readonly factor: number;
  /** Largest share of a pause that is added to it at random. */
  readonly jitter: number;
}

/** DefaultRetry: "recommended retry for a conflict where multiple clients are making changes to the same resource". */
const DEFAULT_RETRY = { steps: 5, pause: milliseconds(10), factor: 1, jitter: 0.1 } as const;
/** DefaultBackoff: "recommended backoff for a conflict where a client may be attempting to make an unrelated modification". */
const DEFAULT_BACKOFF = { steps: 4, pause: milliseconds(10), factor: 5, jitter: 0.1 } as const;

/** Policies by name. To add one: an entry. */
export const retryPolicies = {
  none: { help: 'The first refusal ends the operation.', steps: 1, pause: nanoseconds(0), factor: 1, jitter: 0 },
  immediate: {
    help: 'Reads again and writes again at once, until it succeeds.',
    steps: Number.POSITIVE_INFINITY,
    pause: nanoseconds(0),
    factor: 1,
    jitter: 0,
  },
  default: { help: "client-go's retry.DefaultRetry: 5 attempts, 10 ms apart.", ...DEFAULT_RETRY },
  backoff: { help: "client-go's retry.DefaultBackoff: 4 attempts, 10, 50 and 250 ms apart.", ...DEFAULT_BACKOFF },
} as const satisfies Record<string, RetryPolicy>;

/** Name of a policy. */
export type RetryPolicyName = keyof typeof retryPolicies;

/** The pause after attempt number `attempt` (from 1) has failed. */
export function pauseAfter(policy: RetryPolicy, attempt: number, random: RandomStream): Nanoseconds {
  const base = policy.pause * policy.factor ** (attempt - 1);
  return nanoseconds(policy.jitter > 0 ? base * (1 + policy.jitter * random.next()) : base);
}
