/** Distributions of a metric by variant, as quantiles: the whole of what a row shows one point of. */
import { LogLinearHistogram } from '../../engine/index.ts';
import {
  findMetric,
  labelsMatch,
  type MetricUnit,
  parseLabels,
  type SeriesLabels,
  ticksPerUnit,
} from '../../metrics/index.ts';
import { ranToItsEnd } from '../run-control.ts';
import type { ScenarioRun } from '../run-scenario.ts';
import type { Comparison } from './comparison.ts';

/** The distribution of one metric in each variant, over all its replications. */
export interface Distribution {
  readonly metric: string;
  readonly labels: SeriesLabels;
  readonly unit: MetricUnit;
  /** Shares of the observations, from 0 to 1. */
  readonly shares: readonly number[];
  /** By variant, the values at or below which these shares lie. */
  readonly lines: readonly { readonly variant: string; readonly quantiles: readonly number[] }[];
}

/** Steps between 0 and 1, and finer ones of the last of them, where tails differ. */
const STEPS = 100;
const SHARES: readonly number[] = [
  ...Array.from({ length: STEPS }, (_, i) => i / STEPS),
  ...Array.from({ length: 10 }, (_, i) => (STEPS - 1 + i / 10) / STEPS),
  1,
];

/** The distributions behind the rows of a comparison that are statistics of histograms, each once. */
export function distributionsOf(runs: readonly ScenarioRun[], { rows }: Comparison): Distribution[] {
  const wanted = new Map(
    rows
      .filter(({ measure }) => findMetric(measure.metric)?.kind === 'histogram')
      .map(({ measure: { metric, labels } }) => [JSON.stringify([metric, labels]), { metric, labels }]),
  );
  return [...wanted.values()].map(({ metric, labels }) => distributionOf(runs, metric, labels));
}

function distributionOf(runs: readonly ScenarioRun[], metric: string, labels: SeriesLabels): Distribution {
  const unit = findMetric(metric)?.unit ?? '1';
  const ticks = ticksPerUnit(unit);
  const lines = runs.flatMap((run) => {
    const histogram = mergedHistogram(run, metric, labels);
    if (histogram.count === 0) return [];
    return [{ variant: run.variant, quantiles: SHARES.map((share) => histogram.quantile(share) / ticks) }];
  });
  return { metric, labels, unit, shares: SHARES, lines };
}

function mergedHistogram({ replications }: ScenarioRun, metric: string, labels: SeriesLabels): LogLinearHistogram {
  const merged = new LogLinearHistogram();
  for (const { metrics, endReason } of replications) {
    if (!ranToItsEnd(endReason)) continue;
    for (const series of metrics.series) {
      if (series.metric !== metric || series.histogram === undefined) continue;
      if (labelsMatch(parseLabels(series.labels), labels)) merged.mergeData(series.histogram);
    }
  }
  return merged;
}
