/**
 * Throughput of scheduling by windows of a second, as scheduler_perf samples it (K:test/integration/scheduler_perf/util.go:throughputCollector):
 * the first window begins with the first binding, which is not counted; windows in which nothing was bound share the count of the next one
 * that is not empty; a window that is not over at the end tells nothing, unless it is the only one: a burst that is over within a second counts by
 * the time that it took. Statistics only.
 */
import type { HistogramSeries, MetricRecorder } from '../metrics/index.ts';
import { NS_PER_SECOND, plus, type SimTime, seconds } from '../units/index.ts';

/** Counts bindings by windows. */
export class SchedulingWindows {
  private readonly recorder: MetricRecorder;
  private readonly perSecond: HistogramSeries;
  /** When the open window began, state; undefined before the first binding. */
  private began: SimTime | undefined;
  /** Beginning of the statistics to which it belongs, state. */
  private since: SimTime | undefined;
  /** Bindings in it so far, state. */
  private bound = 0;
  /** When the latest binding was, and whether a window was over in these statistics, state. */
  private latest: SimTime | undefined;
  private isTold = false;

  constructor(recorder: MetricRecorder) {
    this.recorder = recorder;
    this.perSecond = recorder.histogram('plimsoll_scheduling_window_pods_per_second');
  }

  /** A pod was bound. */
  podBound(now: SimTime): void {
    const { statisticsSince } = this.recorder;
    // A window of earlier statistics tells nothing of those that are kept now.
    if (this.began === undefined || this.since !== statisticsSince) {
      this.began = now;
      this.since = statisticsSince;
      this.bound = 0;
      this.latest = undefined;
      this.isTold = false;
      return;
    }
    this.latest = now;
    const windows = Math.floor((now - this.began) / NS_PER_SECOND);
    if (windows > 0) {
      this.perSecond.record(this.bound / windows, windows);
      this.isTold = true;
      this.began = plus(this.began, seconds(windows));
      this.bound = 0;
    }
    this.bound++;
  }

  /** The run has ended. */
  conclude(): void {
    const { began, latest, since } = this;
    if (this.isTold || began === undefined || latest === undefined || since !== this.recorder.statisticsSince) return;
    if (latest > began) this.perSecond.record((this.bound * NS_PER_SECOND) / (latest - began));
  }
}
