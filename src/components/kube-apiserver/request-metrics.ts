/** The request metrics of kube-apiserver, under the real names; series are found by number, not by text, on each request. */
import type { Kind, ObjectTables } from '../../cluster/index.ts';
import type { CounterSeries, HistogramSeries, MetricRecorder } from '../../metrics/index.ts';
import type { Nanoseconds } from '../../units/index.ts';
import { isSuccess, type RequestId, type Requests, Verb, verbNames, writeList } from '../api-machinery/index.ts';

/** Number of write operations that fit a class number. */
const WRITE_NUMBERS = 64;
/** Numbers that the modelled codes (0, 200 … 504) leave when divided by this differ. */
const CODE_NUMBERS = 64;

/** Number of class numbers in a cluster with so many kinds. */
export function requestClasses(kindCount: number): number {
  return kindCount * verbNames.length * WRITE_NUMBERS;
}

/** Class of a request: verb, kind and subresource as one number. */
export function requestClass(request: RequestId, requests: Requests): number {
  const verb = requests.verb[request] as number;
  const hasWrite = verb === Verb.Create || verb === Verb.Update || verb === Verb.Patch;
  const write = hasWrite ? (requests.write[request] as number) + 1 : 0;
  return ((requests.kind[request] as number) * verbNames.length + verb) * WRITE_NUMBERS + write;
}

/** Subresource of a request, "" for the object itself. */
export function subresourceOf(request: RequestId, requests: Requests): string {
  const verb = requests.verb[request] as number;
  const hasWrite = verb === Verb.Create || verb === Verb.Update || verb === Verb.Patch;
  return hasWrite ? (writeList[requests.write[request] as number]?.subresource ?? '') : '';
}

/** Scope as kube-apiserver's metrics give it (endpoints/metrics.go:CleanScope); the modelled clients list and watch over all namespaces. */
function scopeOf(verb: number): string {
  return verb === Verb.List || verb === Verb.Watch || verb === Verb.DeleteCollection ? 'cluster' : 'resource';
}

/** What a request of each verb asks of etcd, as etcd_request_duration_seconds names it (storage/etcd3/metrics). */
const storeOperations = ['get', 'list', 'create', 'update', 'update', 'delete', 'get', 'delete'] as const;

/** Counts and durations of answered requests. All API servers share the series. */
export class RequestMetrics {
  private readonly recorder: MetricRecorder;
  private readonly tables: ObjectTables;
  /** Series by class of request, and by class and code; made on first use. */
  private readonly durations: (HistogramSeries | undefined)[];
  private readonly sizes: (HistogramSeries | undefined)[];
  private readonly totals: ((CounterSeries | undefined)[] | undefined)[];
  /** Series of etcd's answers by kind and verb. */
  private readonly storeDurations: (HistogramSeries | undefined)[];
  private readonly conflicts = new Map<string, CounterSeries>();

  constructor(recorder: MetricRecorder, tables: ObjectTables) {
    this.recorder = recorder;
    this.tables = tables;
    const classes = requestClasses(tables.kindCount);
    this.durations = new Array<HistogramSeries | undefined>(classes).fill(undefined);
    this.sizes = new Array<HistogramSeries | undefined>(classes).fill(undefined);
    this.totals = new Array<(CounterSeries | undefined)[] | undefined>(classes).fill(undefined);
    this.storeDurations = new Array<HistogramSeries | undefined>(tables.kindCount * verbNames.length).fill(undefined);
  }

  /** A request was answered after `took` ns. */
  answered(request: RequestId, requests: Requests, took: number): void {
    const number = requestClass(request, requests);
    let duration = this.durations[number];
    if (duration === undefined) {
      duration = this.recorder.histogram('apiserver_request_duration_seconds', this.labelsOf(request, requests));
      this.durations[number] = duration;
    }
    if (requests.verb[request] !== Verb.Watch) duration.recordSpan(took as Nanoseconds);
    const code = requests.code[request] as number;
    let byCode = this.totals[number];
    if (byCode === undefined) {
      byCode = new Array<CounterSeries | undefined>(CODE_NUMBERS).fill(undefined);
      this.totals[number] = byCode;
    }
    let total = byCode[code % CODE_NUMBERS];
    if (total === undefined) {
      total = this.totalOf(request, requests, code);
      byCode[code % CODE_NUMBERS] = total;
    }
    total.add();
    const verb = requests.verb[request];
    if (isSuccess(code) && (verb === Verb.Get || verb === Verb.List)) this.recordSize(number, request, requests);
  }

  /** Only reads are counted, as upstream (endpoints/metrics.go:MonitorRequest). */
  private recordSize(number: number, request: RequestId, requests: Requests): void {
    let size = this.sizes[number];
    if (size === undefined) {
      size = this.recorder.histogram('apiserver_response_sizes', this.labelsOf(request, requests));
      this.sizes[number] = size;
    }
    size.record(requests.replyBytes[request] as number);
  }

  /** etcd has answered a request of an API server that was sent at `storeAt`. */
  storeAnswered(request: RequestId, requests: Requests, isRead: boolean, now: number): void {
    const verb = isRead ? Verb.Get : (requests.verb[request] as number);
    const kind = requests.kind[request] as Kind;
    const number = kind * verbNames.length + verb;
    let duration = this.storeDurations[number];
    if (duration === undefined) {
      duration = this.recorder.histogram('etcd_request_duration_seconds', {
        operation: storeOperations[verb] as string,
        type: this.tables.resourceName(kind),
      });
      this.storeDurations[number] = duration;
    }
    duration.recordSpan((now - (requests.storeAt[request] as number)) as Nanoseconds);
  }

  /** A conflict: one that a client was told of, or one that the API server retried inside. */
  conflict(kind: Kind, how: 'returned' | 'retried_inside'): void {
    const key = `${kind} ${how}`;
    let counter = this.conflicts.get(key);
    if (counter === undefined) {
      counter = this.recorder.counter('plimsoll_conflicts_total', {
        resource: this.tables.resourceName(kind),
        kind: how,
      });
      this.conflicts.set(key, counter);
    }
    counter.add();
  }

  private labelsOf(request: RequestId, requests: Requests): Record<string, string> {
    const verb = requests.verb[request] as number;
    return {
      verb: verbNames[verb] as string,
      resource: this.tables.resourceName(requests.kind[request] as Kind),
      subresource: subresourceOf(request, requests),
      scope: scopeOf(verb),
    };
  }

  private totalOf(request: RequestId, requests: Requests, code: number): CounterSeries {
    return this.recorder.counter('apiserver_request_total', {
      verb: verbNames[requests.verb[request] as number] as string,
      resource: this.tables.resourceName(requests.kind[request] as Kind),
      subresource: subresourceOf(request, requests),
      code: String(code),
    });
  }
}
