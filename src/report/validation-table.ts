/** What `plimsoll validate` prints: tables for people, CSV for others. */
import Table from 'cli-table3';
import { stringify } from 'csv-stringify/sync';
import type { ClassSummary, JudgedFigure, ValidationResult } from '../validation/index.ts';

/** A table of classes and one of figures. */
export function validationTable({ figures, classes, holds }: ValidationResult): string {
  const style = { head: [], border: [], compact: true };
  const summary = new Table({
    head: [...classHead],
    style,
    colAligns: classHead.map((_, i) => (i < 2 ? 'left' : 'right')),
  });
  for (const row of classes.map(classCells)) summary.push(row);
  const all = new Table({
    head: [...figureHead],
    style,
    colAligns: figureHead.map((_, i) => (i < 3 ? 'left' : 'right')),
  });
  for (const row of figures.map(figureCells)) all.push(row);
  const failed = classes.filter((one) => !one.holds).length;
  const verdict = holds
    ? `HOLDS: every one of ${classes.length} classes`
    : `FAILS: ${failed} of ${classes.length} classes`;
  return `${all.toString()}\n${summary.toString()}\nverdict     ${verdict}\n`;
}

/** Column heads of the figures. */
export const figureHead = ['case', 'point', 'figure', 'predicted', 'reference', 'ratio', 'verdict'] as const;

/** A figure as cells. */
export function figureCells(figure: JudgedFigure): string[] {
  const { point, metric, unit, predicted, reference, least, most, ratio, verdict } = figure;
  const range = least === undefined || most === undefined ? '' : ` (${short(least)} to ${short(most)})`;
  return [
    figure.case,
    point,
    unit === '1' ? metric : `${metric} [${unit}]`,
    predicted === undefined ? '' : short(predicted),
    short(reference) + range,
    ratio === undefined ? '' : ratio.toFixed(2),
    verdict,
  ];
}

/** Column heads of the classes. */
export const classHead = ['case', 'class', 'figures', 'median error', '0.66 to 1.5', 'in range', 'holds'] as const;

/** A class as cells. */
export function classCells({
  family,
  figures,
  notPredicted,
  medianError,
  near,
  inRange,
  holds,
  ...one
}: ClassSummary): string[] {
  return [
    one.case,
    family,
    notPredicted === 0 ? String(figures) : `${figures} (${notPredicted} not predicted)`,
    Number.isNaN(medianError) ? '' : percent(medianError),
    percent(near),
    inRange === undefined ? '' : percent(inRange),
    holds ? 'yes' : 'NO',
  ];
}

/** One row for each figure. */
export function validationCsv({ figures }: ValidationResult): string {
  const header = ['case', 'point', 'metric', 'unit', 'predicted', 'reference', 'least', 'most', 'ratio', 'verdict'];
  const rows = figures.map((figure) => header.map((name) => figure[name as keyof JudgedFigure] ?? ''));
  return stringify([header, ...rows]);
}

/** Four digits are more than the data have. */
const DIGITS = 4;

function short(value: number): string {
  return value >= 10 ** DIGITS ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(DIGITS)));
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}
