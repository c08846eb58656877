/**
 * What variants are compared by: statistics of metrics, by topic. A measure of the catalogue becomes a row where a run recorded it; which
 * model the run was of does not matter, as metrics are found by their names.
 */
import { nearestName, PlimsollError } from '../../errors/index.ts';
import {
  findMetric,
  type MetricKind,
  metricNames,
  type SeriesLabels,
  type StatisticName,
  statisticsOfKind,
} from '../../metrics/index.ts';
import type { Objective } from '../../scenario/resolved-scenario.ts';

/** Which direction is the better one, where there is one. */
export type Better = 'lower' | 'higher' | undefined;

/** A wish to compare: some statistics of the series of a metric that labels select. */
export interface MeasureRequest {
  readonly topic: string;
  readonly metric: string;
  readonly labels: SeriesLabels;
  readonly statistics: readonly StatisticName[];
  readonly better: Better;
  /** Labels by whose values the measure is split; gauges, which cannot be added up, are always split by all. */
  readonly by?: readonly string[];
}

/** One row of a comparison. */
export interface Measure {
  readonly topic: string;
  readonly metric: string;
  readonly labels: SeriesLabels;
  readonly statistic: StatisticName;
  readonly better: Better;
}

/** A line of the catalogue below. */
type CatalogueLine = readonly [
  metric: string,
  labels: SeriesLabels,
  statistics: readonly StatisticName[],
  better: Better,
  by?: readonly string[],
];

/** What is compared where nobody says what, by topic, in the order of the table. */
const catalogue: Readonly<Record<string, readonly CatalogueLine[]>> = {
  throughput: [
    ['scheduler_schedule_attempts_total', { result: 'scheduled' }, ['final', 'rate'], 'higher'],
    ['plimsoll_scheduling_window_pods_per_second', {}, ['p50', 'max'], 'higher'],
    ['plimsoll_cell_jobs_total', { event: 'scheduled' }, ['final'], 'higher', ['class']],
    ['plimsoll_cell_jobs_total', { event: 'completed' }, ['final', 'rate'], 'higher', ['class']],
  ],
  latency: [
    ['scheduler_scheduling_attempt_duration_seconds', { result: 'scheduled' }, ['p50', 'p99'], 'lower'],
    ['scheduler_pod_scheduling_sli_duration_seconds', {}, ['p50', 'p99'], 'lower'],
    ['pod_startup_latency_seconds', { phase: 'total' }, ['p50', 'p99'], 'lower'],
    ['scheduler_pending_pods', {}, ['mean'], 'lower'],
    ['plimsoll_cell_decision_duration_seconds', {}, ['mean', 'p99'], 'lower', ['scheduler']],
    ['plimsoll_cell_job_wait_seconds', {}, ['mean', 'p50', 'p99'], 'lower', ['class', 'until']],
    ['plimsoll_cell_job_completion_seconds', {}, ['mean', 'p99'], 'lower', ['class']],
    ['plimsoll_cell_scheduler_busyness', {}, ['mean'], 'lower'],
    ['plimsoll_cell_pending_jobs', {}, ['mean', 'final'], 'lower'],
  ],
  placement: [
    ['plimsoll_allocation_ratio', {}, ['mean', 'final'], undefined],
    ['plimsoll_nodes_in_use', {}, ['mean', 'max'], 'lower'],
    ['plimsoll_stranded_ratio', {}, ['mean', 'final'], 'lower'],
    ['plimsoll_pods', { phase: 'unbound' }, ['final'], 'lower'],
    ['plimsoll_cell_allocation_ratio', {}, ['mean', 'final'], 'higher'],
    ['plimsoll_cell_fragmentation_ratio', {}, ['mean', 'final'], 'lower'],
    ['plimsoll_cell_fragmented_share', {}, ['mean', 'final'], 'lower'],
    ['plimsoll_cell_nodes', { state: 'used' }, ['mean', 'final'], 'lower'],
    ['plimsoll_cell_allocation_variation', {}, ['mean'], 'lower'],
    ['plimsoll_cell_inflation_allocation_ratio', { arrived: '100' }, ['final'], 'higher'],
    ['plimsoll_cell_inflation_fragmentation_ratio', { arrived: '60' }, ['final'], 'lower'],
    ['plimsoll_cell_tasks', { state: 'held' }, ['mean'], 'lower'],
  ],
  'conflicts and wasted work': [
    ['plimsoll_conflicts_total', {}, ['final'], 'lower'],
    ['scheduler_schedule_attempts_total', { result: 'unschedulable' }, ['final'], 'lower'],
    ['scheduler_schedule_attempts_total', { result: 'error' }, ['final'], 'lower'],
    ['plimsoll_pods', { phase: 'failed' }, ['final'], 'lower'],
    ['plimsoll_cell_claims_total', { result: 'conflict' }, ['final'], 'lower', ['scheduler']],
    ['plimsoll_cell_conflict_fraction', {}, ['final'], 'lower'],
    ['plimsoll_cell_wasted_busy_seconds_total', {}, ['final'], 'lower', ['scheduler']],
    ['plimsoll_cell_jobs_total', { event: 'abandoned' }, ['final'], 'lower', ['class']],
    ['plimsoll_cell_held_seconds_total', {}, ['final'], 'lower', ['class']],
    ['plimsoll_cell_lost_work_seconds_total', {}, ['final'], 'lower', ['class']],
  ],
  evictions: [
    ['descheduler_pods_evicted_total', {}, ['final'], 'lower', ['strategy', 'result']],
    ['plimsoll_cell_tasks_total', { event: 'descheduled' }, ['final'], 'lower', ['class']],
  ],
  preemptions: [
    ['scheduler_preemption_attempts_total', {}, ['final'], 'lower'],
    ['scheduler_preemption_victims', {}, ['count', 'sum'], 'lower'],
    ['plimsoll_cell_tasks_total', { event: 'preempted' }, ['final'], 'lower', ['class']],
    ['plimsoll_cell_tasks_total', { event: 'migrated' }, ['final'], 'lower', ['class']],
  ],
  fairness: [['plimsoll_cell_dominant_share', {}, ['mean'], undefined]],
  'control-plane load': [
    ['apiserver_request_total', {}, ['final'], 'lower'],
    ['apiserver_watch_events_total', {}, ['final'], 'lower'],
    ['etcd_mvcc_txn_total', {}, ['final'], 'lower'],
  ],
};

