/** Parameters of Prometheus and of what it scrapes. */
import { assumption, count, defineParameters, distribution, documentation, duration } from '../../../engine/index.ts';
import { microseconds, milliseconds, nanoseconds, seconds } from '../../../units/index.ts';

const STACK = 'github.com/prometheus-operator/kube-prometheus:manifests';

export const prometheusParameters = defineParameters({
  scrapeInterval: duration({
    default: seconds(30),
    range: [seconds(1), seconds(3600)],
    help: 'scrape_interval, of all targets.',
    source: documentation(STACK, 'ServiceMonitors of kubelets and API servers; Prometheus’ own default is 1m'),
  }),
  scrapeTimeout: duration({
    default: seconds(10),
    range: [milliseconds(1), seconds(3600)],
    help: 'scrape_timeout.',
    source: documentation('prometheus.io/docs: configuration'),
  }),
  apiServerBytes: count({
    default: 8_000_000,
    unit: 'B',
    range: [0, 1e10],
    help: 'Size of /metrics of an API server, uncompressed: its histograms by verb, resource, scope and more.',
    source: assumption('several megabytes on a cluster with the usual kinds; grows with custom resources'),
  }),
  apiServerCpuPerByte: duration({
    default: nanoseconds(30),
    range: [nanoseconds(0), microseconds(100)],
    help: 'CPU of the API server for each byte of that: gathering, formatting, gzip.',
    source: assumption('text of metrics is made at some 100 MB/s and compressed at about 50 MB/s'),
  }),
  bytesPerSample: count({
    default: 120,
    unit: 'B',
    range: [1, 10_000],
    help: 'Size of a line of a target, with its labels.',
    source: assumption('names and labels of cadvisor are long'),
  }),
  samplesPerNode: count({
    default: 1500,
    unit: 'series',
    range: [0, 1e7],
    help: 'Series of a kubelet itself: /metrics, /metrics/probes and what cadvisor says of the node.',
    source: assumption('a kubelet without pods'),
  }),
  samplesPerPod: count({
    default: 100,
    unit: 'series',
    range: [0, 1e7],
    help: 'Series for each pod of a node: cadvisor’s of its containers and its sandbox.',
    source: assumption('about 50 for each container, the pause container is one'),
  }),
  kubeletAnswer: distribution({
    default: { distribution: 'lognormal', p50: milliseconds(100), p99: milliseconds(1000) },
    help: 'Time of the kubelet’s answers, cadvisor’s included.',
    source: assumption('cadvisor reads the files of every cgroup, unless it has done so lately'),
  }),
  cores: count({
    default: 4,
    unit: 'core',
    range: [1, 256],
    help: 'Cores that each replica can use.',
    source: assumption('a usual size'),
  }),
  cpuPerSample: duration({
    default: microseconds(2),
    range: [nanoseconds(1), milliseconds(1)],
    help: 'CPU for each sample: parsing, appending, the log, compaction later.',
    source: assumption('some 100,000 to 500,000 samples a second on a core'),
  }),
  memoryPerSeries: count({
    default: 4000,
    unit: 'B',
    range: [1, 1e6],
    help: 'Memory for each series in the head: its labels, index entries and open chunks.',
    source: assumption('3 to 8 kB are reported'),
  }),
});
