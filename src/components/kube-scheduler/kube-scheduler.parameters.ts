/** Parameters of kube-scheduler. */
import {
  assumption,
  choice,
  count,
  defineParameters,
  duration,
  flag,
  measured,
  real,
  sourceCode,
} from '../../engine/index.ts';
import { microseconds, milliseconds, nanoseconds, seconds } from '../../units/index.ts';
import { cycleCostParameters } from './cycle-cost.parameters.ts';
import { extenderParameters } from './extenders/extenders.parameters.ts';

export const kubeSchedulerParameters = defineParameters({
  ...extenderParameters,
  instances: count({
    default: 0,
    unit: 'process',
    range: [0, 9],
    help: 'Processes of each scheduler, of which the elected one works (all of them with `leaderElect: false`); 0 = one for each API server. `replicas` of a scheduler overrides it.',
    source: assumption('kubeadm runs one on each control-plane host'),
  }),
  clientQps: real({
    default: 50,
    unit: '1/s',
    range: [0, 1e6],
    help: 'Rate of the client for bindings and status, and of the separate one for events; 0 = no limiter.',
    source: sourceCode('K:pkg/scheduler/apis/config/v1/defaults.go'),
  }),
  clientBurst: count({
    default: 100,
    unit: 'request',
    range: [1, 1e6],
    help: 'Burst of each of those limiters.',
    source: sourceCode('K:pkg/scheduler/apis/config/v1/defaults.go'),
  }),
  parallelism: count({
    default: 16,
    unit: 'goroutine',
    range: [1, 1024],
    help: 'Goroutines that filter and score nodes; no more of them run at once than the scheduler has cores.',
    source: sourceCode('K:pkg/scheduler/apis/config/v1/defaults.go'),
  }),
  cores: count({
    default: 0,
    unit: 'core',
    range: [0, 512],
    help: "Cores of its host that a scheduler's goroutines take at most, one each; 0 = all (see host.stackedScheduler).",
    source: assumption("GOMAXPROCS is the number of cores; kubeadm's static pod of the scheduler has no CPU limit"),
  }),
  requestCpu: duration({
    default: microseconds(160),
    range: [nanoseconds(0), seconds(1)],
    help: 'CPU of the scheduler for one of its requests (a binding, an event, a status): to make and send it, and to take the answer.',
    source: measured(
      'data/measured/kubernetes/scheduler_standalone.csv',
      'sched_cpu_us_per_pod less the cycle: 0.45 ms a pod over all runs at 5,000 requests a second (100 nodes: 1.4 ms less 0.87; 1,000: 3.5 less 3.05; 5,000: 3.5 less 3.3), which are a binding, an event and two changes of the pod; how they share it is assumed',
    ),
  }),
  informerEventCpu: duration({
    default: microseconds(65),
    range: [nanoseconds(0), seconds(1)],
    help: 'CPU of the scheduler for one change of a pod or node that its informers take in: decoding, store, handlers.',
    source: measured(
      'data/measured/kubernetes/scheduler_standalone.csv',
      'see requestCpu; decoding alone takes 13 us (objects/summary.csv: Pod/running/1c)',
    ),
  }),
  percentageOfNodesToScore: count({
    default: 0,
    unit: '%',
    range: [0, 100],
    help: 'Share of the nodes that must be found feasible before scoring starts; 0 = adaptive, 50 less one per 125 nodes, at least minFeasiblePercentage.',
    source: sourceCode('K:pkg/scheduler/apis/config/v1/defaults.go'),
  }),
  minFeasibleNodes: count({
    default: 100,
    unit: 'node',
    range: [1, 1e6],
    help: 'Nodes that are looked for at least; smaller clusters are searched in full.',
    source: sourceCode('K:pkg/scheduler/schedule_one.go:minFeasibleNodesToFind'),
  }),
  minFeasiblePercentage: count({
    default: 5,
    unit: '%',
    range: [1, 100],
    help: 'Floor of the adaptive share.',
    source: sourceCode('K:pkg/scheduler/schedule_one.go:minFeasibleNodesPercentageToFind'),
  }),
  podInitialBackoff: duration({
    default: seconds(1),
    range: [milliseconds(1), seconds(3600)],
    help: 'Back-off of a pod after its first failed attempt; doubles with each.',
    source: sourceCode('K:pkg/scheduler/apis/config/v1/defaults.go'),
  }),
  podMaxBackoff: duration({
    default: seconds(10),
    range: [milliseconds(1), seconds(3600)],
    help: 'Longest back-off.',
    source: sourceCode('K:pkg/scheduler/apis/config/v1/defaults.go'),
  }),
  backoffWindow: duration({
    default: seconds(1),
    range: [milliseconds(1), seconds(60)],
    help: 'Back-offs end at multiples of this: expiry is aligned down to it and the queue is looked through that often.',
    source: sourceCode('K:pkg/scheduler/backend/queue/backoff_queue.go:backoffQOrderingWindowDuration'),
  }),
  popFromBackoff: flag({
    default: true,
    help: 'Whether an idle scheduler takes pods that are still backing off (gate SchedulerPopFromBackoffQ).',
    source: sourceCode('K:pkg/features/kube_features.go', 'on since 1.33'),
  }),
  queueingHints: flag({
    default: true,
    help: 'Whether plugins are asked which unschedulable pods a change may help (gate SchedulerQueueingHints); otherwise every change moves all.',
    source: sourceCode('K:pkg/features/kube_features.go', 'on since 1.32'),
  }),
  unschedulableFlushPeriod: duration({
    default: seconds(30),
    range: [milliseconds(100), seconds(3600)],
    help: 'How often unschedulable pods are looked through for those that have waited too long.',
    source: sourceCode('K:pkg/scheduler/backend/queue/scheduling_queue.go'),
  }),
  unschedulableMaxStay: duration({
    default: seconds(300),
    range: [seconds(1), seconds(86_400)],
    help: 'Unschedulable pods are tried again after this long, whatever happens.',
    source: sourceCode('K:pkg/scheduler/backend/queue/scheduling_queue.go:DefaultPodMaxInUnschedulablePodsDuration'),
  }),
  assumedPodExpiry: duration({
    default: nanoseconds(0),
    range: [nanoseconds(0), seconds(3600)],
    help: 'How long a pod stays assumed after its binding was answered without the informer having shown it; 0 = for ever.',
    source: sourceCode('K:pkg/scheduler/scheduler.go:durationToExpireAssumedPod'),
  }),
  volumeBindTimeout: duration({
    default: seconds(600),
    range: [seconds(1), seconds(86_400)],
    help: 'bindTimeoutSeconds of VolumeBinding: how long a pod waits for its volumes before it is scheduled anew.',
    source: sourceCode('K:pkg/scheduler/apis/config/v1/defaults.go'),
  }),
  cacheSyncPoll: duration({
    default: milliseconds(100),
    range: [milliseconds(1), seconds(10)],
    help: 'How often a starting scheduler looks whether its informers have synced.',
    source: sourceCode('K:client-go/tools/cache/shared_informer.go:syncedPollPeriod'),
  }),
  preemptionMinCandidatesPercent: count({
    default: 10,
    unit: '%',
    range: [0, 100],
    help: 'Share of the nodes on which preemption may help that are tried at least (DefaultPreemptionArgs).',
    source: sourceCode('K:pkg/scheduler/apis/config/v1/defaults.go'),
  }),
  preemptionMinCandidates: count({
    default: 100,
    unit: 'node',
    range: [1, 1e6],
    help: 'Number of candidate nodes that preemption looks for at least (DefaultPreemptionArgs).',
    source: sourceCode('K:pkg/scheduler/apis/config/v1/defaults.go'),
  }),
  preemptionTimePerDryRun: duration({
    default: microseconds(10),
    range: [nanoseconds(0), milliseconds(10)],
    help: 'CPU of a dry run of preemption on one node beside the filters: a copy of the node and the sorting of its pods.',
    source: assumption('a copy of some tens of pod entries; no measurement tells it apart'),
  }),
  gangScheduling: flag({
    default: false,
    help: 'Whether every profile has the plugin GangScheduling (gates GenericWorkload and GangScheduling).',
    source: sourceCode('K:pkg/features/kube_features.go', 'alpha, off'),
  }),
  gangPermitTimeout: duration({
    default: seconds(300),
    range: [milliseconds(1), seconds(86_400)],
    help: 'How long a pod of a gang keeps its node while it waits for the others.',
    source: sourceCode('K:pkg/scheduler/framework/plugins/gangscheduling/gangscheduling.go'),
  }),
  nominatesBeforeBinding: flag({
    default: true,
    help: 'Whether a pod that waits for its permit or its preparation is told of its node by status.nominatedNodeName (gate NominatedNodeNameForExpectation).',
    source: sourceCode('K:pkg/features/kube_features.go', 'on since 1.35'),
  }),
  balancedAllocation: choice({
    default: 'change',
    choices: ['change', 'balance'],
    help: 'What NodeResourcesBalancedAllocation scores: the change of the balance (1.36), or the balance with the pod (up to 1.35).',
    source: sourceCode('K:pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go'),
  }),
  ...cycleCostParameters,
});
