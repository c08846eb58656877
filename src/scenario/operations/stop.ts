/** stop: ends a churn, or a load. */

import { PlimsollError } from '../../errors/index.ts';
import type { Nanoseconds } from '../../units/index.ts';
import { strictMap } from '../schema-parts.ts';
import { durationSchema, nameSchema } from '../value-forms.ts';
import { operationKind } from './operation.ts';

/** What is to be ended, resolved. What it created stays. */
export interface Stop {
  readonly kind: 'stop';
  /** Name of the churn, or `all`; undefined = none. */
  readonly churn?: string;
  /** Name of the callApi or openWatches, or `all`; undefined = none. */
  readonly load?: string;
  /** Instant at which it is ended, beside the list of operations; undefined = in its turn. */
  readonly at?: Nanoseconds;
}

export const stop = operationKind({
  help: 'Ends a churn, a callApi or the watches of an openWatches; what they created stays.',
  schema: strictMap({ churn: nameSchema.optional(), load: nameSchema.optional(), at: durationSchema.optional() }),
  resolve: (written, context): Stop => {
    if (written.churn === undefined && written.load === undefined) {
      context.errors.push(
        new PlimsollError('P205', {
          ...context.place([]),
          message: 'stop names nothing to end',
          expected: 'churn (the name of a churn) or load (the name of a callApi or an openWatches)',
          fix: 'add churn: all, or load: all',
        }),
      );
    }
    return {
      kind: 'stop',
      ...(written.churn === undefined ? {} : { churn: written.churn }),
      ...(written.load === undefined ? {} : { load: written.load }),
      ...(written.at === undefined ? {} : { at: written.at }),
    };
  },
});
