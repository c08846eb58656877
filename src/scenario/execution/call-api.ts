/** Loads: callApi and openWatches, carried out with the load generator of the components. */
import { type Kind, kinds, type ObjectKey } from '../../cluster/index.ts';
import { RequestFlag, type RequestId, writes } from '../../components/api-machinery/index.ts';
import { type ApiClient, EventRecorder } from '../../components/client-go/index.ts';
import { EVERYTHING } from '../../components/kube-apiserver/index.ts';
import {
  GetModifyPut,
  LoadGenerator,
  type LoadPattern,
  LoadWatches,
  PagedList,
  Population,
  RecordEvent,
  retryPolicies,
  SingleRequest,
} from '../../components/load-generator/index.ts';
import { createDistribution } from '../../engine/index.ts';
import { plus } from '../../units/index.ts';
import type { CallApi, OpenWatches } from '../operations/index.ts';
import { selectObjects } from './change-objects.ts';
import { kindOf, sizeOf } from './create-plain-objects.ts';
import type { Execution } from './execution.ts';
import { paced } from './pacing.ts';

/** Operations that one load will begin at most: a bound that no run reaches. */
const WITHOUT_END = 2 ** 40;

/** Carries a load out until its end, or until it is told to stop. */
export function* runLoad(execution: Execution, operation: CallApi): Generator<number, void, number> {
  const { cluster } = execution;
  const connections = execution.clientsOf(operation.client);
  const pattern = patternOf(execution, operation, connections);
  if (pattern === undefined) return;
  const load = new LoadGenerator({
    name: operation.name,
    clientGo: cluster.clientGo,
    pattern,
    connections,
    operations: operation.count ?? Number.POSITIVE_INFINITY,
  });
  execution.openLoad(operation.name, load);
  const end =
    operation.until ?? (operation.for === undefined ? undefined : plus(cluster.simulation.now, operation.for));
  if (end !== undefined) execution.spawn(`end of load ${operation.name}`, endAt(execution, load, end));
  const { pace } = operation;
  if (pace.loop === 'closed') {
    load.closedLoop(pace.clients, createDistribution(pace.think));
  } else {
    const arrivals = paced(
      execution,
      pace.arrivals,
      WITHOUT_END,
      () => load.launch(),
      function* settle() {},
    );
    for (let step = arrivals.next(0); step.done !== true && !load.isOver; step = arrivals.next(yield step.value));
  }
  yield* load.settled();
}

function* endAt(execution: Execution, load: LoadGenerator, end: number): Generator<number, void, number> {
  yield Math.max(0, end - execution.cluster.simulation.now);
  load.stop();
}

/** What the load does each time; undefined, and noted, if there is nothing that it could do it to. */
function patternOf(
  execution: Execution,
  operation: CallApi,
  connections: readonly ApiClient[],
): LoadPattern | undefined {
  const { tables, requests } = execution.cluster;
  const kind = kindOf(execution, operation.resource);
  if (operation.verb === 'create') return creation(execution, operation);
  if (operation.verb === 'list') return list(execution, operation);
  const keys = selectObjects(execution, kind, operation.objects);
  if (keys.length === 0) {
    execution.notes.push(
      `the load ${operation.name} found no ${operation.resource} named ${operation.objects.name} and did nothing`,
    );
    return undefined;
  }
  const population = new Population(kind, keys);
  const { fromCache } = operation;
  const size = sizeOf(execution, operation);
  switch (operation.verb) {
    case 'get':
      return new SingleRequest((client, { load }) => {
        const request = client.read(kind, population.any(load.random));
        if (fromCache) requests.flags[request] = RequestFlag.FromCache;
        return request;
      });
    case 'delete': {
      let next = 0;
      return new SingleRequest((client) => client.deletion(kind, keys[next++ % keys.length] as ObjectKey));
    }
    case 'update':
    case 'patch': {
      const write = operation.verb === 'update' ? writes.objectUpdate : writes.objectPatch;
      return new SingleRequest((client, { load }) =>
        sized(execution, client.write(write, population.any(load.random), kind), size),
      );
    }
    case 'getModifyPut':
      return new GetModifyPut({
        population,
        size,
        retry: retryPolicies[operation.retry],
        modify: createDistribution(operation.modify),
      });
    case 'recordEvent':
      return new RecordEvent(population, recordersOf(execution, connections));
  }
  throw new RangeError(`no pattern for ${operation.verb} ${tables.describe(kind, keys[0] as ObjectKey)}`);
}

