/** `plimsoll sweep`: the points of a scenario's experiment.vary, or of --vary, times the replications. */
import { type Command, Option } from 'commander';
import {
  assumedFactors,
  assumptionsInPlay,
  type DesignName,
  designNames,
  designPoints,
  loadScenarioSource,
  measureOf,
  PlimsollError,
  parameterRegistry,
  parseMeasure,
  type ResolvedScenario,
  resolveScenario,
  resolveVariant,
  type ScenarioOverrides,
  type ScenarioSource,
  type SensitivityRequest,
  valuesAt,
  variantName,
  withFactors,
  writeValue,
} from '../../index.ts';
import { execute } from '../execute.ts';
import { executeSensitivity } from '../execute-sensitivity.ts';
import { nodeFiles } from '../files.ts';
import { collectText, parsePoints, parseTrajectories, readVaried } from '../option-values.ts';
import { addExecutionOptions, executionOf, overridesOf, type TypedOptions } from './execution-options.ts';

/** Points of ranges if nobody says how many. */
const DEFAULT_POINTS = 32;

/** Options of the command. */
interface SweepOptions extends TypedOptions {
  readonly vary?: readonly string[];
  readonly design?: DesignName;
  readonly points?: number;
  readonly sensitivity?: boolean;
  readonly metric?: string;
  readonly trajectories: number;
}

/** Adds the command. */
export function addSweep(program: Command, finish: (exitCode: number) => void): void {
  addExecutionOptions(program.command('sweep <scenario.yaml>'))
    .description('the points of its experiment.vary (or --vary …) times its replications, over worker threads')
    .option(
      '--vary <PATH=a,b,c|PATH=LO..HI>',
      'values of one PATH instead of experiment.vary (repeatable): a list, or a range to be filled',
      collectText,
    )
    .addOption(
      new Option(
        '--design <design>',
        'how points are chosen: grid (all combinations of lists) or paired (values at the same place); sobol or latin-hypercube for ranges',
      ).choices(designNames),
    )
    .option(
      '--points <N>',
      `points that fill the ranges (default: ${DEFAULT_POINTS}); with --sensitivity, rows of the design for Sobol's indices (default: none)`,
      parsePoints,
    )
    .option(
      '--sensitivity',
      'rank parameters by their effect: the ranges of --vary, otherwise every assumption in play from half its value to twice',
    )
    .option(
      '--metric <METRIC>',
      'what --sensitivity measures: METRIC{label=value,…}:STATISTIC (default: the first objective)',
    )
    .addOption(
      new Option('--trajectories <N>', 'how often --sensitivity changes each parameter')
        .argParser(parseTrajectories)
        .default(4),
    )
    .action(async (path: string, typed: SweepOptions) => {
      const source = loadScenarioSource(nodeFiles, path);
      const overrides = overridesOf(typed);
      if (typed.sensitivity === true) {
        finish(await examine(source, typed, overrides));
        return;
      }
      const varied =
        typed.vary === undefined
          ? { lists: resolveScenario(source, overrides).experiment.vary, ranges: [] }
          : readVaried(typed.vary);
      if (Object.keys(varied.lists).length + varied.ranges.length === 0) {
        throw new PlimsollError('P102', {
          message: `${path} says nothing under spec.experiment.vary, and there is no --vary`,
          fix: 'add --vary PATH=a,b,c, or spec.experiment.vary to the scenario',
        });
      }
      const { design, points: filling = DEFAULT_POINTS, seed } = typed;
      const points = designPoints({ ...varied, design, points: filling, seed }).map((point) => {
        return { scenario: resolveVariant(source, point, overrides), variant: variantName(point) };
      });
      finish(await execute(points, executionOf(typed, true)));
    });
}

/** `sweep --sensitivity`. */
async function examine(source: ScenarioSource, typed: SweepOptions, overrides: ScenarioOverrides): Promise<number> {
  const scenario = resolveScenario(source, overrides);
  const measured = measuredBy(typed.metric, scenario);
  const { lists, ranges } = readVaried(typed.vary ?? []);
  if (Object.keys(lists).length > 0) {
    throw new PlimsollError('P102', {
      message: `--sensitivity goes over ranges, and ${Object.keys(lists).join(' and ')} are lists`,
      fix: 'write --vary PATH=LO..HI',
    });
  }
  const assumed = assumptionsInPlay(scenario, parameterRegistry).map(({ path }) => path);
  const named = ranges.map((axis) => ({
    path: axis.path,
    low: String(writeValue(axis, axis.low)),
    high: String(writeValue(axis, axis.high)),
    isAssumption: assumed.includes(axis.path),
  }));
  const factors = ranges.length > 0 ? named : assumedFactors(scenario, assumed, parameterRegistry);
  const request: SensitivityRequest = {
    factors,
    scenarioAt: (places) =>
      ranges.length > 0
        ? resolveVariant(source, valuesAt(ranges, places), overrides)
        : withFactors(scenario, factors, places),
    measure: measured.measure,
    trajectories: typed.trajectories,
    rows: typed.points ?? 0,
    seed: typed.seed,
  };
  return await executeSensitivity(scenario, request, measured, executionOf(typed, true));
}

/** What --metric names, or the first objective. */
function measuredBy(metric: string | undefined, { objectives }: ResolvedScenario): ReturnType<typeof measureOf> {
  if (metric !== undefined) {
    const { metric: name, labels, statistics } = parseMeasure(metric);
    const [statistic] = statistics;
    if (statistic !== undefined) return measureOf({ metric: name, labels, statistic });
  }
  const [first] = objectives;
  if (first !== undefined) return measureOf(first);
  throw new PlimsollError('P102', {
    message: 'there is nothing to measure: the scenario has no objective, and there is no --metric',
    fix: 'add --metric METRIC{label=value}:STATISTIC',
  });
}
