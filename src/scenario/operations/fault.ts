/** fault: something breaks, now or at an instant of its own. */
import { z } from 'zod';
import type { Nanoseconds } from '../../units/index.ts';
import { type Fault, faultKinds } from '../faults/index.ts';
import { strictMap } from '../schema-parts.ts';
import { durationSchema } from '../value-forms.ts';
import { operationKind } from './operation.ts';

/** A fault to be injected, resolved. It does not block: the next operation starts at once. */
export interface InjectFault {
  readonly kind: 'fault';
  /** Instant at which it strikes, beside the list of operations; undefined = in its turn. */
  readonly at?: Nanoseconds;
  readonly fault: Fault;
}

const { nodeCrash, etcdLeaderLoss, apiserverRestart, webhookOutage, schedulerCrash, controllerManagerCrash } =
  faultKinds;
const at = durationSchema.optional();

export const fault = operationKind({
  help: 'Something breaks: nodes crash, etcd loses its leader, an API server restarts, a webhook is away, a leading process ends.',
  schema: z.discriminatedUnion('kind', [
    strictMap({ kind: z.literal('nodeCrash'), at, ...nodeCrash.shape }),
    strictMap({ kind: z.literal('etcdLeaderLoss'), at, ...etcdLeaderLoss.shape }),
    strictMap({ kind: z.literal('apiserverRestart'), at, ...apiserverRestart.shape }),
    strictMap({ kind: z.literal('webhookOutage'), at, ...webhookOutage.shape }),
    strictMap({ kind: z.literal('schedulerCrash'), at, ...schedulerCrash.shape }),
    strictMap({ kind: z.literal('controllerManagerCrash'), at, ...controllerManagerCrash.shape }),
  ]),
  resolve: (written): InjectFault => ({
    kind: 'fault',
    ...(written.at === undefined ? {} : { at: written.at }),
    fault: resolveFault(written),
  }),
});

function resolveFault(written: z.output<typeof fault.schema>): Fault {
  // The union has been told apart by `kind`, which is the key of the registry.
  const resolve = faultKinds[written.kind].resolve as (written: unknown) => Fault;
  return resolve(written);
}
