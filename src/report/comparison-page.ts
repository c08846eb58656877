/** A comparison as sections of the page: differences with the values of every replication, knobs, distributions. */
import {
  type Comparison,
  type ComparisonRow,
  type Distribution,
  distributionsOf,
  type Knobs,
  knobsOf,
  type ScenarioRun,
  type VariantOutcome,
} from '../experiment/index.ts';
import { formatLabels } from '../metrics/index.ts';
import type { Chart } from './charts.ts';
import {
  describeChance,
  describeDifference,
  describeEffect,
  describeHidden,
  describeIntervals,
  describeMeasure,
  describeRelative,
  describeVariants,
  judge,
  knobCells,
  knobColumns,
  rowsToShow,
} from './comparison-words.ts';
import { formatValue } from './format-value.ts';
import { html, type Markup, raw, table } from './html.ts';

/** A comparison with what its presentation needs of the runs. */
export interface PresentedComparison {
  readonly comparison: Comparison;
  readonly knobs: readonly Knobs[];
  readonly distributions: readonly Distribution[];
}

/** Everything that is shown of a comparison of these runs. */
export function presentComparison(runs: readonly ScenarioRun[], comparison: Comparison): PresentedComparison {
  return {
    comparison,
    knobs: runs.flatMap(({ variant, scenario }) => knobsOf(variant, scenario)),
    distributions: distributionsOf(runs, comparison),
  };
}

/** The sections before those of the single variants. */
export function comparisonSections({ comparison, knobs }: PresentedComparison): Markup {
  const head = ['variant', 'each replication', 'mean', 'difference', '95 % interval', 'change', 'effect'];
  const rows = rowsToShow(comparison).flatMap((row) => [
    [describeMeasure(row.measure)],
    ...row.outcomes.map((outcome) => [
      outcome.variant,
      strip(outcome, row),
      outcome.mean === undefined ? 'no data' : formatValue(outcome.mean, row.unit),
      ...differenceCells(outcome, row, comparison.baseline),
    ]),
  ]);
  return html`<h2>Differences to ${comparison.baseline}</h2>
<ul>${describeVariants(comparison).map((line) => html`<li>${line}</li>`)}</ul>
${table('Variants beside the baseline, paired by seed', head, rows, 2)}
${[...describeHidden(comparison), ...describeChance(comparison)].map((line) => html`<p class="soft">${line}</p>`)}
<p class="soft">A dot is a replication, the box its quartiles, the upright line the median; the rows of a measure share their scale. A second interval, b, is the bootstrap's. comparison.csv has all numbers.</p>
<h2>Knobs of each variant</h2>
${table('With what each variant chooses nodes', knobColumns, knobs.map(knobCells), 99)}`;
}

/** The distributions as charts: the value below which a share of the observations lies. */
export function distributionCharts({ distributions }: PresentedComparison): Chart[] {
  return distributions.map(({ metric, labels, unit, shares, lines }) => {
    const selector = formatLabels(labels).replaceAll(';', ', ');
    return {
      title: `${metric}${selector === '' ? '' : ` (${selector})`}`,
      unit: { s: 'seconds', B: 'bytes', '1': '', '1/s': 'per second' }[unit],
      over: 'share of observations',
      times_s: shares,
      lines: lines.map(({ variant, quantiles }) => ({
        label: variant,
        values: quantiles.map((value) => Number(value.toPrecision(5))),
      })),
    };
  });
}

function differenceCells(outcome: VariantOutcome, row: ComparisonRow, baseline: string): (string | Markup)[] {
  const { variant, difference } = outcome;
  if (variant === baseline) return ['(baseline)', '', '', ''];
  if (difference === undefined) return ['no pair', '', '', ''];
  const judged = judge(difference, row.measure);
  const effect = describeEffect(difference, row);
  return [
    describeDifference(difference, row),
    html`${describeIntervals(difference, row).map((line, i) => (i === 0 ? line : html`<br>${line}`))}`,
    describeRelative(difference),
    judged === undefined ? effect : html`<span class="${judged === 'better' ? 'good' : 'bad'}">${effect}</span>`,
  ];
}

/** Size of the drawing of a row's values, in its own units. */
const WIDTH = 180;
const HEIGHT = 18;
const EDGE = 4;
/** Half the height of the box. */
const HALF_BOX = 5;
/** A box needs so many values to tell more than they do. */
const LEAST_FOR_BOX = 4;

/** The values of a variant on the scale of all variants of the row. */
function strip({ values, variant }: VariantOutcome, { outcomes, unit }: ComparisonRow): Markup {
  const own = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  if (own.length === 0) return raw('');
  const all = outcomes.flatMap((outcome) => outcome.values.filter((value) => value !== undefined));
  const least = Math.min(...all);
  const span = Math.max(...all) - least;
  const x = (value: number): string =>
    (EDGE + (span === 0 ? 1 / 2 : (value - least) / span) * (WIDTH - 2 * EDGE)).toFixed(1);
  const middle = HEIGHT / 2;
  const at = (share: number): number => quantile(own, share);
  const box = html`<rect x="${x(at(1 / 4))}" y="${middle - HALF_BOX}" width="${(Number(x(at(3 / 4))) - Number(x(at(1 / 4)))).toFixed(1)}" height="${2 * HALF_BOX}" fill="none" stroke="currentColor"/><line x1="${x(at(1 / 2))}" x2="${x(at(1 / 2))}" y1="${middle - HALF_BOX}" y2="${middle + HALF_BOX}" stroke="currentColor" stroke-width="2"/>`;
  const dots = own.map(
    (value) => html`<circle cx="${x(value)}" cy="${middle}" r="2" fill="currentColor" opacity="0.5"/>`,
  );
  const label = `${variant}: ${formatValue(own[0] as number, unit)} to ${formatValue(own.at(-1) as number, unit)}`;
  return html`<svg width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="${label}">${own.length < LEAST_FOR_BOX ? '' : box}${dots}</svg>`;
}

/** A quantile of sorted values, between two of them in proportion. */
function quantile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] as number;
  const above = sorted[Math.ceil(place)] as number;
  return below + (above - below) * (place - Math.floor(place));
}
