/** Loading a scenario file: the short way for one run, and the long way for many resolutions of one source. */
import type { ResolvedScenario, WrittenValue } from './resolved-scenario.ts';
import { resolveScenario, type ScenarioOverrides } from './resolve-scenario.ts';
import { type Files, loadScenarioSource, type ScenarioSource } from './scenario-source.ts';

/** Reads and resolves a scenario file. */
export function loadScenario(files: Files, path: string, options: ScenarioOverrides = {}): ResolvedScenario {
  return resolveScenario(loadScenarioSource(files, path), options);
}

/** Resolves one point of a sweep, or one variant: the scenario with `values` by PATH, over whatever `options` set. */
export function resolveVariant(
  source: ScenarioSource,
  values: Readonly<Record<string, WrittenValue>>,
  options: ScenarioOverrides = {},
): ResolvedScenario {
  return resolveScenario(source, { ...options, values: { ...options.values, ...values } });
}
