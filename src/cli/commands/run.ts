/** `plimsoll run`: one scenario, all its replications. */
import type { Command } from 'commander';
import { loadScenario } from '../../index.ts';
import { execute } from '../execute.ts';
import { nodeFiles } from '../files.ts';
import { addExecutionOptions, executionOf, overridesOf, type TypedOptions } from './execution-options.ts';

/** Adds the command. */
export function addRun(program: Command, finish: (exitCode: number) => void): void {
  addExecutionOptions(program.command('run <scenario.yaml>'))
    .description('one scenario, all its replications: verdict, CSV, report')
    .action(async (path: string, typed: TypedOptions) => {
      const scenario = loadScenario(nodeFiles, path, overridesOf(typed));
      finish(await execute([{ scenario, variant: '' }], executionOf(typed, false)));
    });
}
