/** What `plimsoll check` prints and writes: a table for the terminal, Markdown for a pull request, JUnit for a CI server, CSV for others. */
import Table from 'cli-table3';
import { stringify } from 'csv-stringify/sync';
import { create } from 'xmlbuilder';
import type { GateResult, GateRow } from '../experiment/index.ts';
import {
  describeChange,
  describeCounts,
  describeGate,
  describeMethod,
  describeSide,
  describeSides,
  describeStatistic,
  outcomeMeanings,
} from './gate-words.ts';

/** Rows of a table at most; the CSV and the JSON have all. */
const ROWS_SHOWN = 40;

const HEAD = ['statistic', 'baseline', 'now', 'change', 'outcome', 'judged'] as const;

/** The gate as the terminal shows it, ending with a line break. */
export function gateTable(result: GateResult, colour: boolean): string {
  const table = new Table({
    head: [...HEAD],
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    style: { head: [], border: [] },
  });
  const shown = rowsToShow(result);
  for (const row of shown) table.push(cellsOf(row));
  return [
    `${result.scenario}: simulated results beside their baseline`,
    ...describeSides(result),
    ...(shown.length === 0 ? [] : [table.toString()]),
    ...hidden(result, shown.length),
    `compared    ${describeCounts(result)}`,
    `verdict     ${paint(describeGate(result), result.holds, colour)}`,
    '',
  ].join('\n');
}

/** The gate as Markdown, fit for a comment on a pull request. */
export function gateMarkdown(result: GateResult): string {
  const shown = rowsToShow(result);
  const rows = shown.map((row) => `| ${cellsOf(row).map(escapeMarkdown).join(' | ')} |`);
  const seen = [...new Set(shown.map(({ outcome }) => outcome))];
  return [
    `### ${result.holds ? '✅' : '❌'} ${result.scenario}: ${describeGate(result)}`,
    '',
    `${describeCounts(result)}.`,
    '',
    ...(rows.length === 0 ? [] : [`| ${HEAD.join(' | ')} |`, `|${HEAD.map(() => ' --- ').join('|')}|`, ...rows, '']),
    ...hidden(result, shown.length),
    ...seen.map((outcome) => `- **${outcome}**: ${outcomeMeanings[outcome]}`),
    ...(seen.length === 0 ? [] : ['']),
    ...describeSides(result).map((line) => `<sub>${line.replace(/ {2,}/, ': ')}</sub><br>`),
    '',
  ].join('\n');
}

/** The gate as JUnit XML: a test case for each statistic that differs, and one for the verdicts and everything else. */
export function gateJunit(result: GateResult): string {
  const { scenario, rows, lost, missing } = result;
  const failures = rows.filter(({ isBreach }) => isBreach);
  const skipped = rows.filter(({ outcome }) => outcome === 'not judged' || outcome === 'unclear');
  const general = [
    ...lost.map((variant) => `the verdict of ${variant || scenario} held before and fails now`),
    ...missing.map((variant) => `${variant} is not there any more`),
  ];
  const totals = {
    name: `Plimsoll check ${scenario}`,
    tests: rows.length + 1,
    failures: failures.length + Math.sign(general.length),
    skipped: skipped.length,
    errors: 0,
  };
  const suite = create('testsuites', { encoding: 'UTF-8' }).ele('testsuite', totals);
  const whole = suite.ele('testcase', { classname: scenario, name: 'verdicts, and statistics that are the same' });
  if (general.length > 0) whole.ele('failure', { message: general.join('; '), type: 'verdict' });
  for (const row of rows) {
    const test = suite.ele('testcase', { classname: scenario, name: describeStatistic(row) });
    const said = `${describeSide(row.baseline, row)} became ${describeSide(row.now, row)} (${describeChange(row)}): ${row.outcome}; ${describeMethod(row)}`;
    if (row.isBreach) test.ele('failure', { message: said, type: row.outcome });
    else if (skipped.includes(row)) test.ele('skipped', { message: said });
  }
  return `${suite.end({ pretty: true })}\n`;
}

/** One row for each statistic that differs. */
export function gateCsv({ scenario, rows }: GateResult): string {
  const names = [
    'variant',
    'metric',
    'labels',
    'statistic',
    'baseline',
    'now',
    'relative',
    'low',
    'high',
    'tolerance',
    'method',
    'outcome',
    'unit',
  ] as const;
  return stringify(
    [
      ['scenario', ...names, 'breach'],
      ...rows.map((row) => [scenario, ...names.map((name) => row[name]), row.isBreach]),
    ],
    {
      cast: { boolean: String },
    },
  );
}

/** Breaches and what is worth a look; what stays within its tolerance is counted only. */
function rowsToShow({ rows }: GateResult): readonly GateRow[] {
  return rows.filter(({ outcome }) => outcome !== 'within').slice(0, ROWS_SHOWN);
}

function hidden({ rows }: GateResult, shown: number): string[] {
  const more = rows.filter(({ outcome }) => outcome !== 'within').length - shown;
  return more > 0 ? [`            and ${more} more, smaller ones`] : [];
}

function cellsOf(row: GateRow): string[] {
  return [
    describeStatistic(row),
    describeSide(row.baseline, row),
    describeSide(row.now, row),
    describeChange(row),
    row.outcome,
    describeMethod(row),
  ];
}

function escapeMarkdown(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('*', '\\*').replaceAll('_', '\\_');
}

function paint(text: string, good: boolean, colour: boolean): string {
  return colour ? `\u001b[${good ? 32 : 31}m${text}\u001b[39m` : text;
}
