/** `plimsoll check`: simulated results beside a baseline, as a gate for CI. */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import {
  baselineText,
  check,
  type GateOutcome,
  type GateResult,
  type GateResults,
  type GateStatistic,
  gateCsv,
  gateJunit,
  gateMarkdown,
  gateTable,
  PlimsollError,
  readTolerances,
  resultsOfBaseline,
  resultsOfDirectory,
  ruleFor,
  type ToleranceRule,
} from '../../index.ts';
import { messageOf, readTextOrRefuse, writeTextOrRefuse } from '../files.ts';

/** Options of the command. */
interface CheckOptions {
  readonly baseline?: string;
  readonly writeBaseline?: string;
  readonly tolerances?: string;
  readonly format: 'table' | 'json' | 'csv';
  readonly out?: string;
}

/** Files that are written beside the results. */
const JUNIT_FILE = 'check.junit.xml';
const MARKDOWN_FILE = 'check.md';

/** Adds the command. */
export function addCheck(program: Command, finish: (exitCode: number) => void): void {
  program
    .command('check <results-dir>')
    .description(
      'simulated results beside a baseline: exit code 1 where something got worse, with JUnit and Markdown files',
    )
    .option(
      '--baseline <results-dir|FILE>',
      'what to compare with: another results directory, or a file that --write-baseline wrote',
    )
    .option(
      '--write-baseline <FILE>',
      'keep these results as a baseline file (with --tolerances: the statistics that it looks at)',
    )
    .option(
      '--tolerances <FILE>',
      'how much each metric may change, in YAML (default: nothing that equal seeds promise)',
    )
    .addOption(
      new Option('--format <format>', 'what goes to stdout').choices(['table', 'json', 'csv']).default('table'),
    )
    .option('--out <DIR>', `where ${JUNIT_FILE} and ${MARKDOWN_FILE} are written (default: the results directory)`)
    .action((directory: string, options: CheckOptions) => {
      const { baseline, writeBaseline, tolerances, format } = options;
      if (baseline === undefined && writeBaseline === undefined) {
        throw new PlimsollError('P102', {
          message: 'there is nothing to do',
          expected: '--baseline, to compare with, or --write-baseline, to make one',
          fix: 'add --baseline <results-dir|FILE>',
        });
      }
      const rules = tolerances === undefined ? undefined : readTolerances(tolerances, readTextOrRefuse(tolerances));
      const now = readResults(directory);
      const result = baseline === undefined ? undefined : check(now, readResults(baseline), rules);
      if (result !== undefined) {
        refuseWithoutJudgement(result);
        writeReports(options.out ?? directory, result);
        process.stdout.write(printed(result, format));
      }
      if (writeBaseline !== undefined) keep(writeBaseline, now, rules);
      finish(result?.holds === false ? 1 : 0);
    });
}

function printed(result: GateResult, format: CheckOptions['format']): string {
  if (format === 'json') return `${JSON.stringify(result, null, 2)}\n`;
  if (format === 'csv') return gateCsv(result);
  return gateTable(result, process.stdout.isTTY === true && (process.env.NO_COLOR ?? '') === '');
}

/** A directory that a run wrote, or a baseline file. */
function readResults(path: string): GateResults {
  if (!existsSync(path) || !statSync(path).isDirectory()) return resultsOfBaseline(path, readTextOrRefuse(path));
  return resultsOfDirectory(
    path,
    readTextOrRefuse(join(path, 'manifest.json')),
    readTextOrRefuse(join(path, 'summary.csv')),
  );
}

/** Outcomes that say nothing of values: one side lacks them, or there is nothing to judge them by. */
const UNJUDGED: ReadonlySet<GateOutcome> = new Set(['gone', 'new', 'not judged']);

/** A gate that can judge nothing must not say that all is well. */
function refuseWithoutJudgement({ counts, now, baseline }: GateResult): void {
  const judged = Object.entries(counts).some(([outcome, count]) => !UNJUDGED.has(outcome as GateOutcome) && count > 0);
  if (judged) return;
  throw new PlimsollError('P402', {
    message: `${now.source} and ${baseline.source} have nothing in common that could be judged`,
    expected: 'the same seed and major version of Node on both sides, several replications each, or tolerances',
  });
}

function writeReports(directory: string, result: GateResult): void {
  makeDirectory(directory);
  writeTextOrRefuse('--out', join(directory, JUNIT_FILE), gateJunit(result));
  writeTextOrRefuse('--out', join(directory, MARKDOWN_FILE), gateMarkdown(result));
}

function keep(path: string, results: GateResults, rules: readonly ToleranceRule[] | undefined): void {
  const isLookedAt = (statistic: GateStatistic): boolean => {
    const rule = rules === undefined ? undefined : ruleFor(rules, statistic);
    return rules === undefined || (rule !== undefined && !rule.ignore);
  };
  writeTextOrRefuse('--write-baseline', path, baselineText(results, isLookedAt));
  process.stderr.write(`plimsoll: baseline written to ${path}\n`);
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw new PlimsollError('P104', { message: `${path} cannot be made: ${messageOf(error)}` });
  }
}
