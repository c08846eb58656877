/** What a descheduler tells: kubernetes-sigs/descheduler, metrics/metrics.go. */
import type { MetricDefinition } from './metric.ts';

export const deschedulerMetrics = {
  descheduler_pods_evicted_total: {
    name: 'descheduler_pods_evicted_total',
    kind: 'counter',
    unit: '1',
    labels: ['result', 'strategy'],
    help: 'Pods (in a scheduling cell, tasks) that a descheduler evicted, by plugin, or tried to (result: success, error).',
    source: 'kubernetes-sigs/descheduler: metrics/metrics.go (pods_evicted_total)',
  },
} as const satisfies Record<string, MetricDefinition>;
