/** What a sensitivity analysis measures. */
import { findMetric, type StatisticName } from '../../metrics/index.ts';
import { unitOfStatistic } from '../aggregate.ts';
import { measure } from '../objectives.ts';
import type { ReplicationResult } from '../replication-result.ts';

/** A statistic of a metric, over the series that labels select. */
export interface MeasuredStatistic {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly statistic: string;
}

/** How it is told, in which unit, and how it is taken from a replication. */
export function measureOf({ metric, labels, statistic }: MeasuredStatistic): {
  readonly name: string;
  readonly unit: string;
  readonly measure: (result: ReplicationResult) => number | undefined;
} {
  const selector = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return {
    name: `${statistic} of ${metric}${selector.length === 0 ? '' : `{${selector.join(',')}}`}`,
    unit: unitOfStatistic(statistic as StatisticName, findMetric(metric)?.unit ?? '1'),
    measure: ({ metrics }) => measure({ metric, labels, statistic }, metrics),
  };
}
