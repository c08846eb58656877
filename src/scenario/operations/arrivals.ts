/**
 * How the requests of an operation are spread over time: ClusterLoader2's eight tuning sets, in our words.
 * `rate` alone is a constant rate; without `rate` and `arrivals` each request is made as soon as the client's own limiter lets it.
 */
import { z } from 'zod';
import { PlimsollError } from '../../errors/index.ts';
import type { Nanoseconds, PerSecond } from '../../units/index.ts';
import { severalForms, strictMap } from '../schema-parts.ts';
import { durationSchema, nameSchema, positiveDurationSchema, rateSchema, wholeNumberSchema } from '../value-forms.ts';
import type { OperationContext } from './operation-context.ts';

/** Spread of requests over time, resolved. */
export type Arrivals =
  /** One after the other, as fast as the client's limiter lets them. */
  | { readonly kind: 'at-once' }
  /** Evenly spaced (qpsLoad). */
  | { readonly kind: 'constant'; readonly rate: PerSecond }
  /** Gaps uniform between 0 and twice the mean (randomizedLoad). */
  | { readonly kind: 'randomized'; readonly rate: PerSecond }
  /** `burst` at once, then a pause of `every` (steppedLoad). */
  | { readonly kind: 'stepped'; readonly burst: number; readonly every: Nanoseconds }
  /** Evenly spaced so that all fit into `within` (timeLimitedLoad). */
  | { readonly kind: 'time-limited'; readonly within: Nanoseconds }
  /** Each at an instant of its own, uniform over `within` (randomizedTimeLimitedLoad). */
  | { readonly kind: 'randomized-time-limited'; readonly within: Nanoseconds }
  /** At most so many on their way at once (parallelismLimitedLoad). */
  | { readonly kind: 'parallelism-limited'; readonly parallelism: number }
  /** A token bucket shared by all operations that name the same `group` (globalQPSLoad). */
  | { readonly kind: 'global-qps'; readonly rate: PerSecond; readonly burst: number; readonly group: string }
  /** Gaps exponential: a Poisson process (poissonLoad). */
  | { readonly kind: 'poisson'; readonly rate: PerSecond };

/** Largest burst and parallelism that may be asked for. */
const MAXIMUM_BURST = 1_000_000;

/** Words that need nothing but `rate`. */
const rateWords = z.enum(['constant', 'randomized', 'poisson']);

const arrivalsMap = z.discriminatedUnion('kind', [
  strictMap({ kind: z.literal('constant') }),
  strictMap({ kind: z.literal('randomized') }),
  strictMap({ kind: z.literal('poisson') }),
  strictMap({ kind: z.literal('stepped'), burst: wholeNumberSchema(1, MAXIMUM_BURST), every: positiveDurationSchema }),
  strictMap({ kind: z.literal('time-limited'), within: positiveDurationSchema }),
  strictMap({ kind: z.literal('randomized-time-limited'), within: positiveDurationSchema }),
  strictMap({ kind: z.literal('parallelism-limited'), parallelism: wholeNumberSchema(1, MAXIMUM_BURST) }),
  strictMap({
    kind: z.literal('global-qps'),
    burst: wholeNumberSchema(1, MAXIMUM_BURST),
    group: nameSchema.optional(),
  }),
]);

/** `rate`, `arrivals` and `at`, as they are written in every operation that makes requests. */
export const pacingShape = {
  rate: rateSchema.optional(),
  arrivals: severalForms([rateWords, arrivalsMap], (written) =>
    typeof written === 'string' ? rateWords : arrivalsMap,
  ).optional(),
  at: durationSchema.optional(),
};

/** What {@link pacingShape} yields, and `preload` of the operations that have it. */
type WrittenPacing = z.output<z.ZodObject<typeof pacingShape>> & {
  readonly preload?: boolean | undefined;
  readonly measure?: boolean | undefined;
};

/** Kinds that take their pace from `rate`. */
const RATE_KINDS: ReadonlySet<string> = new Set(['constant', 'randomized', 'poisson', 'global-qps']);

/** The spread of requests that was asked for. */
export function resolveArrivals(written: WrittenPacing, context: OperationContext): Arrivals {
  if (written.preload === true) refusePace(written, context);
  const arrivals = typeof written.arrivals === 'string' ? { kind: written.arrivals } : written.arrivals;
  if (arrivals === undefined)
    return written.rate === undefined ? { kind: 'at-once' } : { kind: 'constant', rate: written.rate };
  if (RATE_KINDS.has(arrivals.kind) !== (written.rate !== undefined)) return contradiction(arrivals.kind, context);
  const rate = written.rate as PerSecond;
  switch (arrivals.kind) {
    case 'constant':
    case 'randomized':
    case 'poisson':
      return { kind: arrivals.kind, rate };
    case 'global-qps':
      return { kind: 'global-qps', rate, burst: arrivals.burst, group: arrivals.group ?? 'global' };
    default:
      return arrivals;
  }
}

/** What is there from the start is not requested, so that nothing can pace or measure it. */
function refusePace(written: WrittenPacing, context: OperationContext): void {
  for (const key of ['rate', 'arrivals', 'at', 'measure'] as const) {
    if (written[key] === undefined || written[key] === false) continue;
    context.errors.push(
      new PlimsollError('P209', {
        ...context.place([key]),
        message: `${key} is given beside preload: true`,
        expected: 'preload (there at t = 0, without a request), or requests that are paced and measured, not both',
        fix: `remove ${key}, or preload`,
      }),
    );
  }
}

function contradiction(kind: string, context: OperationContext): Arrivals {
  const needsRate = RATE_KINDS.has(kind);
  context.errors.push(
    new PlimsollError(needsRate ? 'P205' : 'P209', {
      ...context.place(needsRate ? ['arrivals'] : ['rate']),
      message: needsRate ? `arrivals ${kind} need a rate` : `arrivals ${kind} take no rate`,
      expected: needsRate ? 'rate, such as 10/s' : 'no rate',
      fix: needsRate ? 'add rate: 10/s' : 'remove rate, or choose constant, randomized, poisson or global-qps',
    }),
  );
  return { kind: 'at-once' };
}
