/** A sweep as sections of the page: what each objective measured over each number that varies, with its interval. */
import {
  judgeObjective,
  meanIntervalOf,
  type ObjectiveOutcome,
  type ScenarioRun,
  valuesOfVariant,
} from '../experiment/index.ts';
import { describeBound, describeObjective, formatNumber, formatValue } from './format-value.ts';
import { html, type Markup, raw } from './html.ts';
import { type PlotLine, plotFigure } from './plot.ts';
import { variedPaths } from './sweep-csv.ts';

/** Lines of a plot at most: more cannot be told apart. */
const MOST_LINES = 6;
/** Values that are so far apart are drawn by their ratio. */
const WIDE = 20;

/** What one point measured of one objective. */
interface Measured {
  readonly values: Readonly<Record<string, string>>;
  readonly mean: number;
  readonly low: number | undefined;
  readonly high: number | undefined;
  readonly holds: boolean;
}

/** Plots of every objective over every number that varies. */
export function sweepSections(runs: readonly ScenarioRun[]): Markup {
  const objectives = runs[0]?.scenario.objectives ?? [];
  const paths = variedPaths(runs);
  const figures = objectives.flatMap((_, index) => {
    const measured = runs.flatMap((run) => measuredAt(run, index));
    const outcome = outcomeOf(runs[0] as ScenarioRun, index);
    return paths.filter((path) => isNumeric(measured, path)).map((path) => figure(measured, path, paths, outcome));
  });
  if (figures.length === 0) return raw('');
  return html`<h2>What the objectives measured</h2>
<p class="soft">Means over the replications with their 95 % intervals; sweep.csv has every value.</p>
<div class="charts">${figures}</div>`;
}

function outcomeOf({ scenario, replications }: ScenarioRun, index: number): ObjectiveOutcome {
  return judgeObjective(scenario.objectives[index] as ScenarioRun['scenario']['objectives'][number], replications);
}

function measuredAt(run: ScenarioRun, index: number): Measured[] {
  const { perReplication, holds } = outcomeOf(run, index);
  const { mean, n, low, high } = meanIntervalOf(perReplication);
  return n === 0 ? [] : [{ values: valuesOfVariant(run.variant), mean, low, high, holds }];
}

/** The number at the beginning of a value: "20/s" is 20. */
function numberOf(value: string | undefined): number {
  return value === undefined ? Number.NaN : Number.parseFloat(value);
}

function isNumeric(measured: readonly Measured[], path: string): boolean {
  const numbers = measured.map(({ values }) => values[path] ?? '');
  return numbers.every((value) => /^-?[\d.]/.test(value)) && new Set(numbers).size > 1;
}

/** Lines by the values of the other paths where these are few, otherwise one mark for each point. */
function figure(
  measured: readonly Measured[],
  path: string,
  paths: readonly string[],
  outcome: ObjectiveOutcome,
): Markup {
  const { unit } = outcome;
  const others = paths.filter((each) => each !== path);
  const groups = new Map<string, Measured[]>();
  for (const point of measured) {
    const key = others.map((other) => `${other}=${point.values[other]}`).join(', ');
    groups.set(key, [...(groups.get(key) ?? []), point]);
  }
  const hasLines = groups.size <= MOST_LINES && [...groups.values()].some(({ length }) => length > 1);
  const xs = measured.map(({ values }) => numberOf(values[path]));
  const common = {
    title: `${describeObjective(outcome)} over ${path}, ${describeBound(outcome)}`,
    description: `${describeObjective(outcome)} at ${measured.length} points, from ${formatValue(Math.min(...measured.map(({ mean }) => mean)), unit)} to ${formatValue(Math.max(...measured.map(({ mean }) => mean)), unit)}`,
    x: { label: path, isLogarithmic: isWide(xs), format: formatNumber },
    y: {
      label: outcome.objective.statistic,
      isLogarithmic: isWide(measured.flatMap(({ mean, low }) => [mean, low ?? mean])),
      format: (value: number) => formatValue(value, unit),
    },
  };
  if (hasLines)
    return plotFigure({ ...common, lines: [...groups].map(([label, points]) => lineOf(label || path, points, path)) });
  const points = measured.map(({ values, mean, holds }) => {
    const title = paths.map((each) => `${each}=${values[each]}`).join(', ');
    return { x: numberOf(values[path]), y: mean, good: holds, title: `${title}: ${formatValue(mean, unit)}` };
  });
  return plotFigure({ ...common, lines: [], points });
}

function lineOf(label: string, points: readonly Measured[], path: string): PlotLine {
  const sorted = points
    .map(({ values, mean, low, high }) => ({
      x: numberOf(values[path]),
      y: mean,
      ...(low === undefined || high === undefined ? {} : { low, high }),
    }))
    .sort((a, b) => a.x - b.x);
  return { label, points: sorted, marked: true };
}

function isWide(values: readonly number[]): boolean {
  const least = Math.min(...values);
  return least > 0 && Math.max(...values) / least > WIDE;
}
