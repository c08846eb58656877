/** Parameters of kube-apiserver: limits, watch fan-out, restart, compaction; CPU and bytes of requests are in request-costs.parameters.ts. */
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
import { microseconds, milliseconds, type Nanoseconds, nanoseconds, seconds } from '../../units/index.ts';
import { encryptionParameters } from './encryption.parameters.ts';
import { flowControlParameters } from './flow-control/flow-control.parameters.ts';
import { requestCostParameters } from './request-costs.parameters.ts';
import { serverMemoryParameters } from './server-memory.parameters.ts';

/** CPU times may be anything from nothing to a second. */
const cpuRange: readonly [Nanoseconds, Nanoseconds] = [nanoseconds(0), seconds(1)];

export const kubeApiserverParameters = defineParameters({
  ...flowControlParameters,
  ...requestCostParameters,
  ...encryptionParameters,
  ...serverMemoryParameters,
  replicas: count({
    default: 1,
    unit: 'server',
    range: [1, 9],
    help: 'API servers behind one load balancer. API server i runs on control-plane host i.',
    source: assumption("a single control-plane host is kubeadm's default"),
  }),
  etcdEndpoints: choice({
    default: 'local',
    choices: ['local', 'all'],
    help: '--etcd-servers where etcd is stacked: API server i knows member i alone (local), or all members in turn. With an external etcd it is always all.',
    source: sourceCode(
      'K:cmd/kubeadm/app/phases/controlplane/manifests.go',
      'kubeadm gives a stacked API server its own host',
    ),
  }),
  etcdKeepaliveTime: duration({
    default: seconds(30),
    range: [seconds(1), seconds(7200)],
    help: 'Time without traffic after which an API server asks whether its etcd member is still there.',
    source: sourceCode('K:apiserver/pkg/storage/storagebackend/factory/etcd3.go:keepaliveTime'),
  }),
  etcdKeepaliveTimeout: duration({
    default: seconds(10),
    range: [milliseconds(100), seconds(600)],
    help: 'Time after which it gives the member up that does not answer that.',
    source: sourceCode('K:apiserver/pkg/storage/storagebackend/factory/etcd3.go:keepaliveTimeout'),
  }),
  maxRequestsInflight: count({
    default: 400,
    unit: 'request',
    range: [1, 100_000],
    help: '--max-requests-inflight: reads in service at once; the seats of priority and fairness are the sum of both limits.',
    source: sourceCode('K:apiserver/pkg/server/config.go:NewConfig'),
  }),
  maxMutatingRequestsInflight: count({
    default: 200,
    unit: 'request',
    range: [1, 100_000],
    help: '--max-mutating-requests-inflight: writes in service at once; the seats of priority and fairness are the sum of both limits.',
    source: sourceCode('K:apiserver/pkg/server/config.go:NewConfig'),
  }),
  retryAfter: duration({
    default: seconds(1),
    range: [seconds(0), seconds(60)],
    help: 'Retry-After of a 429 by the in-flight limits, where they stand alone.',
    source: sourceCode('K:apiserver/pkg/server/filters/maxinflight.go:retryAfter'),
  }),
  requestTimeout: duration({
    default: seconds(60),
    range: [seconds(1), seconds(3600)],
    help: '--request-timeout: when it has passed the client is answered with 504.',
    source: sourceCode('K:apiserver/pkg/server/config.go:NewConfig'),
  }),
  maxRequestBodyBytes: count({
    default: 3_145_728,
    unit: 'B',
    range: [1000, 1e9],
    help: 'A POST or PUT of a larger object is answered with 413.',
    source: sourceCode('K:apiserver/pkg/server/config.go:MaxRequestBodyBytes (3 MiB)'),
  }),
  quotaEvaluators: count({
    default: 5,
    unit: 'goroutine',
    range: [1, 1000],
    help: 'Namespaces whose creates are judged against their ResourceQuotas at once, by each API server.',
    source: sourceCode('K:apiserver/pkg/admission/plugin/resourcequota/admission.go:numEvaluatorThreads'),
  }),
  quotaTimeout: duration({
    default: seconds(10),
    range: [milliseconds(1), seconds(3600)],
    help: 'How long a create waits for its judgement by ResourceQuotas before it is refused with 500.',
    source: sourceCode('K:apiserver/pkg/admission/plugin/resourcequota/controller.go:Evaluate', 'a literal'),
  }),
  webhookCallCpu: duration({
    default: microseconds(200),
    range: cpuRange,
    help: 'CPU of one call of an admission webhook: the AdmissionReview written as JSON and read back, over TLS.',
    source: assumption(
      'two encodings and a decoding of an object of some kB in JSON, at about the CPU of a GET (230 us)',
    ),
  }),
  watchEventCpu: duration({
    default: microseconds(18),
    range: cpuRange,
    help: 'CPU of sending one change to one watcher.',
    source: measured(
      'kubernetes/watch_fanout.csv',
      '23-45 us per watcher and write between 50 and 1,500 watchers (JSON, 1 kB)',
    ),
  }),
  watchProcessService: duration({
    default: microseconds(60),
    range: cpuRange,
    help: 'Time that the watch cache needs for one change: decode, index, ring, dispatch. Serial per resource.',
    source: assumption('protobuf decode of a pod takes 18 us (objects/summary.csv), the rest is map updates'),
  }),
  watchCacheMinimum: count({
    default: 100,
    unit: 'change',
    range: [1, 1e6],
    help: 'Smallest ring of the watch cache.',
    source: sourceCode('K:apiserver/pkg/storage/cacher/watch_cache.go'),
  }),
  watchCacheMaximum: count({
    default: 102_400,
    unit: 'change',
    range: [1, 1e7],
    help: 'Largest ring of the watch cache.',
    source: sourceCode('K:apiserver/pkg/storage/cacher/watch_cache.go'),
  }),
  watchCacheFresh: duration({
    default: seconds(75),
    range: [seconds(1), seconds(3600)],
    help: 'A full ring doubles while its oldest change is younger than this.',
    source: sourceCode('K:apiserver/pkg/storage/cacher/cacher.go:DefaultEventFreshDuration'),
  }),
  watchChannelMinimum: count({
    default: 10,
    unit: 'change',
    range: [1, 1e6],
    help: "Smallest channel of a watcher; larger ones hold what the ring's size would bring in a second.",
    source: sourceCode('K:apiserver/pkg/storage/cacher/watch_cache.go:minWatchChanSize'),
  }),
  watchChannelTriggered: count({
    default: 10,
    unit: 'change',
    range: [1, 1e6],
    help: 'Largest channel of a watcher that uses the index of its resource: a kubelet that watches the pods of its node.',
    source: sourceCode('K:apiserver/pkg/storage/cacher/watch_cache.go:maxWatchChanSizeWithIndexAndTrigger'),
  }),
  watchChannelIndexed: count({
    default: 1000,
    unit: 'change',
    range: [1, 1e6],
    help: 'Largest channel of a watcher of all objects of a resource that has an index (pods).',
    source: sourceCode('K:apiserver/pkg/storage/cacher/watch_cache.go:maxWatchChanSizeWithIndexWithoutTrigger'),
  }),
  watchChannelUnindexed: count({
    default: 100,
    unit: 'change',
    range: [1, 1e6],
    help: 'Largest channel of a watcher of any other resource.',
    source: sourceCode('K:apiserver/pkg/storage/cacher/watch_cache.go:maxWatchChanSizeWithoutIndex'),
  }),
  watchDispatchBudgetRate: real({
    default: 0.05,
    unit: 'share',
    range: [0, 1],
    help: 'Share of time that the dispatcher of a resource may wait for watchers whose channels are full before it closes them.',
    source: sourceCode('K:apiserver/pkg/storage/cacher/time_budget.go', '50 ms each second'),
  }),
  watchDispatchBudgetMaximum: duration({
    default: milliseconds(100),
    range: [nanoseconds(0), seconds(60)],
    help: 'Most of that time that is saved up.',
    source: sourceCode('K:apiserver/pkg/storage/cacher/time_budget.go'),
  }),
  watchBookmarkPeriod: duration({
    default: seconds(60),
    range: [seconds(1), seconds(3600)],
    help: "Time between the bookmarks that tell a watcher the cache's revision.",
    source: sourceCode('K:apiserver/pkg/storage/cacher/cacher.go:defaultBookmarkFrequency'),
  }),
  watchCacheListPage: count({
    default: 10_000,
    unit: 'object',
    range: [1, 1e6],
    help: 'Objects in a page of the lists by which a watch cache is filled; most that a list with a selector asks etcd for at once.',
    source: sourceCode('K:apiserver/pkg/storage/cacher/cacher.go:storageWatchListPageSize, etcd3/store.go:maxLimit'),
  }),
  resilientCacheInitialization: flag({
    default: true,
    help: 'Gate ResilientWatchCacheInitialization: while a watch cache is filled, watches and dear lists are answered with 429; without it they wait, or lists go to etcd.',
    source: sourceCode('K:apiserver/pkg/features/kube_features.go', 'GA in 1.34, on since 1.31'),
  }),
  consistentListFromCache: flag({
    default: true,
    help: 'Gate ConsistentListFromCache: lists without resourceVersion are answered from the watch cache once that is new enough, not from etcd.',
    source: sourceCode('K:apiserver/pkg/features/kube_features.go', 'GA in 1.34, on since 1.31'),
  }),
  listFromCacheSnapshot: flag({
    default: true,
    help: 'Gate ListFromCacheSnapshot: pages of lists are answered from what the watch cache was at their revision, not from etcd.',
    source: sourceCode('K:apiserver/pkg/features/kube_features.go', 'on since 1.34'),
  }),
  watchList: flag({
    default: true,
    help: 'Gate WatchList: a watch may begin with the objects that there are.',
    source: sourceCode('K:apiserver/pkg/features/kube_features.go', 'on since 1.34'),
  }),
  progressRequestPeriod: duration({
    default: milliseconds(100),
    range: [milliseconds(1), seconds(60)],
    help: 'Time between the requests for progress that an API server sends to etcd while somebody waits for its caches.',
    source: sourceCode('K:apiserver/pkg/storage/cacher/progress/watch_progress.go'),
  }),
  cacheFreshTimeout: duration({
    default: seconds(3),
    range: [milliseconds(1), seconds(3600)],
    help: 'Longest wait of a list for a watch cache to be new enough: then a consistent list goes to etcd, one that demands a revision is answered with 504.',
    source: sourceCode('K:apiserver/pkg/storage/cacher/watch_cache.go:blockTimeout'),
  }),
  staleRetryAfter: duration({
    default: seconds(1),
    range: [seconds(0), seconds(60)],
    help: 'Retry-After of that 504.',
    source: sourceCode('K:apiserver/pkg/storage/cacher/watch_cache.go:resourceVersionTooHighRetrySeconds'),
  }),
  objectCountPeriod: duration({
    default: seconds(60),
    range: [seconds(1), seconds(86_400)],
    help: 'Time between the counts of the objects of each resource.',
    source: sourceCode('K:apiserver/pkg/registry/generic/registry/store.go:startObservingCount'),
  }),
  cacheConsistencyCheck: flag({
    default: true,
    help: 'Gate DetectCacheInconsistency: each resource is listed from etcd and compared with its watch cache from time to time.',
    source: sourceCode('K:apiserver/pkg/features/kube_features.go', 'on since 1.34'),
  }),
  cacheConsistencyPeriod: duration({
    default: seconds(300),
    range: [seconds(1), seconds(86_400)],
    help: 'Least time between those checks; each comes up to half as much later.',
    source: sourceCode('K:apiserver/pkg/storage/cacher/delegator.go:consistencyCheckPeriod'),
  }),
  http2MaxStreams: count({
    default: 100,
    unit: 'request',
    range: [1, 100_000],
    help: '--http2-max-streams-per-connection: requests at once on one connection; clients open another one for more.',
    source: sourceCode('K:apiserver/pkg/server/secure_serving.go'),
  }),
  goawayChance: real({
    default: 0,
    unit: 'share',
    range: [0, 0.02],
    help: '--goaway-chance: share of the requests after which the client is asked to open a new connection, so that load spreads again after a restart.',
    source: sourceCode('K:apiserver/pkg/server/options/server_run_options.go'),
  }),
  drainTimeout: duration({
    default: seconds(60),
    range: [seconds(0), seconds(3600)],
    help: 'How long a server that is asked to end (SIGTERM) waits for the requests that it has in service.',
    source: sourceCode(
      'K:apiserver/pkg/server/genericapiserver.go',
      'the request timeout; --shutdown-delay-duration is 0',
    ),
  }),
  restart: duration({
    default: seconds(10),
    range: [seconds(0), seconds(3600)],
    help: "Time from the end of an API server's process until it runs again and fills its caches.",
    source: assumption('the kubelet restarts the static pod after a 10 s back-off'),
  }),
  storeCommandTimeout: duration({
    default: seconds(10),
    range: [milliseconds(100), seconds(600)],
    help: 'Time after which an API server gives up a compaction or a lease that etcd does not answer.',
    source: assumption('etcd itself gives up after 7 s; the compactor has no deadline of its own'),
  }),
  eventTtl: duration({
    default: seconds(3600),
    range: [seconds(1), seconds(604_800)],
    help: '--event-ttl: lifetime of an Event object after its last write.',
    source: sourceCode('K:pkg/controlplane/apiserver/options/options.go:EventTTL'),
  }),
  leaseReuse: duration({
    default: seconds(60),
    range: [seconds(1), seconds(3600)],
    help: '--lease-reuse-duration-seconds: time for which writes of Events share one etcd lease, and by which it lives longer.',
    source: sourceCode('K:apiserver/pkg/storage/etcd3/lease_manager.go:defaultLeaseReuseDurationSeconds'),
  }),
  leaseObjects: count({
    default: 1000,
    unit: 'object',
    range: [1, 1e9],
    help: 'Writes of Events that share one etcd lease at most.',
    source: sourceCode('K:apiserver/pkg/storage/etcd3/lease_manager.go:defaultLeaseMaxObjectCount'),
  }),
  compactionInterval: duration({
    default: seconds(300),
    range: [seconds(1), seconds(86_400)],
    help: '--etcd-compaction-interval: history between one and two intervals long is kept.',
    source: sourceCode('K:apiserver/pkg/storage/storagebackend/config.go'),
  }),
});
