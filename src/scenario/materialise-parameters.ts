/** From plain parameter values to what the model takes: distributions ready to be sampled, spans as nanoseconds. */
import { parameterRegistry } from '../components/parameters.ts';
import { createDistribution, type DistributionSpec, type ParameterDefinition, type ParameterSet, type ValuesOf } from '../engine/index.ts';
import type { PlainParameters, PlainValue } from './resolved-scenario.ts';

/** Values of all components' parameters as the components take them. */
export type ModelParameters = {
  readonly [Component in keyof typeof parameterRegistry]: ValuesOf<(typeof parameterRegistry)[Component]>;
};

/** Makes the values of all parameters from their plain form. */
export function materialiseParameters(plain: PlainParameters): ModelParameters {
  const components = Object.entries<ParameterSet>(parameterRegistry).map(([component, set]) => {
    const definitions = Object.entries(set);
    const values = definitions.map(([name, definition]) => [name, materialise(definition, plain[component]?.[name] ?? definition.default)]);
    return [component, Object.fromEntries(values)];
  });
  return Object.fromEntries(components) as ModelParameters;
}

function materialise(definition: ParameterDefinition, value: PlainValue): unknown {
  return definition.type === 'distribution' ? createDistribution(value as DistributionSpec) : value;
}
