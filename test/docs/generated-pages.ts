/** The pages of docs/ that are made from the program's own registries, so that they cannot tell anything else than the program does. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import {
  addonRegistry,
  errorCatalogue,
  type Files,
  formatDuration,
  loadScenario,
  type MetricDefinition,
  metricCatalogue,
  metricNames,
  type ParameterDefinition,
  type ParameterSet,
  parameterRegistry,
  type ResolvedScenario,
} from '../../src/index.ts';
import { projectRoot } from './markdown.ts';

/** Reads files of this machine. */
export const files: Files = {
  readText: (path) => readFileSync(path, 'utf8'),
  resolve: (from, relative) => (isAbsolute(relative) ? relative : join(dirname(from), relative)),
};

/** Generated pages by their name. */
export const generatedPages: Readonly<Record<string, () => string>> = {
  'docs/parameters.md': parametersPage,
  'docs/metrics.md': metricsPage,
  'docs/errors.md': errorsPage,
  'docs/scenarios.md': scenariosPage,
  'docs/addons.md': addonsPage,
};

/** Distributions whose numbers are spans have them under these keys. */
const SPAN_KEYS: ReadonlySet<string> = new Set(['value', 'mean', 'min', 'max', 'p50', 'p99']);

function page(title: string, from: string, introduction: readonly string[], body: readonly string[]): string {
  const origin = `This page is generated from ${from}; \`UPDATE_DOCS=1 npx vitest run test/docs\` writes it again.`;
  return [`# ${title}`, '', ...introduction, '', origin, '', ...body, ''].join('\n');
}

/** A table as the formatter of the project lays it out: columns padded to their widest cell. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const cells = [head, ...rows].map((row) =>
    row.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ').replaceAll('*', '\\*')),
  );
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => [...(row[column] ?? '')].length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - [...cell].length)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  const [first = [], ...others] = cells;
  return [line(first), rule, ...others.map(line)];
}

// ---- parameters ------------------------------------------------------------------------------------------------------------------

function parametersPage(): string {
  const sets = Object.entries<ParameterSet>(parameterRegistry);
  const total = sets.reduce((sum, [, set]) => sum + Object.keys(set).length, 0);
  const introduction = [
    `The ${total} numbers that the model takes from outside. A scenario sets them under \`spec.parameters\`, a profile as a set, the command`,
    'line with `--set`; `plimsoll explain kubeScheduler.clientQps` tells the same of one. Every result names the assumptions that it rests on.',
    '',
    'Sources: _source code_ = read in Kubernetes 1.36.2 (`K:`), etcd 3.6.8 (`E:`), raft (`R:`), or of add-ons CoreDNS (`CDNS:`), cluster-proportional-autoscaler (`CPA:`),',
    'metrics-server (`MS:`), ingress-nginx (`ING:`), node-problem-detector (`NPD:`), Fluent Bit (`FB:`); _measured_ = by us, on real components, see',
    '[data/measured](../data/measured/README.md); _documentation_, _paper_ = published; _assumption_ = a reason, and nothing better.',
  ];
  return page('Parameters', 'the parameters of the components', introduction, [
    ...table(['kind of source', 'parameters'], sourceCounts(sets)),
    '',
    ...sets.flatMap(([component, set]) => [`## ${component}`, '', ...parameterTable(component, set), '']),
  ]).replace(/\n+$/, '\n');
}

function sourceCounts(sets: readonly (readonly [string, ParameterSet])[]): string[][] {
  const counts = new Map<string, number>();
  for (const [, set] of sets) {
    for (const { source } of Object.values(set)) counts.set(source.kind, (counts.get(source.kind) ?? 0) + 1);
  }
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([kind, n]) => [kind, String(n)]);
}

function parameterTable(component: string, set: ParameterSet): string[] {
  return table(
    ['parameter', 'default', 'unit or choices', 'range', 'what it is', 'source'],
    Object.entries(set).map(([name, parameter]) => [
      `\`${component}.${name}\``,
      `\`${writtenValue(parameter, parameter.default)}\``,
      parameter.type === 'choice' ? parameter.choices.map((word) => `\`${word}\``).join(', ') : parameter.unit,
      'range' in parameter ? parameter.range.map((bound) => writtenValue(parameter, bound)).join(' to ') : '',
      parameter.help,
      `${parameter.source.kind.replace('-', ' ')}: ${parameter.source.where}${
        parameter.source.note === undefined ? '' : ` (${parameter.source.note})`
      }`,
    ]),
  );
}

/** A value as a scenario would write it. */
function writtenValue({ type }: ParameterDefinition, value: ParameterDefinition['default']): string {
  if (type === 'duration') return formatDuration(value as number);
  if (typeof value !== 'object') return String(value);
  const entries = Object.entries(value).map(([key, number]) => {
    return `${key}: ${SPAN_KEYS.has(key) && typeof number === 'number' ? formatDuration(number) : String(number)}`;
  });
  return `{ ${entries.join(', ')} }`;
}

