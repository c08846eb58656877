/** stop: ends a churn. */

import type { Nanoseconds } from '../../units/index.ts';
import { strictMap } from '../schema-parts.ts';
import { durationSchema, nameSchema } from '../value-forms.ts';
import { operationKind } from './operation.ts';

/** A churn to be ended, resolved. What it created stays. */
export interface Stop {
  readonly kind: 'stop';
  /** Name of the churn, or `all`. */
  readonly churn: string;
  /** Instant at which it is ended, beside the list of operations; undefined = in its turn. */
  readonly at?: Nanoseconds;
}

export const stop = operationKind({
  help: 'Ends a churn; what it created stays.',
  schema: strictMap({ churn: nameSchema, at: durationSchema.optional() }),
  resolve: (written): Stop => ({
    kind: 'stop',
    churn: written.churn,
    ...(written.at === undefined ? {} : { at: written.at }),
  }),
});
