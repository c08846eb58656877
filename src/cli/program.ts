/** The commands and options of the program; mistakes of usage become coded errors that name what exists. */
import { Command, CommanderError } from 'commander';
import { nearestName, PlimsollError } from '../index.ts';
import { addBench } from './commands/bench.ts';
import { addCapacity } from './commands/capacity.ts';
import { addCheck } from './commands/check.ts';
import { addCompare } from './commands/compare.ts';
import { addExplain } from './commands/explain.ts';
import { addImport } from './commands/import.ts';
import { addList } from './commands/list.ts';
import { addRun } from './commands/run.ts';
import { addSchema } from './commands/schema.ts';
import { addSweep } from './commands/sweep.ts';
import { addValidate } from './commands/validate.ts';
import { addWorker } from './commands/worker.ts';
import { programVersion } from './program-facts.ts';

/** Exit code of help that was asked for, and of help that stands in for a missing command. */
const EXIT_HELP = 0;
const EXIT_USAGE = 2;

/** Runs a command line; resolves to the exit code, rejects with a coded error. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  let exitCode = EXIT_HELP;
  const program = createProgram((code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return EXIT_HELP;
    if (error.code === 'commander.help') return EXIT_USAGE;
    throw codedError(error, program, args);
  }
}

/** The program's commands; `finish` is told the exit code of one that has ended. */
export function createProgram(finish: (exitCode: number) => void): Command {
  const program = new Command('plimsoll');
  program
    .description(
      'How much load a Kubernetes control plane carries before it misses its objectives, and what gives way first.',
    )
    .version(programVersion())
    .showSuggestionAfterError(false)
    .exitOverride()
    // Errors are told by whoever catches them; help that was not asked for belongs to stderr, which is the default.
    .configureOutput({ outputError: () => {} });
  addRun(program, finish);
  addSweep(program, finish);
  addCapacity(program, finish);
  addCompare(program, finish);
  addCheck(program, finish);
  addBench(program, finish);
  addValidate(program, finish);
  addImport(program);
  addList(program);
  addExplain(program);
  addSchema(program);
  addWorker(program);
  return program;
}

/** A mistake of usage as a coded error, with what exists and what comes nearest. */
function codedError({ code, message }: CommanderError, program: Command, args: readonly string[]): PlimsollError {
  const text = message.replace(/^error: /, '');
  const typed = /'([^']+)'/.exec(text)?.[1] ?? '';
  if (code === 'commander.unknownCommand') {
    const names = program.commands.map((command) => command.name());
    return new PlimsollError('P101', { message: text, expected: names.join(', '), nearest: nearestName(typed, names) });
  }
  const command = program.commands.find((candidate) => candidate.name() === args[0]) ?? program;
  if (code !== 'commander.unknownOption') return new PlimsollError('P102', { message: text });
  const names = [...command.options.flatMap(({ long }) => long ?? []), '--help'];
  return new PlimsollError('P102', { message: text, expected: names.join(', '), nearest: nearestName(typed, names) });
}
