/** What is told of the room on the nodes of a cluster: how full they are, and what of the rest nobody can use. */
import type { MetricDefinition } from './metric.ts';

export const allocationMetrics = {
  plimsoll_allocation_ratio: {
    name: 'plimsoll_allocation_ratio',
    kind: 'gauge',
    unit: '1',
    labels: ['resource'],
    help: 'Requested by the pods on all nodes per allocatable of all nodes, by resource (cpu, memory, pods).',
    source: 'ours: schedulers export no state of the nodes as a whole',
  },
  plimsoll_nodes_in_use: {
    name: 'plimsoll_nodes_in_use',
    kind: 'gauge',
    unit: '1',
    labels: [],
    help: 'Nodes with at least one pod that has not ended.',
    source: 'ours: what packing saves',
  },
  plimsoll_stranded_ratio: {
    name: 'plimsoll_stranded_ratio',
    kind: 'gauge',
    unit: '1',
    labels: ['resource'],
    help: 'Free of a resource (cpu, memory) on nodes that have no room for the smallest pod because of another one, per allocatable of all nodes.',
    source: 'ours: fragmentation, as studies of packing define it for each pair of resources',
  },
} as const satisfies Record<string, MetricDefinition>;
