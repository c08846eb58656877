/** The options that every command that runs scenarios has. */
import { type Command, Option } from 'commander';
import { type ComparisonRequest, DEFAULT_SEED, type QueueConnection, type ScenarioOverrides } from '../../index.ts';
import {
  collectSet,
  type PathAndText,
  parseDeadline,
  parseMemory,
  parseReplications,
  parseSeed,
  parseWorkers,
} from '../option-values.ts';
import { addQueueOptions, queueOf, type TypedQueueOptions } from '../queue-options.ts';
import { usableMemory } from '../stop-conditions.ts';

/** Options as commander hands them over. */
export interface TypedOptions extends TypedQueueOptions {
  readonly seed: string;
  readonly replications?: number;
  readonly until?: string;
  readonly set?: readonly PathAndText[];
  readonly workers: number;
  readonly out?: string;
  readonly keepJournal?: boolean;
  readonly format: OutputFormat;
  readonly deadline?: number;
  readonly memory?: number;
  readonly quiet?: boolean;
  readonly progress: boolean;
}

/** What goes to stdout. */
export type OutputFormat = 'table' | 'json' | 'csv';

/** How to run, write and print. */
export interface ExecutionOptions {
  readonly seed: string;
  readonly workers: number;
  /** Workers of this queue compute; undefined = threads here. */
  readonly queue: QueueConnection | undefined;
  readonly out: string | undefined;
  /** Keep what is finished when the run is complete, so that more replications can join it. */
  readonly keepJournal: boolean;
  readonly format: OutputFormat;
  readonly deadlineMs: number | undefined;
  readonly memoryBytes: number;
  readonly quiet: boolean;
  readonly progress: boolean;
  /** A pod whose way through the schedulers is to be told: "namespace/name". */
  readonly explainPod?: string;
  /** Add replications until the objectives are known so precisely, or there are the most of them. */
  readonly sequential?: { readonly precision: number; readonly mostReplications: number };
  /** Print one line per point instead of a verdict each. */
  readonly isSweep: boolean;
  /** Compare the points with one of them, instead of printing a verdict each. */
  readonly comparison?: ComparisonRequest;
}

/** Adds the options to a command; a search decides itself how many replications it needs. */
export function addExecutionOptions(command: Command, { replications = true } = {}): Command {
  command.option(
    '--seed <N>',
    'seed of all random numbers; the same seed gives the same bytes',
    parseSeed,
    DEFAULT_SEED,
  );
  if (replications)
    command.option('--replications <N>', 'how many times to repeat it, each with a seed of its own', (text: string) =>
      parseReplications(text),
    );
  return addQueueOptions(command, 'let the workers of this queue compute, not this machine')
    .option('--until <duration>', 'virtual time at which the run ends at the latest, such as 30m')
    .option('--set <PATH=VALUE>', 'set a param, a parameter or a value below spec (repeatable)', collectSet)
    .addOption(
      new Option('--workers <N|auto>', 'worker threads').argParser(parseWorkers).default(parseWorkers('auto'), 'auto'),
    )
    .option(
      '--out <DIR>',
      'where to write (default: results/<scenario>/<UTC time>-<seed>); a run that was broken off there goes on, and what it finished is not run again',
    )
    .option('--keep-journal', 'keep what is finished in DIR, so that more replications or points can join it later')
    .addOption(
      new Option('--format <format>', 'what goes to stdout').choices(['table', 'json', 'csv']).default('table'),
    )
    .option('--deadline <duration>', 'stop after this wall time, such as 10m', parseDeadline)
    .option(
      '--memory <size>',
      'run no more at once than fits into this, stop when one alone holds more, such as 8GiB (default: nine tenths of the machine)',
      parseMemory,
    )
    .option('--quiet', 'say nothing on stderr')
    .option('--no-progress', 'show no progress');
}

/** What the typed options replace in the scenario. */
export function overridesOf({ set, until, replications }: TypedOptions): ScenarioOverrides {
  return {
    ...(set === undefined ? {} : { sets: set }),
    ...(until === undefined ? {} : { until }),
    ...(replications === undefined ? {} : { replications }),
  };
}

/** How to run, from the typed options. */
export function executionOf(typed: TypedOptions, isSweep: boolean): ExecutionOptions {
  const { seed, workers, out, keepJournal, format, deadline, memory, quiet, progress } = typed;
  return {
    seed,
    workers,
    queue: queueOf(typed),
    out,
    keepJournal: keepJournal === true,
    format,
    deadlineMs: deadline,
    memoryBytes: memory ?? usableMemory(),
    quiet: quiet === true,
    progress,
    isSweep,
  };
}
