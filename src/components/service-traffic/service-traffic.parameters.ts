/** Parameters of connections to Services: the kernel's table of connections, and what pods do when they end. */
import { assumption, count, defineParameters, documentation, duration, sourceCode } from '../../engine/index.ts';
import { microseconds, milliseconds, nanoseconds, seconds } from '../../units/index.ts';

const DEFAULTS = sourceCode('K:pkg/proxy/apis/config/v1alpha1/defaults.go');
const KERNEL = documentation('https://docs.kernel.org/networking/nf_conntrack-sysctl.html');

export const serviceTrafficParameters = defineParameters({
  conntrackMaxPerCore: count({
    default: 32_768,
    unit: 'entry',
    range: [0, 1e9],
    help: 'Connections that a node keeps track of, for each of its cores.',
    source: DEFAULTS,
  }),
  conntrackMin: count({
    default: 131_072,
    unit: 'entry',
    range: [0, 1e9],
    help: 'Connections that every node keeps track of at least, however few cores it has.',
    source: DEFAULTS,
  }),
  conntrackTimeWait: duration({
    default: seconds(120),
    range: [nanoseconds(0), seconds(86_400)],
    help: 'How long an entry of conntrack outlives a connection that was closed by both sides.',
    source: KERNEL,
  }),
  conntrackClose: duration({
    default: seconds(10),
    range: [nanoseconds(0), seconds(86_400)],
    help: 'How long an entry of conntrack outlives a connection that was refused.',
    source: KERNEL,
  }),
  conntrackEntryBytes: count({
    default: 320,
    unit: 'B',
    range: [1, 1e5],
    help: 'Kernel memory of an entry of conntrack.',
    source: documentation(
      'https://docs.kernel.org/networking/nf_conntrack-sysctl.html',
      'struct nf_conn with its extensions',
    ),
  }),
  listenAfterTermination: duration({
    default: seconds(0),
    range: [nanoseconds(0), seconds(3600)],
    help: 'How long a pod goes on to accept connections after it was asked to end: programs close their port on SIGTERM unless a preStop hook waits.',
    source: assumption('what most servers do'),
  }),
  clientsPerNode: count({
    default: 10,
    unit: 'client',
    range: [1, 1e6],
    help: 'Addresses from which connections of a node come; matters for session affinity alone.',
    source: assumption('a tenth of the pods that a node may have'),
  }),
  userspaceCpu: duration({
    default: microseconds(100),
    range: [nanoseconds(0), seconds(1)],
    help: 'Time of the process of the userspace mode for each connection; connections wait for each other.',
    source: assumption('accept, dial and two goroutines that copy'),
  }),
  userspaceDialTimeout: duration({
    default: milliseconds(250),
    range: [nanoseconds(0), seconds(60)],
    help: 'How long the userspace mode waits for an endpoint that does not answer before it tries another one; then four and eight times as long.',
    source: sourceCode('K:pkg/proxy/userspace/proxysocket.go', 'EndpointDialTimeouts of 1.25: 250 ms, 1 s, 2 s'),
  }),
  ephemeralPorts: count({
    default: 28_232,
    unit: 'port',
    range: [1, 65_535],
    help: 'Ports from which a node can connect to one address and port: net.ipv4.ip_local_port_range, 32768 to 60999.',
    source: documentation('https://docs.kernel.org/networking/ip-sysctl.html'),
  }),
});
