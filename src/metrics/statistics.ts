/** From histograms to the numbers that people read. */
import type { LogLinearHistogram } from '../engine/index.ts';
import { NS_PER_SECOND } from '../units/index.ts';
import type { MetricUnit } from './metric.ts';
import { quantileOf, type StatisticName } from './result.ts';

/** Ticks of a histogram in one unit of its metric: durations are counted in whole nanoseconds. */
export function ticksPerUnit(unit: MetricUnit): number {
  return unit === 's' ? NS_PER_SECOND : 1;
}

/**
 * Statistics of a histogram in the metric's unit. Durations are rounded to whole nanoseconds first, so that they print the same on
 * every machine. Without an observation only `count`, `sum` and `rate` say anything.
 */
export function histogramStatistics(
  histogram: LogLinearHistogram,
  unit: MetricUnit,
  spanSeconds: number,
): Partial<Record<StatisticName, number>> {
  const { count } = histogram;
  const rate = spanSeconds > 0 ? count / spanSeconds : 0;
  if (count === 0) return { count, sum: 0, rate };
  const ticks = ticksPerUnit(unit);
  const inUnit = (value: number): number => (ticks === 1 ? value : Math.round(value) / ticks);
  const statistics: Partial<Record<StatisticName, number>> = {
    count,
    sum: inUnit(histogram.sum),
    mean: inUnit(histogram.mean),
    min: inUnit(histogram.min),
    max: inUnit(histogram.max),
    rate,
  };
  for (const [name, q] of Object.entries(quantileOf)) {
    statistics[name as StatisticName] = inUnit(histogram.quantile(q));
  }
  return statistics;
}
