/** Parameters of kube-apiserver: limits, CPU per request, watch fan-out, compaction. */
import { assumption, count, defineParameters, duration, measured, real, sourceCode } from '../../engine/index.ts';
import { microseconds, milliseconds, type Nanoseconds, nanoseconds, seconds } from '../../units/index.ts';
import { flowControlParameters } from './flow-control/flow-control.parameters.ts';

/** CPU times may be anything from nothing to a second. */
const cpuRange: readonly [Nanoseconds, Nanoseconds] = [nanoseconds(0), seconds(1)];
const crud = (note: string) => measured('kubernetes/crud.csv', note);

export const kubeApiserverParameters = defineParameters({
  ...flowControlParameters,
  replicas: count({
    default: 1,
    unit: 'server',
    range: [1, 9],
    help: 'API servers behind one load balancer. API server i runs on control-plane host i.',
    source: assumption("a single control-plane host is kubeadm's default"),
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
    help: '--request-timeout: a request that took longer is answered with 504.',
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
  webhookCallCpu: duration({
    default: microseconds(200),
    range: cpuRange,
    help: 'CPU of one call of an admission webhook: the AdmissionReview written as JSON and read back, over TLS.',
    source: assumption(
      'two encodings and a decoding of an object of some kB in JSON, at about the CPU of a GET (230 us)',
    ),
  }),
  createCpu: duration({
    default: microseconds(850),
    range: cpuRange,
    help: 'CPU of one POST of an object.',
    source: crud('create: 780-1,200 us of API server CPU, median 850 at 4 and more clients'),
  }),
  getCpu: duration({
    default: microseconds(230),
    range: cpuRange,
    help: 'CPU of one GET.',
    source: crud('get: 210-320 us'),
  }),
  updateCpu: duration({
    default: microseconds(1300),
    range: cpuRange,
    help: 'CPU of one PUT.',
    source: crud('update: 1,200-1,670 us'),
  }),
  patchCpu: duration({
    default: microseconds(1350),
    range: cpuRange,
    help: 'CPU of one PATCH of an object.',
    source: crud('patch: 1,220-2,120 us, median 1,370'),
  }),
  statusPatchCpu: duration({
    default: microseconds(2000),
    range: cpuRange,
    help: 'CPU of one PATCH of a status.',
    source: crud('statuspatch: 1,510-2,620 us'),
  }),
  deleteCpu: duration({
    default: microseconds(1200),
    range: cpuRange,
    help: 'CPU of one DELETE.',
    source: crud('delete: 650-1,990 us'),
  }),
  leaseUpdateCpu: duration({
    default: microseconds(900),
    range: cpuRange,
    help: 'CPU of one renewal of a Lease.',
    source: measured('kubernetes/lease_renewals.csv', '1,023 us at 300 renewals/s, of which idle load is about 10 %'),
  }),
  listBaseCpu: duration({
    default: microseconds(400),
    range: cpuRange,
    help: 'CPU of one LIST without objects.',
    source: measured('kubernetes/list.csv', 'intercept of the rv0 rows'),
  }),
  listPerObjectCpu: duration({
    default: microseconds(9),
    range: cpuRange,
    help: 'CPU that each object of a LIST adds, served from the watch cache in protobuf.',
    source: measured('kubernetes/list.csv', 'rv0_pb: 7.7 ms for 1,000, 42.5 ms for 5,000 pods'),
  }),
  listFromStorePerObjectCpu: duration({
    default: microseconds(33),
    range: cpuRange,
    help: 'CPU that each object of a LIST adds when it is read from etcd.',
    source: measured('kubernetes/list.csv', 'rv_unset_pb: 141 ms for 5,000, 366 ms for 10,000 pods'),
  }),
  watchOpenCpu: duration({
    default: microseconds(500),
    range: cpuRange,
    help: 'CPU of opening one watch.',
    source: assumption('like a LIST of nothing'),
  }),
  rejectCpu: duration({
    default: microseconds(80),
    range: cpuRange,
    help: 'CPU of answering 429.',
    source: assumption('authentication and filters run before the limit is checked: a third of a GET'),
  }),
  retryCpu: duration({
    default: microseconds(900),
    range: cpuRange,
    help: 'CPU of trying a write again inside the API server after its transaction lost (GuaranteedUpdate).',
    source: measured(
      'kubernetes/conflicts.csv',
      'patch: 814 us alone, 1,680 us with 1.95 transactions, 3,577 us with 2.8',
    ),
  }),
  replyShare: real({
    default: 0.3,
    unit: 'share',
    range: [0, 1],
    help: "Share of a request's CPU that is spent after storage: encoding and writing the answer, audit, metrics.",
    source: assumption(
      'encode is the dearer half of the codec in objects/summary.csv, decode and admission come before',
    ),
  }),
  watchEventCpu: duration({
    default: microseconds(25),
    range: cpuRange,
    help: 'CPU of sending one change to one watcher.',
    source: measured(
      'kubernetes/watch_fanout.csv',
      '23-45 us per watcher and write between 50 and 1,500 watchers (JSON, 1 kB)',
    ),
  }),
  watchProcessService: duration({
    default: microseconds(20),
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
  cacheLoadPerObject: duration({
    default: microseconds(20),
    range: cpuRange,
    help: 'Time per object to fill a watch cache from etcd after a restart.',
    source: assumption('read, decode and index: as watchProcessService'),
  }),
  restart: duration({
    default: seconds(10),
    range: [seconds(0), seconds(3600)],
    help: "Time from the end of an API server's process until it runs again and fills its caches.",
    source: assumption('the kubelet restarts the static pod after a 10 s back-off'),
  }),
  compactionInterval: duration({
    default: seconds(300),
    range: [seconds(1), seconds(86_400)],
    help: '--etcd-compaction-interval: history between one and two intervals long is kept.',
    source: sourceCode('K:apiserver/pkg/storage/storagebackend/config.go'),
  }),
});
