/**
 * Where work waited. Every server and every client limiter is registered once; classes of work ("POST pods", "pod_startup") add the time
 * they waited at each. The bottleneck of an objective is the server where its class of work waited longest in total, whatever its utilisation.
 */
import { type Nanoseconds, NS_PER_SECOND } from '../units/index.ts';
import type { MetricRecorder } from './recorder.ts';
import type { HistogramSeries } from './series.ts';

/** What kind of thing work waits at. */
export type ServerKind = 'server' | 'limiter';

/** Waiting time of a class of work at one server or limiter. */
export interface WaitShare {
  /** Name of the server or limiter, as in the metrics' label `server`. */
  readonly server: string;
  readonly kind: ServerKind;
  /** Total waiting time [s]. */
  readonly waitSeconds: number;
  /** Number of waits that were longer than 0. */
  readonly waits: number;
}

/** Where one class of work waited; sorted by waiting time, longest first. */
export interface FlowWaits {
  /** "POST pods", "pod_startup", "all". */
  readonly flow: string;
  readonly waits: readonly WaitShare[];
}

/** The class of work that every wait counts in. */
export const FLOW_ALL = 'all';
/** The class of work of pods that exist on their way to Ready: binding and status requests, the scheduling queue, the kubelet. */
export const FLOW_POD_STARTUP = 'pod_startup';
/** The class of work of pods that do not exist yet: the requests that create them, with the time before they are sent. */
export const FLOW_POD_CREATION = 'pod_creation';

/** Sums of waiting times by class of work and server. */
export class WaitLedger {
  private readonly recorder: MetricRecorder;
  private readonly serverNames: string[] = [];
  private readonly serverKinds: ServerKind[] = [];
  /** plimsoll_server_waiting_seconds of each server, statistic. */
  private readonly histograms: HistogramSeries[] = [];
  private readonly flowNames: string[] = [];
  /** Waiting time [ns] by flow, then server; whole numbers, so that their order of addition does not matter; statistic. */
  private readonly spans: number[][] = [];
  /** Waits above 0 by flow, then server, statistic. */
  private readonly counts: number[][] = [];
  /** Number of the flow {@link FLOW_ALL}. */
  private readonly all: number;

  constructor(recorder: MetricRecorder) {
    this.recorder = recorder;
    this.all = this.flow(FLOW_ALL);
  }

  /** The number of a server or limiter, registered on first use. */
  server(name: string, kind: ServerKind): number {
    const known = this.serverNames.indexOf(name);
    if (known >= 0) return known;
    this.serverNames.push(name);
    this.serverKinds.push(kind);
    for (const spans of this.spans) spans.push(0);
    for (const counts of this.counts) counts.push(0);
    this.histograms.push(this.recorder.histogram('plimsoll_server_waiting_seconds', { server: name, kind }));
    return this.serverNames.length - 1;
  }

  /** The number of a class of work, registered on first use. */
  flow(name: string): number {
    const known = this.flowNames.indexOf(name);
    if (known >= 0) return known;
    this.flowNames.push(name);
    this.spans.push(this.serverNames.map(() => 0));
    this.counts.push(this.serverNames.map(() => 0));
    return this.flowNames.length - 1;
  }

  /** One passage of a server that took `span` ns of waiting (0 = served at once). */
  passed(server: number, span: number): void {
    (this.histograms[server] as HistogramSeries).recordSpan(span as Nanoseconds);
    if (span > 0) this.add(this.all, server, span);
  }

  /** The same waiting time as part of a class of work. */
  add(flow: number, server: number, span: number): void {
    if (span <= 0) return;
    const spans = this.spans[flow] as number[];
    const counts = this.counts[flow] as number[];
    spans[server] = (spans[server] as number) + span;
    counts[server] = (counts[server] as number) + 1;
  }

  /** Forgets everything so far: statistics begin. */
  startStatistics(): void {
    for (const spans of this.spans) spans.fill(0);
    for (const counts of this.counts) counts.fill(0);
  }

  /** The sums, flows by name, servers by waiting time. */
  result(): FlowWaits[] {
    return this.flowNames
      .map((flow, index) => ({ flow, waits: this.waitsOf(index) }))
      .sort((a, b) => (a.flow < b.flow ? -1 : 1));
  }

  private waitsOf(flow: number): WaitShare[] {
    const spans = this.spans[flow] as number[];
    const counts = this.counts[flow] as number[];
    return this.serverNames
      .map((server, index) => ({
        server,
        kind: this.serverKinds[index] as ServerKind,
        waitSeconds: (spans[index] as number) / NS_PER_SECOND,
        waits: counts[index] as number,
      }))
      .filter((share) => share.waits > 0)
      .sort((a, b) => b.waitSeconds - a.waitSeconds || (a.server < b.server ? -1 : 1));
  }
}
