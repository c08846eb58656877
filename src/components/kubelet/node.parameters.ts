/** Parameters of the kubelet as a process: how it starts, notices, mounts and reports. */
import {
  assumption,
  choice,
  count,
  defineParameters,
  distribution,
  documentation,
  duration,
  flag,
  sourceCode,
} from '../../engine/index.ts';
import { milliseconds, nanoseconds, seconds } from '../../units/index.ts';

export const nodeParameters = defineParameters({
  processStart: distribution({
    default: { distribution: 'lognormal', p50: 2_000_000_000, p99: 5_000_000_000 },
    help: 'From the execution of the kubelet until it registers and lists its pods: configuration, certificates, the first calls to the runtime.',
    source: assumption('logs of restarts show one to a few seconds between the first line and the first pod'),
  }),
  runtimeConcurrency: count({
    default: 0,
    unit: 'call',
    range: [0, 1000],
    help: 'Sandboxes and containers that the container engine of a node makes at once; 0 = any number, each as fast as if it were alone.',
    source: assumption(
      'containerd does many at once, and a node seldom starts more than a few pods; Docker did about one',
    ),
  }),
  podReadyToStartContainers: flag({
    default: true,
    help: 'Gate PodReadyToStartContainersCondition: the kubelet tells when the sandbox of a pod is ready, one status more for each start.',
    source: sourceCode('K:pkg/features/kube_features.go', 'on since 1.29'),
  }),
  boundTokens: flag({
    default: true,
    help: 'Whether the token of a pod is asked for when it starts (BoundServiceAccountTokenVolume). Otherwise it is in a Secret that stands for the root certificate here.',
    source: sourceCode('K:plugin/pkg/admission/serviceaccount/admission.go', 'since 1.22'),
  }),
  restartLosesReadiness: flag({
    default: false,
    help: 'Whether pods with a readiness probe are not Ready after a restart of the kubelet until the probe has succeeded again (gate ChangeContainerStatusOnKubeletRestart).',
    source: sourceCode('K:pkg/kubelet/prober/worker.go', 'up to 1.34; KEP-4781'),
  }),
  pleg: choice<'generic' | 'evented'>({
    default: 'generic',
    choices: ['generic', 'evented'],
    help: 'How the kubelet notices what happens in the runtime: by a relist every second, or told by the runtime at once (gate EventedPLEG).',
    source: sourceCode('K:pkg/features/kube_features.go', 'alpha, off'),
  }),
  plegRelistPeriod: duration({
    default: seconds(1),
    range: [milliseconds(10), seconds(60)],
    help: "Period of the relist by which the kubelet notices that containers started or stopped; its phase is the node's own.",
    source: sourceCode('K:pkg/kubelet/kubelet.go:genericPlegRelistPeriod'),
  }),
  plegRelistThreshold: duration({
    default: seconds(180),
    range: [seconds(1), seconds(3600)],
    help: 'A relist that has not come back for longer makes the node not ready (PLEG is not healthy).',
    source: sourceCode('K:pkg/kubelet/kubelet.go:genericPlegRelistThreshold'),
  }),
  eventedPlegDelay: duration({
    default: milliseconds(5),
    range: [nanoseconds(0), seconds(10)],
    help: 'With evented PLEG: from a change in the runtime until the kubelet has its event.',
    source: assumption('one message over a local socket and the inspection of one pod'),
  }),
  eventedPlegCachePeriod: duration({
    default: seconds(5),
    range: [milliseconds(10), seconds(60)],
    help: 'With evented PLEG: period at which the time stamp of the whole cache moves on, for which terminating pods wait.',
    source: sourceCode('K:pkg/kubelet/pleg/evented.go:globalCacheUpdatePeriod'),
  }),
  eventedPlegRelistThreshold: duration({
    default: seconds(600),
    range: [seconds(1), seconds(36_000)],
    help: 'The same as plegRelistThreshold, with evented PLEG, which relists every 300 s.',
    source: sourceCode('K:pkg/kubelet/kubelet.go:eventedPlegRelistThreshold'),
  }),
  runtimeCheckPeriod: duration({
    default: seconds(5),
    range: [milliseconds(10), seconds(600)],
    help: 'Period at which the kubelet asks its container runtime how it is.',
    source: sourceCode('K:pkg/kubelet/kubelet.go:updateRuntimeUp'),
  }),
  runtimeDownThreshold: duration({
    default: seconds(30),
    range: [seconds(1), seconds(3600)],
    help: 'Time since the last check that went well after which the node is not ready (container runtime is down).',
    source: sourceCode('K:pkg/kubelet/kubelet.go:maxWaitForContainerRuntime'),
  }),
  fastStatusUpdatePeriod: duration({
    default: milliseconds(100),
    range: [milliseconds(1), seconds(60)],
    help: 'Period at which a node that is not ready yet is looked at after its start; only the last look is a request.',
    source: sourceCode('K:pkg/kubelet/kubelet.go:fastStatusUpdateOnce'),
  }),
  nodeStatusRetries: count({
    default: 5,
    unit: 'attempt',
    range: [1, 100],
    help: 'Attempts to write a node status at once, each but the first after a read.',
    source: sourceCode('K:pkg/kubelet/kubelet.go:nodeStatusUpdateRetry'),
  }),
  configMapAndSecretChangeDetectionStrategy: choice<'Watch' | 'Cache' | 'Get'>({
    default: 'Watch',
    choices: ['Watch', 'Cache', 'Get'],
    help: 'How the kubelet keeps the Secrets and ConfigMaps of its pods: one watch each, answers for a while, or a read at each sync of a pod.',
    source: sourceCode('K:pkg/kubelet/apis/config/v1beta1/defaults.go'),
  }),
  volumeMountEach: duration({
    default: milliseconds(10),
    range: [nanoseconds(0), seconds(60)],
    help: 'What each Secret, ConfigMap or claim that a pod mounts adds to the mounting of its volumes.',
    source: documentation(
      'https://github.com/kubernetes/perf-tests/pull/686',
      'one pod with 100 volumes starts in 2.2 to 2.9 s, about a second later than one without (2019)',
    ),
  }),
  settingsTimeout: duration({
    default: seconds(1),
    range: [milliseconds(10), seconds(60)],
    help: 'How long a mount waits for the first list of a Secret or ConfigMap that is watched.',
    source: sourceCode('K:pkg/kubelet/util/manager/watch_based_manager.go:Get'),
  }),
  syncFrequency: duration({
    default: seconds(60),
    range: [seconds(1), seconds(3600)],
    help: 'A pod is synced every one to one and a half times this; mounts and tokens are looked at then.',
    source: sourceCode('K:pkg/kubelet/apis/config/v1beta1/defaults.go'),
  }),
  tokenRefresh: duration({
    default: nanoseconds(2_886e9),
    range: [seconds(60), seconds(86_400)],
    help: "Age at which a pod's service-account token is requested again by the next sync of the pod: 80 % of its 3,607 s, less a jitter.",
    source: sourceCode('K:pkg/kubelet/token/token_manager.go:requiresRefresh'),
  }),
  tokenRefreshJitter: duration({
    default: seconds(10),
    range: [nanoseconds(0), seconds(600)],
    help: 'Largest time by which a token is requested again sooner.',
    source: sourceCode('K:pkg/kubelet/token/token_manager.go:maxJitter'),
  }),
});
