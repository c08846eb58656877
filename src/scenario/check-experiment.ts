/** The values and variants of `experiment`: each must give a scenario that resolves, so that a sweep does not fail halfway. */
import { PlimsollError } from '../errors/index.ts';
import { formatPath, type ValuePath } from '../manifests/index.ts';
import { resolveScenario, type ScenarioOverrides } from './resolve-scenario.ts';
import type { ResolvedScenario, WrittenValue } from './resolved-scenario.ts';
import type { ScenarioSource } from './scenario-source.ts';

/** Problems of every value of every axis, and of every variant, each at its place in the file. */
export function checkExperiment(
  source: ScenarioSource,
  { experiment }: ResolvedScenario,
  overrides: ScenarioOverrides,
): readonly PlimsollError[] {
  const errors: PlimsollError[] = [];
  const check = (values: Readonly<Record<string, WrittenValue>>, path: ValuePath) => {
    try {
      resolveScenario(source, { ...overrides, values });
    } catch (error) {
      if (!(error instanceof PlimsollError)) throw error;
      errors.push(...[error, ...error.others].map((problem) => placed(problem, source, path)));
    }
  };
  for (const [path, values] of Object.entries(experiment.vary)) {
    for (const [index, value] of values.entries())
      check({ [path]: value }, ['spec', 'experiment', 'vary', path, index]);
  }
  for (const [name, values] of Object.entries(experiment.variants))
    check(values, ['spec', 'experiment', 'variants', name]);
  return errors;
}

/** The problem, where the value is written that causes it. What is an unknown PATH on the command line is an unknown name in a file. */
function placed(problem: PlimsollError, source: ScenarioSource, path: ValuePath): PlimsollError {
  const { details, code } = problem;
  return new PlimsollError(code === 'P103' ? 'P208' : code, {
    ...details,
    ...(code === 'P103' ? { fix: 'name a param, a parameter, a setting of a scheduler or a path below spec' } : {}),
    position: source.document.positionOf(path),
    path: formatPath(path),
  });
}
