/** compact: how few nodes of a scheduling cell hold a workload, placed from scratch. */
import { z } from 'zod';
import { strictMap } from '../schema-parts.ts';
import { nameSchema, wholeNumberSchema } from '../value-forms.ts';
import { operationKind } from './operation.ts';
import { type SubmitJobs, submitJobs } from './submit-jobs.ts';

/** A compaction, resolved. */
export interface Compact {
  readonly kind: 'compact';
  /** The workload: all that would be submitted, in a random order. */
  readonly jobs: readonly SubmitJobs[];
  /** Orders in which nodes are taken away. */
  readonly trials: number;
  /** Scheduler whose node chooser places them; undefined = the first. */
  readonly scheduler: string | undefined;
  /** Whether the statistics start with this operation. */
  readonly measure: boolean;
}

/** Trials of the Borg study, and most of one operation. */
const USUAL_TRIALS = 11;
const MAXIMUM_TRIALS = 10_000;

export const compact = operationKind({
  help: 'Finds how few nodes of a scheduling cell hold a workload: nodes are taken away in random orders, and it is placed from scratch.',
  models: ['schedulingCell'],
  schema: strictMap({
    jobs: z.array(submitJobs.schema).min(1),
    trials: wholeNumberSchema(1, MAXIMUM_TRIALS).optional(),
    scheduler: nameSchema.optional(),
    measure: z.boolean().optional(),
  }),
  resolve: (written, context): Compact => ({
    kind: 'compact',
    jobs: written.jobs.map((jobs, index) =>
      submitJobs.resolve(jobs, {
        ...context,
        place: (path) => context.place(['jobs', index, ...path]),
        readFile: (name, path) => context.readFile(name, ['jobs', index, ...path]),
      }),
    ),
    trials: written.trials ?? USUAL_TRIALS,
    scheduler: written.scheduler,
    measure: written.measure ?? false,
  }),
});
