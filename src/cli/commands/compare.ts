/** `plimsoll compare`: variants of a scenario over the same seeds, and what differs between them. */
import type { Command } from 'commander';
import {
  defaultMeasures,
  loadScenarioSource,
  nearestName,
  PlimsollError,
  parseMeasure,
  resolveScenario,
  resolveVariant,
  type WrittenValue,
} from '../../index.ts';
import { execute } from '../execute.ts';
import { nodeFiles } from '../files.ts';
import { collectText, collectVariant } from '../option-values.ts';
import { addExecutionOptions, executionOf, overridesOf, type TypedOptions } from './execution-options.ts';

/** Options of the command. */
interface CompareOptions extends TypedOptions {
  readonly variant?: Readonly<Record<string, Readonly<Record<string, WrittenValue>>>>;
  readonly baseline?: string;
  readonly metric?: readonly string[];
}

/** Adds the command. */
export function addCompare(program: Command, finish: (exitCode: number) => void): void {
  addExecutionOptions(program.command('compare <scenario.yaml>'))
    .description('its experiment.variants (or --variant …) over the same seeds: differences with confidence intervals')
    .option('--variant <NAME:PATH=VALUE,…>', 'a variant instead of experiment.variants (repeatable)', collectVariant)
    .option('--baseline <NAME>', 'the variant that the others are compared with (default: the first)')
    .option(
      '--metric <METRIC>',
      'compare this: METRIC{label=value,…}:STATISTIC, the parts behind METRIC optional (repeatable)',
      collectText,
    )
    .action(async (path: string, typed: CompareOptions) => {
      const source = loadScenarioSource(nodeFiles, path);
      const overrides = overridesOf(typed);
      const variants = typed.variant ?? resolveScenario(source, overrides).experiment.variants;
      const names = Object.keys(variants);
      checkVariants(path, names, typed.baseline);
      const measures = typed.metric?.map(parseMeasure) ?? defaultMeasures;
      const points = Object.entries(variants).map(([variant, values]) => {
        return { scenario: resolveVariant(source, values, overrides), variant };
      });
      const comparison = { baseline: typed.baseline ?? (names[0] as string), measures, changes: variants };
      finish(await execute(points, { ...executionOf(typed, false), comparison }));
    });
}

function checkVariants(path: string, names: readonly string[], baseline: string | undefined): void {
  if (names.length < 2) {
    throw new PlimsollError('P102', {
      message: `${path} has ${names.length === 0 ? 'no variant' : 'one variant'} to compare`,
      expected: 'two variants or more, under spec.experiment.variants or as --variant NAME:PATH=VALUE,…',
      fix: 'add --variant NAME (the scenario as it is written) and --variant NAME:PATH=VALUE',
    });
  }
  if (baseline === undefined || names.includes(baseline)) return;
  throw new PlimsollError('P103', {
    message: `--baseline ${baseline}: there is no such variant`,
    expected: names.join(', '),
    nearest: nearestName(baseline, names),
  });
}
