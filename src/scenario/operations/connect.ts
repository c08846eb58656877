/** connect: pods on all nodes open connections to Services, at a rate, and go where the rules of kube-proxy on their node lead them. */
import { z } from 'zod';
import type { DistributionSpec } from '../../engine/index.ts';
import { type ErrorCode, PlimsollError } from '../../errors/index.ts';
import type { Nanoseconds } from '../../units/index.ts';
import { distributionSchema, resolveDistribution } from '../distribution-form.ts';
import { strictMap } from '../schema-parts.ts';
import { durationSchema, nameSchema, positiveDurationSchema, rateSchema } from '../value-forms.ts';
import { operationKind } from './operation.ts';
import { resolveSelection, type Selection, selectionNameSchema } from './selection.ts';

/** A load of connections, resolved. */
export interface Connect {
  readonly kind: 'connect';
  /** Name under which `stop` finds it. */
  readonly name: string;
  /** Services to which clients connect, one of them at random each time. */
  readonly services: Selection;
  /** Zone from whose nodes they connect; undefined = from all nodes. */
  readonly zone?: string;
  /** Connections per second, over all nodes, and whether they come at random. */
  readonly rate: number;
  readonly isPoisson: boolean;
  /** How long a connection stays open. */
  readonly duration: DistributionSpec;
  /** Instant at which it starts, beside the list of operations; undefined = in its turn. */
  readonly at?: Nanoseconds;
  /** Span after which it ends; undefined = it does not end by itself. */
  readonly for?: Nanoseconds;
  /** Whether the next operation starts at once. */
  readonly background: boolean;
  /** Whether the statistics start with this operation. */
  readonly measure: boolean;
}

/** A connection for one question. */
const SHORT: DistributionSpec = { distribution: 'constant', value: 0 };

export const connect = operationKind({
  help: 'Pods open connections to Services at a `rate`, and go where the rules of kube-proxy on their node lead them, right or wrong.',
  schema: strictMap({
    name: nameSchema.optional(),
    services: selectionNameSchema.optional(),
    zone: nameSchema.optional(),
    rate: rateSchema,
    arrivals: z.enum(['constant', 'poisson']).optional(),
    duration: distributionSchema.optional(),
    at: durationSchema.optional(),
    for: positiveDurationSchema.optional(),
    background: z.boolean().optional(),
    measure: z.boolean().optional(),
  }),
  resolve: (written, context): Connect => {
    const refuse = (code: ErrorCode, key: string, message: string, expected: string, fix: string) =>
      context.errors.push(new PlimsollError(code, { ...context.place([key]), message, expected, fix }));
    if (written.for === undefined && written.background !== true) {
      const message = 'connect never ends, and what comes after it waits for it';
      refuse('P205', 'for', message, 'for, or background: true', 'add for: 1m');
    }
    return {
      kind: 'connect',
      name: written.name ?? 'connections',
      services: resolveSelection(written.services ?? 'all', {}),
      ...(written.zone === undefined ? {} : { zone: written.zone }),
      rate: written.rate,
      isPoisson: (written.arrivals ?? 'poisson') === 'poisson',
      duration: (written.duration && resolveDistribution(written.duration, ['duration'], context)) ?? SHORT,
      ...(written.at === undefined ? {} : { at: written.at }),
      ...(written.for === undefined ? {} : { for: written.for }),
      background: written.background ?? false,
      measure: written.measure ?? false,
    };
  },
});
