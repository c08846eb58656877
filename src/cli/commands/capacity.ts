/** `plimsoll capacity`: the limit of one value within which every objective holds, and what gives way there. */
import { type Command, Option } from 'commander';
import {
  type CapacityRequest,
  gridOf,
  loadScenarioSource,
  PlimsollError,
  readValue,
  resolveScenario,
  resolveVariant,
  type ScenarioOverrides,
  type ScenarioSource,
  variantName,
  writeValue,
} from '../../index.ts';
import { executeCapacity } from '../execute-capacity.ts';
import { nodeFiles } from '../files.ts';
import { collectText, parseProbes, parseProperShare, readVaried } from '../option-values.ts';
import { addExecutionOptions, executionOf, overridesOf, type TypedOptions } from './execution-options.ts';

/** Options of the command. */
interface CapacityOptions extends TypedOptions {
  readonly vary?: readonly string[];
  readonly probability: number;
  readonly precision: number;
  readonly probes: number;
  readonly lift: boolean;
}

/** Adds the command. */
export function addCapacity(program: Command, finish: (exitCode: number) => void): void {
  addExecutionOptions(program.command('capacity <scenario.yaml>'), { replications: false })
    .description('the limit of one value at which every objective and barrier holds, and what gives way there')
    .option(
      '--vary <PATH=LO..HI>',
      'the value to search; a second --vary PATH=a,b,c: its limit for each of these',
      collectText,
    )
    .addOption(
      new Option('--probability <share>', 'share of replications in which all must hold at the limit')
        .argParser((text) => parseProperShare('--probability', text))
        .default(0.9, '90%'),
    )
    .addOption(
      new Option(
        '--precision <share>',
        'half the width of the 95 % interval of the limit, as a share of it, at which to end',
      )
        .argParser((text) => parseProperShare('--precision', text))
        .default(0.05, '5%'),
    )
    .addOption(
      new Option('--probes <N>', 'replications after which a search ends in any case')
        .argParser(parseProbes)
        .default(40),
    )
    .option('--no-lift', 'do not search again with the first bottleneck lifted')
    .action(async (path: string, typed: CapacityOptions) => {
      const source = loadScenarioSource(nodeFiles, path);
      const requests = requestsOf(source, typed, overridesOf(typed));
      finish(await executeCapacity(requests, executionOf(typed, false)));
    });
}

/** One search, or one for each combination of what is listed. */
function requestsOf(source: ScenarioSource, typed: CapacityOptions, overrides: ScenarioOverrides): CapacityRequest[] {
  const { seed, probability, precision, probes, lift } = typed;
  const { lists, ranges } = readVaried(typed.vary ?? []);
  const [axis] = ranges;
  if (axis === undefined || ranges.length > 1) {
    throw new PlimsollError('P102', {
      message:
        axis === undefined
          ? 'there is no range to search'
          : `${ranges.map(({ path }) => path).join(' and ')} are both ranges`,
      expected: 'one --vary PATH=LO..HI, and any number of --vary PATH=a,b,c',
      fix:
        axis === undefined
          ? 'add --vary PATH=LO..HI, such as --vary nodes=100..5000'
          : 'list the values of all but one',
    });
  }
  const points = gridOf(lists);
  return points.map((point) => {
    const scenarioAt = (value: number) =>
      resolveVariant(source, { ...point, [axis.path]: writeValue(axis, value) }, { ...overrides, replications: 1 });
    // Both ends are resolved at once, so that a range that cannot be is known before anything runs.
    scenarioAt(axis.low);
    const { params, parameters } = resolveScenario(source, overrides);
    scenarioAt(axis.high);
    const own = params[axis.path] ?? ownParameter(parameters, axis.path);
    return {
      axis,
      scenarioAt,
      fixed: variantName(point),
      own: readValue(axis, own),
      probability,
      precision,
      mostProbes: probes,
      seed,
      lifts: lift && points.length === 1,
    };
  });
}

/** A parameter that is a plain number; durations are told in the unit of the axis by their writing, which is lost here. */
function ownParameter(parameters: Readonly<Record<string, Readonly<Record<string, unknown>>>>, path: string): unknown {
  const [component = '', name = ''] = path.split('.');
  return parameters[component]?.[name];
}
