/** `plimsoll bench`: the speed of the simulator itself. */
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { benchmark, benchmarkTable, loadScenario } from '../../index.ts';
import { nodeFiles } from '../files.ts';
import { packageDirectory } from '../program-facts.ts';

/** Options of the command. */
interface BenchOptions {
  readonly full?: boolean;
  readonly format: 'table' | 'json';
  readonly quiet?: boolean;
}

/** Whole scenarios that are timed: the first always, the second with --full. */
const SCENARIOS = ['quickstart', 'density-5k'];

/** Adds the command. */
export function addBench(program: Command): void {
  program
    .command('bench')
    .description('the speed of the simulator itself: the engine, and whole scenarios')
    .option('--full', `also time ${SCENARIOS[1]}, which takes a while`)
    .addOption(new Option('--format <format>', 'what goes to stdout').choices(['table', 'json']).default('table'))
    .option('--quiet', 'say nothing on stderr')
    .action(({ full, format, quiet }: BenchOptions) => {
      const paths = SCENARIOS.slice(0, full === true ? 2 : 1).map((name) =>
        join(packageDirectory, 'scenarios', `${name}.yaml`),
      );
      const scenarios = paths.map((path) => loadScenario(nodeFiles, path));
      const result = benchmark(scenarios, (text) => {
        if (quiet !== true) process.stderr.write(`plimsoll: ${text}\n`);
      });
      process.stdout.write(format === 'json' ? `${JSON.stringify(result, null, 2)}\n` : benchmarkTable(result));
    });
}
