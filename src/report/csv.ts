/** Results as CSV (contract section 4). Nothing in a file depends on wall time or on the number of workers. */
import { stringify } from 'csv-stringify/sync';
import { aggregate, unitOfStatistic } from '../experiment/aggregate.ts';
import type { Comparison } from '../experiment/comparison/index.ts';
import { ranToItsEnd } from '../experiment/run-control.ts';
import type { ScenarioRun } from '../experiment/run-scenario.ts';
import { formatLabels, statisticNames } from '../metrics/index.ts';
import { NS_PER_SECOND } from '../units/index.ts';
import { type CsvFile, csvFiles } from './columns.ts';

type Cell = string | number | undefined;

/** `summary.csv`: every statistic of every series of every replication. */
export function summaryCsv(runs: readonly ScenarioRun[]): string {
  return toCsv(csvFiles.summary, summaryRows(runs));
}

/** `histograms.csv`: the metrics' own Prometheus buckets. */
export function histogramsCsv(runs: readonly ScenarioRun[]): string {
  return toCsv(csvFiles.histograms, histogramRows(runs));
}

/** `timeline.csv`: what happened beside the load. */
export function timelineCsv(runs: readonly ScenarioRun[]): string {
  return toCsv(csvFiles.timeline, timelineRows(runs));
}

/** `comparison.csv`: the variants of a comparison beside its baseline. */
export function comparisonCsv(scenario: string, comparison: Comparison): string {
  return toCsv(csvFiles.comparison, comparisonRows(scenario, comparison));
}

/** `aggregate.csv`: over the replications that ran to their end. */
export function aggregateCsv(runs: readonly ScenarioRun[]): string {
  return toCsv(csvFiles.aggregate, aggregateRows(runs));
}

/**
 * `timeseries.csv`, one piece per series: it may be long. The fields that a series' rows share are made into CSV once; a sample adds two
 * numbers, which need no quoting. (A row through the CSV library costs 3 µs, and a large run has millions.) A series that is 0 from start to
 * end is left out: half of all rows told of resources and codes that the run never met. summary.csv has it.
 */
export function* timeseriesCsv(runs: readonly ScenarioRun[]): Generator<string> {
  yield toCsv(csvFiles.timeseries, []);
  for (const { scenario, variant, replications } of runs) {
    for (const { replication, metrics } of replications) {
      const head = csvFields([scenario.name, variant, replication]);
      for (const { metric, labels, unit, times_s, values } of metrics.timeseries) {
        if (values.every((value) => value === 0)) continue;
        const middle = csvFields([metric, labels]);
        const tail = csvFields([unit]);
        yield times_s.map((time, i) => `${head},${time},${middle},${values[i]},${tail}\n`).join('');
      }
    }
  }
}

function* summaryRows(runs: readonly ScenarioRun[]): Generator<Cell[]> {
  for (const { scenario, variant, replications } of runs) {
    for (const { replication, metrics } of replications) {
      for (const { metric, labels, unit, statistics } of metrics.series) {
        for (const statistic of statisticNames) {
          const value = statistics[statistic];
          if (value === undefined) continue;
          yield [
            scenario.name,
            variant,
            replication,
            metric,
            labels,
            statistic,
            value,
            unitOfStatistic(statistic, unit),
          ];
        }
      }
    }
  }
}

function* histogramRows(runs: readonly ScenarioRun[]): Generator<Cell[]> {
  for (const { scenario, variant, replications } of runs) {
    for (const { replication, metrics } of replications) {
      for (const { metric, labels, buckets, histogram } of metrics.series) {
        if (buckets === undefined || histogram === undefined) continue;
        for (const [le, count] of buckets) yield [scenario.name, variant, replication, metric, labels, le, count];
        yield [scenario.name, variant, replication, metric, labels, '+Inf', histogram.count];
      }
    }
  }
}

function* timelineRows(runs: readonly ScenarioRun[]): Generator<Cell[]> {
  for (const { scenario, variant, replications } of runs) {
    for (const { replication, timeline } of replications) {
      for (const { at, subject, what } of timeline) {
        yield [scenario.name, variant, replication, at / NS_PER_SECOND, subject, what];
      }
    }
  }
}

function* aggregateRows(runs: readonly ScenarioRun[]): Generator<Cell[]> {
  for (const { scenario, variant, replications } of runs) {
    for (const row of aggregate(replications.filter(({ endReason }) => ranToItsEnd(endReason)))) {
      const { metric, labels, statistic, mean, sd, ci95Low, ci95High, n, unit } = row;
      yield [scenario.name, variant, metric, labels, statistic, mean, sd, ci95Low, ci95High, n, unit];
    }
  }
}

function* comparisonRows(scenario: string, { rows, baseline }: Comparison): Generator<Cell[]> {
  for (const { measure, unit, outcomes } of rows) {
    const { topic, metric, labels, statistic, better } = measure;
    const base = outcomes.find(({ variant }) => variant === baseline);
    for (const { variant, mean, difference } of outcomes) {
      if (variant === baseline) continue;
      const { mean: by, low, high, bootstrap, relative, pairs = 0, above, below, p, pHolm, effect } = difference ?? {};
      const intervals = [low, high, bootstrap?.low, bootstrap?.high];
      const head = [scenario, topic, metric, formatLabels(labels), statistic, better, variant, baseline];
      yield [...head, mean, base?.mean, by, ...intervals, relative, pairs, above, below, p, pHolm, effect, unit];
    }
  }
}

function toCsv({ columns }: CsvFile, rows: Iterable<Cell[]>): string {
  return stringify([columns.map(({ name }) => name), ...rows]);
}

/** Fields with commas between, quoted where they must be. */
function csvFields(fields: readonly Cell[]): string {
  return stringify([fields]).trimEnd();
}
