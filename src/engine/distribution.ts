/**
 * Distributions, sampled through a table of their quantiles: one uniform draw, one linear interpolation, the same cost for
 * all. The outermost cells, where interpolation would bend the tails, use the exact inverse instead.
 * The unit of the numbers is the user's; spans are in nanoseconds.
 */
import type { Nanoseconds } from '../units/index.ts';
import { gammaQuantile, normalQuantile } from './quantile-functions.ts';
import type { KeyedStream, RandomStream } from './random-streams.ts';

/** A distribution as it is written in parameters and scenarios. */
export type DistributionSpec =
  | { readonly distribution: 'constant'; readonly value: number }
  | { readonly distribution: 'exponential'; readonly mean: number }
  | { readonly distribution: 'uniform'; readonly min: number; readonly max: number }
  | { readonly distribution: 'lognormal'; readonly p50: number; readonly p99: number }
  | { readonly distribution: 'gamma'; readonly shape: number; readonly mean: number }
  | { readonly distribution: 'pareto'; readonly min: number; readonly alpha: number }
  | { readonly distribution: 'empirical'; readonly values: readonly number[] };

/** Cells of a quantile table: 16 KB each, so that a few tables share a first-level cache. */
const TABLE_CELLS = 2048;
/**
 * Cells at either end that are not interpolated but looked up in a finer table of their own; in that, the outermost cells
 * use the exact inverse. At the upper end one cell would not do: interpolation next to it would lift a heavy tail's mean.
 */
const UPPER_TAIL_CELLS = 8;
const LOWER_TAIL_CELLS = 1;

/** The standard normal quantile of 0.99, by which p99 tells a lognormal's sigma. */
const NORMAL_P99 = normalQuantile(0.99);

/** How a distribution is sampled. */
interface Shape {
  readonly mean: number;
  /** Values at the knots; one more than cells. */
  readonly knots: Float64Array;
  /** 1 to interpolate between knots, 0 for steps. */
  readonly slope: 0 | 1;
  /** Cells from the first to before the second are looked up in the table; the others in {@link tail}. */
  readonly firstTabulated: number;
  readonly firstOfUpperTail: number;
  /** The quantile function for the cells at either end. */
  readonly tail: (u: number) => number;
}

/** The largest number in [0, 1) of 32 random bits. */
const LARGEST_DRAW = 1 - 2 ** -32;

/** A distribution ready to be sampled. Every sample takes exactly one draw, so that variants keep their streams in step. */
export class Distribution {
  readonly spec: DistributionSpec;
  /** The mean, exact; infinite for a Pareto distribution with alpha of 1 or less. */
  readonly mean: number;
  private readonly knots: Float64Array;
  private readonly cells: number;
  private readonly slope: number;
  private readonly firstTabulated: number;
  private readonly firstOfUpperTail: number;
  private readonly tail: (u: number) => number;

  /** Use {@link createDistribution}, which checks the numbers and shares tables. */
  constructor(spec: DistributionSpec, shape: Shape) {
    this.spec = spec;
    this.mean = shape.mean;
    this.knots = shape.knots;
    this.cells = shape.knots.length - 1;
    this.slope = shape.slope;
    this.firstTabulated = shape.firstTabulated;
    this.firstOfUpperTail = shape.firstOfUpperTail;
    this.tail = shape.tail;
  }

  /** The value below which a share `u` in [0, 1) of all samples lies; not rounded. */
  quantile(u: number): number {
    const position = u * this.cells;
    const cell = position | 0;
    if (cell < this.firstTabulated || cell >= this.firstOfUpperTail) return this.tail(u);
    const low = this.knots[cell] as number;
    const high = this.knots[cell + 1] as number;
    return low + (position - cell) * this.slope * (high - low);
  }

  /** The quantile as a span: rounded to whole nanoseconds, never below 0. */
  span(u: number): Nanoseconds {
    const value = this.quantile(u);
    return (value > 0 ? Math.floor(value + 0.5) : 0) as Nanoseconds;
  }

  /** The largest span that a keyed draw, of 32 random bits, can be. */
  get longestKeyed(): Nanoseconds {
    return this.span(LARGEST_DRAW);
  }

  /** A span drawn from a stream. */
  sample(stream: RandomStream): Nanoseconds {
    return this.span(stream.next());
  }

  /** The span that belongs to an entity and a counter. */
  keyedSample(keyed: KeyedStream, entity: number, counter: number): Nanoseconds {
    return this.span(keyed.uniform(entity, counter));
  }
}

/** Distributions made so far by their specification. Pure values, so that sharing them between runs changes nothing. */
const made = new Map<string, Distribution>();

/** The distribution of a specification. Throws a RangeError that names a number out of its range. */
export function createDistribution(spec: DistributionSpec): Distribution {
  const key = JSON.stringify(spec);
  let distribution = made.get(key);
  if (distribution === undefined) {
    distribution = new Distribution(spec, shapeOf(spec));
    made.set(key, distribution);
  }
  return distribution;
}

