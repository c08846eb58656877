/** What crashes of elected components share: which instance, how it ends, and when it is back. */
import { z } from 'zod';
import type { Nanoseconds } from '../../units/index.ts';
import { severalForms } from '../schema-parts.ts';
import { positiveDurationSchema, wholeNumberSchema } from '../value-forms.ts';

/** The end of one process, resolved. */
export interface ProcessCrash {
  /** Number of the instance, from 0, or the one that leads when it strikes. */
  readonly instance: number | 'leader';
  /** Whether it is told to end (SIGTERM), so that it may give its lease back, or is killed. */
  readonly graceful: boolean;
  /** Span until it runs again; undefined = as clientGo.leaderProcessRestart says. */
  readonly duration?: Nanoseconds;
}

/** Highest number of an instance. */
const MAXIMUM_INSTANCE = 8;

const leader = z.literal('leader');
const number = wholeNumberSchema(0, MAXIMUM_INSTANCE);

/** Keys of the fault. */
export const processCrashShape = {
  instance: severalForms([leader, number], (written) => (typeof written === 'number' ? number : leader)).optional(),
  graceful: z.boolean().optional(),
  duration: positiveDurationSchema.optional(),
};

/** The crash that the keys describe. */
export function resolveProcessCrash(written: z.output<z.ZodObject<typeof processCrashShape>>): ProcessCrash {
  return {
    instance: written.instance ?? 'leader',
    graceful: written.graceful ?? false,
    ...(written.duration === undefined ? {} : { duration: written.duration }),
  };
}
