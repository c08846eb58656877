/** What kube-apiserver exports of priority and fairness. */
import type { MetricDefinition } from './metric.ts';

/** Upstream's buckets for durations of requests in priority and fairness [s]. */
const FLOW_CONTROL_BUCKETS = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30] as const;

export const flowControlMetrics = {
  apiserver_flowcontrol_request_wait_duration_seconds: {
    name: 'apiserver_flowcontrol_request_wait_duration_seconds',
    kind: 'histogram',
    unit: 's',
    labels: ['priority_level', 'flow_schema', 'execute'],
    buckets: FLOW_CONTROL_BUCKETS,
    help: 'Time a request waited in its queue, by level, schema and whether it was served in the end.',
    source: 'kube-apiserver (stable)',
  },
  apiserver_flowcontrol_request_execution_seconds: {
    name: 'apiserver_flowcontrol_request_execution_seconds',
    kind: 'histogram',
    unit: 's',
    labels: ['priority_level', 'flow_schema'],
    buckets: FLOW_CONTROL_BUCKETS,
    help: 'Time from the dispatch of a request to its answer, by level and schema.',
    source: 'kube-apiserver (alpha)',
  },
  apiserver_flowcontrol_rejected_requests_total: {
    name: 'apiserver_flowcontrol_rejected_requests_total',
    kind: 'counter',
    unit: '1',
    labels: ['priority_level', 'flow_schema', 'reason'],
    help: 'Requests refused with 429 by priority and fairness: queue-full, concurrency-limit (no queues), time-out.',
    source: 'kube-apiserver (stable)',
  },
  apiserver_flowcontrol_dispatched_requests_total: {
    name: 'apiserver_flowcontrol_dispatched_requests_total',
    kind: 'counter',
    unit: '1',
    labels: ['priority_level', 'flow_schema'],
    help: 'Requests that priority and fairness let execute.',
    source: 'kube-apiserver (stable)',
  },
  apiserver_flowcontrol_current_inqueue_requests: {
    name: 'apiserver_flowcontrol_current_inqueue_requests',
    kind: 'gauge',
    unit: '1',
    labels: ['priority_level', 'flow_schema'],
    help: 'Requests that wait in queues, over all API servers.',
    source: 'kube-apiserver (stable)',
  },
  apiserver_flowcontrol_current_executing_requests: {
    name: 'apiserver_flowcontrol_current_executing_requests',
    kind: 'gauge',
    unit: '1',
    labels: ['priority_level', 'flow_schema'],
    help: 'Requests that execute, over all API servers.',
    source: 'kube-apiserver (stable)',
  },
  apiserver_flowcontrol_current_executing_seats: {
    name: 'apiserver_flowcontrol_current_executing_seats',
    kind: 'gauge',
    unit: '1',
    labels: ['priority_level'],
    help: 'Seats taken, with those that stay taken after the answer, over all API servers and schemas.',
    source: 'kube-apiserver (beta; the label flow_schema is left out)',
  },
  apiserver_flowcontrol_current_limit_seats: {
    name: 'apiserver_flowcontrol_current_limit_seats',
    kind: 'gauge',
    unit: '1',
    labels: ['priority_level'],
    help: 'Seats of a level after lending and borrowing, over all API servers.',
    source: 'kube-apiserver (alpha)',
  },
  apiserver_flowcontrol_nominal_limit_seats: {
    name: 'apiserver_flowcontrol_nominal_limit_seats',
    kind: 'gauge',
    unit: '1',
    labels: ['priority_level'],
    help: 'Seats of a level by its shares, over all API servers.',
    source: 'kube-apiserver (beta)',
  },
} as const satisfies Record<string, MetricDefinition>;
