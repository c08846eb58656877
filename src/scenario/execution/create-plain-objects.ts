/** Objects of which only name and size matter. */
import { type Kind, kinds } from '../../cluster/index.ts';
import { writes } from '../../components/api-machinery/index.ts';
import { type CreateObjects, DEFAULT_OBJECT_SIZE } from '../operations/create-objects.ts';
import { sendAll } from './create-objects.ts';
import type { Execution } from './execution.ts';

/** The kind of a resource, which exists. */
export function kindOf({ cluster }: Execution, resource: string): Kind {
  return cluster.tables.kindNamed(resource) as Kind;
}

/** Size of an object where its operation says nothing. */
export function sizeOf({ cluster }: Execution, { resource, size }: Pick<CreateObjects, 'resource' | 'size'>): number {
  const custom = cluster.tables.customResources.find((other) => other.resource === resource);
  return size ?? custom?.size ?? DEFAULT_OBJECT_SIZE;
}

/** Before the run: they are there. */
export function preloadPlainObjects(execution: Execution, operation: CreateObjects): void {
  const { resource, name, namespaces, count, finalizers, immutable } = operation;
  const kind = kindOf(execution, resource);
  const size = sizeOf(execution, operation);
  for (let i = 0; i < count; i++) {
    const namespace = namespaces[i % namespaces.length] as string;
    execution.cluster.preload.opaque(kind, namespace, `${name}-${i}`, size, finalizers, immutable);
  }
}

/** POST of each. */
export function* createPlainObjects(execution: Execution, operation: CreateObjects): Generator<number, void, number> {
  const { resource, name, namespaces, count, finalizers, immutable } = operation;
  const { requests, tables } = execution.cluster;
  const kind = kindOf(execution, resource);
  const size = sizeOf(execution, operation);
  const isEvent = kind === kinds.events;
  yield* sendAll(execution, operation, count, (client, i) => {
    const key = tables.keysOf(kind).intern(namespaces[i % namespaces.length] as string, `${name}-${i}`);
    const request = client.write(isEvent ? writes.eventCreate : writes.objectCreate, key, kind);
    // An event's first number is its reason; nobody holds events back.
    requests.setNumber(request, isEvent ? 1 : 0, size);
    if (!isEvent) {
      requests.setNumber(request, 1, tables.finalizers.bitsOf(finalizers));
      requests.setNumber(request, 2, immutable ? 1 : 0);
    }
    return request;
  });
}
