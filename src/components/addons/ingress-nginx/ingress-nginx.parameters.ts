/** Parameters of the ingress controller. ING = kubernetes/ingress-nginx. */
import { assumption, count, defineParameters, duration, real, sourceCode } from '../../../engine/index.ts';
import { microseconds, milliseconds, nanoseconds, seconds } from '../../../units/index.ts';

const FLAGS = 'ING:pkg/flags/flags.go';

export const ingressNginxParameters = defineParameters({
  syncRateLimit: real({
    default: 0.3,
    unit: '1/s',
    range: [0.001, 1000],
    help: '--sync-rate-limit: syncs a second, one at once; endpoints wait for it as rules do.',
    source: sourceCode(FLAGS),
  }),
  statusUpdateInterval: duration({
    default: seconds(60),
    range: [seconds(1), seconds(3600)],
    help: '--status-update-interval: how often the leader writes its address into Ingresses that lack it.',
    source: sourceCode(FLAGS),
  }),
  syncBase: duration({
    default: milliseconds(20),
    range: [nanoseconds(0), seconds(60)],
    help: 'Time of a sync before it knows whether to reload: the configuration is built and compared.',
    source: assumption('a few hundred Ingresses are gone through in memory'),
  }),
  syncPerIngress: duration({
    default: microseconds(100),
    range: [nanoseconds(0), seconds(1)],
    help: 'The same for each Ingress.',
    source: assumption('rules, annotations and endpoints of one Ingress'),
  }),
  dynamicUpdate: duration({
    default: milliseconds(10),
    range: [nanoseconds(0), seconds(60)],
    help: 'Handing endpoints to the running nginx (Lua), without a reload.',
    source: assumption('one local request with the endpoints as JSON'),
  }),
  reloadBase: duration({
    default: milliseconds(200),
    range: [nanoseconds(0), seconds(600)],
    help: 'A reload: the file is written and tested, workers are started.',
    source: assumption('nginx -t and a signal on a small configuration'),
  }),
  reloadPerServer: duration({
    default: microseconds(500),
    range: [nanoseconds(0), seconds(10)],
    help: 'The same for each server: each host of a rule.',
    source: assumption('configurations of thousands of hosts take seconds'),
  }),
  reloadPerLocation: duration({
    default: microseconds(200),
    range: [nanoseconds(0), seconds(10)],
    help: 'The same for each location: each path of a host.',
    source: assumption('about half of what a server takes'),
  }),
  workerShutdownTimeout: duration({
    default: seconds(240),
    range: [seconds(0), seconds(3600)],
    help: 'worker-shutdown-timeout: how long workers from before a reload serve the connections that they have, with the configuration that they have.',
    source: sourceCode('ING:internal/ingress/controller/config/config.go'),
  }),
  workers: count({
    default: 4,
    unit: 'worker',
    range: [1, 1024],
    help: 'worker-processes: started anew with each reload.',
    source: assumption('one for each core of the node; the default is auto'),
  }),
  memoryBase: count({
    default: 100_000_000,
    unit: 'B',
    range: [0, 1e12],
    help: 'Memory of the controller without workers.',
    source: assumption('the manifest requests 90Mi'),
  }),
  memoryPerWorker: count({
    default: 20_000_000,
    unit: 'B',
    range: [0, 1e12],
    help: 'Memory of each worker of nginx, those of before a reload included until they end.',
    source: assumption('workers keep the whole configuration'),
  }),
});
