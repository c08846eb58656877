/** The machines of the control plane and the network between all parts. */
import {
  assumption,
  choice,
  defineParameters,
  distribution,
  documentation,
  duration,
  flag,
  measured,
  real,
  sourceCode,
} from '../../engine/index.ts';
import { microseconds, milliseconds, nanoseconds, seconds } from '../../units/index.ts';

export const hostParameters = defineParameters({
  controlPlaneCores: real({
    default: 8,
    unit: 'core',
    range: [0.1, 512],
    help: 'Cores of each control-plane host. The API server, and etcd where it is stacked, share them.',
    source: assumption(
      'a common control-plane size for clusters of hundreds of nodes; choose your own with a host-* profile',
    ),
  }),
  apiServerMemory: real({
    default: 120,
    unit: 'GiB',
    range: [0.1, 10_000],
    help: 'Memory that each API server may have; a process that needs more is killed.',
    source: documentation(
      'https://kubernetes.io/docs/setup/best-practices/cluster-large/',
      'n1-standard-32 for control planes of more than 500 nodes',
    ),
  }),
  stackedEtcd: flag({
    default: true,
    help: "Whether etcd member i runs on the host of API server i and shares its CPU (kubeadm's stacked topology) or has a host of its own.",
    source: assumption("kubeadm's default topology is stacked"),
  }),
  stackedScheduler: flag({
    default: true,
    help: 'Whether instance i of a scheduler runs on control-plane host i and shares its CPU with API server and etcd, or each instance has a host of its own, with as many cores.',
    source: documentation(
      'https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/control-plane-flags/',
      'kubeadm runs API server, controller manager, scheduler and etcd as static pods of each control-plane host',
    ),
  }),
  stackedLoad: flag({
    default: false,
    help: 'Whether the clients of load operations run on control-plane host 0, as those of scheduler_perf do, or elsewhere, where their CPU holds nobody up.',
    source: assumption('load comes from outside of the cluster'),
  }),
  loadRequestCpu: duration({
    default: microseconds(250),
    range: [nanoseconds(0), seconds(1)],
    help: 'CPU of a load client for a request, where it shares a host (`stackedLoad`): to make and send it, and to take the answer.',
    source: measured('kubernetes/crud.csv', 'client_cpu_us of create at 4 to 64 clients: 210 to 290 us'),
  }),
  wakeUpCpu: duration({
    default: microseconds(740),
    range: [nanoseconds(0), seconds(1)],
    help: 'CPU that a process takes more for its next piece of work after a long time without any: the core leaves its sleep, caches are cold, the threads of the runtime start anew.',
    source: measured(
      'etcd/open_loop.csv',
      'server CPU of a request beyond that of a busy server: 590 us at 50/s, 415 us at 200/s, 190 us at 500/s, nothing at 2,000/s',
    ),
  }),
  wakeUpHalf: duration({
    default: milliseconds(4),
    range: [microseconds(1), seconds(10)],
    help: 'Idle time after which waking up costs half of that.',
    source: measured('etcd/open_loop.csv', 'see wakeUpCpu'),
  }),
  spinCpu: duration({
    default: microseconds(130),
    range: [nanoseconds(0), seconds(1)],
    help: 'CPU that a process takes on other cores each time that it runs out of work: its threads look for more before they sleep. No more than the time it is idle.',
    source: measured(
      'etcd/get_grid.csv, etcd/lease_keepalive.csv',
      'server CPU of one client less that of 64 or 256: 160 us a serializable get, 147 us a keep-alive; the clients of put_grid.csv take 190 us a batch beside 30 us a call',
    ),
  }),
  workVariation: real({
    default: 0.5,
    unit: 'share',
    range: [0, 10],
    help: 'Standard deviation over mean of the CPU of a piece of work of a process: caches, interrupts, other machines on the same hardware. A longer one varies as its first millisecond does.',
    source: measured(
      'etcd/get_grid.csv',
      'one client: p90 1.55 times and p99 2.4 times p50, a lognormal of 0.37, over the pieces of client and server',
    ),
  }),
  timeSlice: duration({
    default: milliseconds(3),
    range: [microseconds(10), seconds(1)],
    help: 'Time for which a thread keeps its core while others wait for one.',
    source: sourceCode(
      'https://github.com/torvalds/linux/blob/v6.6/kernel/sched/fair.c',
      'sysctl_sched_base_slice: 0.75 ms times one more than the binary logarithm of the cores, up to 3 ms; the tick that looks at it comes every 1 to 4 ms',
    ),
  }),
  goTimeSlice: duration({
    default: milliseconds(10),
    range: [microseconds(10), seconds(1)],
    help: 'Time for which a piece of work keeps a thread of a Go process while others wait, and longest run of a collector on a part of a thread.',
    source: sourceCode('https://go.dev/src/runtime/proc.go', 'forcePreemptNS'),
  }),
  goMarkCpu: real({
    default: 2.5,
    unit: 'ns/B',
    range: [0, 1000],
    help: "CPU of Go's garbage collector for each byte of the heap that is alive, in every cycle.",
    source: measured(
      'kubernetes/crud.csv',
      'windows of one operation differ by 0.5 to 1.1 s of API server CPU, which cycles over heaps of 300 to 590 MB account for at 2 to 2.7 ns/B',
    ),
  }),
  goStopTheWorld: duration({
    default: microseconds(50),
    range: [nanoseconds(0), milliseconds(100)],
    help: 'Time for which all threads of a Go process stand still at each end of a cycle of the collector.',
    source: assumption('traces of the collector (gctrace=1) show 10 to 100 us for each of the two'),
  }),
});

