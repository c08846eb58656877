/** Parameters of a case: profiles, what the measured machine adds to them, and what a fit tries. */
import type { ModelParameters } from '../components/parameters.ts';
import {
  materialiseParameters,
  type PlainParameters,
  type PlainValue,
  type ResolvedScenario,
} from '../scenario/index.ts';
import { profileValues } from '../scenario/resolve-parameters.ts';

/** Plain values by parameter path: spans in nanoseconds, distributions as their specification. */
export type ParameterValues = Readonly<Record<string, PlainValue>>;

/** Defaults, changed by profiles from left to right and then by values. */
export function caseParameters(
  profileNames: readonly string[],
  ...values: readonly ParameterValues[]
): ModelParameters {
  const plain: Record<string, Record<string, PlainValue>> = {};
  for (const given of [...profileNames.map(profileValues), ...values]) {
    for (const [path, value] of Object.entries(given)) {
      const dot = path.indexOf('.');
      const component = path.slice(0, dot);
      plain[component] = { ...plain[component], [path.slice(dot + 1)]: value };
    }
  }
  return materialiseParameters(plain as PlainParameters);
}

/** Values of a scenario's parameters, some of them replaced. */
export function replaced(
  parameters: ResolvedScenario['parameters'],
  values: ParameterValues,
): ResolvedScenario['parameters'] {
  const plain = { ...parameters };
  for (const [path, value] of Object.entries(values)) {
    const dot = path.indexOf('.');
    const component = path.slice(0, dot);
    plain[component] = { ...plain[component], [path.slice(dot + 1)]: value };
  }
  return plain;
}
