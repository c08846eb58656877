/** What is told of the cluster as a whole: pod startup (ClusterLoader2's name), pods by phase, every server and limiter. */
import { exponentialBuckets, type MetricDefinition } from './metric.ts';
import { POD_START_BUCKETS } from './node.metrics.ts';

export const clusterMetrics = {
  pod_startup_latency_seconds: {
    name: 'pod_startup_latency_seconds',
    kind: 'histogram',
    unit: 's',
    labels: ['phase'],
    buckets: POD_START_BUCKETS,
    help: 'Time from the creation of a pod until it is seen Running, by phase: create_to_schedule, schedule_to_run, run_to_watch, total.',
    source: "ClusterLoader2's PodStartupLatency; buckets of kubelet_pod_start_sli_duration_seconds",
  },
  plimsoll_pods: {
    name: 'plimsoll_pods',
    kind: 'gauge',
    unit: '1',
    labels: ['phase'],
    help: 'Pods by state: unbound, bound, running, succeeded and failed partition those that exist; ready and terminating are among them; created and removed count up.',
    source: 'ours: the census of all pods',
  },
  plimsoll_server_utilisation: {
    name: 'plimsoll_server_utilisation',
    kind: 'gauge',
    unit: '1',
    labels: ['server'],
    help: 'Share of a server in use (0 to 1), or of what a client limiter lets through: above 1 while it spends the tokens saved up for a burst.',
    source: 'ours: one for every server and limiter of the model',
  },
  plimsoll_server_queue_length: {
    name: 'plimsoll_server_queue_length',
    kind: 'gauge',
    unit: '1',
    labels: ['server'],
    help: 'Work that waits for a server or client limiter, without what is being served; as it is at each sample.',
    source: 'ours: one for every server and limiter of the model',
  },
  plimsoll_server_waiting_seconds: {
    name: 'plimsoll_server_waiting_seconds',
    kind: 'histogram',
    unit: 's',
    labels: ['server', 'kind'],
    buckets: exponentialBuckets(1e-5, 10, 8),
    help: 'Time that work waited for a server or client limiter (kind: server, limiter) before it was served.',
    source: 'ours: one for every server and limiter of the model',
  },
} as const satisfies Record<string, MetricDefinition>;
