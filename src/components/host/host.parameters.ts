/** The machines of the control plane and the network between all parts. */
import { assumption, defineParameters, distribution, duration, flag, real } from '../../engine/index.ts';
import { microseconds, seconds } from '../../units/index.ts';

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
  stackedEtcd: flag({
    default: true,
    help: "Whether etcd member i runs on the host of API server i and shares its CPU (kubeadm's stacked topology) or has a host of its own.",
    source: assumption("kubeadm's default topology is stacked"),
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
  minimumDelay: duration({
    default: microseconds(20),
    range: [microseconds(1), seconds(1)],
    help: 'Smallest delay of any link: the window within which the node side may run apart from the control plane.',
    source: assumption('loopback latency; no network is faster'),
  }),
});
