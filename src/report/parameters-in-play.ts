/** Parameters for people: which assumptions a result rests on, and values in their units. */
import { addonRegistry } from '../components/addons/index.ts';
import type { DistributionSpec, ParameterSet } from '../engine/index.ts';
import type { PlainValue, ResolvedScenario } from '../scenario/resolved-scenario.ts';
import { formatDuration } from '../units/index.ts';

/** The parameters of all components, by component. */
export type ParameterCatalogue = Readonly<Record<string, ParameterSet>>;

/** One assumption. */
export interface Assumption {
  /** "kubelet.sandboxStart". */
  readonly path: string;
  readonly help: string;
  readonly reason: string;
}

/** The component whose parameters a scheduling cell reads. */
const COMPONENT_OF_CELLS = 'kubeScheduler';

/** All parameters whose default is an assumption and which this scenario leaves at it. */
export function assumptionsInPlay(
  { model, overrides, addons }: ResolvedScenario,
  catalogue: ParameterCatalogue,
): Assumption[] {
  const changed = new Set(overrides.map(({ path }) => path));
  return Object.entries(catalogue)
    .filter(([component]) => model !== 'schedulingCell' || component === COMPONENT_OF_CELLS)
    .filter(([component]) => !Object.hasOwn(addonRegistry, component) || addons.some(({ name }) => name === component))
    .flatMap(([component, set]) =>
      Object.entries(set).map(([name, parameter]) => ({ path: `${component}.${name}`, parameter })),
    )
    .filter(({ path, parameter }) => parameter.source.kind === 'assumption' && !changed.has(path))
    .map(({ path, parameter: { help, source } }) => ({ path, help, reason: source.where }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** A parameter's plain value for people: durations with their unit, distributions as written. */
export function formatParameter(path: string, value: PlainValue, catalogue: ParameterCatalogue): string {
  const dot = path.indexOf('.');
  const parameter = catalogue[path.slice(0, dot)]?.[path.slice(dot + 1)];
  return formatPlain(value, parameter?.type === 'duration');
}

/** A plain value in words: a span with its unit, a distribution as it is written. */
export function formatPlain(value: PlainValue, isSpan: boolean): string {
  if (isSpan && typeof value === 'number') return spanText(value);
  return typeof value === 'object' ? formatDistribution(value) : String(value);
}

/** No time is a span of every unit. */
function spanText(span: number): string {
  return span === 0 ? '0s' : formatDuration(span);
}

/** A distribution of spans in words: "lognormal, p50 170us, p99 620us". */
function formatDistribution(spec: DistributionSpec): string {
  if (spec.distribution === 'constant') return spanText(spec.value);
  const shown = (name: string, value: unknown): string => {
    if (typeof value !== 'number') return `${(value as readonly unknown[]).length} samples`;
    // The parameters of a shape have no unit; everything else is a span.
    return name === 'shape' || name === 'alpha' ? `${name} ${value}` : `${name} ${formatDuration(value)}`;
  };
  const { distribution, ...rest } = spec;
  return [distribution, ...Object.entries(rest).map(([name, value]) => shown(name, value))].join(', ');
}
