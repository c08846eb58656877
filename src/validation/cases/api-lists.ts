/** Lists of pods. */
import { kinds, type ObjectKey } from '../../cluster/index.ts';
import { EVERYTHING } from '../../components/kube-apiserver/index.ts';
import { PagedList } from '../../components/load-generator/index.ts';
import { csvRows, numberIn } from '../../manifests/csv-rows.ts';
import { runApiLoad } from '../api-load.ts';
import type { ParameterValues } from '../case-parameters.ts';
import { type Conditions, numberOf, type Prediction, validationCase } from '../validation-case.ts';
import { measuredApiServer, POD_BYTES } from './measured-api-server.ts';
import { preloadPods } from './measured-pods.ts';

/** Nodes that pods are on: the field selector matched 1 % of them. */
const NODES = 100;
/** Share of the pods that the label selector matched. */
const LABEL_SHARE = 0.1;
/** Objects in a page. */
const LIMIT = 500;
/** CPU of the client for each list: next to nothing before it is sent. */
const CLIENT_CPU = 0;

/** Columns by kind: what each list asked for. */
function shapeOf(kind: string) {
  return {
    encoding: kind.endsWith('_pb') ? ('protobuf' as const) : ('json' as const),
    fromCache: kind.includes('rv0'),
    limit: kind.startsWith('limit500') ? LIMIT : 0,
    ofOneNode: kind.endsWith('_field'),
    selectedShare: kind.endsWith('_label') ? LABEL_SHARE : 0,
  };
}

function predict(conditions: Conditions, overrides: ParameterValues): Prediction {
  const world = measuredApiServer(overrides);
  const shape = shapeOf(String(conditions.kind));
  const pods = numberOf(conditions, 'pods');
  const { nodes } = preloadPods(world, pods, POD_BYTES, NODES);
  const result = runApiLoad(world, {
    pattern: new PagedList({
      kind: kinds.pods,
      bucket: ({ load }) =>
        shape.ofOneNode ? (nodes[Math.floor(load.random.next() * nodes.length)] as ObjectKey) : EVERYTHING,
      fromCache: shape.fromCache,
      limit: shape.limit,
      selectedShare: shape.selectedShare,
      // What was measured is one page.
      pages: 1,
    }),
    clients: numberOf(conditions, 'conc'),
    connections: world.clients(numberOf(conditions, 'conc'), shape.encoding),
    clientCpu: CLIENT_CPU,
    // Enough for several of the longest.
    window: Math.max(LEAST_WINDOW_S, (pods * numberOf(conditions, 'conc')) / WINDOW_PODS),
  });
  return { mean: result.milliseconds('mean'), 'server CPU': result.serverCpu / 1000, ops: result.rate };
}

/** Pods for which the window has one more second, and the least window [s]: there are to be several collections of the heap. */
const WINDOW_PODS = 1000;
const LEAST_WINDOW_S = 10;

export const apiList = validationCase({
  component: 'kube-apiserver',
  measured:
    'LIST of n pods, one after the other: from etcd (rv_unset) or the watch cache (rv0), JSON or protobuf (pb), by node (field, 1 %) or label (10 %), a page of 500 (limit500)',
  driven: 'the same lists, one client; PartialObjectMetadata (meta) is left out, which the model does not have',
  data: 'measured/kubernetes/list.csv',
  points: (text) =>
    csvRows(text)
      .filter((row) => !row.kind?.startsWith('meta'))
      .map((row) => ({
        name: `${row.kind} pods=${row.pods}`,
        conditions: { kind: row.kind as string, pods: numberIn(row, 'pods'), conc: 1 },
        references: [
          { metric: 'mean', unit: 'ms', value: numberIn(row, 'mean_ms') },
          { metric: 'server CPU', unit: 'ms', value: numberIn(row, 'api_cpu_ms') + numberIn(row, 'etcd_cpu_ms') },
        ],
      })),
  predict,
});

export const apiListConcurrent = validationCase({
  component: 'kube-apiserver',
  measured: 'LIST of 10,000 pods by several clients at once',
  driven: 'the same lists',
  data: 'measured/kubernetes/list_concurrent.csv',
  points: (text) =>
    csvRows(text).map((row) => ({
      name: `${row.kind} conc=${row.conc}`,
      conditions: { kind: row.kind as string, pods: numberIn(row, 'pods'), conc: numberIn(row, 'conc') },
      references: [
        { metric: 'ops', unit: '1/s', value: numberIn(row, 'rps') },
        { metric: 'mean', unit: 'ms', value: numberIn(row, 'mean_ms') },
        { metric: 'server CPU', unit: 'ms', value: numberIn(row, 'api_cpu_ms') + numberIn(row, 'etcd_cpu_ms') },
      ],
    })),
  predict,
});
