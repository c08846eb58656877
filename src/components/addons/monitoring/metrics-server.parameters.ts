/** Parameters of metrics-server. MS = kubernetes-sigs/metrics-server. */
import {
  assumption,
  count,
  defineParameters,
  distribution,
  documentation,
  duration,
  sourceCode,
} from '../../../engine/index.ts';
import { microseconds, milliseconds, seconds } from '../../../units/index.ts';

const SCRAPER = 'MS:pkg/scraper/scraper.go';

export const metricsServerParameters = defineParameters({
  metricResolution: duration({
    default: seconds(15),
    range: [seconds(10), seconds(3600)],
    help: '--metric-resolution: how often every kubelet is asked.',
    source: sourceCode('MS:manifests/base/deployment.yaml', 'the binary’s own default is 60 s'),
  }),
  delayPerNode: duration({
    default: milliseconds(8),
    range: [microseconds(1), seconds(60)],
    help: 'The requests of a cycle are spread at random over this time for each node, at most delayMaximum.',
    source: sourceCode(SCRAPER, 'delayPerSourceMs'),
  }),
  delayMaximum: duration({
    default: seconds(4),
    range: [microseconds(1), seconds(60)],
    help: 'Longest such spread.',
    source: sourceCode(SCRAPER, 'maxDelayMs'),
  }),
  scrapeTimeout: duration({
    default: seconds(10),
    range: [milliseconds(1), seconds(600)],
    help: '--kubelet-request-timeout: how long it waits for one kubelet.',
    source: sourceCode('MS:cmd/metrics-server/app/options/kubelet_client.go'),
  }),
  kubeletAnswer: distribution({
    default: { distribution: 'lognormal', p50: milliseconds(15), p99: milliseconds(150) },
    help: 'Time of a kubelet’s answer to /metrics/resource, with the way there and back.',
    source: assumption('the kubelet has the figures at hand; TLS connections are kept'),
  }),
  cores: count({
    default: 2,
    unit: 'core',
    range: [1, 256],
    help: 'Cores that it can use.',
    source: assumption('its request is 100 m and 1 m for each node; no limit is set'),
  }),
  cpuPerScrape: duration({
    default: milliseconds(15),
    range: [microseconds(1), seconds(10)],
    help: 'CPU for the answer of one node.',
    source: documentation('MS:README.md', '1 m CPU for each node at a resolution of 15 s: 15 ms a cycle'),
  }),
  memoryBase: count({
    default: 200 * 1024 * 1024,
    unit: 'B',
    range: [0, 1e12],
    help: 'Memory without nodes.',
    source: documentation('MS:README.md'),
  }),
  memoryPerNode: count({
    default: 2 * 1024 * 1024,
    unit: 'B',
    range: [0, 1e9],
    help: 'Memory for each node.',
    source: documentation('MS:README.md'),
  }),
});
