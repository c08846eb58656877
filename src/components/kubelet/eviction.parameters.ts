/** Parameters of the eviction manager: from when on a node is under pressure, and what follows. */
import { count, defineParameters, documentation, duration, real, sourceCode } from '../../engine/index.ts';
import { seconds } from '../../units/index.ts';

/** Where the defaults of hard thresholds are. */
const DEFAULTS = sourceCode('K:pkg/kubelet/eviction/defaults_linux.go');
/** Soft thresholds are off unless somebody sets them. */
const SOFT = documentation(
  'https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/',
  'off by default',
);

export const evictionParameters = defineParameters({
  evictionMonitorPeriod: duration({
    default: seconds(10),
    range: [seconds(1), seconds(600)],
    help: 'How often the eviction manager looks at memory and disk.',
    source: sourceCode('K:pkg/kubelet/kubelet.go:evictionMonitoringPeriod'),
  }),
  evictionHardMemory: real({
    default: 104_857_600,
    unit: 'B',
    range: [0, 1e13],
    help: 'evictionHard memory.available: with less a pod is evicted at once.',
    source: DEFAULTS,
  }),
  evictionHardNodefs: real({
    default: 0.1,
    unit: 'share',
    range: [0, 1],
    help: 'evictionHard nodefs.available, as a share of the disk.',
    source: DEFAULTS,
  }),
  evictionHardImagefs: real({
    default: 0.15,
    unit: 'share',
    range: [0, 1],
    help: 'evictionHard imagefs.available, as a share of the disk.',
    source: DEFAULTS,
  }),
  evictionSoftMemory: real({
    default: 0,
    unit: 'B',
    range: [0, 1e13],
    help: 'evictionSoft memory.available: with less for evictionSoftGracePeriod a pod is evicted with a grace period; 0 = off.',
    source: SOFT,
  }),
  evictionSoftGracePeriod: duration({
    default: seconds(90),
    range: [seconds(0), seconds(86_400)],
    help: 'For how long a soft threshold has to be met.',
    source: SOFT,
  }),
  evictionMaxPodGracePeriod: duration({
    default: seconds(0),
    range: [seconds(0), seconds(86_400)],
    help: 'Longest grace period of a pod that is evicted for a soft threshold.',
    source: SOFT,
  }),
  evictionPressureTransitionPeriod: duration({
    default: seconds(300),
    range: [seconds(0), seconds(86_400)],
    help: 'For how long a node goes on to report a pressure that is over.',
    source: sourceCode('K:pkg/kubelet/apis/config/v1beta1/defaults.go'),
  }),
  evictionCleanupTimeout: duration({
    default: seconds(30),
    range: [seconds(1), seconds(600)],
    help: 'How long the eviction manager waits for an evicted pod to be cleaned up before it looks again.',
    source: sourceCode('K:pkg/kubelet/eviction/eviction_manager.go:podCleanupTimeout'),
  }),
  criticalPriority: count({
    default: 2_000_000_000,
    unit: 'priority',
    range: [0, 2_147_483_647],
    help: 'Pods with this priority or a higher one are never evicted by their kubelet (IsCriticalPod).',
    source: sourceCode('K:pkg/apis/scheduling/types.go:SystemCriticalPriority'),
  }),
});