function sized(execution: Execution, request: RequestId, size: number): RequestId {
  execution.cluster.requests.setNumber(request, 0, size);
  return request;
}

/** POST of further and further objects. */
function creation(execution: Execution, operation: CallApi): LoadPattern {
  const { namespaces, name } = operation;
  const kind = kindOf(execution, operation.resource);
  const size = sizeOf(execution, operation);
  const { tables, requests } = execution.cluster;
  const keys = tables.keysOf(kind);
  let serial = 0;
  const next = () => keys.generate(namespaces[serial++ % namespaces.length] as string, name);
  if (kind === kinds.events) {
    return new SingleRequest((client) => {
      const request = client.write(writes.eventCreate, next());
      requests.setNumber(request, 1, size);
      return request;
    });
  }
  return new SingleRequest((client) => sized(execution, client.write(writes.objectCreate, next(), kind), size));
}

function list(execution: Execution, operation: CallApi): LoadPattern {
  const nodes = operation.ofOneNode ? existing(execution, kinds.nodes) : [];
  if (operation.ofOneNode && nodes.length === 0) {
    execution.notes.push(`the load ${operation.name} found no node and lists everything`);
  }
  return new PagedList({
    kind: kindOf(execution, operation.resource),
    bucket: ({ load }) =>
      nodes.length === 0 ? EVERYTHING : (nodes[Math.floor(load.random.next() * nodes.length)] as number),
    fromCache: operation.fromCache,
    limit: operation.limit,
    selectedShare: operation.labelShare,
  });
}

/** Everything of a kind. */
function existing(execution: Execution, kind: Kind): ObjectKey[] {
  return selectObjects(execution, kind, { name: 'all' });
}

/** A recorder for each connection. */
function recordersOf(execution: Execution, connections: readonly ApiClient[]): Map<number, EventRecorder> {
  const { clientGo, eventReplies } = execution.cluster;
  return new Map(connections.map((client) => [client.index, new EventRecorder(clientGo, client, eventReplies)]));
}

/** Opens watches at the pace of the operation; they stay. */
export function* runWatches(execution: Execution, operation: OpenWatches): Generator<number, void, number> {
  const buckets = bucketsOf(execution, operation);
  if (buckets.length === 0) {
    execution.notes.push(`the watches ${operation.name} found nothing to watch and were not opened`);
    return;
  }
  const watches = new LoadWatches({
    name: operation.name,
    clientGo: execution.cluster.clientGo,
    commits: execution.commitTimes,
    connections: execution.clientsOf(operation.client),
    kind: kindOf(execution, operation.resource),
    bucket: (watcher) => buckets[watcher % buckets.length] as number,
    count: operation.count,
    observed: operation.observed,
  });
  execution.openLoad(operation.name, watches);
  yield* paced(
    execution,
    operation.arrivals,
    operation.count,
    (watcher) => watches.open(watcher),
    function* settle() {},
  );
}

/** What the watchers select, in turn. */
function bucketsOf(execution: Execution, { selects, resource }: OpenWatches): readonly number[] {
  switch (selects.part) {
    case 'everything':
      return [EVERYTHING];
    case 'node':
      return existing(execution, kinds.nodes);
    case 'object':
      return selectObjects(execution, kindOf(execution, resource), selects.objects);
  }
}
