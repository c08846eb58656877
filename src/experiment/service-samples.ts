/**
 * How the cluster serves, sampled ten times a second in runs with faults: what recovery is judged by. An observer, which costs the run nothing that
 * the modelled components would notice.
 */
import type { CounterSeries, MetricRecorder } from '../metrics/index.ts';
import { parseLabels } from '../metrics/index.ts';
import { milliseconds, type Nanoseconds } from '../units/index.ts';

/** Span between two samples. */
export const SAMPLE_INTERVAL: Nanoseconds = milliseconds(100);

/** Verbs that put something into etcd. Deletions need no space and are served when nothing else is. */
const WRITES: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);
/** A POST that stores nothing. */
const STORES_NOTHING = 'token';

/** How it was in each interval, oldest first; the first one ends at {@link SAMPLE_INTERVAL}. */
export interface ServiceSamples {
  /** Writes answered with success in the interval. */
  readonly writes: readonly number[];
  /** Writes refused with 429 or answered with 5xx in the interval. */
  readonly failures: readonly number[];
  /** Watches open at its end, over all API servers. */
  readonly watches: readonly number[];
  /** Pods Ready at its end. */
  readonly ready: readonly number[];
}

/** What is looked at beside the counters of requests. */
export interface ObservedCluster {
  readonly openWatches: number;
  readonly readyPods: number;
}

/** A counter of answered writes, with its value at the last sample. */
interface WatchedCounter {
  readonly series: CounterSeries;
  readonly failed: boolean;
  last: number;
}

/** Takes the samples. */
export class ServiceSampler implements ServiceSamples {
  readonly writes: number[] = [];
  readonly failures: number[] = [];
  readonly watches: number[] = [];
  readonly ready: number[] = [];
  private readonly recorder: MetricRecorder;
  private readonly cluster: ObservedCluster;
  /** Counters of answered writes that are known, state. */
  private readonly counters = new Map<CounterSeries, WatchedCounter>();
  /** Series that the recorder had when counters were last looked for, state. */
  private knownSeries = 0;

  constructor(recorder: MetricRecorder, cluster: ObservedCluster) {
    this.recorder = recorder;
    this.cluster = cluster;
  }

  /** The next interval is over. */
  sample(): void {
    if (this.recorder.seriesCount !== this.knownSeries) this.findCounters();
    let writes = 0;
    let failures = 0;
    for (const counter of this.counters.values()) {
      const { value } = counter.series;
      // A counter that is smaller than it was began anew with the statistics.
      const more = value < counter.last ? value : value - counter.last;
      counter.last = value;
      if (counter.failed) failures += more;
      else writes += more;
    }
    this.writes.push(writes);
    this.failures.push(failures);
    this.watches.push(this.cluster.openWatches);
    this.ready.push(this.cluster.readyPods);
  }

  private findCounters(): void {
    this.knownSeries = this.recorder.seriesCount;
    for (const series of this.recorder.countersOf('apiserver_request_total')) {
      if (this.counters.has(series)) continue;
      const { verb = '', code = '', subresource } = parseLabels(series.labels);
      const failed = code.startsWith('5') || code === '429';
      if (!WRITES.has(verb) || subresource === STORES_NOTHING || !(failed || code.startsWith('2'))) continue;
      this.counters.set(series, { series, failed, last: 0 });
    }
  }
}
