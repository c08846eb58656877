/** Objectives: what is written in a scenario, checked against the metric catalogue, and the official Kubernetes SLOs. */
import { PlimsollError, type SourcePosition } from '../errors/index.ts';
import { quoteValue, type ValuePath } from '../manifests/index.ts';
import {
  findMetric,
  type MetricDefinition,
  metricNames,
  type StatisticName,
  statisticsOfKind,
} from '../metrics/index.ts';
import { parseBytes, parseDuration, parseRate, toSeconds } from '../units/index.ts';
import type { Objective } from './resolved-scenario.ts';
import { unknownNameError } from './unknown-name.ts';

/** An objective as its schema yields it. */
export interface WrittenObjective extends WrittenMeasure {
  readonly below?: string | number | undefined;
  readonly above?: string | number | undefined;
  readonly confidence?: number | undefined;
}

/** Where problems go, and how they are placed. */
export interface ObjectiveContext {
  readonly errors: PlimsollError[];
  place(path: ValuePath): { position?: SourcePosition; path: string };
}

/**
 * The official SLOs (kubernetes/community sig-scalability/slos/slos.md) for requests that every run with pods makes: p99 of single-object
 * and mutating calls within 1 s, and p99 of stateless pod start within 5 s, image pulls and init containers left out.
 */
export const kubernetesSlos: readonly Objective[] = [
  apiCall({ verb: 'POST', resource: 'pods' }),
  apiCall({ verb: 'PATCH', resource: 'pods' }),
  apiCall({ verb: 'PUT', resource: 'leases' }),
  { metric: 'kubelet_pod_start_sli_duration_seconds', labels: {}, statistic: 'p99', below: 5 },
];

function apiCall(labels: Readonly<Record<string, string>>): Objective {
  return { metric: 'apiserver_request_duration_seconds', labels, statistic: 'p99', below: 1 };
}

/** The objectives of a scenario: the official set, or those that are written. Names are looked up, bounds read in the metric's unit. */
export function resolveObjectives(
  written: 'kubernetes-slos' | readonly WrittenObjective[] | undefined,
  context: ObjectiveContext,
): readonly Objective[] {
  if (written === undefined) return [];
  if (written === 'kubernetes-slos') return kubernetesSlos;
  return written.flatMap(
    (objective, index) => resolveObjective(objective, ['spec', 'objectives', index], context) ?? [],
  );
}

/** What is measured of a run, for whoever compares it with a bound or follows it over a sweep. */
export interface WrittenMeasure {
  readonly metric: string;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly statistic: string;
}

/** A metric, labels of it and a statistic that it has; undefined and told if there is no such metric. */
export function resolveMeasure(
  written: WrittenMeasure,
  path: ValuePath,
  context: ObjectiveContext,
): MetricDefinition | undefined {
  const metric = findMetric(written.metric);
  if (metric === undefined) {
    unknown(written.metric, metricNames, [...path, 'metric'], 'a metric', context);
    return undefined;
  }
  for (const label of Object.keys(written.labels ?? {})) {
    if (!metric.labels.includes(label))
      unknown(label, metric.labels, [...path, 'labels', label], `a label of ${metric.name}`, context);
  }
  const statistics = statisticsOfKind[metric.kind];
  if (!statistics.includes(written.statistic as StatisticName)) {
    unknown(written.statistic, statistics, [...path, 'statistic'], `a statistic of a ${metric.kind}`, context);
  }
  return metric;
}

function resolveObjective(
  written: WrittenObjective,
  path: ValuePath,
  context: ObjectiveContext,
): Objective | undefined {
  const metric = resolveMeasure(written, path, context);
  if (metric === undefined) return undefined;
  const bounds = resolveBounds(written, metric, path, context);
  if (bounds === undefined) return undefined;
  return {
    metric: metric.name,
    labels: written.labels ?? {},
    statistic: written.statistic,
    ...bounds,
    ...(written.confidence === undefined ? {} : { confidence: written.confidence }),
  };
}

function unknown(
  name: string,
  known: readonly string[],
  path: ValuePath,
  what: string,
  context: ObjectiveContext,
): void {
  context.errors.push(
    unknownNameError(name, known, { message: `"${name}" is not ${what}`, place: context.place(path) }),
  );
}

function resolveBounds(
  written: WrittenObjective,
  metric: MetricDefinition,
  path: ValuePath,
  context: ObjectiveContext,
): Pick<Objective, 'below' | 'above'> | undefined {
  const given = (['below', 'above'] as const).filter((bound) => written[bound] !== undefined);
  const [bound] = given;
  if (bound === undefined || given.length > 1) {
    context.errors.push(
      new PlimsollError(bound === undefined ? 'P205' : 'P209', {
        ...context.place(path),
        message: bound === undefined ? 'the objective has no bound' : 'the objective has two bounds',
        expected: 'below or above, with a value in the unit of the metric',
        fix: bound === undefined ? 'add below: 1s' : 'make two objectives of it',
      }),
    );
    return undefined;
  }
  const unit = boundUnit(metric, written.statistic);
  const value = parseBound(written[bound] as string | number, unit);
  if (value !== undefined) return { [bound]: value };
  context.errors.push(
    new PlimsollError('P204', {
      ...context.place([...path, bound]),
      message: `${quoteValue(written[bound])} is not a bound for ${metric.name}`,
      expected: BOUND_FORMS[unit],
    }),
  );
  return undefined;
}

/** Forms of bounds by unit. */
const BOUND_FORMS = {
  s: 'a duration, such as 1s or 500ms, or a plain number of seconds',
  B: 'a quantity of bytes, such as 8Gi',
  '1/s': 'a rate, such as 100/s',
  '1': 'a plain number',
} as const;

/** Counts and rates of a histogram of durations are plain numbers, not durations. */
function boundUnit(metric: MetricDefinition, statistic: string): keyof typeof BOUND_FORMS {
  if (statistic === 'rate') return '1/s';
  return statistic === 'count' ? '1' : metric.unit;
}

/** A bound in the unit of what it bounds; undefined if it is not of that unit. */
export function parseBound(written: string | number, unit: keyof typeof BOUND_FORMS): number | undefined {
  if (typeof written === 'number') return Number.isFinite(written) ? written : undefined;
  switch (unit) {
    case 's': {
      const span = parseDuration(written);
      return span === undefined ? undefined : toSeconds(span);
    }
    case 'B':
      return parseBytes(written);
    case '1/s':
      return parseRate(written);
    case '1':
      return undefined;
  }
}