/** The catalogue as wishes. */
export const defaultMeasures: readonly MeasureRequest[] = Object.entries(catalogue).flatMap(([topic, lines]) =>
  lines.map(([metric, labels, statistics, better, by]) => ({
    topic,
    metric,
    labels,
    statistics,
    better,
    ...(by === undefined ? {} : { by }),
  })),
);

/** An objective as a wish: what a scenario asks for is compared first. */
export function measureOfObjective({ metric, labels, statistic, below }: Objective): MeasureRequest {
  return {
    topic: 'objectives',
    metric,
    labels,
    statistics: [statistic as StatisticName],
    better: below === undefined ? 'higher' : 'lower',
  };
}

/** Statistics that are compared where only a metric is named. */
const USUAL_STATISTICS: Readonly<Record<MetricKind, readonly StatisticName[]>> = {
  histogram: ['mean', 'p50', 'p99'],
  counter: ['final', 'rate'],
  gauge: ['mean', 'max'],
};

/** Reads "METRIC", "METRIC{label=value,…}" or either with ":STATISTIC" behind it. Throws P102 or P103. */
export function parseMeasure(text: string): MeasureRequest {
  const match = /^([a-zA-Z_]\w*)(?:\{([^}]*)\})?(?::(\w+))?$/.exec(text);
  if (match === null) {
    throw new PlimsollError('P102', {
      message: `--metric ${text} cannot be understood`,
      expected: 'METRIC, METRIC{label=value,…} or METRIC:STATISTIC, such as apiserver_request_total{verb=POST}:rate',
    });
  }
  const [, name = '', selector = '', statistic] = match;
  const metric = findMetric(name);
  if (metric === undefined) throw unknown(name, metricNames, 'a metric', '`plimsoll list metrics` shows all');
  const labels = Object.fromEntries(
    selector
      .split(',')
      .filter((pair) => pair !== '')
      .map((pair) => [pair.split('=')[0] as string, pair.slice(pair.indexOf('=') + 1)]),
  );
  for (const label of Object.keys(labels))
    if (!metric.labels.includes(label)) throw unknown(label, metric.labels, `a label of ${name}`);
  const statistics = statisticsOfKind[metric.kind];
  if (statistic !== undefined && !statistics.includes(statistic as StatisticName))
    throw unknown(statistic, statistics, `a statistic of a ${metric.kind}`);
  return {
    topic: 'chosen',
    metric: name,
    labels,
    statistics: statistic === undefined ? USUAL_STATISTICS[metric.kind] : [statistic as StatisticName],
    better: defaultMeasures.find((known) => known.metric === name)?.better,
  };
}

function unknown(name: string, known: readonly string[], what: string, fix?: string): PlimsollError {
  return new PlimsollError('P103', {
    message: `--metric: "${name}" is not ${what}`,
    ...(fix === undefined ? { expected: known.join(', ') || 'no name: there is none' } : { fix }),
    nearest: nearestName(name, known),
  });
}
