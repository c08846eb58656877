/** What client-go exports: work queues and the client's own limits. */
import { exponentialBuckets, type MetricDefinition } from './metric.ts';

/** The work queue's own buckets: 10 ns to 1,000 s. */
const WORKQUEUE_BUCKETS = exponentialBuckets(1e-8, 10, 12);

export const clientMetrics = {
  workqueue_depth: {
    name: 'workqueue_depth',
    kind: 'gauge',
    unit: '1',
    labels: ['name'],
    help: 'Keys that wait in a work queue.',
    source: 'client-go (k8s.io/component-base/metrics/prometheus/workqueue)',
  },
  workqueue_queue_duration_seconds: {
    name: 'workqueue_queue_duration_seconds',
    kind: 'histogram',
    unit: 's',
    labels: ['name'],
    buckets: WORKQUEUE_BUCKETS,
    help: 'Time a key waits in a work queue before a worker takes it.',
    source: 'client-go (k8s.io/component-base/metrics/prometheus/workqueue)',
  },
  workqueue_work_duration_seconds: {
    name: 'workqueue_work_duration_seconds',
    kind: 'histogram',
    unit: 's',
    labels: ['name'],
    buckets: WORKQUEUE_BUCKETS,
    help: 'Time a worker spends on a key.',
    source: 'client-go (k8s.io/component-base/metrics/prometheus/workqueue)',
  },
  workqueue_adds_total: {
    name: 'workqueue_adds_total',
    kind: 'counter',
    unit: '1',
    labels: ['name'],
    help: 'Keys added to a work queue.',
    source: 'client-go (k8s.io/component-base/metrics/prometheus/workqueue)',
  },
  workqueue_retries_total: {
    name: 'workqueue_retries_total',
    kind: 'counter',
    unit: '1',
    labels: ['name'],
    help: 'Keys added again after a failure.',
    source: 'client-go (k8s.io/component-base/metrics/prometheus/workqueue)',
  },
  leader_election_master_status: {
    name: 'leader_election_master_status',
    kind: 'gauge',
    unit: '1',
    labels: ['name', 'instance'],
    help: 'Whether an instance of a component leads (1) or not (0).',
    source:
      'client-go (k8s.io/component-base/metrics/prometheus/clientgo/leaderelection; by instance beside the name of the lease)',
  },
  rest_client_rate_limiter_duration_seconds: {
    name: 'rest_client_rate_limiter_duration_seconds',
    kind: 'histogram',
    unit: 's',
    labels: ['client'],
    buckets: [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60],
    help: "Time a request waits for its client's own rate limit (QPS and burst).",
    source:
      'client-go (k8s.io/component-base/metrics/prometheus/restclient; by client, where the original has verb and host)',
  },
  rest_client_requests_total: {
    name: 'rest_client_requests_total',
    kind: 'counter',
    unit: '1',
    labels: ['client', 'code', 'method'],
    help: 'Requests that a client sent, by status code and method.',
    source: 'client-go (k8s.io/component-base/metrics/prometheus/restclient; by client, where the original has host)',
  },
} as const satisfies Record<string, MetricDefinition>;
