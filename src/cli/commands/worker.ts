/** `plimsoll worker`: one worker of a distributed run. */
import { hostname } from 'node:os';
import { type Command, Option } from 'commander';
import { startQueueWorker } from '../../index.ts';
import { parseGrace, parseMemory, parseWorkers } from '../option-values.ts';
import { programIdentity } from '../program-facts.ts';
import { addQueueOptions, queueOf, type TypedQueueOptions } from '../queue-options.ts';
import { usableMemory } from '../stop-conditions.ts';

/** Options of the command. */
interface WorkerOptions extends TypedQueueOptions {
  readonly workers: number;
  readonly memory?: number;
  readonly grace: number;
  readonly quiet?: boolean;
}

/** Exit code of a process that a second Ctrl-C kills. */
const INTERRUPTED = 130;

/** Adds the command. */
export function addWorker(program: Command): void {
  const command = program
    .command('worker')
    .description('one worker of a distributed run: computes what commands with the same --queue ask for');
  addQueueOptions(command, 'the queue to serve')
    .addOption(
      new Option('--workers <N|auto>', 'replications at once, each on a thread')
        .argParser(parseWorkers)
        .default(parseWorkers('auto'), 'auto'),
    )
    .option(
      '--memory <size>',
      'most memory of the worker, such as 8GiB (default: nine tenths of the machine)',
      parseMemory,
    )
    .addOption(
      new Option('--grace <duration>', 'how long to go on with what was begun when told to end, before giving it back')
        .argParser(parseGrace)
        .default(parseGrace('15s'), '15s'),
    )
    .option('--quiet', 'say nothing on stderr')
    .action(async ({ workers, memory, grace, quiet, ...typed }: WorkerOptions) => {
      const connection = queueOf(typed);
      if (connection === undefined)
        return command.error("error: required option '--queue <redis://HOST:PORT>' not specified");
      await serve({
        connection,
        program: programIdentity(),
        name: `${hostname()}-${process.pid}`,
        workers,
        memoryBytes: memory ?? usableMemory(),
        graceMs: grace,
        say: (text) => {
          if (quiet !== true) process.stderr.write(`plimsoll: ${text}\n`);
        },
      });
    });
}

/** Serves until somebody ends it. */
async function serve(options: Parameters<typeof startQueueWorker>[0]): Promise<void> {
  const { say, name, workers } = options;
  // Before there is a connection, nothing has to be ended cleanly.
  const leave = () => process.exit(0);
  process.once('SIGINT', leave).once('SIGTERM', leave);
  const worker = await startQueueWorker(options);
  process.off('SIGINT', leave).off('SIGTERM', leave);
  say(`worker ${name} serves with ${workers} thread${workers === 1 ? '' : 's'}: ${options.program}`);
  let isEnding = false;
  const end = () => {
    if (isEnding) process.exit(INTERRUPTED);
    isEnding = true;
    say('finishing or giving back what was begun; again to end at once');
    worker.stop();
  };
  process.on('SIGINT', end).on('SIGTERM', end);
  try {
    await worker.ended;
  } finally {
    process.off('SIGINT', end).off('SIGTERM', end);
  }
}
