/** Over replications: mean, standard deviation and 95 % confidence interval of every statistic of every series. */
import { Tally } from '../engine/index.ts';
import { type MetricUnit, type StatisticName, statisticNames } from '../metrics/index.ts';
import type { ReplicationResult } from './replication-result.ts';
import { meanInterval } from './statistics/index.ts';

/** One statistic of one series over replications. */
export interface AggregateRow {
  readonly metric: string;
  readonly labels: string;
  readonly statistic: StatisticName;
  readonly mean: number;
  /** Sample standard deviation; undefined for a single replication, like the interval. */
  readonly sd: number | undefined;
  readonly ci95Low: number | undefined;
  readonly ci95High: number | undefined;
  /** Replications that have the statistic. */
  readonly n: number;
  readonly unit: MetricUnit;
}

/** The unit of a statistic of a metric with this unit: counts are plain numbers, rates are per second. */
export function unitOfStatistic(statistic: StatisticName, unit: MetricUnit): MetricUnit {
  if (statistic === 'count') return '1';
  return statistic === 'rate' ? '1/s' : unit;
}

/** Aggregates the replications, rows sorted by metric, labels and the order of the statistics. */
export function aggregate(replications: readonly ReplicationResult[]): AggregateRow[] {
  const groups = new Map<
    string,
    { metric: string; labels: string; unit: MetricUnit; tallies: Map<StatisticName, Tally> }
  >();
  for (const { metrics } of replications) {
    for (const { metric, labels, unit, statistics } of metrics.series) {
      const key = `${metric} ${labels}`;
      const group = groups.get(key) ?? { metric, labels, unit, tallies: new Map<StatisticName, Tally>() };
      groups.set(key, group);
      for (const statistic of statisticNames) {
        const value = statistics[statistic];
        if (value === undefined) continue;
        const tally = group.tallies.get(statistic) ?? new Tally();
        group.tallies.set(statistic, tally);
        tally.record(value);
      }
    }
  }
  return [...groups.keys()].sort().flatMap((key) => {
    const { metric, labels, unit, tallies } = groups.get(key) as NonNullable<ReturnType<typeof groups.get>>;
    return statisticNames.flatMap((statistic) => {
      const tally = tallies.get(statistic);
      if (tally === undefined) return [];
      return [{ metric, labels, statistic, ...interval(tally), unit: unitOfStatistic(statistic, unit) }];
    });
  });
}

/** Mean with its spread and the t interval of its mean. */
function interval(tally: Tally): Pick<AggregateRow, 'mean' | 'sd' | 'ci95Low' | 'ci95High' | 'n'> {
  const { mean, n, sd, low, high } = meanInterval(tally);
  const rounded = (value: number | undefined) => (value === undefined ? undefined : round(value));
  return { mean: round(mean), sd: rounded(sd), ci95Low: rounded(low), ci95High: rounded(high), n };
}

/** Twelve digits: what the last bits of a mean say is the order of its additions. */
function round(value: number): number {
  return Number(value.toPrecision(12));
}
