/** What proxies tell about their syncs and rules. */
import type { Simulation } from '../../engine/index.ts';
import { type CounterSeries, type HistogramSeries, type MetricRecorder, publishServer } from '../../metrics/index.ts';
import type { Nanoseconds } from '../../units/index.ts';
import type { ModeParameters, ProxyMode } from './modes/index.ts';
import type { ServiceHistory } from './service-history.ts';

/** What the fleet knows about itself. */
export interface FleetState {
  /** Time that proxies have spent in syncs, together [ns]. */
  busyNanoseconds(): number;
  /** Proxies. */
  readonly size: number;
  /** Proxies that wait for their next sync. */
  readonly planned: number;
  /** Lines that the latest sync handed over. */
  readonly lastLines: number;
}

/** Series of all proxies together. */
export class ProxyMetrics {
  readonly programming: HistogramSeries;
  readonly lockWait: HistogramSeries;
  readonly failures: CounterSeries;
  readonly endpointChanges: CounterSeries;
  readonly serviceChanges: CounterSeries;
  private readonly sync: HistogramSeries;
  private readonly spans: { readonly full: HistogramSeries; readonly partial: HistogramSeries };
  private readonly syncs: { readonly full: CounterSeries; readonly partial: CounterSeries };

  constructor(
    recorder: MetricRecorder,
    simulation: Simulation,
    mode: ProxyMode,
    parameters: ModeParameters,
    history: ServiceHistory,
    fleet: FleetState,
  ) {
    this.programming = recorder.histogram('kubeproxy_network_programming_duration_seconds');
    this.lockWait = recorder.histogram('plimsoll_kube_proxy_lock_wait_seconds');
    this.failures = recorder.counter('kubeproxy_sync_proxy_rules_iptables_restore_failures_total');
    this.endpointChanges = recorder.counter('kubeproxy_sync_proxy_rules_endpoint_changes_total');
    this.serviceChanges = recorder.counter('kubeproxy_sync_proxy_rules_service_changes_total');
    this.sync = recorder.histogram('kubeproxy_sync_proxy_rules_duration_seconds');
    this.spans = {
      full: recorder.histogram('kubeproxy_sync_full_proxy_rules_duration_seconds'),
      partial: recorder.histogram('kubeproxy_sync_partial_proxy_rules_duration_seconds'),
    };
    this.syncs = {
      full: recorder.counter('plimsoll_kube_proxy_syncs_total', { kind: 'full' }),
      partial: recorder.counter('plimsoll_kube_proxy_syncs_total', { kind: 'partial' }),
    };
    publishServer(recorder, simulation, 'kube-proxy syncs', () => ({
      busyNanoseconds: fleet.busyNanoseconds(),
      capacity: Math.max(1, fleet.size),
      queueLength: fleet.planned,
    }));
    const gauges = mode.gauges.map(({ metric, labels, measure }) => ({
      gauge: recorder.gauge(metric, labels),
      measure,
    }));
    const rules = recorder.gauge('plimsoll_kube_proxy_rules');
    const memory = recorder.gauge('plimsoll_kube_proxy_rules_memory_bytes');
    const last = recorder.gauge('kubeproxy_sync_proxy_rules_iptables_last');
    recorder.onSample(() => {
      for (const { gauge, measure } of gauges) gauge.set(history.largest(measure));
      rules.set(history.largest((counts) => mode.total(counts)));
      memory.set(history.largest((counts) => mode.memory(counts, parameters)));
      last.set(fleet.lastLines);
    });
  }

  /** A sync has begun that takes so long. */
  began(kind: 'full' | 'partial', span: Nanoseconds): void {
    this.syncs[kind].add();
    this.spans[kind].recordSpan(span);
    this.sync.recordSpan(span);
  }
}
