/** apiserverRestart: an API server is killed and started again; its connections break, its watch caches start empty. */
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
}

/** Highest number of an API server. */
const MAXIMUM_SERVER = 99;

export const apiserverRestart = faultKind({
  help: 'An API server (number `server`, from 0) is killed and started again after `duration`.',
  shape: { server: wholeNumberSchema(0, MAXIMUM_SERVER).optional(), duration: positiveDurationSchema.optional() },
  resolve: (written): ApiserverRestart => ({
    fault: 'apiserverRestart',
    server: written.server ?? 0,
    ...(written.duration === undefined ? {} : { duration: written.duration }),
  }),
});
