/** rollout: gives Deployments a new template, as `kubectl rollout restart` does, so that all their pods are replaced. */
import { strictMap } from '../schema-parts.ts';
import { operationKind, type Requesting, resolveRequesting } from './operation.ts';
import { requestShape } from './request-shape.ts';
import { namespaceShape, resolveSelection, type Selection, selectionNameSchema } from './selection.ts';

/** Deployments to be rolled, resolved; one PATCH each. */
export interface Rollout extends Requesting {
  readonly kind: 'rollout';
  readonly deployments: Selection;
}

export const rollout = operationKind({
  help: 'Restarts Deployments by a change of their template, as `kubectl rollout restart` does.',
  schema: strictMap({ deployments: selectionNameSchema, ...namespaceShape, ...requestShape }),
  resolve: (written, context): Rollout => ({
    kind: 'rollout',
    deployments: resolveSelection(written.deployments, written),
    ...resolveRequesting(written, context),
  }),
});
