/** `plimsoll run`: one scenario, all its replications. */
import { type Command, Option } from 'commander';
import { loadScenario, PlimsollError } from '../../index.ts';
import { execute } from '../execute.ts';
import { nodeFiles } from '../files.ts';
import { parseProperShare, parseReplications } from '../option-values.ts';
import { addExecutionOptions, executionOf, overridesOf, type TypedOptions } from './execution-options.ts';

/** Options as commander hands them over. */
interface TypedRun extends TypedOptions {
  readonly explainPod?: string;
  readonly precision?: number;
  readonly atMost: number;
}

/** Adds the command. */
export function addRun(program: Command, finish: (exitCode: number) => void): void {
  addExecutionOptions(program.command('run <scenario.yaml>'))
    .description('one scenario, all its replications: verdict, CSV, report')
    .option('--explain-pod <NAMESPACE/NAME>', 'tell every step of a pod through its schedulers, and why')
    .option(
      '--precision <share>',
      "add replications until half the 95 % interval of each objective's mean is within this share of it, such as 5%",
      (text: string) => parseProperShare('--precision', text),
    )
    .addOption(
      new Option('--at-most <N>', 'replications after which --precision adds no more')
        .argParser((text) => parseReplications(text, '--at-most'))
        .default(100),
    )
    .action(async (path: string, typed: TypedRun) => {
      const scenario = loadScenario(nodeFiles, path, overridesOf(typed));
      const { explainPod } = typed;
      if (explainPod !== undefined && scenario.model !== 'controlPlane') throw noPods(explainPod);
      const options = executionOf(typed, false);
      const explained = explainPod === undefined ? options : { ...options, explainPod };
      const { precision, atMost: mostReplications } = typed;
      const sequential = precision === undefined ? {} : { sequential: { precision, mostReplications } };
      finish(await execute([{ scenario, variant: '' }], { ...explained, ...sequential }));
    });
}

function noPods(explainPod: string): PlimsollError {
  return new PlimsollError('P102', {
    message: `--explain-pod ${explainPod}: a scheduling cell has jobs and no pods`,
    expected: 'a scenario with model: controlPlane',
    fix: 'leave --explain-pod out',
  });
}
