/** Deployments are scaled and rolled, objects are deleted, by requests of a client that knows what exists. */
import { type Kind, kinds, type ObjectKey, type PodTemplate, type ResourceName } from '../../cluster/index.ts';
import { writes } from '../../components/api-machinery/index.ts';
import type {
  Delete,
  RemoveFinalizers,
  RemoveSchedulingGates,
  ReplicaChange,
  Rollout,
  Scale,
} from '../operations/index.ts';
import { isSelected, type Selection } from '../operations/selection.ts';
import { sendAll } from './create-objects.ts';
import type { Execution } from './execution.ts';

/** Objects of a kind that a selection chooses and that exist, oldest first. */
export function selectObjects(execution: Execution, kind: Kind, selection: Selection): ObjectKey[] {
  const { store, tables } = execution.cluster;
  const keys = tables.keysOf(kind);
  const found: ObjectKey[] = [];
  store.forEachCurrent(kind, (key) => {
    if (isSelected(selection, keys.namespace(key), keys.name(key), keys.isGenerated(key))) found.push(key);
  });
  return found;
}

/** The same for an operation that is to change them: it is told of if there is none. */
function chooseObjects(execution: Execution, kind: Kind, selection: Selection, operation: string): ObjectKey[] {
  const chosen = selectObjects(execution, kind, selection);
  if (chosen.length === 0)
    execution.notes.push(
      `a ${operation} chose nothing: no ${execution.cluster.tables.resourceName(kind)} were there by that name`,
    );
  return chosen;
}

/** PATCH deployments/scale of each. */
export function* scaleDeployments(execution: Execution, operation: Scale): Generator<number, void, number> {
  const chosen = chooseObjects(execution, kinds.deployments, operation.deployments, 'scale');
  yield* sendAll(execution, operation, chosen.length, (client, index) => {
    const key = chosen[index] as ObjectKey;
    const request = client.write(writes.deploymentScale, key);
    const replicas = changed(execution.cluster.census.wantedBy(key), operation.replicas);
    execution.cluster.requests.setNumber(request, 0, replicas);
    return request;
  });
}

function changed(replicas: number, change: ReplicaChange): number {
  switch (change.change) {
    case 'to':
      return change.replicas;
    case 'by':
      return Math.max(0, replicas + change.replicas);
    case 'times':
      return Math.round(replicas * change.factor);
  }
}

/** PATCH deployments with a template like the one they have, as `kubectl rollout restart` does. */
export function* rollDeployments(execution: Execution, operation: Rollout): Generator<number, void, number> {
  const { store, tables, requests } = execution.cluster;
  const chosen = chooseObjects(execution, kinds.deployments, operation.deployments, 'rollout');
  yield* sendAll(execution, operation, chosen.length, (client, index) => {
    const key = chosen[index] as ObjectKey;
    const current = store.current(kinds.deployments, key);
    if (current < 0) return undefined;
    const request = client.write(writes.deploymentTemplate, key);
    const restarted = execution.templates.restarted(tables.deployments.template.get(current) as PodTemplate);
    requests.object[request] = execution.template(restarted);
    return request;
  });
}

/** DELETE of each; dependents follow by the garbage collector. */
export function* deleteObjects(execution: Execution, operation: Delete): Generator<number, void, number> {
  const kind = kinds[operation.what satisfies ResourceName];
  const all = chooseObjects(execution, kind, operation.selection, 'delete');
  if (operation.collection) {
    yield* deleteCollections(execution, operation, kind, all);
    return;
  }
  const chosen = operation.count === undefined ? all : all.slice(0, operation.count);
  yield* sendAll(execution, operation, chosen.length, (client, index) =>
    client.deletion(kind, chosen[index] as ObjectKey),
  );
}

/** DELETE of the collection in each namespace that has any. */
function* deleteCollections(
  execution: Execution,
  operation: Delete,
  kind: Kind,
  all: readonly ObjectKey[],
): Generator<number, void, number> {
  const keys = execution.cluster.tables.keysOf(kind);
  const namespaces = [...new Set(all.map((key) => keys.namespace(key)))];
  yield* sendAll(execution, operation, namespaces.length, (client, index) =>
    client.collectionDeletion(kind, { namespace: namespaces[index] as string }),
  );
}

/** PATCH of metadata.finalizers of each object that has any of them. */
export function* releaseObjects(execution: Execution, operation: RemoveFinalizers): Generator<number, void, number> {
  const { store, tables, requests } = execution.cluster;
  const kind = tables.kindNamed(operation.resource) as Kind;
  const { finalizers } = tables.of(kind);
  const bits = tables.finalizers.bitsOf(operation.finalizers);
  const held = (key: ObjectKey) => (finalizers.get(store.current(kind, key)) & bits) !== 0;
  const chosen = chooseObjects(execution, kind, operation.selection, 'removeFinalizers').filter(held);
  yield* sendAll(execution, operation, chosen.length, (client, index) => {
    const request = client.write(writes.finalizersPatch, chosen[index] as ObjectKey, kind);
    requests.setNumber(request, 1, bits);
    return request;
  });
}

/** PATCH of spec.schedulingGates of each pod that waits for its gates to be removed. */
export function* ungatePods(execution: Execution, operation: RemoveSchedulingGates): Generator<number, void, number> {
  const { store, tables, requests } = execution.cluster;
  const isGated = (key: ObjectKey) => tables.pods.gates.get(store.current(kinds.pods, key)) !== 0;
  const chosen = chooseObjects(execution, kinds.pods, operation.selection, 'removeSchedulingGates').filter(isGated);
  yield* sendAll(execution, operation, chosen.length, (client, index) => {
    const request = client.write(writes.podGates, chosen[index] as ObjectKey);
    requests.object[request] = operation.gates ?? null;
    return request;
  });
}
