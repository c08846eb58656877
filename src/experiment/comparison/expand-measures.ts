/** From wishes to rows: which of the series that were asked for the runs have recorded. */
import { findMetric, labelsMatch, parseLabels, type SeriesLabels, type SeriesResult } from '../../metrics/index.ts';
import type { ReplicationResult } from '../replication-result.ts';
import type { Measure, MeasureRequest } from './measures.ts';

/** The rows of these wishes, each once; series that no replication recorded give none, nor do statistics that are 0 in all of them. */
export function expandMeasures(
  requests: readonly MeasureRequest[],
  replications: readonly ReplicationResult[],
  valueIn: (measure: Measure, replication: ReplicationResult) => number | undefined,
): Measure[] {
  const series = distinctSeries(replications);
  const rows = new Map<string, Measure>();
  for (const request of requests) {
    for (const labels of selectorsOf(request, series)) {
      for (const statistic of request.statistics) {
        const { topic, metric, better } = request;
        const measure = { topic, metric, labels, statistic, better };
        const key = JSON.stringify([metric, Object.entries(labels).sort(), statistic]);
        if (rows.has(key)) continue;
        const tells = replications.some((replication) => (valueIn(measure, replication) ?? 0) !== 0);
        if (tells) rows.set(key, measure);
      }
    }
  }
  return [...rows.values()];
}

/** Each series that some replication recorded, once, in the order of their labels. */
function distinctSeries(replications: readonly ReplicationResult[]): readonly SeriesResult[] {
  const found = new Map<string, SeriesResult>();
  for (const { metrics } of replications) {
    for (const each of metrics.series) {
      const key = `${each.metric} ${each.labels}`;
      if (!found.has(key)) found.set(key, each);
    }
  }
  return [...found.keys()].sort().map((key) => found.get(key) as SeriesResult);
}

/** The selectors of the rows: the one that was asked for, or one for each value of the labels by which it is split. */
function selectorsOf(request: MeasureRequest, all: readonly SeriesResult[]): readonly SeriesLabels[] {
  const series = all.filter(
    ({ metric, labels }) => metric === request.metric && labelsMatch(parseLabels(labels), request.labels),
  );
  const [first] = series;
  if (first === undefined) return [];
  const by = first.kind === 'gauge' ? (findMetric(request.metric)?.labels ?? []) : (request.by ?? []);
  const selectors = series.map(({ labels }) => {
    const own = parseLabels(labels);
    return { ...request.labels, ...Object.fromEntries(by.map((label) => [label, own[label] ?? ''])) };
  });
  const seen = new Map(selectors.map((selector) => [JSON.stringify(selector), selector]));
  return [...seen.values()];
}
