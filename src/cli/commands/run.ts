/** `plimsoll run`: one scenario, all its replications. */
import type { Command } from 'commander';
import { loadScenario, PlimsollError } from '../../index.ts';
import { execute } from '../execute.ts';
import { nodeFiles } from '../files.ts';
import { addExecutionOptions, executionOf, overridesOf, type TypedOptions } from './execution-options.ts';

/** Options as commander hands them over. */
interface TypedRun extends TypedOptions {
  readonly explainPod?: string;
}

/** Adds the command. */
export function addRun(program: Command, finish: (exitCode: number) => void): void {
  addExecutionOptions(program.command('run <scenario.yaml>'))
    .description('one scenario, all its replications: verdict, CSV, report')
    .option('--explain-pod <NAMESPACE/NAME>', 'tell every step of a pod through its schedulers, and why')
    .action(async (path: string, typed: TypedRun) => {
      const scenario = loadScenario(nodeFiles, path, overridesOf(typed));
      const { explainPod } = typed;
      if (explainPod !== undefined && scenario.model !== 'controlPlane') throw noPods(explainPod);
      const options = executionOf(typed, false);
      const explained = explainPod === undefined ? options : { ...options, explainPod };
      finish(await execute([{ scenario, variant: '' }], explained));
    });
}

function noPods(explainPod: string): PlimsollError {
  return new PlimsollError('P102', {
    message: `--explain-pod ${explainPod}: a scheduling cell has jobs and no pods`,
    expected: 'a scenario with model: controlPlane',
    fix: 'leave --explain-pod out',
  });
}
