/** The factors that are examined if nobody names any: the assumptions that a result rests on, from half their value to twice. */
import type { ParameterDefinition, ParameterSet } from '../../engine/index.ts';
import type { ResolvedScenario } from '../../scenario/resolved-scenario.ts';
import { withScaledParameters } from '../capacity/index.ts';
import type { Factor } from './sensitivity.ts';

/** Ends of the default range, as multiples of the value. */
const LEAST = 1 / 2;
const MOST = 2;

/** Assumptions that are numbers, spans or distributions and not 0, as factors. */
export function assumedFactors(
  { parameters }: ResolvedScenario,
  paths: readonly string[],
  catalogue: Readonly<Record<string, ParameterSet>>,
): Factor[] {
  return paths
    .filter((path) => {
      const [component = '', name = ''] = path.split('.');
      const definition: ParameterDefinition | undefined = catalogue[component]?.[name];
      const value = parameters[component]?.[name] ?? definition?.default;
      return (
        definition !== undefined && ['number', 'duration', 'distribution'].includes(definition.type) && value !== 0
      );
    })
    .map((path) => ({ path, low: `x${LEAST}`, high: `x${MOST}`, isAssumption: true }));
}

/** The scenario with these factors at places from 0 (half the value) to 1 (twice), by ratios: in the middle is the value itself. */
export function withFactors(
  scenario: ResolvedScenario,
  factors: readonly Factor[],
  places: ReadonlyMap<number, number>,
): ResolvedScenario {
  const scales = [...places].map(([factor, place]) => {
    return { parameter: (factors[factor] as Factor).path, factor: LEAST * (MOST / LEAST) ** place };
  });
  return withScaledParameters(scenario, scales, 'sensitivity');
}
