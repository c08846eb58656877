/** `plimsoll sweep`: the grid of a scenario's experiment.vary, or of --vary, times the replications. */
import type { Command } from 'commander';
import {
  gridOf,
  loadScenarioSource,
  PlimsollError,
  resolveScenario,
  resolveVariant,
  variantName,
} from '../../index.ts';
import { execute } from '../execute.ts';
import { nodeFiles } from '../files.ts';
import { collectVary, type VariedValue } from '../option-values.ts';
import { addExecutionOptions, executionOf, overridesOf, type TypedOptions } from './execution-options.ts';

/** Options of the command. */
interface SweepOptions extends TypedOptions {
  readonly vary?: Readonly<Record<string, readonly VariedValue[]>>;
}

/** Adds the command. */
export function addSweep(program: Command, finish: (exitCode: number) => void): void {
  addExecutionOptions(program.command('sweep <scenario.yaml>'))
    .description('the grid of its experiment.vary (or --vary …) times its replications, over worker threads')
    .option('--vary <PATH=a,b,c>', 'values of one PATH instead of experiment.vary (repeatable: a grid)', collectVary)
    .action(async (path: string, typed: SweepOptions) => {
      const source = loadScenarioSource(nodeFiles, path);
      const overrides = overridesOf(typed);
      const vary = typed.vary ?? resolveScenario(source, overrides).experiment.vary;
      if (Object.keys(vary).length === 0) {
        throw new PlimsollError('P102', {
          message: `${path} says nothing under spec.experiment.vary, and there is no --vary`,
          fix: 'add --vary PATH=a,b,c, or spec.experiment.vary to the scenario',
        });
      }
      const points = gridOf(vary).map((point) => {
        return { scenario: resolveVariant(source, point, overrides), variant: variantName(point) };
      });
      finish(await execute(points, executionOf(typed, true)));
    });
}
