/** Loading a scenario file: the short way for one run, and the long way for many resolutions of one source. */

import { combineErrors } from '../errors/index.ts';
import { checkExperiment } from './check-experiment.ts';
import { resolveScenario, type ScenarioOverrides } from './resolve-scenario.ts';
import type { ResolvedScenario, WrittenValue } from './resolved-scenario.ts';
import { type Files, loadScenarioSource, type ScenarioSource } from './scenario-source.ts';

/** Reads and resolves a scenario file, and checks every value and variant of its experiment. */
export function loadScenario(files: Files, path: string, options: ScenarioOverrides = {}): ResolvedScenario {
  const source = loadScenarioSource(files, path);
  const scenario = resolveScenario(source, options);
  const errors = checkExperiment(source, scenario, options);
  if (errors.length > 0) throw combineErrors(errors);
  return scenario;
}

/** Resolves one point of a sweep, or one variant: the scenario with `values` by PATH, over whatever `options` set. */
export function resolveVariant(
  source: ScenarioSource,
  values: Readonly<Record<string, WrittenValue>>,
  options: ScenarioOverrides = {},
): ResolvedScenario {
  return resolveScenario(source, { ...options, values: { ...options.values, ...values } });
}
