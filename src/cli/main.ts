#!/usr/bin/env node
/** The program: runs the command line, tells errors on stderr, sets the exit code. */
import { InvariantViolation, PlimsollError } from '../index.ts';
import { runCommandLine } from './program.ts';

/** A reader that goes away (`| head`) is no error of ours. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const args = process.argv.slice(2);
try {
  process.exitCode = await runCommandLine(args);
} catch (error) {
  const coded = asCodedError(error);
  process.stderr.write(`${coded.format()}\n`);
  // Whoever asked for JSON gets one document even now.
  if (wantsJson(args))
    process.stdout.write(`${JSON.stringify({ errors: [coded, ...coded.others].map(plainError) }, null, 2)}\n`);
  process.exitCode = coded.exitCode;
}

/** What broke inside is told as a broken invariant, with the command that shows it again. */
function asCodedError(error: unknown): PlimsollError {
  if (error instanceof PlimsollError) return error;
  const fix = `please report it; this shows it again: plimsoll ${args.join(' ')}`;
  if (error instanceof InvariantViolation) return new PlimsollError('P501', { message: error.message, fix });
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new PlimsollError('P501', { message, fix });
}

function wantsJson(typed: readonly string[]): boolean {
  return typed.some((word, i) => word === '--format=json' || (word === '--format' && typed[i + 1] === 'json'));
}

function plainError({ code, details }: PlimsollError): object {
  return { code, ...details };
}
