/**
 * Objectives against what was measured. An objective's labels select series of its metric: histograms are merged, counters added up;
 * of gauges the worst counts. Without an observation an objective fails ("no data"). It must hold in every replication, or in the share
 * of them that its `confidence` gives.
 */
import { LogLinearHistogram } from '../engine/index.ts';
import {
  findMetric,
  histogramStatistics,
  labelsMatch,
  type MetricsResult,
  type MetricUnit,
  parseLabels,
  type SeriesResult,
  type StatisticName,
} from '../metrics/index.ts';
import type { Objective } from '../scenario/resolved-scenario.ts';
import { unitOfStatistic } from './aggregate.ts';
import type { ReplicationResult } from './replication-result.ts';

/** How one objective went. */
export interface ObjectiveOutcome {
  readonly objective: Objective;
  /** Unit of the bound and of what was measured. */
  readonly unit: MetricUnit;
  /** What each replication measured; undefined = no data. */
  readonly perReplication: readonly (number | undefined)[];
  /** What decides: the worst replication, or the worst of the share that must hold; undefined = no data. */
  readonly measured: number | undefined;
  /** Distance to the bound as a share of the bound, negative past it; undefined without data or with a bound of 0. */
  readonly margin: number | undefined;
  /** Replications in which it held. */
  readonly heldIn: number;
  readonly holds: boolean;
}

/** Judges one objective over all replications. */
export function judgeObjective(objective: Objective, replications: readonly ReplicationResult[]): ObjectiveOutcome {
  const perReplication = replications.map(({ metrics }) => measure(objective, metrics));
  const heldIn = perReplication.filter((value) => withinBounds(objective, value)).length;
  // Of n replications, the best `required` must hold; 1e-9 forgives 0.95 * 20 being a hair above 19.
  const required = Math.max(1, Math.ceil((objective.confidence ?? 1) * replications.length - 1e-9));
  const measured = bestFirst(objective, perReplication)[required - 1];
  const statistic = objective.statistic as StatisticName;
  const unit = unitOfStatistic(statistic, findMetric(objective.metric)?.unit ?? '1');
  const margin = measured === undefined ? undefined : marginOf(objective, measured);
  return { objective, unit, perReplication, measured, margin, heldIn, holds: withinBounds(objective, measured) };
}

/** The objective's statistic over the series that it selects; undefined if nothing was observed. */
export function measure(objective: Objective, metrics: MetricsResult): number | undefined {
  const selected = metrics.series.filter(
    ({ metric, labels }) => metric === objective.metric && labelsMatch(parseLabels(labels), objective.labels),
  );
  const [first] = selected;
  if (first === undefined) return undefined;
  const statistic = objective.statistic as StatisticName;
  if (first.kind === 'histogram') return ofHistograms(selected, first.unit, statistic, metrics.span_s);
  const values = selected.map(({ statistics }) => statistics[statistic]).filter((value) => value !== undefined);
  if (values.length === 0) return undefined;
  if (first.kind === 'counter') return values.reduce((total, value) => total + value, 0);
  return bestFirst(objective, values).at(-1);
}

function ofHistograms(
  selected: readonly SeriesResult[],
  unit: MetricUnit,
  statistic: StatisticName,
  spanSeconds: number,
): number | undefined {
  const merged = new LogLinearHistogram();
  for (const { histogram } of selected) if (histogram !== undefined) merged.mergeData(histogram);
  return merged.count === 0 ? undefined : histogramStatistics(merged, unit, spanSeconds)[statistic];
}

function withinBounds({ below, above }: Objective, value: number | undefined): boolean {
  if (value === undefined) return false;
  return (below === undefined || value < below) && (above === undefined || value > above);
}

/** Sorts values from the one that keeps the objective best to the one that keeps it worst; no data comes last. */
function bestFirst(objective: Objective, values: readonly (number | undefined)[]): (number | undefined)[] {
  const distance = (value: number | undefined): number =>
    value === undefined ? Number.NEGATIVE_INFINITY : distanceToBound(objective, value);
  return [...values].sort((a, b) => distance(b) - distance(a) || 0);
}

/** How far inside the nearer bound a value is, in the metric's unit; negative = past it. */
function distanceToBound({ below, above }: Objective, value: number): number {
  const toUpper = below === undefined ? Number.POSITIVE_INFINITY : below - value;
  const toLower = above === undefined ? Number.POSITIVE_INFINITY : value - above;
  return Math.min(toUpper, toLower);
}

function marginOf(objective: Objective, value: number): number | undefined {
  const { below, above } = objective;
  const toLower = above === undefined ? Number.POSITIVE_INFINITY : value - above;
  const bound = below !== undefined && below - value <= toLower ? below : above;
  return bound === undefined || bound === 0 ? undefined : distanceToBound(objective, value) / Math.abs(bound);
}
