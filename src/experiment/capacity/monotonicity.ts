/**
 * Whether more of what is varied only ever makes things worse. A search by bisection would answer just as firmly if it did not, so that
 * outcomes that go the wrong way round are looked at again, in fresh replications, and tested.
 */
import type { Trial } from './response-curve.ts';

/** Two values of which the one that should hold more often held less often. */
export interface Inversion {
  /** Position nearer to the end where objectives hold. */
  readonly nearer: number;
  readonly further: number;
}

/** What fresh replications at both values of an inversion came to. */
export interface MonotonicityTest {
  readonly nearer: Trial;
  readonly further: Trial;
  /** Probability that chance alone lets the nearer one fail so much more often (Fisher's exact test, one-sided). */
  readonly p: number;
}

/** Outcomes this near to a value count for it when inversions are looked for, in ranges: few values are probed twice. */
const NEAR = 0.05;

/** The inversion that chance explains least; of equally strange ones the widest. Undefined if there is none wider than `leastDistance`. */
export function strangestInversion(trials: readonly Trial[], leastDistance: number): Inversion | undefined {
  let found: (Inversion & { p: number }) | undefined;
  for (const nearer of trials) {
    for (const further of trials) {
      const distance = further.position - nearer.position;
      if (distance <= leastDistance || nearer.failed === 0 || further.held === 0) continue;
      const p = fisherExact(around(nearer, trials), around(further, trials));
      const wider = found === undefined || distance > found.further - found.nearer;
      if (found === undefined || p < found.p || (p === found.p && wider))
        found = { nearer: nearer.position, further: further.position, p };
    }
  }
  return found === undefined ? undefined : { nearer: found.nearer, further: found.further };
}

/** All outcomes near a value. */
function around({ position }: Trial, trials: readonly Trial[]): Trial {
  const near = trials.filter((trial) => Math.abs(trial.position - position) <= NEAR);
  const sum = (of: (trial: Trial) => number): number => near.reduce((total, trial) => total + of(trial), 0);
  return { position, held: sum(({ held }) => held), failed: sum(({ failed }) => failed) };
}

/** Probability, if both hold equally often, that at least so many of all failures are at `nearer`. */
export function fisherExact(nearer: Omit<Trial, 'position'>, further: Omit<Trial, 'position'>): number {
  const failures = nearer.failed + further.failed;
  const [here, there] = [nearer.held + nearer.failed, further.held + further.failed];
  const all = logChoose(here + there, failures);
  let p = 0;
  for (let at = nearer.failed; at <= Math.min(failures, here); at++) {
    if (failures - at <= there) p += Math.exp(logChoose(here, at) + logChoose(there, failures - at) - all);
  }
  return Math.min(1, p);
}

function logChoose(n: number, k: number): number {
  let sum = 0;
  for (let i = 1; i <= k; i++) sum += Math.log((n - k + i) / i);
  return sum;
}
