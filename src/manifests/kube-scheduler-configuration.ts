/** A real KubeSchedulerConfiguration (kubescheduler.config.k8s.io/v1) as typed intent: profiles, plugins, weights, arguments, limits. */
import {
  defaultPluginArguments,
  type EnabledPlugin,
  type ExtensionPoint,
  extensionPoints,
  type PluginArguments,
  type SchedulerConfiguration,
  type SchedulerProfile,
} from '../components/kube-scheduler/index.ts';
import { combineErrors, nearestName, PlimsollError } from '../errors/index.ts';
import { seconds } from '../units/index.ts';
import { AcceptedFields } from './accepted-fields.ts';
import { FieldReader } from './field-reader.ts';
import { readExtender } from './scheduler-extenders.ts';
import { readPluginArguments } from './scheduler-plugin-arguments.ts';
import { expandPlugins, type SchedulerPluginInfo, type WrittenPluginSet } from './scheduler-plugins.ts';
import { isMap, quoteValue } from './value-path.ts';
import { parseYaml } from './yaml-document.ts';

/** apiVersion and kind of a scheduler configuration. */
const API_VERSION = 'kubescheduler.config.k8s.io/v1';
const KIND = 'KubeSchedulerConfiguration';

/** Name of the profile that every scheduler has by default. */
const DEFAULT_PROFILE = 'default-scheduler';

/** An extension point of which nothing is written. */
const NO_PLUGINS: WrittenPluginSet = { enabled: [], disabled: [] };

/** The profile of a configuration that has none. */
function defaultProfile(catalogue: readonly SchedulerPluginInfo[]): SchedulerProfile {
  const plugins = expandPlugins(catalogue, NO_PLUGINS, {});
  return { schedulerName: DEFAULT_PROFILE, plugins, arguments: defaultPluginArguments };
}

/** Reads a configuration file. `catalogue` = the plugins that may be named. Throws one PlimsollError with everything that is wrong. */
export function readKubeSchedulerConfiguration(
  file: string,
  text: string,
  catalogue: readonly SchedulerPluginInfo[],
  accepted: AcceptedFields = new AcceptedFields(),
): SchedulerConfiguration {
  const [document, second] = parseYaml(file, text);
  const value = document?.value;
  if (document === undefined || second !== undefined || !isMap(value)) {
    const position = (second ?? document)?.positionOf([]) ?? { file, line: 1, column: 1 };
    throw new PlimsollError('P301', {
      message: `the file is not one ${KIND}`,
      position,
      expected: `one document of kind ${KIND}`,
    });
  }
  const errors: PlimsollError[] = [];
  const reader = new FieldReader(value, [], { document, kind: KIND, accepted, errors, root: [] });
  for (const [field, expected] of [
    ['apiVersion', API_VERSION],
    ['kind', KIND],
  ] as const) {
    const written = reader.raw(field);
    if (written !== expected) {
      reader.report('P301', [field], {
        message: `${field} is ${quoteValue(written)}`,
        expected,
        fix: `write ${field}: ${expected}`,
      });
    }
  }
  const configuration = readConfiguration(reader, catalogue, accepted);
  if (errors.length > 0) throw combineErrors(errors);
  return configuration;
}

function readConfiguration(
  reader: FieldReader,
  catalogue: readonly SchedulerPluginInfo[],
  accepted: AcceptedFields,
): SchedulerConfiguration {
  const connection = reader.map('clientConnection');
  const extenders = reader.maps('extenders').map(readExtender);
  const election = reader.map('leaderElection');
  const profiles = reader.maps('profiles').map((profile) => readProfile(profile, catalogue, accepted));
  refuseDoubleNames(reader, profiles);
  const initialBackoff = reader.wholeNumber('podInitialBackoffSeconds', undefined, { least: 1 });
  const maxBackoff = reader.wholeNumber('podMaxBackoffSeconds', undefined, { least: 1 });
  if (initialBackoff !== undefined && maxBackoff !== undefined && maxBackoff < initialBackoff) {
    reader.refuse(
      'podMaxBackoffSeconds',
      'podMaxBackoffSeconds is below podInitialBackoffSeconds',
      'at least podInitialBackoffSeconds',
    );
  }
  const configuration: SchedulerConfiguration = {
    ...given('parallelism', reader.wholeNumber('parallelism', undefined, { least: 1 })),
    ...given('percentageOfNodesToScore', reader.wholeNumber('percentageOfNodesToScore', undefined, { most: 100 })),
    ...given('podInitialBackoff', initialBackoff === undefined ? undefined : seconds(initialBackoff)),
    ...given('podMaxBackoff', maxBackoff === undefined ? undefined : seconds(maxBackoff)),
    ...given('clientQps', connection?.number('qps', undefined, { least: -1 })),
    ...given('clientBurst', connection?.wholeNumber('burst', undefined)),
    ...given('leaderElect', election?.has('leaderElect') === true ? election.flag('leaderElect', true) : undefined),
    ...given('extenders', extenders.length > 0 ? extenders : undefined),
    profiles: profiles.length > 0 ? profiles : [defaultProfile(catalogue)],
  };
  election?.ignore(
    'leaseDuration',
    'renewDeadline',
    'retryPeriod',
    'resourceLock',
    'resourceName',
    'resourceNamespace',
  );
  election?.finish();
  connection?.ignore('acceptContentTypes', 'contentType', 'kubeconfig');
  connection?.finish();
  reader.ignore('delayCacheUntilActive', 'enableContentionProfiling', 'enableProfiling');
  reader.finish();
  return configuration;
}

