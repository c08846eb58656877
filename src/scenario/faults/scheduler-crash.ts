/** schedulerCrash: a process of a scheduler ends; another instance takes over once the lease has run out, or at once if it was given back. */
import { nameSchema } from '../value-forms.ts';
import { faultKind } from './fault.ts';
import { type ProcessCrash, processCrashShape, resolveProcessCrash } from './process-crash.ts';

/** A crash of a scheduler, resolved. */
export interface SchedulerCrash extends ProcessCrash {
  readonly fault: 'schedulerCrash';
  /** Name of the scheduler under spec.schedulers; undefined = the first. */
  readonly scheduler?: string;
}

export const schedulerCrash = faultKind({
  help: 'A process of a scheduler, the leading one unless `instance` says another, ends and runs again after `duration`.',
  shape: { scheduler: nameSchema.optional(), ...processCrashShape },
  resolve: (written): SchedulerCrash => ({
    fault: 'schedulerCrash',
    ...(written.scheduler === undefined ? {} : { scheduler: written.scheduler }),
    ...resolveProcessCrash(written),
  }),
});
