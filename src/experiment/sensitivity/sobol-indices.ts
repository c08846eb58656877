/**
 * Sobol's indices: the share of the variance of a measure that a parameter explains alone (first order) and with all others (total). Two
 * independent samples A and B; for each parameter the points of A with its column from B (A. Saltelli et al., 2010; the estimators of
 * Saltelli for the first order and of M. Jansen for the total), with bootstrap intervals over the rows.
 */
import { RandomStreams } from '../../engine/index.ts';
import { sobolPoints } from '../designs/index.ts';
import { bootstrapInterval } from '../statistics/index.ts';

const CONFIDENCE = 0.95;
const RESAMPLES = 1000;

/** The points at which to measure: rows of A, of B, and of A with each column in turn from B. */
export interface SaltelliDesign {
  readonly a: readonly (readonly number[])[];
  readonly b: readonly (readonly number[])[];
  /** By parameter. */
  readonly mixed: readonly (readonly (readonly number[])[])[];
}

/** What was measured there; undefined = nothing. */
export interface SaltelliOutputs {
  readonly a: readonly (number | undefined)[];
  readonly b: readonly (number | undefined)[];
  readonly mixed: readonly (readonly (number | undefined)[])[];
}

/** An index with its 95 % interval. */
export interface SobolIndex {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** The indices of one parameter. */
export interface SobolIndices {
  readonly first: SobolIndex;
  readonly total: SobolIndex;
}

/** Points for so many rows: rows times two more than there are parameters. */
export function saltelliDesign(rows: number, parameters: number, seed: string): SaltelliDesign {
  const points = sobolPoints(rows, 2 * parameters, seed);
  const a = points.map((point) => point.slice(0, parameters));
  const b = points.map((point) => point.slice(parameters));
  const mixed = Array.from({ length: parameters }, (_, parameter) =>
    a.map((row, i) => row.map((value, column) => (column === parameter ? (b[i]?.[column] as number) : value))),
  );
  return { a, b, mixed };
}

/** The indices of each parameter; rows in which anything was not measured are left out. Undefined if the measure does not vary. */
export function sobolIndices({ a, b, mixed }: SaltelliOutputs, seed: string): SobolIndices[] | undefined {
  const whole = a.flatMap((_, i) => {
    const row = [a[i], b[i], ...mixed.map((column) => column[i])];
    return row.every((value) => value !== undefined) ? [row as number[]] : [];
  });
  // Less the mean, so that the estimator of the first order does not lose its digits.
  const both = whole.flatMap(([first, second]) => [first as number, second as number]);
  const mean = both.reduce((sum, value) => sum + value, 0) / Math.max(1, both.length);
  const rows = whole.map((row) => row.map((value) => value - mean));
  if (rows.length < 2 || both.every((value) => value === both[0])) return undefined;
  return mixed.map((_, parameter) => {
    const stream = new RandomStreams(seed, 0).stream(`sobol-indices.${parameter}`);
    const options = { confidence: CONFIDENCE, resamples: RESAMPLES, stream };
    const all = Int32Array.from(rows.keys());
    const told = (index: (drawn: Int32Array) => number): SobolIndex => {
      const [low, high] = bootstrapInterval(rows.length, index, options);
      return { value: index(all), low, high };
    };
    return {
      first: told((drawn) => firstOrder(rows, drawn, parameter)),
      total: told((drawn) => totalOrder(rows, drawn, parameter)),
    };
  });
}

/** Mean of b (mixed - a), over the variance. */
function firstOrder(rows: readonly (readonly number[])[], drawn: Int32Array, parameter: number): number {
  let sum = 0;
  for (const i of drawn) {
    const row = rows[i] as readonly number[];
    sum += (row[1] as number) * ((row[2 + parameter] as number) - (row[0] as number));
  }
  return ratio(sum / drawn.length, varianceOf(rows, drawn));
}

/** Half the mean of (a - mixed) squared, over the variance. */
function totalOrder(rows: readonly (readonly number[])[], drawn: Int32Array, parameter: number): number {
  let sum = 0;
  for (const i of drawn) {
    const row = rows[i] as readonly number[];
    sum += ((row[0] as number) - (row[2 + parameter] as number)) ** 2;
  }
  return ratio(sum / 2 / drawn.length, varianceOf(rows, drawn));
}

/** Variance of what was measured at the points of A and B. */
function varianceOf(rows: readonly (readonly number[])[], drawn: Int32Array): number {
  let [sum, squares] = [0, 0];
  for (const i of drawn) {
    for (const value of [rows[i]?.[0] as number, rows[i]?.[1] as number]) {
      sum += value;
      squares += value * value;
    }
  }
  const count = 2 * drawn.length;
  return squares / count - (sum / count) ** 2;
}

function ratio(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0;
}
