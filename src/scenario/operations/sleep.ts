/** sleep: lets virtual time pass. */
import { isMap } from '../../manifests/index.ts';
import type { Nanoseconds } from '../../units/index.ts';
import { severalForms, strictMap } from '../schema-parts.ts';
import { positiveDurationSchema } from '../value-forms.ts';
import { operationKind } from './operation.ts';

/** A pause, resolved. */
export interface Sleep {
  readonly kind: 'sleep';
  readonly duration: Nanoseconds;
}

const mapForm = strictMap({ duration: positiveDurationSchema });

export const sleep = operationKind({
  help: 'Lets virtual time pass before the next operation.',
  models: ['controlPlane', 'schedulingCell'],
  schema: severalForms([positiveDurationSchema, mapForm], (written) =>
    isMap(written) ? mapForm : positiveDurationSchema,
  ),
  resolve: (written): Sleep => ({ kind: 'sleep', duration: typeof written === 'number' ? written : written.duration }),
});
