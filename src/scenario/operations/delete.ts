/** delete: removes objects, as `kubectl delete` does: pods gracefully, workloads with their pods in the background. */
import { z } from 'zod';
import { PlimsollError } from '../../errors/index.ts';
import { strictMap } from '../schema-parts.ts';
import { wholeNumberSchema } from '../value-forms.ts';
import { operationKind, type Requesting, resolveRequesting } from './operation.ts';
import { requestShape } from './request-shape.ts';
import { namespaceShape, resolveSelection, type Selection, selectionNameSchema } from './selection.ts';

/** Kinds of objects that can be deleted. */
export const deletableKinds = ['deployments', 'pods', 'services', 'configmaps', 'secrets'] as const;

/** A kind of objects that can be deleted. */
export type DeletableKind = (typeof deletableKinds)[number];

/** Objects to be deleted, resolved. */
export interface Delete extends Requesting {
  readonly kind: 'delete';
  readonly what: DeletableKind;
  readonly selection: Selection;
  /** Most objects to be deleted, oldest first; undefined = all that are selected. */
  readonly count?: number;
  /** Whether one request deletes all objects of a namespace (DELETE of the collection) instead of one request each. */
  readonly collection: boolean;
  /** Whether the next operation starts at once. */
  readonly background: boolean;
}

/** Most objects of one operation. */
const MAXIMUM_COUNT = 5_000_000;

const nameOrNothing = selectionNameSchema.optional();

export const deleteObjects = operationKind({
  help: 'Deletes objects by name, or all of a kind; `count` limits it to the oldest, `collection` asks for all of a namespace by one request.',
  schema: strictMap({
    deployments: nameOrNothing,
    pods: nameOrNothing,
    services: nameOrNothing,
    configmaps: nameOrNothing,
    secrets: nameOrNothing,
    collection: z.boolean().optional(),
    background: z.boolean().optional(),
    ...namespaceShape,
    count: wholeNumberSchema(1, MAXIMUM_COUNT).optional(),
    ...requestShape,
  }),
  resolve: (written, context): Delete => {
    const given = deletableKinds.filter((kind) => written[kind] !== undefined);
    const [what] = given;
    if (given.length !== 1) {
      context.errors.push(
        new PlimsollError(what === undefined ? 'P205' : 'P209', {
          ...context.place([]),
          message: what === undefined ? 'delete names no objects' : `delete names several kinds: ${given.join(', ')}`,
          expected: `one of ${deletableKinds.join(', ')}`,
          fix: what === undefined ? 'add deployments: all' : 'make an operation for each kind',
        }),
      );
    }
    const kind = what ?? 'pods';
    const collection = written.collection ?? false;
    if (collection && (written.count !== undefined || written[kind] !== 'all')) {
      context.errors.push(
        new PlimsollError('P209', {
          ...context.place(['collection']),
          message: 'a collection is deleted as a whole',
          expected: `${kind}: all, and no count`,
          fix: 'write all for the name, or leave collection out',
        }),
      );
    }
    return {
      kind: 'delete',
      what: kind,
      selection: resolveSelection(written[kind] ?? 'all', written),
      ...(written.count === undefined ? {} : { count: written.count }),
      collection,
      background: written.background ?? false,
      ...resolveRequesting(written, context),
    };
  },
});
