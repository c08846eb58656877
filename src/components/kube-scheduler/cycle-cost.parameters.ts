/** What scheduling cycles cost: parameters of kube-scheduler that are in their own file. */
import { assumption, count, duration, measured, real } from '../../engine/index.ts';
import { microseconds, milliseconds, nanoseconds, seconds } from '../../units/index.ts';

/** What the costs of plain pods rest on. */
const COSTS_NOTE =
  'line through the means over all runs at 100, 1,000 and 5,000 nodes (100, 420 and 500 nodes examined) of the scheduler alone on one core; ' +
  'scheduler_perf with everything on one core shows 1.3 and 3.8 us per node and larger constant parts';
/** What the costs of pods with constraints rest on. Means; workloads share the core with everything else, so that they are good to 25 %. */
const SPREAD_NOTE =
  'PreFilter of TopologySpreading/5000Nodes (5,000 nodes, 6,000 pods, 1,000 of them its own: 15.2 ms, disturbed) and ' +
  'PreScore of PreferredTopologySpreading/500Nodes (1,500 pods, 500 of them its own: 0.97 ms)';
const INTER_POD_NOTE =
  'CPU per pod of API server, scheduler and etcd beyond that of SchedulingBasic/500Nodes: 2.4 ms for SchedulingPodAffinity (1,000 pods) and for SchedulingPreferredPodAffinity; the former is shared by PreFilter and PreScore as 1.58 to 1.31 (extension points)';

