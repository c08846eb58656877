/**
 * One statistic beside its baseline. Three ways, by what is known: to the last digit where equal seeds promise it; within a tolerance where a rule
 * gives one; by a test where only replications with other seeds are there. A change that its replications do not prove fails no gate.
 */
import { Tally } from '../../engine/index.ts';
import { centralProbability, studentT } from '../student-t.ts';

/** How a statistic was judged. */
export type GateMethod = 'exact' | 'tolerance' | 'test' | 'none';

/** What came of it. `unclear` = past the tolerance, but by no more than chance explains; `not judged` = nothing to judge it by. */
export type GateOutcome =
  | 'same'
  | 'within'
  | 'unclear'
  | 'better'
  | 'worse'
  | 'changed'
  | 'gone'
  | 'new'
  | 'not judged';

/** Values of both sides and what binds them. */
export interface GateComparison {
  readonly baseline: readonly number[];
  readonly now: readonly number[];
  /** Whether value i of both comes from the same seed. */
  readonly paired: boolean;
  /** Whether equal seeds promise equal values: the same major version of Node. */
  readonly promisesEqual: boolean;
  /** Whether the rule demands equality. */
  readonly exact: boolean;
  /** Most change in the statistic's unit; undefined = the rule gives none. */
  readonly tolerance: number | undefined;
}

/** What the values say. */
export interface GateJudgement {
  readonly method: GateMethod;
  /** Mean of now less mean of the baseline. */
  readonly change: number;
  /** 95 % interval of the change; undefined with a single value on a side. */
  readonly low: number | undefined;
  readonly high: number | undefined;
  /** Probability of such a change by chance alone; undefined unless a test decides. */
  readonly p: number | undefined;
  /** Which way it went past what is allowed; a test is decided by whoever knows of all tests. */
  readonly past: 'higher' | 'lower' | undefined;
  /** What it is if it is not past what is allowed. */
  readonly otherwise: 'same' | 'within' | 'unclear' | 'not judged';
}

const CONFIDENCE = 0.95;

/** Judges one statistic. */
export function judgeValues(comparison: GateComparison): GateJudgement {
  const { baseline, now, paired, exact, tolerance, promisesEqual } = comparison;
  const isSame = paired && baseline.length === now.length && baseline.every((value, i) => value === now[i]);
  const { change, low, high, p } = changeOf(baseline, now, paired);
  const shared = { change, low, high };
  if (isSame) return { ...shared, method: 'exact', p: undefined, past: undefined, otherwise: 'same' };
  if (tolerance !== undefined && !exact) {
    const judged = withinTolerance(change, low ?? change, high ?? change, tolerance);
    return { ...shared, method: 'tolerance', p: undefined, ...judged };
  }
  if (paired && promisesEqual) {
    // Equal means do not excuse values that differ.
    const past = change < 0 ? 'lower' : 'higher';
    return { ...shared, method: 'exact', p: undefined, past, otherwise: 'within' };
  }
  if (exact || p === undefined) {
    return { ...shared, method: 'none', p: undefined, past: undefined, otherwise: 'not judged' };
  }
  return { ...shared, method: 'test', p, past: undefined, otherwise: 'within' };
}

function withinTolerance(
  change: number,
  low: number,
  high: number,
  tolerance: number,
): Pick<GateJudgement, 'past' | 'otherwise'> {
  if (low > tolerance) return { past: 'higher', otherwise: 'within' };
  if (high < -tolerance) return { past: 'lower', otherwise: 'within' };
  return { past: undefined, otherwise: Math.abs(change) > tolerance ? 'unclear' : 'within' };
}

/** The change of the mean with its t interval: over pairs, or Welch's where seeds differ. */
function changeOf(
  baseline: readonly number[],
  now: readonly number[],
  paired: boolean,
): Pick<GateJudgement, 'change' | 'low' | 'high' | 'p'> {
  if (paired && baseline.length === now.length) {
    const differences = tallyOf(now.map((value, i) => value - (baseline[i] as number)));
    return interval(
      differences.mean,
      differences.standardDeviation / Math.sqrt(differences.count),
      differences.count - 1,
    );
  }
  const [before, after] = [tallyOf(baseline), tallyOf(now)];
  const change = after.mean - before.mean;
  if (before.count < 2 || after.count < 2) return interval(change, 0, 0);
  const [a, b] = [before, after].map(({ standardDeviation, count }) => standardDeviation ** 2 / count) as [
    number,
    number,
  ];
  // Welch and Satterthwaite's degrees of freedom, rounded down: the interval is rather too wide than too narrow.
  const degrees = a + b === 0 ? 1 : (a + b) ** 2 / (a ** 2 / (before.count - 1) + b ** 2 / (after.count - 1));
  return interval(change, Math.sqrt(a + b), Math.max(1, Math.floor(degrees)));
}

function interval(
  change: number,
  error: number,
  degrees: number,
): Pick<GateJudgement, 'change' | 'low' | 'high' | 'p'> {
  if (degrees < 1) return { change, low: undefined, high: undefined, p: undefined };
  const half = studentT(CONFIDENCE, degrees) * error;
  const certain = error === 0 ? Number(change === 0) : 1 - centralProbability(Math.abs(change) / error, degrees);
  return { change, low: change - half, high: change + half, p: certain };
}

function tallyOf(values: readonly number[]): Tally {
  const tally = new Tally();
  for (const value of values) tally.record(value);
  return tally;
}
