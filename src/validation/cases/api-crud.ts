/** Single requests for pods in a closed loop. */
import { kinds, type ObjectKey, type PodTemplate } from '../../cluster/index.ts';
import { type RequestId, writes } from '../../components/api-machinery/index.ts';
import type { ApiClient } from '../../components/client-go/index.ts';
import { type Caller, SingleRequest } from '../../components/load-generator/index.ts';
import { csvRows, numberIn } from '../../manifests/csv-rows.ts';
import { bytes } from '../../units/index.ts';
import { runApiLoad } from '../api-load.ts';
import type { ApiWorld } from '../api-world.ts';
import { numberOf, validationCase } from '../validation-case.ts';
import { measuredApiServer, POD_BYTES } from './measured-api-server.ts';
import { preloadPods } from './measured-pods.ts';

/** Window of deletions: shorter than it takes to delete all there are [s]. */
const WINDOW_OF_DELETIONS_S = 7;
/** Rows at the start of a variant that are warm-up. */
const WARM_UP_ROWS = 2;

/** What each operation sends. */
function requestsOf(
  world: ApiWorld,
  operation: string,
  objects: number,
): (client: ApiClient, caller: Caller) => RequestId {
  const { requests, tables } = world;
  const { keys, template } = preloadPods(world, objects, POD_BYTES);
  const any = (caller: Caller) => keys[Math.floor(caller.load.random.next() * keys.length)] as ObjectKey;
  let serial = 0;
  switch (operation) {
    case 'create':
      return (client) => create(world, client, template);
    case 'get':
      return (client, caller) => client.read(kinds.pods, any(caller));
    case 'delete':
      return (client) => client.deletion(kinds.pods, keys[serial++ % keys.length] as ObjectKey, 0, true);
    case 'statuspatch':
      return (client, caller) => {
        const request = client.write(writes.podStatus, any(caller));
        // An instant that differs each time, as a condition's transition time does.
        requests.setNumber(request, 4, ++serial);
        return request;
      };
    default:
      return (client, caller) => {
        const write = operation === 'update' ? writes.objectUpdate : writes.objectPatch;
        const request = client.write(write, any(caller), kinds.pods);
        requests.setNumber(request, 0, bytes(POD_BYTES + (serial++ % 2)));
        return request;
      };
  }
  function create(of: ApiWorld, client: ApiClient, pod: PodTemplate): RequestId {
    const request = client.write(writes.podCreate, tables.keysOf('pods').generate('default', 'p'));
    of.requests.setNumber(request, 0, -1);
    of.requests.setNumber(request, 1, -1);
    of.requests.object[request] = pod;
    return request;
  }
}

export const apiCrud = validationCase({
  component: 'kube-apiserver',
  measured:
    'create, get, update, patch, status patch and delete of a 1.8 kB pod in a closed loop; API server and etcd on one core',
  driven:
    'the same requests for pods of that size, beside as many pods; clients take on a core of their own what the load generator took for a request',
  data: 'measured/kubernetes/crud.csv',
  points: (text) => {
    const rows = csvRows(text);
    const position = new Map<string, number>();
    return rows.flatMap((row) => {
      const variant = row.variant as string;
      const before = position.get(variant) ?? 0;
      position.set(variant, before + 1);
      if (before < WARM_UP_ROWS) return [];
      return [
        {
          name: `${row.op} conc=${row.conc}${variant === 'disk' ? '' : ` (${variant})`}`,
          conditions: {
            op: row.op as string,
            conc: numberIn(row, 'conc'),
            // Those that were left after a window of deletions, and those that it deleted.
            objects: numberIn(row, 'objects') + (row.op === 'delete' ? numberIn(row, 'n') : 0),
            client_cpu_us: numberIn(row, 'client_cpu_us'),
          },
          references: [
            { metric: 'ops', unit: '1/s', value: numberIn(row, 'rps') },
            { metric: 'p50', unit: 'ms', value: numberIn(row, 'p50') },
            { metric: 'p99', unit: 'ms', value: numberIn(row, 'p99') },
            {
              metric: 'server CPU',
              unit: 'us',
              value: numberIn(row, 'api_cpu_us') + numberIn(row, 'etcd_cpu_us'),
            },
          ],
        },
      ];
    });
  },
  predict: (conditions, overrides) => {
    // The size is that of the stored pod, whatever its parts.
    const world = measuredApiServer(overrides, { 'objectSize.podManagedFields': 0 });
    const operation = String(conditions.op);
    const objects = numberOf(conditions, 'objects');
    const result = runApiLoad(world, {
      pattern: new SingleRequest(requestsOf(world, operation, objects)),
      clients: numberOf(conditions, 'conc'),
      clientCpu: numberOf(conditions, 'client_cpu_us') * 1000,
      ...(operation === 'delete' ? { window: WINDOW_OF_DELETIONS_S } : {}),
    });
    return {
      ops: result.rate,
      p50: result.milliseconds('p50'),
      p99: result.milliseconds('p99'),
      'server CPU': result.serverCpu,
    };
  },
});
