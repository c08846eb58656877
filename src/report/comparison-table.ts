/** A comparison as the terminal shows it. */
import Table from 'cli-table3';
import type { Comparison, ComparisonRow, Knobs, VariantOutcome } from '../experiment/index.ts';
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

/** The table of differences, what it rests on, and the knobs of each variant; ends with a line break. */
export function comparisonTable(comparison: Comparison, knobs: readonly Knobs[], colour: boolean): string {
  return [
    ...describeVariants(comparison).map((line) => `variant     ${line}`),
    '',
    differences(comparison, colour),
    ...describeHidden(comparison),
    ...describeChance(comparison),
    '',
    knobTable(knobs),
    '',
  ].join('\n');
}

function differences(comparison: Comparison, colour: boolean): string {
  const table = plainTable(['measure', 'variant', 'mean', 'difference', '95 % interval', 'change', 'effect']);
  for (const row of rowsToShow(comparison)) {
    row.outcomes.forEach((outcome, i) => {
      const name = i === 0 ? describeMeasure(row.measure) : '';
      table.push([name, outcome.variant, meanOf(outcome, row), ...cellsOf(outcome, row, comparison.baseline, colour)]);
    });
  }
  return table.toString();
}

function cellsOf(outcome: VariantOutcome, row: ComparisonRow, baseline: string, colour: boolean): string[] {
  const { variant, difference } = outcome;
  if (variant === baseline) return ['(baseline)', '', '', ''];
  if (difference === undefined) return ['no pair', '', '', ''];
  const effect = describeEffect(difference, row);
  return [
    describeDifference(difference, row),
    describeIntervals(difference, row).join('\n'),
    describeRelative(difference),
    colour ? paint(effect, judge(difference, row.measure)) : effect,
  ];
}

function meanOf({ mean }: VariantOutcome, { unit }: ComparisonRow): string {
  return mean === undefined ? 'no data' : formatValue(mean, unit);
}

function knobTable(knobs: readonly Knobs[]): string {
  const table = plainTable([...knobColumns]);
  for (const each of knobs) table.push(knobCells(each));
  return table.toString();
}

/** A table without colours of its own, and with no rules between its rows. */
function plainTable(head: string[]): Table.Table {
  const between = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' };
  return new Table({ head, chars: between, style: { head: [], border: [] } });
}

function paint(text: string, judged: 'better' | 'worse' | undefined): string {
  if (judged === undefined) return text;
  return `\u001b[${judged === 'better' ? 32 : 31}m${text}\u001b[39m`;
}
