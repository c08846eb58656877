/** `plimsoll validate`: what the model predicts beside what was measured. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import {
  nearestName,
  type OpenbFolder,
  openbTable,
  PlimsollError,
  validate,
  validateOpenb,
  validationCases,
  validationCsv,
  validationTable,
} from '../../index.ts';
import { parseWorkers } from '../option-values.ts';
import { packageDirectory } from '../program-facts.ts';

/** Options of the command. */
interface ValidateOptions {
  readonly workers: number;
  readonly format: 'table' | 'json' | 'csv';
  readonly quiet?: boolean;
  readonly data: string;
}

/** The case whose data others have published, and where it is looked for: beside the project. */
const OPENB = 'openb';
const OPENB_FOLDER = join(packageDirectory, '..', 'shared', 'data', 'openb');

/** Predictions between two lines of progress. */
const PROGRESS_STEP = 50;

/** Adds the command. */
export function addValidate(program: Command, finish: (exitCode: number) => void): void {
  program
    .command('validate [case...]')
    .description(
      `what the model predicts beside what was measured: ${[...Object.keys(validationCases), OPENB].join(', ')}`,
    )
    .addOption(
      new Option('--workers <N|auto>', 'worker threads').argParser(parseWorkers).default(parseWorkers('auto'), 'auto'),
    )
    .addOption(
      new Option('--format <format>', 'what goes to stdout').choices(['table', 'json', 'csv']).default('table'),
    )
    .option('--quiet', 'say nothing on stderr')
    .option('--data <DIR>', `folder with the traces and published results of ${OPENB}`, OPENB_FOLDER)
    .action(async (given: string[], { workers, format, quiet, data }: ValidateOptions) => {
      const names = Object.keys(validationCases);
      if (given.includes(OPENB)) {
        if (given.length > 1) throw unknownCase(given.find((name) => name !== OPENB) as string, [OPENB]);
        finish(await runOpenb(data, workers, format, quiet === true));
        return;
      }
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

/** Replays the published runs of the openb study; resolves to the exit code. */
async function runOpenb(
  directory: string,
  workers: number,
  format: ValidateOptions['format'],
  isQuiet: boolean,
): Promise<number> {
  const folder: OpenbFolder = {
    readText: (file) => readFileSync(join(directory, file), 'utf8'),
    list: (name) => (existsSync(join(directory, name)) ? readdirSync(join(directory, name)) : []),
  };
  if (folder.list('expected').length === 0) {
    throw new PlimsollError('P201', {
      message: `${directory} has no data of the openb study`,
      expected: 'a folder with csv, arrival-orders and expected',
      fix: 'name it with --data',
    });
  }
  const result = await validateOpenb({
    folder,
    workers,
    onDone: (done, all) => {
      if (!isQuiet) process.stderr.write(`plimsoll: ${done} of ${all} runs\n`);
    },
  });
  process.stdout.write(format === 'json' ? `${JSON.stringify(result, null, 2)}\n` : openbTable(result, format));
  return result.holds ? 0 : 1;
}
