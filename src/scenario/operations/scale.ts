/** scale: changes the replicas of Deployments, as `kubectl scale` does. */
import type { z } from 'zod';
import { PlimsollError } from '../../errors/index.ts';
import { severalForms, strictMap } from '../schema-parts.ts';
import { numberSchema, wholeNumberSchema } from '../value-forms.ts';
import { operationKind, type Requesting, resolveRequesting } from './operation.ts';
import type { OperationContext } from './operation-context.ts';
import { requestShape } from './request-shape.ts';
import { namespaceShape, resolveSelection, type Selection, selectionNameSchema } from './selection.ts';

/** How a number of replicas changes. */
export type ReplicaChange =
  | { readonly change: 'to'; readonly replicas: number }
  | { readonly change: 'by'; readonly replicas: number }
  /** Rounded to the nearest whole number. */
  | { readonly change: 'times'; readonly factor: number };

/** Deployments to be scaled, resolved. */
export interface Scale extends Requesting {
  readonly kind: 'scale';
  readonly deployments: Selection;
  readonly replicas: ReplicaChange;
}

/** Most replicas of one Deployment. */
const MAXIMUM_REPLICAS = 1_000_000;
/** Largest factor by which replicas may be multiplied. */
const MAXIMUM_FACTOR = 100_000;

const toForm = wholeNumberSchema(0, MAXIMUM_REPLICAS);
const changeForm = strictMap({
  by: wholeNumberSchema(-MAXIMUM_REPLICAS, MAXIMUM_REPLICAS).optional(),
  scale: numberSchema(0, MAXIMUM_FACTOR).optional(),
});

export const scale = operationKind({
  help: 'Changes the replicas of Deployments: to a number, `{by: N}`, or `{scale: FACTOR}`.',
  schema: strictMap({
    deployments: selectionNameSchema,
    ...namespaceShape,
    replicas: severalForms([toForm, changeForm], (written) =>
      typeof written === 'object' && written !== null ? changeForm : toForm,
    ),
    ...requestShape,
  }),
  resolve: (written, context): Scale => ({
    kind: 'scale',
    deployments: resolveSelection(written.deployments, written),
    replicas: resolveChange(written.replicas, context),
    ...resolveRequesting(written, context),
  }),
});

function resolveChange(written: z.output<typeof scale.schema>['replicas'], context: OperationContext): ReplicaChange {
  if (typeof written === 'number') return { change: 'to', replicas: written };
  if (written.by !== undefined && written.scale === undefined) return { change: 'by', replicas: written.by };
  if (written.scale !== undefined && written.by === undefined) return { change: 'times', factor: written.scale };
  context.errors.push(
    new PlimsollError('P209', {
      ...context.place(['replicas']),
      message: 'replicas says neither or both of by and scale',
      expected: 'a number, {by: N} or {scale: FACTOR}',
    }),
  );
  return { change: 'by', replicas: 0 };
}
