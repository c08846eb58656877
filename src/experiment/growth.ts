/**
 * How what was measured grows over a sweep: exponents, as slopes of straight lines through the logarithms of a number that was varied and of a
 * statistic, for each combination of the other values. An exponent of 1 is linear growth, 2 quadratic, 0 none.
 */
import { findMetric, type StatisticName } from '../metrics/index.ts';
import type { Exponent } from '../scenario/growth.ts';
import { unitOfStatistic } from './aggregate.ts';
import { measure } from './objectives.ts';
import type { ScenarioRun } from './run-scenario.ts';
import { studentT } from './student-t.ts';
import { valuesOfVariant } from './sweep.ts';

/** One point of a line. */
export interface GrowthPoint {
  readonly x: number;
  /** Mean over the replications. */
  readonly y: number;
}

/** The growth for one combination of the other values. */
export interface GrowthLine {
  /** The other values, by PATH. */
  readonly fixed: Readonly<Record<string, string>>;
  /** Points with something measured, by x. */
  readonly points: readonly GrowthPoint[];
  /** Slope over all points, by least squares; undefined with fewer than two that are above 0. */
  readonly exponent: number | undefined;
  /** Half of its 95 % interval as far as the points are off the line; undefined with fewer than three. */
  readonly half: number | undefined;
  /** Slope between the last two points: where growth goes in the end. */
  readonly atTheEnd: number | undefined;
}

/** The growth of one statistic. */
export interface Growth {
  readonly exponent: Exponent;
  readonly unit: string;
  readonly lines: readonly GrowthLine[];
}

/** Growth over the points of a sweep, as its scenario asks for it; exponents over what was not varied are left out. */
export function growthOf(runs: readonly ScenarioRun[]): Growth[] {
  const exponents = runs[0]?.scenario.experiment.exponents ?? [];
  return exponents.flatMap((exponent) => {
    const lines = linesOf(runs, exponent);
    const statistic = exponent.statistic as StatisticName;
    const unit = unitOfStatistic(statistic, findMetric(exponent.metric)?.unit ?? '1');
    return lines.length === 0 ? [] : [{ exponent, unit, lines }];
  });
}

function linesOf(runs: readonly ScenarioRun[], exponent: Exponent): GrowthLine[] {
  const lines = new Map<string, { fixed: Record<string, string>; points: GrowthPoint[] }>();
  for (const run of runs) {
    const { [exponent.over]: varied, ...fixed } = valuesOfVariant(run.variant);
    const x = Number(varied);
    if (varied === undefined || Number.isNaN(x)) continue;
    const key = JSON.stringify(fixed);
    const line = lines.get(key) ?? { fixed, points: [] };
    lines.set(key, line);
    const y = meanOf(run, exponent);
    if (y !== undefined) line.points.push({ x, y });
  }
  return [...lines.values()].map(({ fixed, points }) => {
    points.sort((left, right) => left.x - right.x);
    const fitting = points.filter(({ x, y }) => x > 0 && y > 0);
    return { fixed, points, ...lineThrough(fitting), atTheEnd: lineThrough(fitting.slice(-2)).exponent };
  });
}

/** Mean of a statistic over the replications that have it. */
function meanOf({ replications }: ScenarioRun, exponent: Exponent): number | undefined {
  const values = replications.flatMap(({ metrics }) => measure(exponent, metrics) ?? []);
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The straight line through the logarithms. */
function lineThrough(points: readonly GrowthPoint[]): Pick<GrowthLine, 'exponent' | 'half'> {
  const xs = points.map(({ x }) => Math.log(x));
  const ys = points.map(({ y }) => Math.log(y));
  const meanX = average(xs);
  const meanY = average(ys);
  const spread = xs.reduce((sum, x) => sum + (x - meanX) ** 2, 0);
  if (points.length < 2 || spread === 0) return { exponent: undefined, half: undefined };
  const exponent = xs.reduce((sum, x, i) => sum + (x - meanX) * ((ys[i] as number) - meanY), 0) / spread;
  const freedom = points.length - 2;
  if (freedom === 0) return { exponent, half: undefined };
  const residual = xs.reduce((sum, x, i) => sum + ((ys[i] as number) - meanY - exponent * (x - meanX)) ** 2, 0);
  return { exponent, half: studentT(0.95, freedom) * Math.sqrt(residual / freedom / spread) };
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
