/** Parameters of kube-controller-manager: client limits, workers, and what each controller goes by. */
import {
  assumption,
  count,
  defineParameters,
  documentation,
  duration,
  flag,
  measured,
  real,
  sourceCode,
} from '../../engine/index.ts';
import { microseconds, milliseconds, nanoseconds, seconds } from '../../units/index.ts';

/** Workers of one controller. */
const workers = (value: number, help: string, where: string) =>
  count({ default: value, unit: 'worker', range: [1, 10_000], help, source: sourceCode(where) });

const lifecycle = 'K:pkg/controller/nodelifecycle/node_lifecycle_controller.go';
const lifecycleOptions = 'K:cmd/kube-controller-manager/app/options/nodelifecyclecontroller.go';

export const kubeControllerManagerParameters = defineParameters({
  enabled: flag({
    default: true,
    help: 'Whether there is a controller manager at all. Benchmarks of the scheduler run API server, etcd and scheduler alone: no controller acts, and nobody looks after nodes.',
    source: documentation('https://kubernetes.io/docs/concepts/architecture/#kube-controller-manager'),
  }),
  instances: count({
    default: 0,
    unit: 'process',
    range: [0, 9],
    help: 'Processes that stand for election, of which one works; 0 = one for each API server.',
    source: assumption('kubeadm runs one on each control-plane host'),
  }),
  clientQps: real({
    default: 20,
    unit: '1/s',
    range: [0, 1e6],
    help: '--kube-api-qps: rate of the limiter that each controller has of its own; 0 = no limiter.',
    source: sourceCode('K:pkg/controller/apis/config/v1alpha1/defaults.go'),
  }),
  clientBurst: count({
    default: 30,
    unit: 'request',
    range: [1, 1e6],
    help: '--kube-api-burst: burst of that limiter.',
    source: sourceCode('K:pkg/controller/apis/config/v1alpha1/defaults.go'),
  }),
  minResyncPeriod: duration({
    default: seconds(43_200),
    range: [seconds(1), seconds(1_000_000)],
    help: '--min-resync-period: informers tell their handlers of every object again after one to two of these.',
    source: sourceCode('K:controller-manager/config/v1alpha1/defaults.go'),
  }),
  garbageCollectorQpsFactor: real({
    default: 2,
    unit: 'x',
    range: [0.001, 1000],
    help: 'The garbage collector gets this many times clientQps, because a deletion takes it two calls. The burst stays.',
    source: sourceCode('K:cmd/kube-controller-manager/app/core.go'),
  }),
  concurrentResourceQuotaSyncs: workers(
    5,
    '--concurrent-resource-quota-syncs.',
    'K:pkg/controller/resourcequota/config/v1alpha1/defaults.go',
  ),
  concurrentEphemeralVolumeSyncs: workers(
    5,
    '--concurrent-ephemeralvolume-syncs.',
    'K:pkg/controller/volume/ephemeral/config/v1alpha1/defaults.go',
  ),
  concurrentResourceClaimSyncs: workers(
    50,
    'Workers of the resource claim controller.',
    'K:pkg/controller/resourceclaim/config/v1alpha1/defaults.go',
  ),
  volumeBinderSyncPeriod: duration({
    default: seconds(15),
    range: [seconds(1), seconds(86_400)],
    help: '--pvclaimbinder-sync-period: how often every volume and claim is looked at again.',
    source: sourceCode('K:pkg/controller/volume/persistentvolume/config/v1alpha1/defaults.go'),
  }),
  resourceQuotaSyncPeriod: duration({
    default: seconds(300),
    range: [seconds(1), seconds(86_400)],
    help: '--resource-quota-sync-period: how often every ResourceQuota is counted anew.',
    source: sourceCode('K:pkg/controller/resourcequota/config/v1alpha1/defaults.go'),
  }),
  cacheSyncPoll: duration({
    default: milliseconds(100),
    range: [milliseconds(1), seconds(60)],
    help: 'How often a controller that starts looks whether its caches are filled.',
    source: sourceCode('K:client-go/tools/cache/shared_informer.go:syncedPollPeriod'),
  }),
  syncTime: duration({
    default: microseconds(250),
    range: [nanoseconds(0), seconds(10)],
    help: 'Time a worker computes for one sync before its first request, without the objects it walks over.',
    source: measured(
      'kubernetes/replicaset.csv',
      'CPU of the controller manager per pod created at 1,000 qps: 0.27 ms, which covers one request, one notification and its share of a ' +
        'sync; the 1.3 ms at 20 qps are mostly its idle load over a run that is forty times longer',
    ),
  }),
  syncTimePerObject: duration({
    default: microseconds(5),
    range: [nanoseconds(0), seconds(1)],
    help: 'Time that each pod adds to a sync that walks over it: listing, filtering, sorting, comparing, notifications since the last sync.',
    source: measured(
      'kubernetes/deployment.csv',
      'CPU of the controller manager per call rises from 1.0 ms to 2.3 ms from 50 to 200 pods: 9 us a pod, about half of it the encoding of ' +
        'larger EndpointSlices',
    ),
  }),
  maximumSyncRetries: count({
    default: 15,
    unit: 'attempt',
    range: [0, 1e6],
    help: 'How often a Deployment or Service whose sync failed comes again before it is dropped until its next change.',
    source: sourceCode('K:pkg/controller/deployment/deployment_controller.go:maxRetries'),
  }),

  concurrentDeploymentSyncs: workers(
    5,
    '--concurrent-deployment-syncs.',
    'K:pkg/controller/deployment/config/v1alpha1/defaults.go',
  ),
  concurrentReplicaSetSyncs: workers(
    5,
    '--concurrent-replicaset-syncs.',
    'K:pkg/controller/replicaset/config/v1alpha1/defaults.go',
  ),
  replicaSetBurst: count({
    default: 500,
    unit: 'pod',
    range: [1, 1e6],
    help: 'Most pods that one sync of a ReplicaSet creates or deletes.',
    source: sourceCode('K:pkg/controller/replicaset/replica_set.go:BurstReplicas'),
  }),
  slowStartInitial: count({
    default: 1,
    unit: 'pod',
    range: [1, 1e6],
    help: 'First batch of a sync that creates pods; each batch that succeeds doubles it.',
    source: sourceCode('K:pkg/controller/controller_utils.go:SlowStartInitialBatchSize'),
  }),
  expectationsTimeout: duration({
    default: seconds(300),
    range: [seconds(1), seconds(86_400)],
    help: 'Age at which a ReplicaSet no longer waits to see the pods that it created or deleted.',
    source: sourceCode('K:pkg/controller/controller_utils.go:ExpectationsTimeout'),
  }),
  replicaSetConsistency: flag({
    default: true,
    help: 'Feature gate StaleControllerConsistencyReplicaSet: a ReplicaSet is not synced until the informers have seen its own last write.',
    source: sourceCode('K:pkg/features/kube_features.go', 'beta and on from 1.36'),
  }),

  concurrentServiceEndpointSyncs: workers(
    5,
    '--concurrent-service-endpoint-syncs: workers of the EndpointSlice controller.',
    'K:pkg/controller/endpointslice/config/v1alpha1/defaults.go',
  ),
  maxEndpointsPerSlice: count({
    default: 100,
    unit: 'endpoint',
    range: [1, 1000],
    help: '--max-endpoints-per-slice.',
    source: sourceCode('K:pkg/controller/endpointslice/config/v1alpha1/defaults.go'),
  }),
  endpointUpdatesBatchPeriod: duration({
    default: seconds(0),
    range: [seconds(0), seconds(3600)],
    help: '--endpointslice-updates-batch-period and --endpoint-updates-batch-period: how long changes of pods are collected before a sync.',
    source: sourceCode('K:cmd/kube-controller-manager/app/options/endpointslicecontroller.go'),
  }),
  sliceChangeMinimumDelay: duration({
    default: seconds(1),
    range: [seconds(0), seconds(3600)],
    help: 'Delay of a sync that is caused by somebody else changing an EndpointSlice.',
    source: sourceCode('K:pkg/controller/endpointslice/endpointslice_controller.go:endpointSliceChangeMinSyncDelay'),
  }),
  endpointSliceBackoff: duration({
    default: seconds(1),
    range: [milliseconds(1), seconds(3600)],
    help: 'First delay after a failed sync of EndpointSlices (a stale cache, a conflict); doubles each time.',
    source: sourceCode('K:pkg/controller/endpointslice/endpointslice_controller.go:defaultSyncBackOff'),
  }),
  endpointSliceBackoffMaximum: duration({
    default: seconds(1000),
    range: [milliseconds(1), seconds(10_000)],
    help: 'Largest such delay.',
    source: sourceCode('K:pkg/controller/endpointslice/endpointslice_controller.go:maxSyncBackOff'),
  }),
  concurrentEndpointSyncs: workers(
    5,
    '--concurrent-endpoint-syncs: workers of the Endpoints controller.',
    'K:pkg/controller/endpoint/config/v1alpha1/defaults.go',
  ),
  endpointsCapacity: count({
    default: 1000,
    unit: 'address',
    range: [1, 1e6],
    help: 'Addresses of one Endpoints object; further ones are cut off.',
    source: sourceCode('K:pkg/controller/endpoint/endpoints_controller.go:maxCapacity'),
  }),

  nodeMonitorPeriod: duration({
    default: seconds(5),
    range: [milliseconds(10), seconds(3600)],
    help: '--node-monitor-period: pause between two passes over all nodes.',
    source: sourceCode('K:staging/src/k8s.io/cloud-provider/config/v1alpha1/defaults.go'),
  }),
  nodeMonitorGracePeriod: duration({
    default: seconds(50),
    range: [milliseconds(100), seconds(86_400)],
    help: '--node-monitor-grace-period: silence after which a node is Unknown. 40 s before 1.32.',
    source: sourceCode('K:pkg/controller/nodelifecycle/config/v1alpha1/defaults.go'),
  }),
  nodeStartupGracePeriod: duration({
    default: seconds(60),
    range: [milliseconds(100), seconds(86_400)],
    help: '--node-startup-grace-period: the same for a node that has not reported yet.',
    source: sourceCode('K:pkg/controller/nodelifecycle/config/v1alpha1/defaults.go'),
  }),
  nodeEvictionRate: real({
    default: 0.1,
    unit: 'node/s',
    range: [0, 1e6],
    help: '--node-eviction-rate: nodes tainted NoExecute per second in a zone that is healthy or lost as a whole.',
    source: sourceCode(lifecycleOptions),
  }),
  secondaryNodeEvictionRate: real({
    default: 0.01,
    unit: 'node/s',
    range: [0, 1e6],
    help: '--secondary-node-eviction-rate: the same in a large zone that is partly disrupted; small ones stop.',
    source: sourceCode(lifecycleOptions),
  }),
  largeClusterSizeThreshold: count({
    default: 50,
    unit: 'node',
    range: [0, 1e7],
    help: '--large-cluster-size-threshold: a zone with more nodes is large.',
    source: sourceCode(lifecycleOptions),
  }),
  unhealthyZoneThreshold: real({
    default: 0.55,
    unit: 'share',
    range: [0, 1],
    help: '--unhealthy-zone-threshold: share of nodes that are not Ready from which a zone is partly disrupted.',
    source: sourceCode(lifecycleOptions),
  }),
  unhealthyZoneMinimum: count({
    default: 2,
    unit: 'node',
    range: [0, 1e6],
    help: 'A zone is partly disrupted only if more nodes than this are not Ready.',
    source: sourceCode(`${lifecycle}:ComputeZoneState`),
  }),
  nodeEvictionLoopPeriod: duration({
    default: milliseconds(100),
    range: [milliseconds(1), seconds(60)],
    help: 'Period of the loop that taints nodes NoExecute.',
    source: sourceCode('K:pkg/controller/nodelifecycle/scheduler/rate_limited_queue.go:NodeEvictionPeriod'),
  }),
  nodeUpdateWorkers: workers(
    8,
    'Workers that mirror conditions as NoSchedule taints; as many nodes are updated at once in a monitor pass.',
    `${lifecycle}:UpdateWorkerSize`,
  ),
  nodeStatusRetries: count({
    default: 5,
    unit: 'attempt',
    range: [1, 1000],
    help: 'How often a monitor pass tries to write the status of a node.',
    source: sourceCode('K:pkg/controller/nodelifecycle/scheduler/rate_limited_queue.go:NodeHealthUpdateRetry'),
  }),
  nodeStatusRetryPause: duration({
    default: milliseconds(20),
    range: [milliseconds(1), seconds(60)],
    help: 'Pause between those attempts.',
    source: sourceCode(`${lifecycle}:retrySleepTime`),
  }),
  taintUpdateBackoff: duration({
    default: milliseconds(100),
    range: [milliseconds(1), seconds(60)],
    help: 'Pause before a change of taints that met a conflict is tried again.',
    source: sourceCode('K:pkg/controller/controller_utils.go:UpdateTaintBackoff'),
  }),
  taintUpdateAttempts: count({
    default: 5,
    unit: 'attempt',
    range: [1, 1000],
    help: 'How often a change of taints is tried.',
    source: sourceCode('K:pkg/controller/controller_utils.go:UpdateTaintBackoff'),
  }),

  taintEvictionWorkers: workers(
    8,
    'Workers that take over changes of nodes and pods for taint-based eviction.',
    'K:pkg/controller/tainteviction/taint_eviction.go:UpdateWorkerSize',
  ),
  taintEvictionRetries: count({
    default: 5,
    unit: 'attempt',
    range: [1, 1000],
    help: 'How often the eviction of a pod is tried.',
    source: sourceCode('K:pkg/controller/tainteviction/taint_eviction.go:retries'),
  }),
  taintEvictionRetryPause: duration({
    default: milliseconds(10),
    range: [milliseconds(1), seconds(60)],
    help: 'Pause between those attempts.',
    source: sourceCode('K:pkg/controller/tainteviction/taint_eviction.go:deletePodHandler'),
  }),
  defaultTolerationSeconds: duration({
    default: seconds(300),
    range: [seconds(0), seconds(86_400)],
    help: 'How long pods without tolerations of their own tolerate that their node is not ready or unreachable.',
    source: sourceCode('K:plugin/pkg/admission/defaulttolerationseconds/admission.go'),
  }),

  podGcPeriod: duration({
    default: seconds(20),
    range: [milliseconds(100), seconds(3600)],
    help: 'Pause between two passes of the pod garbage collector.',
    source: sourceCode('K:pkg/controller/podgc/gc_controller.go:gcCheckPeriod'),
  }),
  terminatedPodGcThreshold: count({
    default: 12_500,
    unit: 'pod',
    range: [0, 1e9],
    help: '--terminated-pod-gc-threshold: terminated pods beyond this are deleted, oldest first; 0 = none.',
    source: sourceCode('K:pkg/controller/podgc/config/v1alpha1/defaults.go'),
  }),
  podGcQuarantine: duration({
    default: seconds(40),
    range: [seconds(0), seconds(3600)],
    help: 'How long a node must be gone before its pods are deleted as orphans.',
    source: sourceCode('K:pkg/controller/podgc/gc_controller.go:quarantineTime'),
  }),

  concurrentGarbageCollectorSyncs: workers(
    20,
    '--concurrent-gc-syncs.',
    'K:pkg/controller/garbagecollector/config/v1alpha1/defaults.go',
  ),
});
