/** Parameters of log agents and of what they send to. Defaults are Fluent Bit's (FB = fluent/fluent-bit). */
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
import { milliseconds, seconds } from '../../../units/index.ts';

const KUBELET_ROTATION = 'K:pkg/kubelet/apis/config/v1beta1/defaults.go';
const SCHEDULER = 'docs.fluentbit.io: Scheduling and retries';

export const logAgentParameters = defineParameters({
  bytesPerPod: real({
    default: 2000,
    unit: 'B/s',
    range: [0, 1e9],
    help: 'What each pod writes to its log in a second; the operation writeLogs adds to it.',
    source: assumption('ten lines of 200 B, a web service at a moderate level'),
  }),
  parseRate: real({
    default: 20_000_000,
    unit: 'B/s',
    range: [1, 1e12],
    help: 'What an agent can read, parse and enrich in a second, on the one core that its input has.',
    source: assumption('Fluent Bit with a JSON parser and the kubernetes filter; Fluentd takes a fifth of that'),
  }),
  flushInterval: duration({
    default: seconds(1),
    range: [milliseconds(100), seconds(600)],
    help: 'How often an agent reads what was written and sends what it has (flush).',
    source: documentation('docs.fluentbit.io: Configuration file, flush'),
  }),
  bufferLimit: count({
    default: 5_000_000,
    unit: 'B',
    range: [1, 1e13],
    help: 'What an agent keeps that was read and not accepted yet (mem_buf_limit, storage.total_limit_size).',
    source: documentation('docs.fluentbit.io: Kubernetes, the example’s Mem_Buf_Limit'),
  }),
  chunkSize: count({
    default: 2_000_000,
    unit: 'B',
    range: [1, 1e12],
    help: 'Most that is sent at once.',
    source: sourceCode('FB:include/fluent-bit/flb_input_chunk.h'),
  }),
  fileLimit: count({
    default: 52_428_800,
    unit: 'B',
    range: [1, 1e13],
    help: 'Log files that the kubelet keeps of each container: containerLogMaxSize x containerLogMaxFiles. What is rotated away unread is lost.',
    source: sourceCode(KUBELET_ROTATION, '10 Mi x 5'),
  }),
  retryBase: duration({
    default: seconds(5),
    range: [milliseconds(1), seconds(3600)],
    help: 'Shortest pause before a chunk that was not accepted is sent again; the longest doubles with each attempt (scheduler.base).',
    source: documentation(SCHEDULER),
  }),
  retryCap: duration({
    default: seconds(2000),
    range: [milliseconds(1), seconds(100_000)],
    help: 'Longest such pause (scheduler.cap).',
    source: documentation(SCHEDULER),
  }),
  retryLimit: count({
    default: 1,
    unit: 'retry',
    range: [0, 1e9],
    help: 'Retries after which a chunk is thrown away (retry_limit).',
    source: documentation(SCHEDULER),
  }),
  outputTimeout: duration({
    default: seconds(60),
    range: [milliseconds(1), seconds(3600)],
    help: 'How long an agent waits for the answer to a chunk; the back end may still take it afterwards, and gets it twice.',
    source: assumption('a request to a log store gives up after a minute'),
  }),
  backendThroughput: real({
    default: 100_000_000,
    unit: 'B/s',
    range: [1, 1e13],
    help: 'What the back end that all agents send to takes in a second.',
    source: assumption('a few nodes of a log store; take your own'),
  }),
  backendQueue: count({
    default: 500_000_000,
    unit: 'B',
    range: [1, 1e13],
    help: 'What the back end lets wait; it refuses more (429).',
    source: assumption('a tenth of the heap of five data nodes of 10 GB (indexing_pressure.memory.limit)'),
  }),
  networkDelay: distribution({
    default: { distribution: 'lognormal', p50: milliseconds(1), p99: milliseconds(10) },
    help: 'To the back end and back.',
    source: assumption('the same region'),
  }),
  clientQps: real({
    default: 0,
    unit: '1/s',
    range: [0, 1e6],
    help: 'Limit of an agent’s requests to the API server; 0 = no limiter: neither Fluent Bit nor Fluentd has one.',
    source: sourceCode('FB:plugins/filter_kubernetes/kube_meta.c'),
  }),
});
