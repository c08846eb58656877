/** Churn: objects come and go at a steady population, until told to stop. */
import { type Intent, type Kind, kinds, type ObjectKey } from '../../cluster/index.ts';
import type { RequestId } from '../../components/api-machinery/index.ts';
import type { ApiClient } from '../../components/client-go/index.ts';
import { plus } from '../../units/index.ts';
import type { Churn, ChurnedObject } from '../operations/index.ts';
import { nodeRequest } from './create-nodes.ts';
import { intentRequest, podRequest, preloadIntents, preloadPods } from './create-objects.ts';
import type { Execution } from './execution.ts';
import { paced } from './pacing.ts';

/** Objects that one churn will create at most: a bound that no run reaches. */
const WITHOUT_END = 2 ** 40;

/** Kinds of what churns. */
const kindOf = {
  pods: kinds.pods,
  deployments: kinds.deployments,
  services: kinds.services,
  nodes: kinds.nodes,
} as const satisfies Record<ChurnedObject['what'], Kind>;

/** Before the run: the population is there. */
export function preloadChurn(execution: Execution, churn: Churn): void {
  const { object } = churn;
  if (object.what === 'pods') {
    preloadPods(execution, object.namespaces, churn.name, churn.population, object.template);
    return;
  }
  for (let i = 0; i < churn.population; i++) {
    const name = `${churn.name}-${i}`;
    if (object.what === 'nodes') execution.cluster.preload.node(name, object.specification, false);
    else preloadIntents(execution, [intentOf(churn, object, i)]);
  }
}

/** A Deployment or Service of a number. */
function intentOf(
  churn: Churn,
  object: Extract<ChurnedObject, { what: 'deployments' | 'services' }>,
  serial: number,
): Intent {
  const names = { name: `${churn.name}-${serial}`, namespace: namespaceOf(churn, serial) };
  return object.what === 'services' ? { ...object.service, ...names } : { ...object.deployment, ...names };
}

/** Namespace of the object of a number. */
function namespaceOf({ object: { namespaces } }: Churn, serial: number): string {
  return namespaces[serial % namespaces.length] as string;
}

/** Each arrival creates one object; once the population is reached it also deletes the oldest one. */
export function* runChurn(execution: Execution, churn: Churn): Generator<number, void, number> {
  const { cluster } = execution;
  const flight = execution.openFlight();
  const connections = execution.clientsOf(churn.client);
  const kind = kindOf[churn.object.what];
  const alive: ObjectKey[] = churn.preload ? [...existing(execution, churn)] : [];
  let created = alive.length;
  const started = cluster.simulation.now;
  const end = churn.until ?? (churn.for === undefined ? undefined : plus(started, churn.for));
  const isStopped = () => execution.stoppedChurns.has(churn.name) || execution.stoppedChurns.has('all');
  const isOver = () => isStopped() || (end !== undefined && cluster.simulation.now >= end);
  const arrival = () => {
    if (isOver()) return;
    const client = connections[created % connections.length] as ApiClient;
    const request = createRequest(execution, churn, client, created++);
    alive.push(cluster.requests.key[request] as ObjectKey);
    execution.send(flight, client, request);
    if (alive.length <= churn.population) return;
    execution.send(flight, client, client.deletion(kind, alive.shift() as ObjectKey));
  };
  const arrivals = paced(execution, churn.arrivals, WITHOUT_END, arrival, (left) => execution.settle(flight, left));
  for (let step = arrivals.next(0); step.done !== true && !isOver(); step = arrivals.next(yield step.value));
}

function createRequest(execution: Execution, churn: Churn, client: ApiClient, serial: number): RequestId {
  const { object } = churn;
  switch (object.what) {
    case 'pods': {
      const template = execution.template(object.template);
      return podRequest(execution, client, namespaceOf(churn, serial), churn.name, template);
    }
    case 'nodes':
      return nodeRequest(execution, client, `${churn.name}-${serial}`, object.specification);
    default:
      return intentRequest(execution, client, intentOf(churn, object, serial));
  }
}

/** Objects of a preloaded churn, oldest first. */
function* existing(execution: Execution, churn: Churn): Generator<ObjectKey> {
  const { tables, store } = execution.cluster;
  const { object } = churn;
  const kind = kindOf[object.what];
  const keys = tables.keysOf(kind);
  const found: ObjectKey[] = [];
  store.forEachCurrent(kind, (key) => {
    const name = keys.name(key);
    const suffix = name.slice(churn.name.length + 1);
    if (object.namespaces.includes(keys.namespace(key)) && name === `${churn.name}-${suffix}` && !suffix.includes('-'))
      found.push(key);
  });
  yield* found;
}
