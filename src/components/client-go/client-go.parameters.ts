/** Parameters of client-go that every component shares. */
import { assumption, count, defineParameters, duration, flag, real, sourceCode } from '../../engine/index.ts';
import { milliseconds, seconds } from '../../units/index.ts';

export const clientGoParameters = defineParameters({
  maxRetries: count({
    default: 10,
    unit: 'attempt',
    range: [0, 100],
    help: 'How often a request that was answered with Retry-After is sent again.',
    source: sourceCode('K:client-go/rest/request.go'),
  }),
  watchTimeoutMinimum: duration({
    default: seconds(300),
    range: [seconds(1), seconds(86_400)],
    help: 'A reflector asks for watches of uniform(1, 2) times this length and opens them again.',
    source: sourceCode('K:client-go/tools/cache/reflector.go'),
  }),
  reflectorBackoff: duration({
    default: milliseconds(800),
    range: [milliseconds(1), seconds(60)],
    help: 'First back-off of a reflector whose list or watch failed; doubles, jitter up to +100 %.',
    source: sourceCode('K:client-go/tools/cache/reflector.go'),
  }),
  reflectorBackoffMaximum: duration({
    default: seconds(30),
    range: [milliseconds(1), seconds(600)],
    help: 'Largest such back-off.',
    source: sourceCode('K:client-go/tools/cache/reflector.go'),
  }),
  reflectorBackoffReset: duration({
    default: seconds(120),
    range: [milliseconds(1), seconds(3600)],
    help: 'A reflector that needed no back-off for longer than this begins with the first one again.',
    source: sourceCode('K:client-go/tools/cache/reflector.go'),
  }),
  watchList: flag({
    default: true,
    help: 'Gate WatchListClient: reflectors begin with a watch that brings the objects there are, not with a list.',
    source: sourceCode('K:client-go/features/known_features.go', 'on since 1.35'),
  }),
  workqueueBaseDelay: duration({
    default: milliseconds(5),
    range: [milliseconds(1), seconds(60)],
    help: 'First delay of an item that is added again after an error; doubles each time.',
    source: sourceCode('K:client-go/util/workqueue/default_rate_limiters.go'),
  }),
  workqueueMaximumDelay: duration({
    default: seconds(1000),
    range: [milliseconds(1), seconds(10_000)],
    help: 'Largest such delay.',
    source: sourceCode('K:client-go/util/workqueue/default_rate_limiters.go'),
  }),
  workqueueBucketQps: real({
    default: 10,
    unit: '1/s',
    range: [0.001, 1e6],
    help: 'Rate of the overall limiter of a work queue.',
    source: sourceCode('K:client-go/util/workqueue/default_rate_limiters.go'),
  }),
  workqueueBucketBurst: count({
    default: 100,
    unit: 'item',
    range: [1, 1e6],
    help: 'Burst of that limiter.',
    source: sourceCode('K:client-go/util/workqueue/default_rate_limiters.go'),
  }),
  eventAggregateMaximum: count({
    default: 10,
    unit: 'event',
    range: [1, 1e6],
    help: 'The event that would bring as many different messages as this about one object and reason is merged into one that is counted up.',
    source: sourceCode('K:client-go/tools/record/events_cache.go'),
  }),
  eventAggregateInterval: duration({
    default: seconds(600),
    range: [seconds(1), seconds(86_400)],
    help: 'A pause longer than this between them lets the count of messages start anew.',
    source: sourceCode('K:client-go/tools/record/events_cache.go'),
  }),
  eventSpamBurst: count({
    default: 25,
    unit: 'event',
    range: [1, 1e6],
    help: 'Events that one source may write about one object at once.',
    source: sourceCode('K:client-go/tools/record/events_cache.go'),
  }),
  eventSpamRefill: duration({
    default: seconds(300),
    range: [seconds(1), seconds(86_400)],
    help: 'Time after which that source may write one more about it.',
    source: sourceCode('K:client-go/tools/record/events_cache.go'),
  }),
  eventQueue: count({
    default: 1000,
    unit: 'event',
    range: [1, 1e6],
    help: 'Events that wait in a recorder; further ones are dropped.',
    source: sourceCode('K:client-go/tools/record/event.go'),
  }),
  eventMaxTries: count({
    default: 12,
    unit: 'attempt',
    range: [1, 1000],
    help: 'How often a recorder tries to write one event while the connection breaks.',
    source: sourceCode('K:client-go/tools/record/event.go:maxTriesPerEvent'),
  }),
  eventRetryPause: duration({
    default: seconds(10),
    range: [milliseconds(1), seconds(600)],
    help: 'Pause between such tries; the first one is a random share of it.',
    source: sourceCode('K:client-go/tools/record/event.go:defaultSleepDuration'),
  }),
  leaderLeaseDuration: duration({
    default: seconds(15),
    range: [milliseconds(10), seconds(86_400)],
    help: '--leader-elect-lease-duration: a candidate takes the lease over when it has not seen it renewed for this long.',
    source: sourceCode('K:staging/src/k8s.io/component-base/config/v1alpha1/defaults.go'),
  }),
  leaderRenewDeadline: duration({
    default: seconds(10),
    range: [milliseconds(10), seconds(86_400)],
    help: '--leader-elect-renew-deadline: a leader that could not renew for this long ends. Each of its requests gives up after half of it.',
    source: sourceCode('K:staging/src/k8s.io/component-base/config/v1alpha1/defaults.go'),
  }),
  leaderRetryPeriod: duration({
    default: seconds(2),
    range: [milliseconds(1), seconds(3600)],
    help: '--leader-elect-retry-period: between renewals, and with up to 120 % more between attempts to acquire.',
    source: sourceCode('K:staging/src/k8s.io/component-base/config/v1alpha1/defaults.go'),
  }),
  leaderProcessRestart: duration({
    default: seconds(10),
    range: [seconds(0), seconds(3600)],
    help: 'Time until a process that has lost its lease, or was killed, runs again.',
    source: sourceCode('K:pkg/kubelet/kubelet.go (back-off of a container that ended: 10 s at first)'),
  }),
  connectRetry: duration({
    default: seconds(1),
    range: [milliseconds(1), seconds(60)],
    help: 'Time between attempts to reach an API server while none is up.',
    source: assumption('dial back-off of net/http and the first back-offs of reflectors are about a second'),
  }),
});
