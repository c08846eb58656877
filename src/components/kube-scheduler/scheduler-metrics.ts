/** What a scheduler records. Names, labels and buckets are kube-scheduler's own (K:pkg/scheduler/metrics/metrics.go). */
import type { CounterSeries, GaugeSeries, HistogramSeries, MetricRecorder } from '../../metrics/index.ts';
import { type Nanoseconds, NS_PER_SECOND } from '../../units/index.ts';
import type { BatchResult, FlushReason } from './opportunistic-batch.ts';

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
  readonly activeCount: number;
  readonly backoffCount: number;
  readonly unschedulableCount: number;
  readonly gatedCount: number;
}

/** Extension points whose time is recorded, and how they ended, by number. */
const POINTS = ['PreFilter', 'Filter', 'PostFilter', 'PreScore', 'Score', 'Bind'] as const;
const STATUSES = ['Success', 'Unschedulable', 'Error'] as const;

/** An extension point whose time is recorded. */
export type RecordedPoint = (typeof POINTS)[number];
/** How an extension point ended. */
export type PointStatus = (typeof STATUSES)[number];

/** The series of one profile, made when they are first needed. */
class ProfileSeries {
  private readonly recorder: MetricRecorder;
  private readonly profile: string;
  private readonly durations = new Map<AttemptResult, HistogramSeries>();
  private readonly attempts = new Map<AttemptResult, CounterSeries>();
  private readonly points: (HistogramSeries | undefined)[] = [];
  /** By result and by reason, and by whether there was a hint. */
  private readonly batches = new Map<BatchResult | FlushReason, CounterSeries>();
  private readonly hints: (HistogramSeries | undefined)[] = [];

  constructor(recorder: MetricRecorder, profile: string) {
    this.recorder = recorder;
    this.profile = profile;
  }

  attempt(result: AttemptResult, span: Nanoseconds): void {
    let duration = this.durations.get(result);
    if (duration === undefined) {
      const labels = { result, profile: this.profile };
      duration = this.recorder.histogram('scheduler_scheduling_attempt_duration_seconds', labels);
      this.durations.set(result, duration);
      this.attempts.set(result, this.recorder.counter('scheduler_schedule_attempts_total', labels));
    }
    duration.recordSpan(span);
    (this.attempts.get(result) as CounterSeries).add();
  }

  /** A pod came that a ranking may serve (K:pkg/scheduler/framework/runtime/batch.go). */
  batchAttempt(result: BatchResult): void {
    let series = this.batches.get(result);
    if (series === undefined) {
      series = this.recorder.counter('scheduler_batch_attempts_total', { result, profile: this.profile });
      this.batches.set(result, series);
    }
    series.add();
  }

  /** A ranking is of no use, or none was kept. */
  batchFlushed(reason: FlushReason): void {
    let series = this.batches.get(reason);
    if (series === undefined) {
      series = this.recorder.counter('scheduler_batch_cache_flushed_total', { reason, profile: this.profile });
      this.batches.set(reason, series);
    }
    series.add();
  }

  /** A node was looked for in a ranking. */
  nodeHint(wasHinted: boolean, span: Nanoseconds): void {
    const index = wasHinted ? 1 : 0;
    let series = this.hints[index];
    if (series === undefined) {
      const labels = { hinted: wasHinted ? 'hint' : 'no_hint', profile: this.profile };
      series = this.recorder.histogram('scheduler_get_node_hint_duration_seconds', labels);
      this.hints[index] = series;
    }
    series.recordSpan(span);
  }

  extensionPoint(point: RecordedPoint, status: PointStatus, span: Nanoseconds): void {
    const index = POINTS.indexOf(point) * STATUSES.length + STATUSES.indexOf(status);
    let series = this.points[index];
    if (series === undefined) {
      const labels = { extension_point: point, status, profile: this.profile };
      series = this.recorder.histogram('scheduler_framework_extension_point_duration_seconds', labels);
      this.points[index] = series;
    }
    series.recordSpan(span);
  }
}

/** The series of one scheduler. */
export class SchedulerMetrics {
  private readonly recorder: MetricRecorder;
  private readonly profiles = new Map<string, ProfileSeries>();
  /** Scheduling SLI by attempts. */
  private readonly sli: HistogramSeries[] = [];
  private preemptions: CounterSeries | undefined;
  private victims: HistogramSeries | undefined;
  /** Pods bound so far, and at the last sample [pod], with its instant [ns]. */
  private bound = 0;
  private boundBefore = 0;
  private sampledAt = 0;

  constructor(recorder: MetricRecorder, clock: { readonly now: number }, pending: PendingPods) {
    this.recorder = recorder;
    const shareOf = (queue: string) => new GaugeShare(recorder.gauge('scheduler_pending_pods', { queue }));
    const active = shareOf('active');
    const backoff = shareOf('backoff');
    const unschedulable = shareOf('unschedulable');
    const gated = shareOf('gated');
    const throughput = new GaugeShare(recorder.gauge('plimsoll_scheduling_throughput_pods_per_second'));
    recorder.onSample(() => {
      active.set(pending.activeCount);
      backoff.set(pending.backoffCount);
      unschedulable.set(pending.unschedulableCount);
      gated.set(pending.gatedCount);
      const span = clock.now - this.sampledAt;
      if (span <= 0) return;
      throughput.set(((this.bound - this.boundBefore) * NS_PER_SECOND) / span);
      this.boundBefore = this.bound;
      this.sampledAt = clock.now;
    });
  }

  /** A binding failed to which the loop had given so long; `conflict`: with a 409. */
  wasted(profile: string, span: Nanoseconds, conflict: boolean): void {
    this.recorder.counter('plimsoll_scheduler_wasted_seconds_total', { profile }).add(span / NS_PER_SECOND);
    if (conflict) this.recorder.counter('plimsoll_scheduler_binding_conflicts_total', { profile }).add();
  }

  /** What the process takes of its host's cores. */
  publishCpu(job: string, cpu: { readonly nanoseconds: number }): void {
    const series = this.recorder.counter('process_cpu_seconds_total', { job });
    let before = 0;
    this.recorder.onSample(() => {
      series.add((cpu.nanoseconds - before) / NS_PER_SECOND);
      before = cpu.nanoseconds;
    });
  }

  /** All pods of a group were tried in one cycle. */
  groupAttempt(profile: string, isScheduled: boolean): void {
    const result = isScheduled ? 'scheduled' : 'unschedulable';
    this.recorder.counter('scheduler_podgroup_schedule_attempts_total', { result, profile }).add();
  }

  /** Room was looked for by removing others; for `victims` of them if somebody has to go. */
  preemption(victims: number): void {
    this.preemptions ??= this.recorder.counter('scheduler_preemption_attempts_total');
    this.preemptions.add();
    if (victims === 0) return;
    this.victims ??= this.recorder.histogram('scheduler_preemption_victims');
    this.victims.record(victims);
  }

  /** The series of a profile. */
  of(profile: string): ProfileSeries {
    let series = this.profiles.get(profile);
    if (series === undefined) {
      series = new ProfileSeries(this.recorder, profile);
      this.profiles.set(profile, series);
    }
    return series;
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
}
