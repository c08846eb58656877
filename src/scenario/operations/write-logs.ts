/** writeLogs: for a time, every pod writes more to its log than `logAgent.bytesPerPod` says. */
import { z } from 'zod';
import type { Bytes, Nanoseconds } from '../../units/index.ts';
import { strictMap } from '../schema-parts.ts';
import { durationSchema, memorySchema, positiveDurationSchema } from '../value-forms.ts';
import { operationKind } from './operation.ts';

/** Logs that are written, resolved. */
export interface WriteLogs {
  readonly kind: 'writeLogs';
  /** What each pod writes more in a second. */
  readonly bytesPerPod: Bytes;
  readonly for: Nanoseconds;
  /** Instant at which it starts, beside the list of operations; undefined = in its turn. */
  readonly at?: Nanoseconds;
  /** Whether the statistics start with this operation. */
  readonly measure: boolean;
}

export const writeLogs = operationKind({
  help: 'Every pod writes so many bytes more to its log each second, for a time; log agents ship them.',
  addon: 'logAgent',
  schema: strictMap({
    bytesPerPod: memorySchema,
    for: positiveDurationSchema,
    at: durationSchema.optional(),
    measure: z.boolean().optional(),
  }),
  resolve: (written): WriteLogs => ({
    kind: 'writeLogs',
    bytesPerPod: written.bytesPerPod,
    for: written.for,
    ...(written.at === undefined ? {} : { at: written.at }),
    measure: written.measure ?? false,
  }),
});
