/** Parameters of the kubelet and of the container runtime behind it. */
import { assumption, count, defineParameters, distribution, duration, real, sourceCode } from '../../engine/index.ts';
import { milliseconds, seconds } from '../../units/index.ts';
import { evictionParameters } from './eviction.parameters.ts';
import { imageParameters } from './images.parameters.ts';
import { nodeParameters } from './node.parameters.ts';
import { supervisionParameters } from './supervision.parameters.ts';

export const kubeletParameters = defineParameters({
  ...supervisionParameters,
  ...nodeParameters,
  ...imageParameters,
  ...evictionParameters,
  apiQps: real({
    default: 50,
    unit: '1/s',
    range: [0, 1e6],
    help: 'kubeAPIQPS; 0 = no limiter.',
    source: sourceCode('K:pkg/kubelet/apis/config/v1beta1/defaults.go'),
  }),
  apiBurst: count({
    default: 100,
    unit: 'request',
    range: [1, 1e6],
    help: 'kubeAPIBurst.',
    source: sourceCode('K:pkg/kubelet/apis/config/v1beta1/defaults.go'),
  }),
  eventQps: real({
    default: 50,
    unit: '1/s',
    range: [0, 1e6],
    help: 'eventRecordQPS, on a client of its own.',
    source: sourceCode('K:pkg/kubelet/apis/config/v1beta1/defaults.go'),
  }),
  eventBurst: count({
    default: 100,
    unit: 'request',
    range: [1, 1e6],
    help: 'eventBurst.',
    source: sourceCode('K:pkg/kubelet/apis/config/v1beta1/defaults.go'),
  }),
  leaseRenewInterval: duration({
    default: seconds(10),
    range: [seconds(1), seconds(600)],
    help: 'A quarter of nodeLeaseDurationSeconds; each pause is jittered by leaseRenewJitter.',
    source: sourceCode('K:pkg/kubelet/kubelet.go'),
  }),
  heartbeatTimeout: duration({
    default: seconds(10),
    range: [seconds(1), seconds(600)],
    help: 'How long the kubelet waits for the answer to a heartbeat: renewal of its lease, status of its node.',
    source: sourceCode(
      'K:cmd/kubelet/app/server.go:buildKubeletClientConfig',
      'least of the status frequency and the renewal interval',
    ),
  }),
  leaseRenewJitter: real({
    default: 0.04,
    unit: 'share',
    range: [0, 1],
    help: 'Largest share by which a pause between renewals is lengthened; so herds drift apart.',
    source: sourceCode('K:staging component-helpers/apimachinery/lease/controller.go'),
  }),
  leaseBackoff: duration({
    default: milliseconds(100),
    range: [milliseconds(1), seconds(60)],
    help: 'Base of the pauses while a lease cannot be read or created; doubles each time, before the first pause too.',
    source: sourceCode('K:staging component-helpers/apimachinery/lease/controller.go'),
  }),
  leaseBackoffMaximum: duration({
    default: seconds(7),
    range: [milliseconds(1), seconds(60)],
    help: 'Largest such pause.',
    source: sourceCode('K:staging component-helpers/apimachinery/lease/controller.go'),
  }),
  leaseMaxRetries: count({
    default: 5,
    unit: 'attempt',
    range: [1, 100],
    help: 'Renewals that fail in a row, without a conflict, before the lease is read anew.',
    source: sourceCode('K:staging component-helpers/apimachinery/lease/controller.go:maxUpdateRetries'),
  }),
  nodeStatusUpdateFrequency: duration({
    default: seconds(10),
    range: [seconds(1), seconds(3600)],
    help: 'Period of the loop that computes the node status; a report that failed is sent again with the next one.',
    source: sourceCode('K:pkg/kubelet/apis/config/v1beta1/defaults.go'),
  }),
  nodeStatusReportFrequency: duration({
    default: seconds(300),
    range: [seconds(1), seconds(3600)],
    help: 'A node status that did not change is reported this often; it is computed every 10 s, which costs no request.',
    source: sourceCode('K:pkg/kubelet/apis/config/v1beta1/defaults.go'),
  }),
  volumeMount: distribution({
    default: { distribution: 'lognormal', p50: 100_000_000, p99: 300_000_000 },
    help: 'Mounting the token and configuration volumes, from the token to the last mount.',
    source: assumption('the volume manager reconciles every 100 ms and needs one or two passes'),
  }),
  mountBackoff: duration({
    default: milliseconds(500),
    range: [milliseconds(1), seconds(60)],
    help: 'First pause before a mount that failed is tried again, as it does when no token can be had; doubles.',
    source: sourceCode('K:pkg/util/goroutinemap/exponentialbackoff/exponential_backoff.go'),
  }),
  mountBackoffMaximum: duration({
    default: seconds(122),
    range: [milliseconds(1), seconds(600)],
    help: 'Largest such pause.',
    source: sourceCode('K:pkg/util/goroutinemap/exponentialbackoff/exponential_backoff.go'),
  }),
  statusSyncPeriod: duration({
    default: seconds(10),
    range: [milliseconds(100), seconds(600)],
    help: "Period of the pass that sends again what could not be written of the pods' statuses.",
    source: sourceCode('K:pkg/kubelet/status/status_manager.go:syncPeriod'),
  }),
  volumeWaitPoll: duration({
    default: milliseconds(300),
    range: [milliseconds(1), seconds(10)],
    help: 'Poll by which the pod worker notices that all volumes are mounted.',
    source: sourceCode('K:pkg/kubelet/volumemanager/volume_manager.go'),
  }),
  sandboxStart: distribution({
    default: { distribution: 'lognormal', p50: 400_000_000, p99: 1_200_000_000 },
    help: 'RunPodSandbox: pause container, namespaces, CNI ADD.',
    source: assumption('0.3-1 s with common runtimes and CNI plugins; CNI ADD alone is 50-500 ms'),
  }),
  sandboxWithoutNetwork: distribution({
    default: { distribution: 'lognormal', p50: 250_000_000, p99: 700_000_000 },
    help: "RunPodSandbox without CNI ADD, where a CNI plugin is among the cluster's add-ons and takes a time of its own.",
    source: assumption(
      'pause container and namespaces; a chain of plain CNI plugins makes up the rest of sandboxStart',
    ),
  }),
  podWorkerBackoff: duration({
    default: seconds(10),
    range: [milliseconds(10), seconds(600)],
    help: 'Pause before a pod worker tries again what failed, such as a sandbox.',
    source: sourceCode('K:pkg/kubelet/kubelet.go:backOffPeriod'),
  }),
  podWorkerBackoffJitter: real({
    default: 0.5,
    unit: 'share',
    range: [0, 1],
    help: 'Largest share by which that pause is lengthened.',
    source: sourceCode('K:pkg/kubelet/pod_workers.go:workerBackOffPeriodJitterFactor'),
  }),
  containerStart: distribution({
    default: { distribution: 'lognormal', p50: 150_000_000, p99: 500_000_000 },
    help: 'CreateContainer and StartContainer of one container.',
    source: assumption('0.1-0.5 s with containerd and runc'),
  }),
  initContainerRun: distribution({
    default: { distribution: 'lognormal', p50: 1_000_000_000, p99: 5_000_000_000 },
    help: 'How long an init container runs until it exits.',
    source: assumption('waiting for a dependency or a migration; set it for your own'),
  }),
  applicationStart: distribution({
    default: { distribution: 'lognormal', p50: 1_000_000_000, p99: 5_000_000_000 },
    help: "How long the program of a container needs from the container's start until it answers probes.",
    source: assumption('small services start in about a second; set it for your own'),
  }),
  preStopHook: distribution({
    default: { distribution: 'lognormal', p50: 200_000_000, p99: 2_000_000_000 },
    help: 'A preStop hook that is a command or a request; one that sleeps takes what it says.',
    source: assumption('starting a process in the container, or one request to it'),
  }),
  execProbe: distribution({
    default: { distribution: 'lognormal', p50: 50_000_000, p99: 300_000_000 },
    help: 'A probe by a command in the container: ExecSync of the runtime starts a process.',
    source: assumption('runc exec takes tens of milliseconds on an idle node'),
  }),
  networkProbe: distribution({
    default: { distribution: 'lognormal', p50: 2_000_000, p99: 20_000_000 },
    help: 'A probe by HTTP, gRPC or TCP that is answered, or refused.',
    source: assumption('a connection within the node and one small request'),
  }),
  crashBackoff: duration({
    default: seconds(10),
    range: [milliseconds(10), seconds(600)],
    help: 'First pause before a container that ended again is started again; doubles each time. The gate ReduceDefaultCrashLoopBackOffDecay makes it 1 s.',
    source: sourceCode('K:pkg/kubelet/kubelet.go:containerBackOffPeriod'),
  }),
  crashBackoffMaximum: duration({
    default: seconds(300),
    range: [seconds(1), seconds(600)],
    help: 'Longest such pause; crashLoopBackOff.maxContainerRestartPeriod sets it for a node, the same gate makes it 60 s.',
    source: sourceCode('K:pkg/kubelet/kubelet.go:MaxCrashLoopBackOff'),
  }),
  containerStop: distribution({
    default: { distribution: 'lognormal', p50: 300_000_000, p99: 3_000_000_000 },
    help: 'From SIGTERM until the containers have exited, at most the grace period.',
    source: assumption('applications that handle SIGTERM exit within a second'),
  }),
  registration: distribution({
    default: { distribution: 'lognormal', p50: 2_000_000_000, p99: 10_000_000_000 },
    help: 'From the registration of a node until its runtime and network are ready.',
    source: assumption('CNI configuration appears within seconds after the node registers'),
  }),
});
