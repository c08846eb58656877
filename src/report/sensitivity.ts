/** A sensitivity analysis as a table for the terminal, sections of the page, and CSV. */

import Table from 'cli-table3';
import { stringify } from 'csv-stringify/sync';
import type { FactorSensitivity, Sensitivity, SobolIndex } from '../experiment/index.ts';
import { csvFiles } from './columns.ts';
import { formatValue } from './format-value.ts';
import { html, type Markup, raw, table } from './html.ts';

/** What was examined, with its unit. */
export interface Examined {
  /** "p99 of pod_startup_latency_seconds{phase=total}". */
  readonly name: string;
  readonly unit: string;
}

/** Rows on the terminal; the page and the CSV have all. */
const ROWS_SHOWN = 15;
const HEAD = ['parameter', 'range', 'effect', 'spread', 'alone', 'with others', ''];

/** The most influential parameters. */
export function sensitivityTable(sensitivity: Sensitivity, examined: Examined): string {
  const shown = new Table({ head: [...HEAD], style: { head: [], border: [] } });
  const moving = sensitivity.factors.filter(({ effects }) => effects.meanAbsolute > 0);
  for (const factor of moving.slice(0, ROWS_SHOWN)) shown.push(cells(factor, examined));
  const still = sensitivity.factors.length - moving.length;
  return [
    summary(sensitivity, examined),
    shown.toString(),
    ...(moving.length > ROWS_SHOWN ? [`and ${moving.length - ROWS_SHOWN} more (sensitivity.csv)`] : []),
    ...(still > 0 ? [`${still} others have no effect on it`] : []),
    '',
  ].join('\n');
}

/** All parameters, with what the columns mean. */
export function sensitivitySections(sensitivity: Sensitivity, examined: Examined): Markup {
  const flagged = sensitivity.factors.filter(({ isLargeAssumption }) => isLargeAssumption);
  const warning =
    flagged.length === 0
      ? raw('')
      : html`<p class="bad">Assumptions with a large effect: ${flagged.map(({ factor }) => factor.path).join(', ')}. Measure these on your own cluster before you rely on the result.</p>`;
  return html`<h2>Sensitivity</h2><p>${summary(sensitivity, examined)}</p>${warning}
<p class="soft">Effect: mean absolute change of the measure for a change over the whole range (Morris); a spread as large as the effect says that it depends on other parameters. Alone and with others: share of the variance
among the most influential parameters (Sobol's first-order and total indices, 95 % intervals).</p>
${table(
  'Parameters by their effect',
  HEAD,
  sensitivity.factors.map((factor) => cells(factor, examined)),
  2,
)}`;
}

/** `sensitivity.csv`. */
export function sensitivityCsv(scenario: string, { factors }: Sensitivity): string {
  const rows = factors.map(({ factor, effects, indices }) => [
    scenario,
    factor.path,
    factor.low,
    factor.high,
    factor.isAssumption ? 1 : 0,
    effects.meanAbsolute,
    effects.mean,
    effects.spread,
    ...[indices?.first, indices?.total].flatMap((index) => [index?.value, index?.low, index?.high]),
  ]);
  return stringify([csvFiles.sensitivity.columns.map(({ name }) => name), ...rows]);
}

function summary({ own, points, withoutData }: Sensitivity, { name, unit }: Examined): string {
  const base = own === undefined ? 'not measured' : formatValue(own, unit);
  const missing = withoutData === 0 ? '' : `, ${withoutData} of them without data`;
  return `${name}: ${base} as the scenario is; ${points} points${missing}`;
}

function cells({ factor, effects, indices, isLargeAssumption }: FactorSensitivity, { unit }: Examined): string[] {
  const { mean, meanAbsolute, spread } = effects;
  const sign = Math.abs(mean) > meanAbsolute / 2 ? (mean > 0 ? '+' : '-') : '±';
  return [
    factor.path,
    `${factor.low} to ${factor.high}`,
    `${sign}${formatValue(meanAbsolute, unit)}`,
    spread === undefined ? '' : formatValue(spread, unit),
    shareOf(indices?.first),
    shareOf(indices?.total),
    isLargeAssumption ? 'ASSUMPTION with a large effect' : factor.isAssumption ? 'assumption' : '',
  ];
}

function shareOf(index: SobolIndex | undefined): string {
  if (index === undefined) return '';
  return `${index.value.toFixed(2)} (${index.low.toFixed(2)} to ${index.high.toFixed(2)})`;
}
