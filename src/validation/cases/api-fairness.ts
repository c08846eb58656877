/** One user with many connections under small limits of requests in flight. */
import { kinds, type ObjectKey } from '../../cluster/index.ts';
import { EVERYTHING } from '../../components/kube-apiserver/index.ts';
import { PagedList, SingleRequest } from '../../components/load-generator/index.ts';
import { csvRows, numberIn } from '../../manifests/csv-rows.ts';
import { runApiLoad } from '../api-load.ts';
import { numberOf, validationCase } from '../validation-case.ts';
import { CLIENT_CPU_OF_GET, measuredApiServer, POD_BYTES } from './measured-api-server.ts';
import { preloadPods } from './measured-pods.ts';

/** Pods that exist. */
const PODS = 1000;

export const apiPriorityAndFairness = validationCase({
  component: 'kube-apiserver',
  measured:
    'one ordinary user with 4 to 256 connections lists pages of 100 pods, or gets one pod, under --max-requests-inflight 20; the requests wait in the queues of a level with 3 seats',
  driven: 'the same user and limits',
  data: 'measured/kubernetes/priority_and_fairness.csv',
  points: (text) =>
    csvRows(text).map((row) => ({
      name: row.label as string,
      conditions: {
        inflight: numberIn(row, 'ro'),
        mutating: numberIn(row, 'mu'),
        connections: numberIn(row, 'conns'),
        limit: Number(/limit=(\d+)/.exec(row.path as string)?.[1] ?? 0),
      },
      references: [
        { metric: 'ops', unit: '1/s', value: numberIn(row, 'ok_rps') },
        { metric: 'mean', unit: 'ms', value: numberIn(row, 'ok_mean_ms') },
        { metric: 'p50', unit: 'ms', value: numberIn(row, 'ok_p50') },
        { metric: 'p99', unit: 'ms', value: numberIn(row, 'ok_p99') },
      ],
    })),
  predict: (conditions, overrides) => {
    const world = measuredApiServer(overrides, {
      'kubeApiserver.maxRequestsInflight': numberOf(conditions, 'inflight'),
      'kubeApiserver.maxMutatingRequestsInflight': numberOf(conditions, 'mutating'),
    });
    const { keys } = preloadPods(world, PODS, POD_BYTES);
    const limit = numberOf(conditions, 'limit');
    const clients = numberOf(conditions, 'connections');
    const result = runApiLoad(world, {
      pattern:
        limit > 0
          ? new PagedList({
              kind: kinds.pods,
              bucket: () => EVERYTHING,
              fromCache: false,
              limit,
              selectedShare: 0,
              pages: 1,
            })
          : new SingleRequest((client) => client.read(kinds.pods, keys[1] as ObjectKey)),
      clients,
      clientCpu: CLIENT_CPU_OF_GET,
      connections: Array.from({ length: clients }, () => world.client('u0', ['system:authenticated'])),
    });
    return {
      ops: result.rate,
      mean: result.milliseconds('mean'),
      p50: result.milliseconds('p50'),
      p99: result.milliseconds('p99'),
    };
  },
});
