/** A scenario with a bottleneck lifted: its parameters changed after everything that set them. */
import { parameterRegistry } from '../../components/parameters.ts';
import type { DistributionSpec, ParameterDefinition, ParameterSet } from '../../engine/index.ts';
import type {
  ParameterOverride,
  PlainValue,
  ResolvedScenario,
  SchedulerSelection,
} from '../../scenario/resolved-scenario.ts';
import { type Lift, liftOf, type ParameterLift } from './lifts.ts';

/** A parameter that a lift has changed. */
export interface LiftedParameter {
  readonly parameter: string;
  readonly before: PlainValue;
  readonly after: PlainValue;
}

/** What lifting a server comes to. */
export type LiftOutcome =
  | { readonly parameters: readonly LiftedParameter[]; readonly means: string; readonly scenario: ResolvedScenario }
  | { readonly impossible: string };

/** The scenario with the server lifted, or why it cannot be. */
export function applyLift(scenario: ResolvedScenario, server: string): LiftOutcome {
  const lift: Lift | undefined = liftOf(server);
  if (lift === undefined) return { impossible: 'nothing is known that lifts it' };
  if ('impossible' in lift) return lift;
  const parameters = lift.parameters.flatMap((each) => liftedParameter(scenario, each) ?? []);
  if (parameters.length === 0) return { impossible: 'its parameters are at the end of their ranges' };
  return { parameters, means: lift.means, scenario: withParameters(scenario, parameters, 'lift') };
}

/** The scenario with the values of some parameters multiplied, each within its range. */
export function withScaledParameters(
  scenario: ResolvedScenario,
  factors: readonly ParameterLift[],
  origin: string,
): ResolvedScenario {
  return withParameters(
    scenario,
    factors.flatMap((each) => liftedParameter(scenario, each) ?? []),
    origin,
  );
}

function liftedParameter(
  scenario: ResolvedScenario,
  { parameter, factor }: ParameterLift,
): LiftedParameter | undefined {
  const [component, name] = parameter.split('.') as [keyof typeof parameterRegistry, string];
  const definition = (parameterRegistry[component] as ParameterSet)[name];
  if (definition === undefined) throw new RangeError(`a lift names ${parameter}, which is no parameter`);
  const before = scenario.parameters[component]?.[name] ?? definition.default;
  const after = scaled(definition, before, factor);
  return JSON.stringify(after) === JSON.stringify(before) ? undefined : { parameter, before, after };
}

/** The value times the factor, within the range of the parameter. */
function scaled(definition: ParameterDefinition, value: PlainValue, factor: number): PlainValue {
  if (definition.type === 'distribution') return scaledDistribution(value as DistributionSpec, factor);
  if (definition.type !== 'number' && definition.type !== 'duration') return value;
  const [least, most] = definition.range;
  const isWhole = definition.type === 'duration' || definition.integer;
  const product = (value as number) * factor;
  return Math.min(most, Math.max(least, isWhole ? Math.round(product) : product));
}

/** The same shape with all its values multiplied. */
export function scaledDistribution(spec: DistributionSpec, factor: number): DistributionSpec {
  switch (spec.distribution) {
    case 'constant':
      return { ...spec, value: spec.value * factor };
    case 'exponential':
    case 'gamma':
      return { ...spec, mean: spec.mean * factor };
    case 'uniform':
      return { ...spec, min: spec.min * factor, max: spec.max * factor };
    case 'lognormal':
      return { ...spec, p50: spec.p50 * factor, p99: spec.p99 * factor };
    case 'pareto':
      return { ...spec, min: spec.min * factor };
    case 'empirical':
      return { ...spec, values: spec.values.map((value) => value * factor) };
  }
}

/** The scenario with these values, as if somebody had set them last. */
function withParameters(
  scenario: ResolvedScenario,
  changes: readonly LiftedParameter[],
  origin: string,
): ResolvedScenario {
  const parameters: Record<string, Record<string, PlainValue>> = { ...scenario.parameters };
  for (const { parameter, after } of changes) {
    const [component, name] = parameter.split('.') as [string, string];
    parameters[component] = { ...parameters[component], [name]: after };
  }
  const changed = new Set(changes.map(({ parameter }) => parameter));
  const overrides: ParameterOverride[] = [
    ...scenario.overrides.filter(({ path }) => !changed.has(path)),
    ...changes.map(({ parameter, before, after }) => ({
      path: parameter,
      value: after,
      default: before,
      origin,
    })),
  ];
  return {
    ...scenario,
    parameters,
    overrides,
    schedulers: scenario.schedulers.map((each) => withLimits(each, changes)),
  };
}

/** A scheduler whose own configuration states limits has them lifted too: they count before the parameters. */
function withLimits(scheduler: SchedulerSelection, changes: readonly LiftedParameter[]): SchedulerSelection {
  const { configuration } = scheduler;
  const isLifted = changes.some(({ parameter }) => parameter === 'kubeScheduler.clientQps');
  if (!isLifted || (configuration.clientQps === undefined && configuration.clientBurst === undefined)) return scheduler;
  const { clientQps, clientBurst, ...rest } = configuration;
  return { ...scheduler, configuration: rest };
}
