/** Parameters of CoreDNS, of the resolvers that ask it, and of its autoscaler. Letters in sources: see model-reference; CDNS = coredns/coredns. */
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
import { microseconds, milliseconds, seconds } from '../../../units/index.ts';

const SCALING = 'github.com/coredns/deployment:kubernetes/Scaling_CoreDNS.md';
const COREFILE = 'github.com/coredns/deployment:kubernetes/coredns.yaml.sed';
const AUTOSCALER = 'K:cluster/addons/dns-horizontal-autoscaler/dns-horizontal-autoscaler.yaml';

export const corednsParameters = defineParameters({
  cores: count({
    default: 2,
    unit: 'core',
    range: [1, 256],
    help: 'Cores that each replica has: the manifest sets no limit, so those of its node that nobody else uses.',
    source: documentation(SCALING, 'measured on n1-standard-2'),
  }),
  cpuPerQuery: duration({
    default: microseconds(59.4),
    range: [microseconds(1), seconds(1)],
    help: 'Time on a core for each query, answered from memory or forwarded.',
    source: documentation(SCALING, '33,669 queries a second on two cores: 2 / 33,669 s'),
  }),
  socketBuffer: count({
    default: 277,
    unit: 'packet',
    range: [1, 1e6],
    help: 'Queries that wait in the receive buffer of a replica’s socket; a packet that finds it full is lost.',
    source: assumption('net.core.rmem_default of 212,992 B, and 768 B for each small packet with its header'),
  }),
  cacheCapacity: count({
    default: 9984,
    unit: 'entry',
    range: [256, 1e8],
    help: 'Answers that the cache of a replica holds, and as many denials.',
    source: sourceCode('CDNS:plugin/cache/cache.go', '256 shards of 39'),
  }),
  cacheTtl: duration({
    default: seconds(30),
    range: [seconds(1), seconds(3600)],
    help: 'Longest time for which an answer or a denial is kept (the number after `cache` in the Corefile).',
    source: documentation(COREFILE),
  }),
  kubernetesTtl: duration({
    default: seconds(5),
    range: [seconds(0), seconds(3600)],
    help: 'Time to live of answers and denials about names of the cluster (ttl of the plugin kubernetes).',
    source: sourceCode('CDNS:plugin/kubernetes/kubernetes.go'),
  }),
  upstreamTtl: duration({
    default: seconds(60),
    range: [seconds(1), seconds(86_400)],
    help: 'Time to live of the answers of the name servers behind CoreDNS.',
    source: assumption('names behind load balancers and content networks live for a minute or less'),
  }),
  upstreamDelay: distribution({
    default: { distribution: 'lognormal', p50: milliseconds(5), p99: milliseconds(100) },
    help: 'From forwarding a query until the answer of the name server behind CoreDNS.',
    source: assumption('a recursive server nearby that knows most names; take your own'),
  }),
  forwardMaxConcurrent: count({
    default: 1000,
    unit: 'query',
    range: [1, 1e6],
    help: 'max_concurrent of the plugin forward: queries that a replica has forwarded at once; more are refused.',
    source: documentation(COREFILE),
  }),
  lameduck: duration({
    default: seconds(5),
    range: [seconds(0), seconds(600)],
    help: 'How long a replica that is to end still answers (health.lameduck).',
    source: documentation(COREFILE),
  }),
  replicaStart: distribution({
    default: { distribution: 'lognormal', p50: seconds(2), p99: seconds(6) },
    help: 'From the decision for another replica until its process runs; its informers list then.',
    source: assumption('a pod whose image is present: scheduling, sandbox and container'),
  }),
  readinessPeriod: duration({
    default: seconds(10),
    range: [seconds(1), seconds(300)],
    help: 'How often a replica that has started is asked whether its lists have come, the first time at once.',
    source: sourceCode('K:pkg/apis/core/v1/defaults.go', 'the manifest gives no periodSeconds'),
  }),
  endpointProgramming: distribution({
    default: { distribution: 'lognormal', p50: milliseconds(800), p99: seconds(3) },
    help: 'From a replica being ready, or told to end, until the nodes send it queries, or none any more.',
    source: assumption('readiness, EndpointSlice and the next sync of kube-proxy'),
  }),
  packetDelay: distribution({
    default: { distribution: 'lognormal', p50: microseconds(150), p99: milliseconds(1) },
    help: 'One way between a pod and a replica.',
    source: assumption('two nodes of one data centre, with their virtual networks'),
  }),
  resolverTimeout: duration({
    default: seconds(5),
    range: [milliseconds(1), seconds(300)],
    help: 'How long a resolver waits for an answer (options timeout of resolv.conf).',
    source: documentation('man 5 resolv.conf'),
  }),
  resolverAttempts: count({
    default: 2,
    unit: 'attempt',
    range: [1, 10],
    help: 'How often it asks before it gives up (options attempts of resolv.conf).',
    source: documentation('man 5 resolv.conf'),
  }),
  memoryBase: count({
    default: 54_000_000,
    unit: 'B',
    range: [0, 1e12],
    help: 'Memory of a replica without objects, with a full cache.',
    source: documentation(SCALING, '(Pods + Services) / 1000 + 54 MB'),
  }),
  memoryPerObject: count({
    default: 1000,
    unit: 'B',
    range: [0, 1e9],
    help: 'Memory of a replica for each Service and each endpoint that it knows.',
    source: documentation(SCALING, '(Pods + Services) / 1000 + 54 MB'),
  }),
  autoscalerPoll: duration({
    default: seconds(10),
    range: [seconds(1), seconds(3600)],
    help: 'How often the cluster-proportional autoscaler looks (--poll-period-seconds).',
    source: sourceCode('CPA:cmd/cluster-proportional-autoscaler/options/options.go'),
  }),
  coresPerReplica: real({
    default: 256,
    unit: 'core',
    range: [1, 1e6],
    help: 'coresPerReplica of the autoscaler’s linear control.',
    source: sourceCode(AUTOSCALER),
  }),
  nodesPerReplica: real({
    default: 16,
    unit: 'node',
    range: [1, 1e6],
    help: 'nodesPerReplica of the autoscaler’s linear control.',
    source: sourceCode(AUTOSCALER),
  }),
});