/** Times of the parts of a cycle. Spread over goroutines is what the plugins do per node and per pod. */
export const cycleCostParameters = {
  cycleTime: duration({
    default: microseconds(60),
    range: [nanoseconds(0), seconds(10)],
    help: 'Time of a cycle beside the extension points: taking the pod, updating the snapshot, choosing the host, assuming.',
    source: measured(
      'data/measured/kubernetes/scheduler_standalone.csv',
      'algorithm less PreFilter, Filter and Score: 0.05 ms at 100 nodes, 0.15 to 0.17 ms at 1,000 and 5,000',
    ),
  }),
  hostSelectionTimePerNode: duration({
    default: nanoseconds(250),
    range: [nanoseconds(0), milliseconds(1)],
    help: 'Time per scored node to sum the scores and choose the host.',
    source: measured(
      'data/measured/kubernetes/scheduler_standalone.csv',
      'the part of that rest that grows with the scored nodes',
    ),
  }),
  preFilterTime: duration({
    default: microseconds(10),
    range: [nanoseconds(0), seconds(1)],
    help: 'Time of PreFilter.',
    source: measured('data/measured/kubernetes/scheduler_standalone.csv', 'mean 9 to 15 us at all sizes'),
  }),
  filterTime: duration({
    default: microseconds(70),
    range: [nanoseconds(0), seconds(1)],
    help: 'Time of Filter beside the nodes: starting and joining the goroutines.',
    source: measured('data/measured/kubernetes/scheduler_standalone.csv', COSTS_NOTE),
  }),
  filterCallTime: duration({
    default: nanoseconds(300),
    range: [nanoseconds(0), milliseconds(10)],
    help: 'CPU of calling one Filter plugin on one node.',
    source: measured(
      'data/measured/kubernetes/scheduler_standalone.csv',
      `with resourceFilterTime 1.7 us per node for the four plugins that filter a plain pod: ${COSTS_NOTE}; how they share it is assumed`,
    ),
  }),
  resourceFilterTime: duration({
    default: nanoseconds(500),
    range: [nanoseconds(0), milliseconds(10)],
    help: 'CPU of the filter of NodeResourcesFit on one node beyond that.',
    source: measured('data/measured/kubernetes/scheduler_standalone.csv', 'see filterCallTime'),
  }),
  nodeAffinityFilterTime: duration({
    default: nanoseconds(1_200),
    range: [nanoseconds(0), milliseconds(10)],
    help: 'CPU of the filter of NodeAffinity on one node beyond that.',
    source: measured(
      'data/measured/kubernetes/scheduler_perf_extension_points.csv',
      'Filter of SchedulingNodeAffinity less that of SchedulingBasic, 230 of 500 nodes: 0.36 ms (allcore0_clean)',
    ),
  }),
  preScoreTime: duration({
    default: microseconds(13),
    range: [nanoseconds(0), seconds(1)],
    help: 'Time of PreScore.',
    source: measured(
      'data/measured/kubernetes/scheduler_perf_extension_points.csv',
      'SchedulingBasic, mean 12 to 13 us',
    ),
  }),
  scoreTime: duration({
    default: microseconds(100),
    range: [nanoseconds(0), seconds(1)],
    help: 'Time of Score beside the nodes.',
    source: measured('data/measured/kubernetes/scheduler_standalone.csv', COSTS_NOTE),
  }),
  scoreCallTime: duration({
    default: nanoseconds(400),
    range: [nanoseconds(0), milliseconds(10)],
    help: 'CPU of calling one Score plugin on one node, its share of NormalizeScore included.',
    source: measured(
      'data/measured/kubernetes/scheduler_standalone.csv',
      `with resourceScoreTime 4.5 us per node for the four plugins that score a plain pod: ${COSTS_NOTE}; how they share it is assumed`,
    ),
  }),
  resourceScoreTime: duration({
    default: nanoseconds(1_450),
    range: [nanoseconds(0), milliseconds(10)],
    help: 'CPU of the scores of NodeResourcesFit and NodeResourcesBalancedAllocation, each, on one node beyond that.',
    source: measured('data/measured/kubernetes/scheduler_standalone.csv', 'see scoreCallTime'),
  }),
  deviceFilterTime: duration({
    default: microseconds(5),
    range: [nanoseconds(0), milliseconds(10)],
    help: 'CPU of the filter of DynamicResources on one node beyond that of any call: a run of the allocator.',
    source: assumption(
      'pull request 138916 of Kubernetes: 372 pods/s with claims on 500 nodes in 2026, about 1 ms more for a pod than without, over 230 examined nodes',
    ),
  }),
  cachedNodes: count({
    default: 1000,
    unit: 'node',
    range: [1, 1e6],
    help: 'Nodes, with their pods, that the caches of the CPU hold while a plugin walks over all nodes of the cluster.',
    source: assumption(
      'some 16 MiB of a third-level cache; measured are 500 and 1,000 nodes, of which each costs the same, and 5,000 (see uncachedWalk)',
    ),
  }),
  uncachedWalk: real({
    default: 0.55,
    unit: 'share',
    range: [0, 10],
    help: 'By how much more a node beyond those costs on such a walk.',
    source: measured(
      'data/measured/kubernetes/scheduler_perf.csv',
      'SchedulingPodAffinity less a plain pod: 2.4 ms of CPU per pod at 500 nodes, some 30 ms at 5,000; PodTopologySpread 1.6 us per node at 500, 2.5 us at 5,000',
    ),
  }),
  spreadFilterTimePerNode: duration({
    default: nanoseconds(1_700),
    range: [nanoseconds(0), milliseconds(10)],
    help: 'CPU of PreFilter of PodTopologySpread per node of the cluster, as long as caches hold them.',
    source: measured('data/measured/kubernetes/scheduler_perf_extension_points.csv', SPREAD_NOTE),
  }),
  spreadScoreTimePerNode: duration({
    default: nanoseconds(1_600),
    range: [nanoseconds(0), milliseconds(10)],
    help: 'CPU of PreScore of PodTopologySpread per node of the cluster.',
    source: measured('data/measured/kubernetes/scheduler_perf_extension_points.csv', SPREAD_NOTE),
  }),
  spreadTimePerPod: duration({
    default: nanoseconds(15),
    range: [nanoseconds(0), milliseconds(10)],
    help: 'CPU of PodTopologySpread per placed pod and constraint: to see that it is of another namespace.',
    source: assumption('a pointer is followed and two strings are compared'),
  }),
  spreadTimePerOwnPod: duration({
    default: nanoseconds(200),
    range: [nanoseconds(0), milliseconds(10)],
    help: 'CPU of PodTopologySpread beyond that per placed pod of the same namespace and constraint: to match its labels.',
    source: measured('data/measured/kubernetes/scheduler_perf_extension_points.csv', SPREAD_NOTE),
  }),
  interPodFilterTimePerNode: duration({
    default: nanoseconds(1_600),
    range: [nanoseconds(0), milliseconds(10)],
    help: 'CPU of PreFilter of InterPodAffinity per node that it looks at.',
    source: measured('data/measured/kubernetes/scheduler_perf.csv', INTER_POD_NOTE),
  }),
  interPodScoreTimePerNode: duration({
    default: nanoseconds(1_300),
    range: [nanoseconds(0), milliseconds(10)],
    help: 'CPU of PreScore of InterPodAffinity per node that it looks at.',
    source: measured('data/measured/kubernetes/scheduler_perf.csv', INTER_POD_NOTE),
  }),
  interPodMergeTimePerNode: duration({
    default: nanoseconds(150),
    range: [nanoseconds(0), milliseconds(10)],
    help: 'CPU of InterPodAffinity, in PreFilter and in PreScore, per node whose pods count: one goroutine adds its counts to those of all nodes.',
    source: assumption(
      'a walk over a map of one entry and one look-up by two strings; on one core it cannot be told from interPodFilterTimePerNode',
    ),
  }),
  interPodTimePerPod: duration({
    default: nanoseconds(400),
    range: [nanoseconds(0), milliseconds(10)],
    help: 'CPU of InterPodAffinity per pod that it looks at and term: to match it, and to count it.',
    source: measured('data/measured/kubernetes/scheduler_perf.csv', INTER_POD_NOTE),
  }),
};