// ---- metrics ---------------------------------------------------------------------------------------------------------------------

function metricsPage(): string {
  const introduction = [
    'What a run records, under the name that the real component exports; names of our own begin with `plimsoll_`. Objectives and the CSVs go by',
    'these names. A histogram yields count, sum, mean, min, max, p50, p90, p95, p99, p999 and rate; a counter rate and final; a gauge mean, min,',
    'max and final. Quantiles come from a fine histogram (within 0.4 %), the Prometheus buckets below are counted exactly beside it.',
  ];
  const definitions = metricNames.map((name): MetricDefinition => metricCatalogue[name]);
  const histograms = definitions.filter(({ buckets }) => buckets !== undefined);
  return page('Metrics', 'the metric catalogue', introduction, [
    ...table(
      ['metric', 'kind', 'unit', 'labels', 'what it tells', 'from'],
      definitions.map(({ name, kind, unit, labels, help, source }) => [
        `\`${name}\``,
        kind,
        unit,
        labels.map((label) => `\`${label}\``).join(', '),
        help,
        source,
      ]),
    ),
    '',
    '## Buckets',
    '',
    ...table(
      ['histogram', 'upper bounds, beside +Inf'],
      histograms.map(({ name, buckets }) => [`\`${name}\``, (buckets ?? []).join(' ')]),
    ),
  ]);
}

// ---- errors ----------------------------------------------------------------------------------------------------------------------

function errorsPage(): string {
  const introduction = [
    'Every error that a user can cause has a code, a position, the nearest valid name where there is one, and a fix. Codes are never reused.',
  ];
  const exits = [
    ['0', 'ran to its end, every objective held'],
    ['1', 'ran to its end, and an objective or a barrier failed'],
    ['2', 'the input is wrong; nothing was written'],
    ['3', 'the simulator broke an invariant of its own: a bug'],
    ['4', 'stopped by `--deadline` or `--memory`'],
    ['130', 'interrupted'],
  ] as const;
  return page('Errors and exit codes', 'the error catalogue', introduction, [
    ...table(['exit code', 'meaning'], exits),
    '',
    ...table(
      ['code', 'meaning', 'fix', 'exit code'],
      Object.entries(errorCatalogue).map(([code, { meaning, fix, exit }]) => [
        `\`${code}\``,
        meaning,
        fix,
        String(exit),
      ]),
    ),
  ]);
}

// ---- add-ons ---------------------------------------------------------------------------------------------------------------------

function addonsPage(): string {
  const introduction = [
    'Programs that clusters run beside Kubernetes itself. A scenario switches them on by name under `spec.addons`, with the settings below or with',
    'none (`addons: { coredns: {} }`); they have been running for long when the run begins. How they work: [model.md](model.md#add-ons). Their',
    'parameters, such as `coredns.cpuPerQuery`: [parameters.md](parameters.md).',
  ];
  return page('Add-ons', 'the registry of add-ons', introduction, [
    ...table(
      ['add-on', 'what it is'],
      Object.entries(addonRegistry).map(([name, { help }]) => [`\`${name}\``, help]),
    ),
    '',
    ...Object.entries<{ readonly settings: ParameterSet }>(addonRegistry).flatMap(([name, { settings }]) =>
      Object.keys(settings).length === 0
        ? []
        : [`## ${name}`, '', ...parameterTable(`spec.addons.${name}`, settings), ''],
    ),
  ]).replace(/\n+$/, '\n');
}

// ---- scenarios -------------------------------------------------------------------------------------------------------------------

function scenariosPage(): string {
  const introduction = [
    'The scenarios that come with the program. Each asks one question, in its first comment; its params can be set on the command line',
    '(`--set nodes=200`).',
  ];
  const directory = join(projectRoot, 'scenarios');
  const names = readdirSync(directory)
    .filter((file) => file.endsWith('.yaml'))
    .sort();
  const scenarios = names.map((file) => ({ file, scenario: loadScenario(files, join(directory, file)) }));
  return page('Scenarios', 'scenarios/*.yaml', introduction, [
    ...table(
      ['scenario', 'question', 'params', 'profiles', 'ends at the latest', 'objectives'],
      scenarios.map(({ file, scenario }) => [
        `[${scenario.name}](../scenarios/${file})`,
        scenario.question,
        Object.entries(scenario.params)
          .map(([name, value]) => `\`${name}=${String(value)}\``)
          .join(' '),
        scenario.profiles.map((name) => `\`${name}\``).join(' '),
        formatDuration(scenario.until),
        objectivesOf(scenario),
      ]),
    ),
  ]);
}

function objectivesOf({ objectives }: ResolvedScenario): string {
  return objectives
    .map(({ metric, labels, statistic }) => {
      const selector = Object.values(labels).join(' ');
      return `${statistic} of \`${metric}\`${selector === '' ? '' : ` (${selector})`}`;
    })
    .join('; ');
}
