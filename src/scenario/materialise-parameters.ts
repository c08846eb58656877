/** From plain parameter values to what the model takes: distributions ready to be sampled, spans as nanoseconds. */
import { type ModelParameters, parameterRegistry } from '../components/parameters.ts';
import { type ParameterSet, valuesOf } from '../engine/index.ts';
import type { PlainParameters } from './resolved-scenario.ts';

/** Makes the values of all parameters from their plain form. */
export function materialiseParameters(plain: PlainParameters): ModelParameters {
  const components = Object.entries<ParameterSet>(parameterRegistry).map(([component, set]) => [
    component,
    valuesOf(set, plain[component] ?? {}),
  ]);
  return Object.fromEntries(components) as ModelParameters;
}