/** `{key: value}`, or nothing where there is no value. */
function given<Key extends string, T>(key: Key, value: T | undefined): { readonly [K in Key]?: T } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [K in Key]?: T };
}

function refuseDoubleNames(reader: FieldReader, profiles: readonly SchedulerProfile[]): void {
  const names = profiles.map((profile) => profile.schedulerName);
  const double = names.findIndex((name, index) => names.indexOf(name) < index);
  if (double < 0) return;
  reader.report('P303', ['profiles', double, 'schedulerName'], {
    message: `there are two profiles named "${names[double]}"`,
    expected: 'a schedulerName of its own for each profile',
  });
}

function readProfile(
  reader: FieldReader,
  catalogue: readonly SchedulerPluginInfo[],
  accepted: AcceptedFields,
): SchedulerProfile {
  const plugins = reader.map('plugins');
  const byPoint: Partial<Record<ExtensionPoint, WrittenPluginSet>> = {};
  for (const point of extensionPoints) {
    const set = plugins?.map(point);
    if (set !== undefined) byPoint[point] = readPluginSet(set, catalogue, accepted);
  }
  const multiPoint = plugins?.map('multiPoint');
  const everywhere = multiPoint === undefined ? NO_PLUGINS : readPluginSet(multiPoint, catalogue, accepted);
  plugins?.finish();
  const profile: SchedulerProfile = {
    schedulerName: reader.text('schedulerName') ?? DEFAULT_PROFILE,
    ...given('percentageOfNodesToScore', reader.wholeNumber('percentageOfNodesToScore', undefined, { most: 100 })),
    plugins: expandPlugins(catalogue, everywhere, byPoint),
    arguments: readArguments(reader.maps('pluginConfig'), catalogue, accepted),
  };
  reader.finish();
  return profile;
}

function readPluginSet(
  reader: FieldReader,
  catalogue: readonly SchedulerPluginInfo[],
  accepted: AcceptedFields,
): WrittenPluginSet {
  const enabled = reader.maps('enabled').map((entry): EnabledPlugin => {
    const name = readPluginName(entry, catalogue, accepted);
    const weight = entry.wholeNumber('weight', 0);
    entry.finish();
    return { name, weight };
  });
  const disabled = reader.maps('disabled').map((entry) => {
    const name = entry.text('name') === '*' ? '*' : readPluginName(entry, catalogue, accepted);
    entry.ignore('weight');
    entry.finish();
    return name;
  });
  reader.finish();
  return { enabled, disabled };
}

/** The name of a plugin that exists. One that the model does not have is accepted, and named. */
function readPluginName(
  entry: FieldReader,
  catalogue: readonly SchedulerPluginInfo[],
  accepted: AcceptedFields,
): string {
  const name = entry.requiredText('name');
  const plugin = catalogue.find((candidate) => candidate.name === name);
  if (plugin === undefined && name !== '') {
    const names = catalogue.map((candidate) => candidate.name);
    const nearest = nearestName(name, names);
    entry.report('P304', [...entry.path, 'name'], {
      message: `there is no scheduler plugin "${name}"`,
      expected: `one of ${names.join(', ')}`,
      nearest,
      ...(nearest === undefined ? {} : { fix: `write ${nearest}` }),
    });
  }
  if (plugin?.modelled === false) accepted.noEffect(KIND, `plugin ${name}`);
  return name;
}

function readArguments(
  entries: readonly FieldReader[],
  catalogue: readonly SchedulerPluginInfo[],
  accepted: AcceptedFields,
): PluginArguments {
  let result = defaultPluginArguments;
  for (const entry of entries) {
    const name = readPluginName(entry, catalogue, accepted);
    result = readPluginArguments(name, entry, result);
    entry.finish();
  }
  return result;
}
