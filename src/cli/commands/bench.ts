/** `plimsoll bench`: the speed of the simulator itself, and whether it is what it was. */
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import {
  type BenchmarkResult,
  benchmark,
  benchmarkTable,
  checkSpeed,
  DEFAULT_SPEED_TOLERANCE,
  loadScenario,
  readSpeedBaseline,
  type SpeedCheck,
  speedBaselineText,
  speedTable,
} from '../../index.ts';
import { nodeFiles, readTextOrRefuse, writeTextOrRefuse } from '../files.ts';
import { parseShare } from '../option-values.ts';
import { packageDirectory, programVersion } from '../program-facts.ts';

/** Options of the command. */
interface BenchOptions {
  readonly full?: boolean;
  readonly baseline?: string;
  readonly writeBaseline?: string;
  readonly tolerance: number;
  readonly format: 'table' | 'json';
  readonly quiet?: boolean;
}

/** Whole scenarios that are timed: the first always, the second with --full. */
const SCENARIOS = ['quickstart', 'density-5k'];

/** Adds the command. */
export function addBench(program: Command, finish: (exitCode: number) => void): void {
  program
    .command('bench')
    .description(
      'the speed of the simulator itself: the engine, and whole scenarios; exit code 1 where it is slower than its baseline',
    )
    .option('--full', `also time ${SCENARIOS[1]}, which takes a while`)
    .option('--baseline <FILE>', 'compare with what --write-baseline wrote')
    .option('--write-baseline <FILE>', 'keep what is measured as a baseline')
    .option(
      '--tolerance <share>',
      'how much slower than its baseline anything may be',
      (text) => parseShare('--tolerance', text),
      DEFAULT_SPEED_TOLERANCE,
    )
    .addOption(new Option('--format <format>', 'what goes to stdout').choices(['table', 'json']).default('table'))
    .option('--quiet', 'say nothing on stderr')
    .action((options: BenchOptions) => {
      const { baseline, writeBaseline, tolerance, format } = options;
      const speeds = baseline === undefined ? undefined : readSpeedBaseline(baseline, readTextOrRefuse(baseline));
      const measure = () => measureAll(options);
      const { result, check } =
        speeds === undefined ? { result: measure(), check: undefined } : checkSpeed(measure, speeds, tolerance);
      process.stdout.write(printed(result, check, format));
      if (writeBaseline !== undefined)
        writeTextOrRefuse(
          '--write-baseline',
          writeBaseline,
          speedBaselineText(result, programVersion(), process.version),
        );
      finish(check?.holds === false ? 1 : 0);
    });
}

function measureAll({ full, quiet }: BenchOptions): BenchmarkResult {
  const paths = SCENARIOS.slice(0, full === true ? 2 : 1).map((name) =>
    join(packageDirectory, 'scenarios', `${name}.yaml`),
  );
  const scenarios = paths.map((path) => loadScenario(nodeFiles, path));
  return benchmark(scenarios, (text) => {
    if (quiet !== true) process.stderr.write(`plimsoll: ${text}\n`);
  });
}

function printed(result: BenchmarkResult, check: SpeedCheck | undefined, format: BenchOptions['format']): string {
  if (format === 'json') return `${JSON.stringify(check === undefined ? result : { ...result, check }, null, 2)}\n`;
  return `${benchmarkTable(result)}${check === undefined ? '' : speedTable(check)}`;
}
