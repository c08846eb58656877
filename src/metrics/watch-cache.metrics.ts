/** What the watch caches of kube-apiserver export. */
import type { MetricDefinition } from './metric.ts';

const READ_WAIT_BUCKETS = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3] as const;

export const watchCacheMetrics = {
  apiserver_watch_cache_events_dispatched_total: {
    name: 'apiserver_watch_cache_events_dispatched_total',
    kind: 'counter',
    unit: '1',
    labels: ['resource'],
    help: 'Changes that watch caches have dispatched to their watchers, by resource.',
    source: 'kube-apiserver (alpha; group and resource as resource)',
  },
  apiserver_watch_cache_initializations_total: {
    name: 'apiserver_watch_cache_initializations_total',
    kind: 'counter',
    unit: '1',
    labels: ['resource'],
    help: 'How often a watch cache was filled from etcd during the run, by resource.',
    source: 'kube-apiserver (alpha; group and resource as resource)',
  },
  apiserver_watch_cache_capacity: {
    name: 'apiserver_watch_cache_capacity',
    kind: 'gauge',
    unit: '1',
    labels: ['resource'],
    help: 'Changes that fit into the ring of the watch cache, by resource (of the last API server).',
    source: 'kube-apiserver (alpha; group and resource as resource)',
  },
  apiserver_watch_cache_capacity_increase_total: {
    name: 'apiserver_watch_cache_capacity_increase_total',
    kind: 'counter',
    unit: '1',
    labels: ['resource'],
    help: 'How often a ring was doubled, by resource.',
    source: 'kube-apiserver (alpha; group and resource as resource)',
  },
  apiserver_watch_cache_capacity_decrease_total: {
    name: 'apiserver_watch_cache_capacity_decrease_total',
    kind: 'counter',
    unit: '1',
    labels: ['resource'],
    help: 'How often a ring was halved, by resource.',
    source: 'kube-apiserver (alpha; group and resource as resource)',
  },
  apiserver_watch_cache_consistent_read_total: {
    name: 'apiserver_watch_cache_consistent_read_total',
    kind: 'counter',
    unit: '1',
    labels: ['resource', 'success', 'fallback'],
    help: 'Lists without resourceVersion that were answered from the watch cache (success), or from etcd because the cache was not new enough in time (fallback).',
    source: 'kube-apiserver (alpha; group and resource as resource)',
  },
  apiserver_watch_cache_read_wait_seconds: {
    name: 'apiserver_watch_cache_read_wait_seconds',
    kind: 'histogram',
    unit: 's',
    labels: ['resource'],
    buckets: READ_WAIT_BUCKETS,
    help: 'Time that a read waited until the watch cache was new enough, by resource.',
    source: 'kube-apiserver (alpha; group and resource as resource)',
  },
  apiserver_storage_objects: {
    name: 'apiserver_storage_objects',
    kind: 'gauge',
    unit: '1',
    labels: ['resource'],
    help: 'Objects when they were last counted, by resource; 0 before the first count.',
    source: 'kube-apiserver (stable; counted each minute)',
  },
} as const satisfies Record<string, MetricDefinition>;
