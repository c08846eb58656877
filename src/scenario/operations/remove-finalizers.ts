/**
 * removeFinalizers: takes finalizers off objects by a PATCH each, as their controller does once it has cleaned up, or an operator by `kubectl patch`
 * where it never will. An object that is being deleted is gone with the last of them.
 */
import { strictMap } from '../schema-parts.ts';
import { resourceSchema } from './create-objects.ts';
import { finalizersSchema } from './finalizers-form.ts';
import { operationKind, type Requesting, resolveRequesting } from './operation.ts';
import { requestShape } from './request-shape.ts';
import { namespaceShape, resolveSelection, type Selection, selectionNameSchema } from './selection.ts';

/** Objects to be released, resolved; one PATCH for each that has one of the finalizers. */
export interface RemoveFinalizers extends Requesting {
  readonly kind: 'removeFinalizers';
  readonly resource: string;
  readonly selection: Selection;
  /** Names of the finalizers that are taken off; at least one. */
  readonly finalizers: readonly string[];
}

export const removeFinalizers = operationKind({
  help: 'Takes finalizers off objects, so that those being deleted can go.',
  schema: strictMap({
    resource: resourceSchema,
    objects: selectionNameSchema,
    ...namespaceShape,
    finalizers: finalizersSchema,
    ...requestShape,
  }),
  resolve: (written, context): RemoveFinalizers => ({
    kind: 'removeFinalizers',
    resource: written.resource,
    selection: resolveSelection(written.objects, written),
    finalizers: written.finalizers,
    ...resolveRequesting(written, context),
  }),
});
