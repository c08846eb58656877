/**
 * removeSchedulingGates: takes scheduling gates off pods by a PATCH each, as a quota or queueing controller does that lets them through. A pod without
 * any gate left is scheduled.
 */
import { strictMap } from '../schema-parts.ts';
import { operationKind, type Requesting, resolveRequesting } from './operation.ts';
import type { OperationContext } from './operation-context.ts';
import { schedulingGatesSchema } from './pod-placement.ts';
import { requestShape } from './request-shape.ts';
import { namespaceShape, resolveSelection, type Selection, selectionNameSchema } from './selection.ts';

/** Pods to be let through, resolved; one PATCH for each that has one of the gates. */
export interface RemoveSchedulingGates extends Requesting {
  readonly kind: 'removeSchedulingGates';
  readonly selection: Selection;
  /** Gates that are taken off; undefined = all. */
  readonly gates?: readonly string[];
}

export const removeSchedulingGates = operationKind({
  help: 'Takes scheduling gates off pods, so that they are scheduled.',
  schema: strictMap({
    pods: selectionNameSchema,
    ...namespaceShape,
    gates: schedulingGatesSchema.optional(),
    ...requestShape,
  }),
  resolve: (written, context: OperationContext): RemoveSchedulingGates => ({
    kind: 'removeSchedulingGates',
    selection: resolveSelection(written.pods, written),
    ...(written.gates === undefined ? {} : { gates: written.gates }),
    ...resolveRequesting(written, context),
  }),
});
