/** What `plimsoll validate openb` prints: how far each policy is from the published curves, trace by trace. */
import Table from 'cli-table3';
import { stringify } from 'csv-stringify/sync';
import { type OpenbComparison, type OpenbResult, type OpenbSeries, openbSeries } from '../validation/index.ts';

const SERIES = Object.keys(openbSeries) as OpenbSeries[];
const HEAD = [
  'policy',
  'trace',
  'seeds',
  'points',
  ...SERIES,
  'tolerance',
  'placements',
  'off',
  'time',
  'holds',
] as const;
/** Digits of deviations and times. */
const DIGITS = 3;
/** Columns of words. */
const TEXT_COLUMNS = 2;

/** The comparisons as a table for people, or as CSV. Deviations are percentage points, times seconds. */
export function openbTable({ comparisons, holds }: OpenbResult, format: 'table' | 'csv'): string {
  const rows = comparisons.map(cells);
  if (format === 'csv') return stringify([[...HEAD], ...rows]);
  const style = { head: [], border: [], compact: true };
  const colAligns = HEAD.map((_, i) => (i < TEXT_COLUMNS ? 'left' : 'right'));
  const table = new Table({ head: [...HEAD], style, colAligns });
  for (const row of rows) table.push(row);
  const failed = comparisons.filter((one) => !one.holds).length;
  const verdict = holds
    ? `HOLDS: every one of ${comparisons.length} policies and traces`
    : `FAILS: ${failed} of ${comparisons.length} policies and traces`;
  return `${table.toString()}\nlargest deviation from the published curves in percentage points; time of a run in seconds\nverdict     ${verdict}\n`;
}

function cells(one: OpenbComparison): string[] {
  return [
    one.policy,
    one.trace,
    String(one.seeds),
    String(one.points),
    ...SERIES.map((series) => one.deviation[series].toFixed(DIGITS)),
    one.tolerance.toFixed(DIGITS),
    String(one.placements),
    String(one.placementsOff),
    one.seconds.toFixed(2),
    one.holds ? 'yes' : 'no',
  ];
}