export const networkParameters = defineParameters({
  nodeDelay: distribution({
    default: { distribution: 'lognormal', p50: 250_000, p99: 1_000_000 },
    help: 'One way from a node, or from a client outside the control plane, to an API server or back.',
    source: assumption('half of a 0.5 ms round trip, usual between hosts of one cloud zone'),
  }),
  controlPlaneDelay: distribution({
    default: { distribution: 'lognormal', p50: 60_000, p99: 250_000 },
    help: 'One way between processes of the control plane: scheduler or controller manager to API server, API server to etcd.',
    source: assumption('loopback or one switch hop with TLS; our loopback measurements show 0.1 ms per round trip'),
  }),
  peerDelay: distribution({
    default: { distribution: 'lognormal', p50: 150_000, p99: 600_000 },
    help: 'One way between two etcd members.',
    source: assumption('members in neighbouring zones: 0.3 ms round trip'),
  }),
  nodeBandwidth: real({
    default: 5,
    unit: 'Gbit/s',
    range: [0.001, 1000],
    help: 'Rate at which a node, or a client outside the control plane, takes answers.',
    source: documentation(
      'https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-network-bandwidth.html',
      'one flow: 5 Gbit/s',
    ),
  }),
  controlPlaneBandwidth: real({
    default: 10,
    unit: 'Gbit/s',
    range: [0.001, 1000],
    help: "Rate at which an API server's host sends answers to all its clients, and at which processes of the control plane take them.",
    source: assumption('the usual network card of a host with eight cores'),
  }),
  balancerPolicy: choice<'roundRobin' | 'leastConnections'>({
    default: 'roundRobin',
    choices: ['roundRobin', 'leastConnections'],
    help: 'How the balancer before the API servers places new connections.',
    source: documentation(
      'https://github.com/kubernetes/kubeadm/blob/main/docs/ha-considerations.md',
      'balance roundrobin in the example for haproxy',
    ),
  }),
  balancerDetection: duration({
    default: seconds(6),
    range: [seconds(0), seconds(600)],
    help: 'Time from the end of an API server until the balancer sends no more connections to it. Until then they are refused.',
    source: documentation('https://docs.haproxy.org/3.0/configuration.html', 'defaults: inter 2s, fall 3'),
  }),
  balancerRecovery: duration({
    default: seconds(4),
    range: [seconds(0), seconds(600)],
    help: 'Time from when an API server is ready until the balancer sends connections to it again.',
    source: documentation('https://docs.haproxy.org/3.0/configuration.html', 'defaults: inter 2s, rise 2'),
  }),
  controlPlaneEndpoint: choice<'local' | 'balancer'>({
    default: 'local',
    choices: ['local', 'balancer'],
    help: 'Where scheduler and controller manager find the API server: on their own host, or through the balancer like everybody else.',
    source: sourceCode(
      'K:cmd/kubeadm/app/phases/kubeconfig/kubeconfig.go',
      'their kubeconfigs name the local API endpoint',
    ),
  }),
  minimumDelay: duration({
    default: microseconds(20),
    range: [microseconds(1), seconds(1)],
    help: 'Smallest delay of any link: the window within which the node side may run apart from the control plane.',
    source: assumption('loopback latency; no network is faster'),
  }),
});
