/** apiserverRestart: an API server is killed, or asked to end, and started again; its connections break, its watch caches start empty. */
import { z } from 'zod';
import type { Nanoseconds } from '../../units/index.ts';
import { positiveDurationSchema, wholeNumberSchema } from '../value-forms.ts';
import { faultKind } from './fault.ts';

/** A restart of an API server, resolved. */
export interface ApiserverRestart {
  readonly fault: 'apiserverRestart';
  /** Number of the API server, from 0. */
  readonly server: number;
  /** Span until it is started again; undefined = as the API server's own parameter says. */
  readonly duration?: Nanoseconds;
  /** Whether it is asked to end (SIGTERM) and serves what it has first, instead of being killed. */
  readonly graceful: boolean;
}

/** Highest number of an API server. */
const MAXIMUM_SERVER = 99;

export const apiserverRestart = faultKind({
  help: 'An API server (number `server`, from 0) is killed and started again after `duration`. With `graceful` it is asked to end: it serves what it has first.',
  shape: {
    server: wholeNumberSchema(0, MAXIMUM_SERVER).optional(),
    duration: positiveDurationSchema.optional(),
    graceful: z.boolean().optional(),
  },
  resolve: (written): ApiserverRestart => ({
    fault: 'apiserverRestart',
    server: written.server ?? 0,
    graceful: written.graceful ?? false,
    ...(written.duration === undefined ? {} : { duration: written.duration }),
  }),
});
