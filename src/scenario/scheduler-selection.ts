/** The schedulers of a scenario: algorithm, configuration and settings. */
import type { SchedulerOptions } from '../components/control-plane.ts';
import {
  type AlgorithmName,
  type AlgorithmSettings,
  algorithmRegistry,
  defaultConfiguration,
  type SchedulerConfiguration,
} from '../components/kube-scheduler/index.ts';
import { PlimsollError, type SourcePosition } from '../errors/index.ts';
import { type AcceptedFields, quoteValue, readKubeSchedulerConfiguration, type ValuePath } from '../manifests/index.ts';
import { DEFAULT_SCHEDULER } from './paths.ts';
import type { ResolvedScenario, SchedulerSelection } from './resolved-scenario.ts';
import { schedulerPlugins } from './scheduler-plugins.ts';
import { unknownNameError } from './unknown-name.ts';

/** A scheduler as its schema yields it. */
interface WrittenScheduler {
  readonly name: string;
  readonly algorithm?: AlgorithmName | undefined;
  readonly configuration?: string | undefined;
  readonly replicas?: number | undefined;
  readonly settings?: AlgorithmSettings | undefined;
}

/** What resolving schedulers takes. */
interface SchedulerContext {
  readonly errors: PlimsollError[];
  readonly accepted: AcceptedFields;
  place(path: ValuePath): { position?: SourcePosition; path: string };
  readFile(written: string, path: ValuePath): { readonly file: string; readonly text: string } | undefined;
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
  const settings = written.settings ?? {};
  const { settings: known, configure } = algorithmRegistry[algorithm];
  for (const [name, value] of Object.entries(settings)) {
    const setting = known[name];
    const names = setting === undefined ? Object.keys(known) : setting.choices;
    if (setting?.choices.includes(String(value))) continue;
    const [what, message] =
      setting === undefined
        ? [name, `"${name}" is not a setting of ${algorithm}`]
        : [String(value), `${quoteValue(value)} is not a value of ${name}`];
    const place = context.place([...path, 'settings', name]);
    context.errors.push(unknownNameError(what, names, { message, place }));
  }
  return {
    name: written.name,
    algorithm,
    configuration: configure(resolveConfiguration(written, path, context), settings),
    ...(written.replicas === undefined ? {} : { replicas: written.replicas }),
    settings,
  };
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

/** The schedulers of a scenario as the cluster takes them. */
export function schedulersOf({ schedulers }: Pick<ResolvedScenario, 'schedulers'>): readonly SchedulerOptions[] {
  return schedulers.map(({ name, algorithm, configuration, replicas }) => ({
    name,
    algorithm,
    configuration,
    ...(replicas === undefined ? {} : { replicas }),
  }));
}
