/** What kube-scheduler exports, and ClusterLoader2's throughput. */
import { exponentialBuckets, type MetricDefinition } from './metric.ts';

export const schedulerMetrics = {
  scheduler_scheduling_attempt_duration_seconds: {
    name: 'scheduler_scheduling_attempt_duration_seconds',
    kind: 'histogram',
    unit: 's',
    labels: ['result', 'profile'],
    buckets: exponentialBuckets(0.001, 2, 15),
    help: 'Time of one scheduling attempt (algorithm and binding), by result and profile.',
    source: 'kube-scheduler (stable)',
  },
  scheduler_pod_scheduling_sli_duration_seconds: {
    name: 'scheduler_pod_scheduling_sli_duration_seconds',
    kind: 'histogram',
    unit: 's',
    labels: ['attempts'],
    buckets: exponentialBuckets(0.01, 2, 20),
    help: 'Time from a pod entering the scheduling queue to its binding, over all its attempts.',
    source: 'kube-scheduler (beta)',
  },
  scheduler_schedule_attempts_total: {
    name: 'scheduler_schedule_attempts_total',
    kind: 'counter',
    unit: '1',
    labels: ['result', 'profile'],
    help: 'Scheduling attempts, by result (scheduled, unschedulable, error) and profile.',
    source: 'kube-scheduler (stable)',
  },
  scheduler_pending_pods: {
    name: 'scheduler_pending_pods',
    kind: 'gauge',
    unit: '1',
    labels: ['queue'],
    help: 'Pods that wait to be scheduled, by queue (active, backoff, unschedulable, gated).',
    source: 'kube-scheduler (stable)',
  },
  scheduler_framework_extension_point_duration_seconds: {
    name: 'scheduler_framework_extension_point_duration_seconds',
    kind: 'histogram',
    unit: 's',
    labels: ['extension_point', 'status', 'profile'],
    buckets: exponentialBuckets(0.0001, 2, 12),
    help: 'Time of all plugins of one extension point.',
    source: 'kube-scheduler (stable)',
  },
  plimsoll_scheduling_throughput_pods_per_second: {
    name: 'plimsoll_scheduling_throughput_pods_per_second',
    kind: 'gauge',
    unit: '1/s',
    labels: [],
    help: 'Pods bound per second in the last interval.',
    source: "ours, after ClusterLoader2's SchedulingThroughput",
  },
} as const satisfies Record<string, MetricDefinition>;
