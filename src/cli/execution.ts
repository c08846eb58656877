/** What carries out the replications of a command while it runs: threads, the journal of its results directory, progress, what stops it. */
import { createRunControl, type Executor, openExecutor, type Point, type RunControl } from '../index.ts';
import type { ExecutionOptions } from './commands/execution-options.ts';
import { JournalDirectory } from './journal.ts';
import { programIdentity } from './program-facts.ts';
import { Progress, type ProgressTarget } from './progress.ts';
import { discardResultsDirectory, type ResultsDirectory } from './results-directory.ts';
import { watchStopConditions } from './stop-conditions.ts';

/**
 * How a run ended: everything ran; it was broken off, and can go on later; or the user's input was refused, which leaves nothing.
 */
export type Ending = 'complete' | 'broken off' | 'refused';

/** Carries out replications until it is closed. */
export interface Execution {
  readonly control: RunControl;
  readonly executor: Executor;
  /** Ends threads, connections and progress. */
  close(): Promise<void>;
  /** Once all results are written: the journal of a complete run goes, unless `--keep-journal` asks for it. */
  conclude(ending: Ending): void;
}

/** What there is to carry out. */
export interface Work {
  /** Most replications that there can be. */
  readonly jobs: number;
  /** The points whose replications they are, where that is known before: progress is told in their virtual time. */
  readonly points: readonly Point[];
  /** Shows progress where it cannot be told in the virtual time of points. */
  readonly showProgress?: (target: ProgressTarget, control: RunControl) => { stop(): void };
}

/** Opens what a command needs to carry out replications into a results directory, which goes again if that fails. */
export async function openExecution(
  directory: ResultsDirectory,
  { jobs, points, showProgress }: Work,
  options: ExecutionOptions,
): Promise<Execution> {
  const { workers, quiet, deadlineMs, memoryBytes } = options;
  const say = (text: string): void => {
    if (!quiet) process.stderr.write(`plimsoll: ${text}\n`);
  };
  const control = createRunControl(jobs);
  const journal = new JournalDirectory(directory.path);
  if (journal.found > 0)
    say(
      `${directory.path} has ${journal.found} finished replications in its journal; those of this run do not run again`,
    );
  const executor = await openExecutor({
    control,
    workers,
    memoryBytes,
    say,
    program: programIdentity(),
    journal,
    queue: options.queue,
  }).catch((error: unknown) => {
    discardResultsDirectory(directory);
    throw error;
  });
  const endWatch = watchStopConditions(control, { deadlineMs, memoryBytes }, say);
  const show = showProgress ?? ((target: ProgressTarget) => new Progress(target, control, points));
  const progress = options.progress && !quiet ? show(stderrTarget(), control) : undefined;
  return {
    control,
    executor,
    close: async () => {
      progress?.stop();
      endWatch();
      await executor.close();
    },
    conclude: (ending) => {
      const isNeeded = ending === 'complete' ? options.keepJournal : ending === 'broken off' || journal.found > 0;
      if (!isNeeded) journal.remove();
      if (ending === 'broken off' && journal.isUsed)
        say(`the same command with --out ${directory.path} goes on from here`);
    },
  };
}

function stderrTarget(): ProgressTarget {
  const { stderr } = process;
  return { isTTY: stderr.isTTY === true, columns: stderr.columns ?? 120, write: (text) => stderr.write(text) };
}
