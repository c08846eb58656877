/** The schedulers of a scenario: algorithm, configuration and settings. */

import {
  type AlgorithmDefinition,
  type AlgorithmName,
  algorithmRegistry,
  defaultConfiguration,
  type SchedulerConfiguration,
} from '../components/kube-scheduler/index.ts';
import type { SchedulerOptions } from '../components/scheduler-replicas.ts';
import {
  type ArchitectureName,
  architectureRegistry,
  type CellSchedulerOptions,
  settingsOfScheduler,
} from '../components/scheduling-cell/index.ts';
import type { ParameterSet } from '../engine/index.ts';
import { PlimsollError } from '../errors/index.ts';
import { type AcceptedFields, readKubeSchedulerConfiguration, type ValuePath } from '../manifests/index.ts';
import type { ScenarioModel } from './model.ts';
import { DEFAULT_SCHEDULER } from './paths.ts';
import type { PlainValue, ResolvedScenario, SchedulerSelection } from './resolved-scenario.ts';
import { schedulerPlugins } from './scheduler-plugins.ts';
import { resolveSettings, type SettingsContext } from './scheduler-settings-schema.ts';

/** A scheduler as its schema yields it. */
interface WrittenScheduler {
  readonly name: string;
  readonly algorithm?: AlgorithmName | ArchitectureName | undefined;
  readonly configuration?: string | undefined;
  readonly replicas?: number | undefined;
  readonly leaderElect?: boolean | undefined;
  readonly settings?: Readonly<Record<string, unknown>> | undefined;
}

/** What resolving schedulers takes. */
interface SchedulerContext extends SettingsContext {
  readonly model: ScenarioModel;
  readonly accepted: AcceptedFields;
  attempt<T>(action: () => T): T | undefined;
}

/** The schedulers of a scenario; one kube-scheduler with its default profile where none is named. */
export function resolveSchedulers(
  written: readonly WrittenScheduler[] | undefined,
  context: SchedulerContext,
): readonly SchedulerSelection[] {
  const schedulers = written ?? [{ name: DEFAULT_SCHEDULER }];
  return schedulers.map((scheduler, index) => {
    const path = ['spec', 'schedulers', index];
    if (schedulers.findIndex((other) => other.name === scheduler.name) < index) {
      context.errors.push(
        new PlimsollError('P209', {
          ...context.place([...path, 'name']),
          message: `there are two schedulers named "${scheduler.name}"`,
          expected: 'a name of its own for each scheduler',
        }),
      );
    }
    return resolveScheduler(scheduler, path, context);
  });
}

function resolveScheduler(written: WrittenScheduler, path: ValuePath, context: SchedulerContext): SchedulerSelection {
  const algorithm = written.algorithm ?? 'kube-scheduler';
  const shared = { name: written.name, ...(written.replicas === undefined ? {} : { replicas: written.replicas }) };
  const settings = written.settings ?? {};
  const settingsPath = [...path, 'settings'];
  if (context.model === 'schedulingCell') {
    if (written.configuration !== undefined) context.errors.push(noConfiguration(path, context));
    const [architecture, chooser] = architectureOf(algorithm);
    const placement = chooser ?? (settings.placement as AlgorithmName | undefined);
    const isKnown = placement === undefined || Object.hasOwn(algorithmRegistry, placement);
    const known = settingsOfScheduler(architecture, isKnown ? placement : undefined);
    const own = resolveSettings(settings, known, algorithm, settingsPath, context);
    const cell = { architecture, settings: chooser === undefined ? own : { ...own, placement: chooser } };
    return { ...shared, algorithm, configuration: defaultConfiguration(written.name), settings: own, cell };
  }
  if (!Object.hasOwn(algorithmRegistry, algorithm)) context.errors.push(notInControlPlane(algorithm, path, context));
  const definition: AlgorithmDefinition =
    algorithmRegistry[algorithm as AlgorithmName] ?? algorithmRegistry['kube-scheduler'];
  const own = resolveSettings(settings, definition.settings, algorithm, settingsPath, context);
  const { leaderElect } = written;
  const read = resolveConfiguration(written, path, context);
  const configuration = leaderElect === undefined ? read : { ...read, leaderElect };
  return {
    ...shared,
    algorithm,
    configuration:
      definition.configure?.(configuration, { ...defaultsOf(definition.settings), ...own }) ?? configuration,
    settings: own,
  };
}

/** The architecture that an algorithm names, and the node chooser inside it if it names that. */
function architectureOf(algorithm: string): [ArchitectureName, AlgorithmName | undefined] {
  if (Object.hasOwn(architectureRegistry, algorithm)) return [algorithm as ArchitectureName, undefined];
  return ['monolithic', algorithm as AlgorithmName];
}

function defaultsOf(settings: ParameterSet): Readonly<Record<string, PlainValue>> {
  return Object.fromEntries(Object.entries(settings).map(([name, { default: usual }]) => [name, usual]));
}

function noConfiguration(path: ValuePath, context: SchedulerContext): PlimsollError {
  return new PlimsollError('P209', {
    ...context.place([...path, 'configuration']),
    message: 'a scheduler of a scheduling cell reads no KubeSchedulerConfiguration',
    expected: 'settings',
    fix: 'remove configuration, or model: schedulingCell',
  });
}

function notInControlPlane(algorithm: string, path: ValuePath, context: SchedulerContext): PlimsollError {
  return new PlimsollError('P209', {
    ...context.place([...path, 'algorithm']),
    message: `${algorithm} is an architecture: it runs in a scheduling cell only`,
    expected: `one of ${Object.keys(algorithmRegistry).join(', ')}`,
    fix: 'add model: schedulingCell below spec, or name another algorithm',
  });
}

/** The configuration of the file; without one, the default profile under the scheduler's own name. */
function resolveConfiguration(
  written: WrittenScheduler,
  path: ValuePath,
  context: SchedulerContext,
): SchedulerConfiguration {
  const fallback = defaultConfiguration(written.name);
  if (written.configuration === undefined) return fallback;
  const source = context.readFile(written.configuration, [...path, 'configuration']);
  if (source === undefined) return fallback;
  return (
    context.attempt(() =>
      readKubeSchedulerConfiguration(source.file, source.text, schedulerPlugins, context.accepted),
    ) ?? fallback
  );
}

/** The schedulers of a scenario as the control plane takes them. */
export function schedulersOf({ schedulers }: Pick<ResolvedScenario, 'schedulers'>): readonly SchedulerOptions[] {
  return schedulers.map(({ name, algorithm, configuration, replicas, settings }) => ({
    name,
    algorithm: algorithm as AlgorithmName,
    settings,
    configuration,
    ...(replicas === undefined ? {} : { replicas }),
  }));
}

/** The schedulers of a scenario as a scheduling cell takes them. */
export function cellSchedulersOf({
  schedulers,
}: Pick<ResolvedScenario, 'schedulers'>): readonly CellSchedulerOptions[] {
  return schedulers.flatMap(({ name, replicas, cell }) =>
    cell === undefined ? [] : [{ name, replicas: replicas ?? 1, ...cell }],
  );
}
