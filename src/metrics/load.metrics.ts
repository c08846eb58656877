/** What the clients of a scenario's own loads measure. */
import { exponentialBuckets, linearBuckets, type MetricDefinition } from './metric.ts';

export const loadMetrics = {
  plimsoll_load_requests_total: {
    name: 'plimsoll_load_requests_total',
    kind: 'counter',
    unit: '1',
    labels: ['load', 'result'],
    help: 'Requests of a load that were answered, by result: ok, conflict (409), too_many_requests (429), not_found, connection_broken, error (any other).',
    source: 'ours: load generators such as k6 report the like (http_reqs)',
  },
  plimsoll_load_operations_total: {
    name: 'plimsoll_load_operations_total',
    kind: 'counter',
    unit: '1',
    labels: ['load', 'result'],
    help: 'Operations of a load that are over, by result: ok (their rate is the goodput), exhausted (no retry left), failed, unfinished (the load ended first).',
    source: 'ours: load generators such as k6 report the like (iterations)',
  },
  plimsoll_load_operation_duration_seconds: {
    name: 'plimsoll_load_operation_duration_seconds',
    kind: 'histogram',
    unit: 's',
    labels: ['load'],
    buckets: exponentialBuckets(0.0005, 2, 18),
    help: 'Time from the beginning of an operation of a load to its success, with all its requests, retries and pauses.',
    source: 'ours: load generators such as k6 report the like (iteration_duration)',
  },
  plimsoll_load_attempts_per_operation: {
    name: 'plimsoll_load_attempts_per_operation',
    kind: 'histogram',
    unit: '1',
    labels: ['load'],
    buckets: [...linearBuckets(1, 1, 5), 8, 12, 20, 40, 100],
    help: 'Attempts that an operation of a load took: 1 = the first one went through.',
    source: 'ours: what optimistic concurrency costs',
  },
  plimsoll_load_watch_delivery_duration_seconds: {
    name: 'plimsoll_load_watch_delivery_duration_seconds',
    kind: 'histogram',
    unit: 's',
    labels: ['load'],
    buckets: exponentialBuckets(0.001, 2, 16),
    help: "Time from the commit of a change until an observed watcher of a scenario's own has received it.",
    source: 'ours: what a watcher sees; the real components export only what leaves the server',
  },
} as const satisfies Record<string, MetricDefinition>;
