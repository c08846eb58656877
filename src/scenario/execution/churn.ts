/** Churn: objects come and go at a steady population, until told to stop. */
import { kinds, type ObjectKey } from '../../cluster/index.ts';
import type { ApiClient } from '../../components/client-go/index.ts';
import { plus } from '../../units/index.ts';
import type { Churn } from '../operations/index.ts';
import { intentRequest, podRequest, preloadIntents, preloadPods } from './create-objects.ts';
import type { Execution } from './execution.ts';
import { paced } from './pacing.ts';

/** Objects that one churn will create at most: a bound that no run reaches. */
const WITHOUT_END = 2 ** 40;

/** Before the run: the population is there. */
export function preloadChurn(execution: Execution, churn: Churn): void {
  const { object } = churn;
  if (object.what === 'pods') {
    preloadPods(execution, object.namespaces, churn.name, churn.population, object.template);
    return;
  }
  for (let i = 0; i < churn.population; i++) {
    const name = `${churn.name}-${i}`;
    preloadIntents(execution, [{ ...object.deployment, name, namespace: namespaceOf(churn, i) }]);
  }
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
  const kind = churn.object.what === 'pods' ? kinds.pods : kinds.deployments;
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

function createRequest(execution: Execution, churn: Churn, client: ApiClient, serial: number) {
  const { object } = churn;
  const namespace = namespaceOf(churn, serial);
  return object.what === 'pods'
    ? podRequest(execution, client, namespace, churn.name, execution.template(object.template))
    : intentRequest(execution, client, { ...object.deployment, name: `${churn.name}-${serial}`, namespace });
}

/** Objects of a preloaded churn, oldest first. */
function* existing(execution: Execution, churn: Churn): Generator<ObjectKey> {
  const { tables, store } = execution.cluster;
  const { object } = churn;
  const kind = object.what === 'pods' ? kinds.pods : kinds.deployments;
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
