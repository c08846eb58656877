/** Metrics of all replicas of CoreDNS: under its own names where it exports them. */
import type { CounterSeries, HistogramSeries } from '../../../metrics/index.ts';
import type { Nanoseconds } from '../../../units/index.ts';
import type { ClientGo } from '../../client-go/index.ts';
import { queryTypes } from './questions.ts';

/** Answers as metrics name them, by number. */
export const responseCodes = ['NOERROR', 'NXDOMAIN', 'REFUSED'] as const;
/** Numbers of {@link responseCodes}. */
export const ResponseCode = { NoError: 0, NameError: 1, Refused: 2 } as const;

/** The series of all replicas. */
export class DnsMetrics {
  /** By family. */
  private readonly requests: readonly CounterSeries[];
  private readonly durations: readonly HistogramSeries[];
  /** By number of the response code. */
  private readonly responses: readonly CounterSeries[];
  readonly answersFromCache: CounterSeries;
  readonly denialsFromCache: CounterSeries;
  readonly cacheMisses: CounterSeries;
  readonly forwards: HistogramSeries;
  readonly forwardRejects: CounterSeries;
  readonly drops: CounterSeries;
  private readonly programming: HistogramSeries;
  private readonly staleness: HistogramSeries;
  private readonly clientGo: ClientGo;
  private readonly server: number;

  constructor(clientGo: ClientGo) {
    const { recorder } = clientGo;
    this.clientGo = clientGo;
    this.requests = queryTypes.map((type) => recorder.counter('coredns_dns_requests_total', { type }));
    this.durations = queryTypes.map((type) => recorder.histogram('coredns_dns_request_duration_seconds', { type }));
    this.responses = responseCodes.map((rcode) => recorder.counter('coredns_dns_responses_total', { rcode }));
    this.answersFromCache = recorder.counter('coredns_cache_hits_total', { type: 'success' });
    this.denialsFromCache = recorder.counter('coredns_cache_hits_total', { type: 'denial' });
    this.cacheMisses = recorder.counter('coredns_cache_misses_total');
    this.forwards = recorder.histogram('coredns_proxy_request_duration_seconds');
    this.forwardRejects = recorder.counter('coredns_forward_max_concurrent_rejects_total');
    this.drops = recorder.counter('plimsoll_dns_packets_dropped_total');
    this.programming = recorder.histogram('coredns_kubernetes_dns_programming_duration_seconds', {
      service_kind: 'headless_with_selector',
    });
    this.staleness = recorder.histogram('plimsoll_dns_staleness_seconds');
    this.server = clientGo.waits.server('CoreDNS CPU', 'server');
  }

  /** A query has come to a core after waiting for it. */
  waited(span: Nanoseconds): void {
    this.clientGo.waits.passed(this.server, span);
  }

  /** A query was answered, `span` after it had come. */
  responded(family: number, code: number, span: Nanoseconds): void {
    (this.requests[family] as CounterSeries).add();
    (this.responses[code] as CounterSeries).add();
    (this.durations[family] as HistogramSeries).recordSpan(span);
  }

  /** A replica has learnt of a change of a headless Service's endpoints, and will answer with it. Both since the change. */
  programmed(learnt: Nanoseconds, answers: Nanoseconds): void {
    this.programming.recordSpan(learnt);
    this.staleness.recordSpan(answers);
  }
}
