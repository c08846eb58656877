/** What a scheduler records. Names, labels and buckets are kube-scheduler's own (K:pkg/scheduler/metrics/metrics.go). */
import type { CounterSeries, GaugeSeries, HistogramSeries, MetricRecorder } from '../../metrics/index.ts';
import { type Nanoseconds, NS_PER_SECOND } from '../../units/index.ts';

/** How an attempt ended. */
export type AttemptResult = 'scheduled' | 'unschedulable' | 'error';

/** From so many attempts on the label says "15+" (schedule_one.go:getAttemptsLabel). */
const MANY_ATTEMPTS = 15;

/** A part of a gauge to which several schedulers add. */
class GaugeShare {
  private readonly gauge: GaugeSeries;
  private share = 0;

  constructor(gauge: GaugeSeries) {
    this.gauge = gauge;
  }

  set(value: number): void {
    this.gauge.add(value - this.share);
    this.share = value;
  }
}

/** Pods that wait, by queue. */
export interface PendingPods {
  readonly active: number;
  readonly backoff: number;
  readonly unschedulable: number;
}

/** The series of one scheduler. */
export class SchedulerMetrics {
  private readonly recorder: MetricRecorder;
  private readonly durations = new Map<string, HistogramSeries>();
  private readonly attempts = new Map<string, CounterSeries>();
  private readonly points = new Map<string, HistogramSeries>();
  private readonly sli: HistogramSeries[] = [];
  /** Pods bound so far, and at the last sample [pod], with its instant [ns]. */
  private bound = 0;
  private boundBefore = 0;
  private sampledAt = 0;

  constructor(recorder: MetricRecorder, clock: { readonly now: number }, pending: () => PendingPods) {
    this.recorder = recorder;
    const shareOf = (queue: string) => new GaugeShare(recorder.gauge('scheduler_pending_pods', { queue }));
    const active = shareOf('active');
    const backoff = shareOf('backoff');
    const unschedulable = shareOf('unschedulable');
    const throughput = new GaugeShare(recorder.gauge('plimsoll_scheduling_throughput_pods_per_second'));
    recorder.onSample(() => {
      const pods = pending();
      active.set(pods.active);
      backoff.set(pods.backoff);
      unschedulable.set(pods.unschedulable);
      const span = clock.now - this.sampledAt;
      if (span <= 0) return;
      throughput.set(((this.bound - this.boundBefore) * NS_PER_SECOND) / span);
      this.boundBefore = this.bound;
      this.sampledAt = clock.now;
    });
  }

  /** An attempt has ended after `span`. */
  attempt(result: AttemptResult, profile: string, span: Nanoseconds): void {
    const key = `${result} ${profile}`;
    let duration = this.durations.get(key);
    if (duration === undefined) {
      duration = this.recorder.histogram('scheduler_scheduling_attempt_duration_seconds', { result, profile });
      this.durations.set(key, duration);
      this.attempts.set(key, this.recorder.counter('scheduler_schedule_attempts_total', { result, profile }));
    }
    duration.recordSpan(span);
    (this.attempts.get(key) as CounterSeries).add();
  }

  /** A pod was bound `span` after it first came to the queue, at this attempt. */
  scheduled(attempts: number, span: Nanoseconds): void {
    this.bound++;
    const index = Math.min(attempts, MANY_ATTEMPTS);
    let sli = this.sli[index];
    if (sli === undefined) {
      const label = attempts >= MANY_ATTEMPTS ? `${MANY_ATTEMPTS}+` : String(attempts);
      sli = this.recorder.histogram('scheduler_pod_scheduling_sli_duration_seconds', { attempts: label });
      this.sli[index] = sli;
    }
    sli.recordSpan(span);
  }

  /** The plugins of an extension point took `span`. */
  extensionPoint(
    point: string,
    status: 'Success' | 'Unschedulable' | 'Error',
    profile: string,
    span: Nanoseconds,
  ): void {
    const key = `${point} ${status} ${profile}`;
    let series = this.points.get(key);
    if (series === undefined) {
      const labels = { extension_point: point, status, profile };
      series = this.recorder.histogram('scheduler_framework_extension_point_duration_seconds', labels);
      this.points.set(key, series);
    }
    series.recordSpan(span);
  }
}
