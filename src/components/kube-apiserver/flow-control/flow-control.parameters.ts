/** Parameters of priority and fairness. They belong to kube-apiserver. */
import { choice, count, defineParameters, duration, flag, measured, real, sourceCode } from '../../../engine/index.ts';
import { microseconds, milliseconds, seconds } from '../../../units/index.ts';

export const flowControlParameters = defineParameters({
  priorityAndFairness: flag({
    default: true,
    help: '--enable-priority-and-fairness: requests queue in priority levels by fair queuing; else the two in-flight limits stand alone.',
    source: sourceCode('K:apiserver/pkg/server/config.go:NewConfig'),
  }),
  borrowing: flag({
    default: true,
    help: 'Whether levels lend seats to each other (from Kubernetes 1.26 on).',
    source: sourceCode('K:apiserver/pkg/util/flowcontrol/apf_controller.go:updateBorrowing'),
  }),
  borrowingPeriod: duration({
    default: seconds(10),
    range: [seconds(0.1), seconds(3600)],
    help: 'Seats are lent anew by demand after each of these periods.',
    source: sourceCode('K:apiserver/pkg/util/flowcontrol/apf_controller.go:borrowingAdjustmentPeriod'),
  }),
  seatDemandSmoothing: real({
    default: 0.977,
    unit: 'share',
    range: [0, 1],
    help: "Part of a level's smoothed demand that stays in each period in which the demand is lower.",
    source: sourceCode('K:apiserver/pkg/util/flowcontrol/apf_controller.go:seatDemandSmoothingCoefficient'),
  }),
  estimatedServiceDuration: duration({
    default: milliseconds(3),
    range: [milliseconds(0.001), seconds(60)],
    help: 'What fair queuing takes a request to last until it knows.',
    source: sourceCode('K:apiserver/pkg/util/flowcontrol/fairqueuing/queueset/queueset.go'),
  }),
  queueCpu: duration({
    default: microseconds(300),
    range: [microseconds(0), seconds(1)],
    help: 'CPU that a request costs beside its own if it waited in a queue: a goroutine put aside, timers, being woken.',
    source: measured(
      'kubernetes/priority_and_fairness.csv',
      'CPU of the API server for one GET that waited: 513 us at 64 connections, 423 us at 256; one that is exempt, in crud.csv: 210 us',
    ),
  }),
  queueWaitShare: real({
    default: 0.25,
    unit: 'share',
    range: [0, 1],
    help: 'Part of the request timeout that a request may wait in its queue; then it is answered with 429.',
    source: sourceCode('K:apiserver/pkg/server/filters/priority-and-fairness.go:getRequestWaitContext'),
  }),
  queueWaitMaximum: duration({
    default: seconds(60),
    range: [seconds(0.001), seconds(3600)],
    help: 'A request waits in its queue no longer than this, whatever its timeout.',
    source: sourceCode('K:apiserver/pkg/server/filters/priority-and-fairness.go:maxQueueWait'),
  }),
  retryAfterMaximum: duration({
    default: seconds(32),
    range: [seconds(1), seconds(3600)],
    help: 'Largest Retry-After of a level: it doubles from 1 s while many requests are refused.',
    source: sourceCode('K:apiserver/pkg/util/flowcontrol/dropped_requests_tracker.go:maxRetryAfter'),
  }),
  widthByLevel: flag({
    default: true,
    help: "Whether a request takes no more seats than 15 % of its level's nominal ones, and no more than these divided by the hand size.",
    source: sourceCode('K:apiserver/pkg/util/flowcontrol/max_seats.go, apf_controller.go:maxSeatsPercent'),
  }),
  listWidth: choice({
    default: 'bytes',
    choices: ['bytes', 'objects'],
    help: 'What the seats of a list are estimated by: the memory of its objects (from Kubernetes 1.34 on) or their number.',
    source: sourceCode('K:apiserver/pkg/util/flowcontrol/request/list_work_estimator.go'),
  }),
  listBytesPerSeat: count({
    default: 100_000,
    unit: 'B',
    range: [1, 1e9],
    help: 'Bytes of listed objects that one seat stands for.',
    source: sourceCode('K:apiserver/pkg/util/flowcontrol/request/list_work_estimator.go:bytesPerSeat'),
  }),
  listCacheMemoryCap: count({
    default: 1_000_000,
    unit: 'B',
    range: [1, 1e12],
    help: 'Memory that a list from the watch cache takes at most: it is encoded object by object.',
    source: sourceCode(
      'K:apiserver/pkg/util/flowcontrol/request/list_work_estimator.go:cacheWithStreamingMaxMemoryUsage',
    ),
  }),
  listObjectsPerSeat: count({
    default: 100,
    unit: 'object',
    range: [1, 1e9],
    help: 'Objects looked at by a list that one seat stands for, where lists are estimated by number.',
    source: sourceCode('K:apiserver/pkg/util/flowcontrol/request/config.go:objectsPerSeat'),
  }),
  listMaximumSeats: count({
    default: 100,
    unit: 'seat',
    range: [1, 1e6],
    help: 'Seats of a list at most (10 before Kubernetes 1.34).',
    source: sourceCode('K:apiserver/pkg/util/flowcontrol/request/config.go:maxListWorkEstimatorSeats'),
  }),
  mutatingMaximumSeats: count({
    default: 10,
    unit: 'seat',
    range: [1, 1e6],
    help: 'Seats of a write at most.',
    source: sourceCode('K:apiserver/pkg/util/flowcontrol/request/config.go:maximumSeatsLimit'),
  }),
  watchesPerSeat: count({
    default: 10,
    unit: 'watch',
    range: [1, 1e6],
    help: 'Watchers of a written object that one seat after the answer stands for; fewer watchers take none.',
    source: sourceCode('K:apiserver/pkg/util/flowcontrol/request/config.go:watchesPerSeat'),
  }),
  eventAdditionalDuration: duration({
    default: milliseconds(5),
    range: [milliseconds(0), seconds(60)],
    help: 'How long the sending to as many watchers as are a seat keeps that seat after the answer.',
    source: sourceCode('K:apiserver/pkg/util/flowcontrol/request/config.go:eventAdditionalDuration'),
  }),
});
