/** What `list` shows and `explain` tells, from the registries themselves: a new entry there appears here by itself. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type AlgorithmDefinition,
  type ArchitectureDefinition,
  algorithmRegistry,
  architectureRegistry,
  controllers,
  type DeschedulerPluginDefinition,
  deschedulerPlugins,
  errorCatalogue,
  faultKinds,
  findMetric,
  formatParameter,
  loadScenarioSource,
  metricNames,
  type ParameterDefinition,
  type ParameterSet,
  type PluginDefinition,
  parameterRegistry,
  placementSettings,
  pluginNames,
  pluginRegistry,
  profiles,
  proxyModes,
  sharedSettings,
} from '../index.ts';
import { nodeFiles } from './files.ts';
import { packageDirectory } from './program-facts.ts';

/** One thing with a name. */
export interface Listed {
  readonly name: string;
  /** What it is, in one sentence. */
  readonly help: string;
  /** Everything else that is known of it: what, and the answer. */
  readonly details: readonly (readonly [what: string, answer: string])[];
}

/** What can be listed, by the word that is typed. */
export const listings = {
  scenarios: () => scenarios(),
  metrics: () => metrics(),
  parameters: () => parameters(),
  plugins: () => plugins(),
  algorithms: () => algorithmList(),
  'descheduler-plugins': () =>
    Object.entries<DeschedulerPluginDefinition>(deschedulerPlugins).map(([name, { help, settings }]) => ({
      name,
      help,
      details: settingsList(settings),
    })),
  controllers: () =>
    Object.entries(controllers).map(([name, { help }]) => ({
      name,
      help,
      details: [['runs in', 'kube-controller-manager'] as const],
    })),
  'proxy-modes': () => Object.entries(proxyModes).map(([name, { help }]) => ({ name, help, details: [] })),
  faults: () => Object.entries(faultKinds).map(([name, { help }]) => ({ name, help, details: [] })),
  profiles: () => profileList(),
  errors: () => errors(),
} as const satisfies Record<string, () => Listed[]>;

/** Word for a listing. */
export type ListingName = keyof typeof listings;

function scenarios(): Listed[] {
  const directory = join(packageDirectory, 'scenarios');
  const files = readdirSync(directory).filter((file) => file.endsWith('.yaml'));
  return files.sort().map((file) => {
    const { question } = loadScenarioSource(nodeFiles, join(directory, file));
    return { name: file.replace(/\.yaml$/, ''), help: question, details: [['file', join('scenarios', file)]] };
  });
}

function metrics(): Listed[] {
  return metricNames.map((name) => {
    const { help, kind, unit, labels, buckets, source } = findMetric(name) as NonNullable<
      ReturnType<typeof findMetric>
    >;
    const details = [
      ['kind', kind],
      ['unit', unit],
      ['labels', labels.length === 0 ? 'none' : labels.join(', ')],
      ...(buckets === undefined ? [] : [['buckets', buckets.join(' ')] as const]),
      ['source', source],
    ] as const;
    return { name, help, details };
  });
}

function parameters(): Listed[] {
  return Object.entries<ParameterSet>(parameterRegistry).flatMap(([component, set]) =>
    Object.entries(set).map(([parameter, definition]) => parameterOf(`${component}.${parameter}`, definition)),
  );
}

function parameterOf(name: string, definition: ParameterDefinition): Listed {
  const { help, unit, source } = definition;
  const show = (value: Parameters<typeof formatParameter>[1]): string =>
    formatParameter(name, value, parameterRegistry);
  const range =
    'range' in definition ? [['range', definition.range.map((bound) => show(bound)).join(' to ')] as const] : [];
  const choices = definition.type === 'choice' ? [['choices', definition.choices.join(', ')] as const] : [];
  const note = source.note === undefined ? [] : [['note', source.note] as const];
  return {
    name,
    help,
    details: [
      ['default', show(definition.default)],
      ['unit', unit],
      ...range,
      ...choices,
      ['source', `${source.kind}: ${source.where} (${source.retrieved})`],
      ...note,
    ],
  };
}

function algorithmList(): Listed[] {
  const choosers = Object.entries<AlgorithmDefinition>(algorithmRegistry).map(([name, { help, settings }]) => ({
    name,
    help,
    details: [['runs in', 'a control plane and a scheduling cell'] as const, ...settingsList(settings)],
  }));
  const architectures = Object.entries<ArchitectureDefinition>(architectureRegistry).map(([name, definition]) => ({
    name,
    help: `${definition.help} (scheduling cell)`,
    details: [
      ['runs in', 'a scheduling cell'] as const,
      ...settingsList({
        ...definition.settings,
        ...sharedSettings,
        ...(definition.usesPlacement ? placementSettings : {}),
      }),
    ],
  }));
  return [...choosers, ...architectures];
}

function settingsList(settings: ParameterSet): (readonly [string, string])[] {
  return Object.entries(settings).map(([name, definition]) => {
    const form = definition.type === 'choice' ? definition.choices.join(', ') : definition.unit;
    return [
      `setting ${name}`,
      `${form}; ${formatParameter(`settings.${name}`, definition.default, { settings })} if not given. ${definition.help}`,
    ];
  });
}

function plugins(): Listed[] {
  return pluginNames.map((name) => {
    const { help, points, defaultWeight, create } = pluginRegistry[name] as PluginDefinition;
    const modelled = create !== undefined;
    return {
      name,
      help: modelled ? help : `${help} (accepted in a configuration, no effect modelled)`,
      details: [
        ['extension points', points.join(', ')],
        ...(defaultWeight === undefined ? [] : [['default weight', String(defaultWeight)] as const]),
        ['modelled', modelled ? 'yes' : 'no'],
      ],
    };
  });
}

function profileList(): Listed[] {
  return Object.entries(profiles).map(([name, { help, source, values }]) => ({
    name,
    help,
    details: [
      ['source', source],
      ...Object.entries(values).map(
        ([path, value]) => [path, typeof value === 'object' ? JSON.stringify(value) : String(value)] as const,
      ),
    ],
  }));
}

function errors(): Listed[] {
  return Object.entries(errorCatalogue).map(([name, { meaning, fix, exit }]) => ({
    name,
    help: meaning,
    details: [
      ['fix', fix],
      ['exit code', String(exit)],
    ],
  }));
}
