/** `plimsoll validate`: what the model predicts beside what was measured. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { nearestName, PlimsollError, validate, validationCases, validationCsv, validationTable } from '../../index.ts';
import { parseWorkers } from '../option-values.ts';
import { packageDirectory } from '../program-facts.ts';

/** Options of the command. */
interface ValidateOptions {
  readonly workers: number;
  readonly format: 'table' | 'json' | 'csv';
  readonly quiet?: boolean;
}

/** Predictions between two lines of progress. */
const PROGRESS_STEP = 50;

/** Adds the command. */
export function addValidate(program: Command, finish: (exitCode: number) => void): void {
  program
    .command('validate [case...]')
    .description(`what the model predicts beside what was measured: ${Object.keys(validationCases).join(', ')}`)
    .addOption(
      new Option('--workers <N|auto>', 'worker threads').argParser(parseWorkers).default(parseWorkers('auto'), 'auto'),
    )
    .addOption(
      new Option('--format <format>', 'what goes to stdout').choices(['table', 'json', 'csv']).default('table'),
    )
    .option('--quiet', 'say nothing on stderr')
    .action(async (given: string[], { workers, format, quiet }: ValidateOptions) => {
      const names = Object.keys(validationCases);
      for (const name of given) if (!names.includes(name)) throw unknownCase(name, names);
      const result = await validate(given.length === 0 ? names : given, {
        readData: (file) => readFileSync(join(packageDirectory, 'data', file), 'utf8'),
        workers,
        onPredicted: (done, all) => {
          if (quiet === true || (done % PROGRESS_STEP !== 0 && done !== all)) return;
          process.stderr.write(`plimsoll: ${done} of ${all} points\n`);
        },
      });
      if (format === 'json') process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
      else process.stdout.write(format === 'csv' ? validationCsv(result) : validationTable(result));
      finish(result.holds ? 0 : 1);
    });
}

function unknownCase(name: string, names: readonly string[]): PlimsollError {
  return new PlimsollError('P103', {
    message: `there is no validation case ${name}`,
    expected: names.join(', '),
    nearest: nearestName(name, names),
    fix: 'write one of these cases, or none for all',
  });
}
