/** Parameters of the CNI plugins and of their agents. CNI = containernetworking/plugins. */
import {
  assumption,
  count,
  defineParameters,
  distribution,
  documentation,
  duration,
  real,
  sourceCode,
} from '../../../engine/index.ts';
import { microseconds, milliseconds, nanoseconds, seconds } from '../../../units/index.ts';

export const cniParameters = defineParameters({
  nodeCidrMaskSize: count({
    default: 24,
    unit: 'bit',
    range: [16, 30],
    help: 'Mask of the addresses that each node has for its pods: /24 = 256, less network, broadcast and gateway.',
    source: sourceCode('K:cmd/kube-controller-manager/app/options/nodeipamcontroller.go', '--node-cidr-mask-size'),
  }),
  addTime: distribution({
    default: { distribution: 'lognormal', p50: milliseconds(100), p99: milliseconds(500) },
    help: 'CNI ADD without its address: the plugin’s processes, the pair of interfaces, routes and rules.',
    source: assumption('50 to 500 ms: several short-lived processes and netlink calls under a lock of the kernel'),
  }),
  lockHold: duration({
    default: milliseconds(5),
    range: [nanoseconds(0), seconds(10)],
    help: 'How long an ADD holds the lock of the node’s addresses, before it tries any.',
    source: assumption('a process, opening the directory, and the file of the last address'),
  }),
  lockPerTry: duration({
    default: microseconds(20),
    range: [nanoseconds(0), seconds(1)],
    help: 'Time under the lock for each address that is tried: a file that is made, or found to be there.',
    source: assumption('open with O_EXCL on a warm file system'),
  }),
  agentQps: real({
    default: 5,
    unit: '1/s',
    range: [0, 1e6],
    help: 'Client limit of the plugin’s agent on each node; 0 = no limiter.',
    source: sourceCode('K:staging client-go/rest/config.go', 'the agents keep the default'),
  }),
  agentBurst: count({
    default: 10,
    unit: 'request',
    range: [1, 1e6],
    help: 'Burst of it.',
    source: sourceCode('K:staging client-go/rest/config.go'),
  }),
  policyBatch: duration({
    default: milliseconds(100),
    range: [nanoseconds(0), seconds(60)],
    help: 'How long an agent gathers changes of policies before it programs them.',
    source: assumption('agents apply what has come in batches, several times a second'),
  }),
  policyProgramBase: duration({
    default: milliseconds(20),
    range: [nanoseconds(0), seconds(60)],
    help: 'Time of one programming of the kernel, whatever it brings.',
    source: assumption('a process of iptables-restore, or a transaction of nftables or eBPF maps'),
  }),
  policyProgramPerRule: duration({
    default: microseconds(50),
    range: [nanoseconds(0), seconds(1)],
    help: 'The same for each rule of each pod.',
    source: assumption('as kube-proxy’s lines and rules together'),
  }),
  typhaDelay: distribution({
    default: { distribution: 'lognormal', p50: milliseconds(20), p99: milliseconds(200) },
    help: 'From Typha hearing of a change until an agent hears of it from Typha.',
    source: assumption('Typha gathers changes for up to 100 ms and sends them over connections of its own'),
  }),
  nodesPerTypha: count({
    default: 200,
    unit: 'node',
    range: [1, 10_000],
    help: 'Nodes for each replica of Typha, which watches in place of Calico’s agents.',
    source: documentation('docs.tigera.io/calico: Install Typha', 'one for every 200 nodes, three at least'),
  }),
});