/** The distribution that always gives `value`. */
export function constantDistribution(value: number): Distribution {
  return createDistribution({ distribution: 'constant', value });
}

function shapeOf(spec: DistributionSpec): Shape {
  switch (spec.distribution) {
    case 'constant':
      demand(spec.value >= 0, 'constant', 'value', spec.value, '0 or more');
      return line(spec.value, spec.value);
    case 'uniform':
      demand(spec.min >= 0, 'uniform', 'min', spec.min, '0 or more');
      demand(spec.max >= spec.min, 'uniform', 'max', spec.max, 'min or more');
      return line(spec.min, spec.max);
    case 'exponential': {
      const { mean } = spec;
      demand(mean > 0, 'exponential', 'mean', mean, 'above 0');
      return table(mean, (u) => -mean * Math.log1p(-u));
    }
    case 'lognormal': {
      const { p50, p99 } = spec;
      demand(p50 > 0, 'lognormal', 'p50', p50, 'above 0');
      demand(p99 >= p50, 'lognormal', 'p99', p99, 'p50 or more');
      const sigma = Math.log(p99 / p50) / NORMAL_P99;
      if (sigma === 0) return line(p50, p50);
      return table(p50 * Math.exp((sigma * sigma) / 2), (u) => p50 * Math.exp(sigma * normalQuantile(u)));
    }
    case 'gamma': {
      const { shape, mean } = spec;
      demand(shape > 0, 'gamma', 'shape', shape, 'above 0');
      demand(mean > 0, 'gamma', 'mean', mean, 'above 0');
      return table(mean, (u) => (mean / shape) * gammaQuantile(shape, u));
    }
    case 'pareto': {
      const { min, alpha } = spec;
      demand(min > 0, 'pareto', 'min', min, 'above 0');
      demand(alpha > 0, 'pareto', 'alpha', alpha, 'above 0');
      const mean = alpha > 1 ? (min * alpha) / (alpha - 1) : Number.POSITIVE_INFINITY;
      return table(mean, (u) => min * (1 - u) ** (-1 / alpha));
    }
    case 'empirical':
      return steps(spec.values);
  }
}

/** A straight line of quantiles: uniform, or constant. */
function line(min: number, max: number): Shape {
  const tail = (u: number): number => min + u * (max - min);
  const knots = Float64Array.of(min, max);
  return { mean: (min + max) / 2, knots, slope: 1, firstTabulated: 0, firstOfUpperTail: 1, tail };
}

/** A table of a quantile function, with a finer one for each tail. */
function table(mean: number, exact: (u: number) => number): Shape {
  const lower = fineTable(exact, 0, LOWER_TAIL_CELLS / TABLE_CELLS);
  const upper = fineTable(exact, 1 - UPPER_TAIL_CELLS / TABLE_CELLS, 1);
  return {
    mean,
    knots: tabulate(exact, 0, 1),
    slope: 1,
    firstTabulated: LOWER_TAIL_CELLS,
    firstOfUpperTail: TABLE_CELLS - UPPER_TAIL_CELLS,
    tail: (u) => (u < 0.5 ? lower(u) : upper(u)),
  };
}

/** A quantile function from one share to another by a table of its own, with exact values in its outermost cells. */
function fineTable(exact: (u: number) => number, from: number, to: number): (u: number) => number {
  const knots = tabulate(exact, from, to);
  return (u) => {
    const position = ((u - from) / (to - from)) * TABLE_CELLS;
    const cell = Math.floor(position);
    if (cell < LOWER_TAIL_CELLS || cell >= TABLE_CELLS - UPPER_TAIL_CELLS) return exact(u);
    const low = knots[cell] as number;
    return low + (position - cell) * ((knots[cell + 1] as number) - low);
  };
}

/** A quantile function at equidistant knots, but for the last few, which are not read: at 1 it may be infinite. */
function tabulate(exact: (u: number) => number, from: number, to: number): Float64Array {
  const knots = new Float64Array(TABLE_CELLS + 1);
  for (let i = 0; i <= TABLE_CELLS - UPPER_TAIL_CELLS; i++) knots[i] = exact(from + ((to - from) * i) / TABLE_CELLS);
  return knots;
}

/** Every value with the same probability: steps, so that the mean is that of the values. */
function steps(values: readonly number[]): Shape {
  demand(values.length > 0, 'empirical', 'values', values.length, 'not empty');
  for (const value of values) demand(value >= 0, 'empirical', 'values', value, '0 or more');
  const sorted = Float64Array.from(values).sort();
  const largest = sorted[sorted.length - 1] as number;
  const knots = new Float64Array(sorted.length + 1).fill(largest);
  knots.set(sorted);
  return {
    mean: sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
    knots,
    slope: 0,
    firstTabulated: 0,
    firstOfUpperTail: sorted.length,
    tail: () => largest,
  };
}

function demand(holds: boolean, distribution: string, field: string, value: number, range: string): void {
  if (!holds || !Number.isFinite(value)) {
    throw new RangeError(`${distribution} distribution: ${field} must be ${range}: ${value}`);
  }
}
