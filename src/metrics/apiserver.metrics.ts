/** What kube-apiserver exports, and what we tell of its watches beside it. */
import type { MetricDefinition } from './metric.ts';

const REQUEST_BUCKETS = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
] as const;

const WEBHOOK_BUCKETS = [0.005, 0.025, 0.1, 0.5, 1, 2.5, 10, 25] as const;

export const apiserverMetrics = {
  apiserver_request_duration_seconds: {
    name: 'apiserver_request_duration_seconds',
    kind: 'histogram',
    unit: 's',
    labels: ['verb', 'resource', 'subresource', 'scope'],
    buckets: REQUEST_BUCKETS,
    help: 'Time from the arrival of a request at the API server to its answer, by verb, resource, subresource and scope.',
    source: 'kube-apiserver (stable)',
  },
  apiserver_request_total: {
    name: 'apiserver_request_total',
    kind: 'counter',
    unit: '1',
    labels: ['verb', 'resource', 'subresource', 'code'],
    help: 'Requests answered, by verb, resource, subresource and HTTP status code.',
    source: 'kube-apiserver (stable)',
  },
  apiserver_current_inflight_requests: {
    name: 'apiserver_current_inflight_requests',
    kind: 'gauge',
    unit: '1',
    labels: ['request_kind'],
    help: 'Most requests served at once since the last sample, by kind (mutating, readOnly); the real one: in the last second.',
    source: 'kube-apiserver (stable)',
  },
  apiserver_watch_events_total: {
    name: 'apiserver_watch_events_total',
    kind: 'counter',
    unit: '1',
    labels: ['resource'],
    help: 'Watch notifications sent to clients, by resource.',
    source: 'kube-apiserver (alpha)',
  },
  apiserver_registered_watchers: {
    name: 'apiserver_registered_watchers',
    kind: 'gauge',
    unit: '1',
    labels: ['resource'],
    help: 'Watches open, by resource.',
    source: 'kube-apiserver (alpha; the label kind became resource)',
  },
  apiserver_terminated_watchers_total: {
    name: 'apiserver_terminated_watchers_total',
    kind: 'counter',
    unit: '1',
    labels: ['resource'],
    help: 'Watches that the API server closed because the client did not keep up, by resource.',
    source: 'kube-apiserver (alpha)',
  },
  apiserver_admission_webhook_admission_duration_seconds: {
    name: 'apiserver_admission_webhook_admission_duration_seconds',
    kind: 'histogram',
    unit: 's',
    labels: ['name', 'type', 'operation', 'rejected'],
    buckets: WEBHOOK_BUCKETS,
    help: 'Time that one call of an admission webhook took, by webhook, type (admit = mutating, validating), operation and whether it refused the request.',
    source: 'kube-apiserver (stable)',
  },
  apiserver_admission_webhook_rejection_count: {
    name: 'apiserver_admission_webhook_rejection_count',
    kind: 'counter',
    unit: '1',
    labels: ['name', 'type', 'operation', 'error_type', 'rejection_code'],
    help: 'Requests refused because of a webhook, by webhook, type, operation, kind of error and code of the failure.',
    source: 'kube-apiserver (alpha)',
  },
  apiserver_admission_webhook_fail_open_count: {
    name: 'apiserver_admission_webhook_fail_open_count',
    kind: 'counter',
    unit: '1',
    labels: ['name', 'type'],
    help: 'Calls of webhooks that failed and were passed over (failurePolicy Ignore), by webhook and type.',
    source: 'kube-apiserver (alpha)',
  },
  etcd_request_duration_seconds: {
    name: 'etcd_request_duration_seconds',
    kind: 'histogram',
    unit: 's',
    labels: ['operation', 'type'],
    buckets: REQUEST_BUCKETS,
    help: 'Time an API server waited for etcd, by operation and type of object.',
    source: 'kube-apiserver (alpha)',
  },
  plimsoll_conflicts_total: {
    name: 'plimsoll_conflicts_total',
    kind: 'counter',
    unit: '1',
    labels: ['resource', 'kind'],
    help: 'Writes that met a newer version: answered 409 (returned) or tried again inside the API server (retried_inside).',
    source: 'ours: the API server exports no count of contention',
  },
} as const satisfies Record<string, MetricDefinition>;
