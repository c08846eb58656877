/**
 * The recorder of one replication: components ask it once for a series and record into that. It knows what time it is and nothing
 * of who records. Its result is sorted by metric and labels, so that it does not depend on the order in which series came to be.
 */
import { nearestName } from '../errors/index.ts';
import { between, type SimTime, START_OF_RUN, toSeconds } from '../units/index.ts';
import { findMetric, type MetricName, metricNames } from './catalogue.ts';
import { formatLabels, type SeriesLabels } from './labels.ts';
import type { MetricDefinition, MetricKind } from './metric.ts';
import type { MetricsResult, TimeSeriesResult } from './result.ts';
import { type AnySeries, type Clock, CounterSeries, GaugeSeries, HistogramSeries } from './series.ts';

/** A series with its samples over time. */
interface Recorded {
  readonly series: AnySeries;
  /** Index of the recorder's first sample that this series has: it may have come to be later than others. */
  readonly firstSample: number;
  /** One value per sample from then on. */
  readonly samples: number[];
}

/** Hands out series and collects them. */
export class MetricRecorder {
  private readonly clock: Clock;
  /** All series, by metric and labels. */
  private readonly recorded = new Map<string, Recorded>();
  /** Instants of the samples [s]. */
  private readonly sampleTimes: number[] = [];
  /** Called before each sample and before the result. */
  private readonly collectors: (() => void)[] = [];
  /** Places of those that have a name. */
  private readonly collectorPlaces = new Map<string, number>();
  /** Instant at which statistics began. */
  private statisticsFrom: SimTime = START_OF_RUN;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** The histogram of this metric with these labels; the same one each time. */
  histogram(name: MetricName, labels: SeriesLabels = {}): HistogramSeries {
    return this.find(name, 'histogram', labels, (definition, text) => new HistogramSeries(definition, text));
  }

  /** The counter of this metric with these labels; the same one each time. */
  counter(name: MetricName, labels: SeriesLabels = {}): CounterSeries {
    return this.find(name, 'counter', labels, (definition, text) => new CounterSeries(definition, text));
  }

  /** The gauge of this metric with these labels; the same one each time. */
  gauge(name: MetricName, labels: SeriesLabels = {}): GaugeSeries {
    return this.find(name, 'gauge', labels, (definition, text) => new GaugeSeries(definition, text, this.clock));
  }

  /** When the statistics that are kept now began. */
  get statisticsSince(): SimTime {
    return this.statisticsFrom;
  }

  /** How many series there are so far. */
  get seriesCount(): number {
    return this.recorded.size;
  }

  /** The counters of a metric that there are so far, in the order in which they came to be. */
  countersOf(name: MetricName): CounterSeries[] {
    return [...this.recorded.values()].flatMap(({ series }) =>
      series instanceof CounterSeries && series.definition.name === name ? [series] : [],
    );
  }

  /**
   * Has `collector` called at the start of each {@link sample} and of {@link result}, so that components set their gauges then. One with a name takes
   * the place of the one before under that name: a process that was started anew tells about itself, and the one that has ended is silent.
   */
  onSample(collector: () => void, name?: string): void {
    const place = name === undefined ? undefined : this.collectorPlaces.get(name);
    if (place !== undefined) {
      this.collectors[place] = collector;
      return;
    }
    if (name !== undefined) this.collectorPlaces.set(name, this.collectors.length);
    this.collectors.push(collector);
  }

  /**
   * Begins statistics (the end of the warm-up): histograms and counters go to zero, gauges keep their value and begin a new mean.
   * Samples over time stay: counters show a reset, as Prometheus counters do.
   */
  startStatistics(): void {
    this.collect();
    this.statisticsFrom = this.clock.now;
    for (const { series } of this.recorded.values()) series.startStatistics();
  }

  /**
   * Appends one sample of every series: the value of a gauge, the count of a counter or histogram since statistics began.
   * A second sample at the same instant (the end of a run often is one) replaces the first.
   */
  sample(): void {
    this.collect();
    const time = toSeconds(this.clock.now);
    if (this.sampleTimes.at(-1) !== time) this.sampleTimes.push(time);
    const position = this.sampleTimes.length - 1;
    for (const { series, firstSample, samples } of this.recorded.values()) {
      // A series that came to be since the last sample at this very instant has its first sample at the next one.
      if (position >= firstSample) samples[position - firstSample] = series.sampleValue();
    }
  }

  /** Everything recorded, as plain data. */
  result(): MetricsResult {
    this.collect();
    const spanSeconds = toSeconds(between(this.statisticsFrom, this.clock.now));
    const keys = [...this.recorded.keys()].sort();
    const sorted = keys.map((key) => this.recorded.get(key) as Recorded);
    // Series that began together share one array of instants: less to hold and to send to another thread.
    const times = new Map<number, readonly number[]>();
    for (const { firstSample } of sorted) {
      if (!times.has(firstSample)) times.set(firstSample, this.sampleTimes.slice(firstSample));
    }
    return {
      span_s: spanSeconds,
      series: sorted.map(({ series }) => series.result(spanSeconds)),
      timeseries: sorted
        .filter(({ samples }) => samples.length > 0)
        .map((recorded) => timeSeries(recorded, times.get(recorded.firstSample) as readonly number[])),
    };
  }

  private collect(): void {
    for (const collector of this.collectors) collector();
  }

  private find<Kind extends AnySeries>(
    name: string,
    kind: MetricKind,
    labels: SeriesLabels,
    create: (definition: MetricDefinition, labels: string) => Kind,
  ): Kind {
    const definition = definitionOf(name, kind);
    checkLabels(definition, labels);
    const text = formatLabels(labels);
    // A space sorts before every character of a name, so series sort by metric first and by labels then.
    const key = `${name} ${text}`;
    const known = this.recorded.get(key);
    if (known !== undefined) return known.series as Kind;
    const series = create(definition, text);
    this.recorded.set(key, { series, firstSample: this.sampleTimes.length, samples: [] });
    return series;
  }
}

/** The samples of one series, taken at `times_s`. */
function timeSeries({ series, samples }: Recorded, times_s: readonly number[]): TimeSeriesResult {
  const { name, unit, kind } = series.definition;
  const metric = kind === 'histogram' ? `${name}_count` : name;
  return { metric, labels: series.labels, unit: kind === 'histogram' ? '1' : unit, times_s, values: samples.slice() };
}

/** The definition of a metric that must exist and be of this kind. */
function definitionOf(name: string, kind: MetricKind): MetricDefinition {
  const definition = findMetric(name);
  if (definition === undefined) {
    const nearest = nearestName(name, metricNames);
    throw new Error(`unknown metric ${name}${nearest === undefined ? '' : `; the nearest name is ${nearest}`}`);
  }
  if (definition.kind !== kind) throw new Error(`metric ${name} is a ${definition.kind}, not a ${kind}`);
  return definition;
}

/** A series must give every label of its metric a value, and no other. */
function checkLabels(definition: MetricDefinition, labels: SeriesLabels): void {
  const given = Object.keys(labels);
  const right =
    given.length === definition.labels.length && definition.labels.every((label) => Object.hasOwn(labels, label));
  if (right) return;
  throw new Error(
    `metric ${definition.name} has the labels {${definition.labels.join(', ')}}, not {${given.join(', ')}}`,
  );
}
