/** From plain parameter values to what the model takes: distributions ready to be sampled, spans as nanoseconds. */
import { type ModelParameters, parameterRegistry } from '../components/parameters.ts';
import {
  createDistribution,
  type DistributionSpec,
  type ParameterDefinition,
  type ParameterSet,
} from '../engine/index.ts';
import type { PlainParameters, PlainValue } from './resolved-scenario.ts';

/** Makes the values of all parameters from their plain form. */
export function materialiseParameters(plain: PlainParameters): ModelParameters {
  const components = Object.entries<ParameterSet>(parameterRegistry).map(([component, set]) => {
    const definitions = Object.entries(set);
    const values = definitions.map(([name, definition]) => [
      name,
      materialise(definition, plain[component]?.[name] ?? definition.default),
    ]);
    return [component, Object.fromEntries(values)];
  });
  return Object.fromEntries(components) as ModelParameters;
}

function materialise(definition: ParameterDefinition, value: PlainValue): unknown {
  return definition.type === 'distribution' ? createDistribution(value as DistributionSpec) : value;
}
