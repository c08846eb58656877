/** apiserverRollingRestart: all API servers are restarted gracefully, one after the other, each when the one before is ready again, as in an upgrade. */
import type { Nanoseconds } from '../../units/index.ts';
import { positiveDurationSchema } from '../value-forms.ts';
import { faultKind } from './fault.ts';

/** A rolling restart, resolved. */
export interface ApiserverRollingRestart {
  readonly fault: 'apiserverRollingRestart';
  /** Span until each is started again; undefined = as the API server's own parameter says. */
  readonly duration?: Nanoseconds;
}

export const apiserverRollingRestart = faultKind({
  help: 'All API servers are restarted gracefully, one after the other, each when the one before is ready again. Each is started again after `duration`.',
  shape: { duration: positiveDurationSchema.optional() },
  resolve: (written): ApiserverRollingRestart => ({
    fault: 'apiserverRollingRestart',
    ...(written.duration === undefined ? {} : { duration: written.duration }),
  }),
});
