/** All metrics by name. To add one: an entry in the file of the component that exports it. CSV, page, `explain` and docs follow. */
import { addonMetrics } from './addon.metrics.ts';
import { allocationMetrics } from './allocation.metrics.ts';
import { apiserverMetrics } from './apiserver.metrics.ts';
import { clientMetrics } from './client.metrics.ts';
import { clusterMetrics } from './cluster.metrics.ts';
import { deschedulerMetrics } from './descheduler.metrics.ts';
import { etcdMetrics } from './etcd.metrics.ts';
import { flowControlMetrics } from './flow-control.metrics.ts';
import { loadMetrics } from './load.metrics.ts';
import type { MetricDefinition } from './metric.ts';
import { nodeMetrics } from './node.metrics.ts';
import { proxyMetrics } from './proxy.metrics.ts';
import type { StatisticName } from './result.ts';
import { schedulerMetrics } from './scheduler.metrics.ts';
import { schedulingCellMetrics } from './scheduling-cell.metrics.ts';
import { watchCacheMetrics } from './watch-cache.metrics.ts';

export const metricCatalogue = {
  ...addonMetrics,
  ...allocationMetrics,
  ...apiserverMetrics,
  ...clientMetrics,
  ...clusterMetrics,
  ...deschedulerMetrics,
  ...etcdMetrics,
  ...flowControlMetrics,
  ...loadMetrics,
  ...nodeMetrics,
  ...proxyMetrics,
  ...schedulerMetrics,
  ...schedulingCellMetrics,
  ...watchCacheMetrics,
} as const satisfies Record<string, MetricDefinition>;

/** Name of a metric of the catalogue. */
export type MetricName = keyof typeof metricCatalogue;

/** The definition under a name that may be none; `undefined` if it is none. */
export function findMetric(name: string): MetricDefinition | undefined {
  return Object.hasOwn(metricCatalogue, name) ? metricCatalogue[name as MetricName] : undefined;
}

/** Statistics that say how much there was. */
const AMOUNTS: ReadonlySet<StatisticName> = new Set(['final', 'rate', 'count', 'sum']);

/** Whether a statistic of a metric says how much there was: where nothing was recorded, there was nothing. */
export function isAmount(metric: string, statistic: StatisticName): boolean {
  return findMetric(metric)?.kind !== 'gauge' && AMOUNTS.has(statistic);
}

/** All metric names, sorted. */
export const metricNames: readonly MetricName[] = (Object.keys(metricCatalogue) as MetricName[]).sort();
