/** barrier: waits until the cluster has reached a state, and fails the run where it does not in time. */
import { z } from 'zod';
import { PlimsollError } from '../../errors/index.ts';
import { formatDuration, type Nanoseconds } from '../../units/index.ts';
import { severalForms, strictMap } from '../schema-parts.ts';
import { nameSchema, positiveDurationSchema, wholeNumberSchema } from '../value-forms.ts';
import { operationKind } from './operation.ts';
import { namespaceShape, resolveSelection, type Selection } from './selection.ts';

/** States that a barrier can wait for. */
export const barrierConditions = ['podsScheduled', 'podsReady', 'podsGone', 'deploymentsComplete'] as const;

/** A state that a barrier can wait for. */
export type BarrierConditionKind = (typeof barrierConditions)[number];

/**
 * One condition. podsScheduled, podsReady: so many of the pods are bound, or Ready; `all` = all that workloads and createPods ask for.
 * podsGone: none is left (always `all`). deploymentsComplete: so many Deployments have all their replicas
 * updated and available and no old ones; `all` = every one.
 */
export interface BarrierCondition {
  readonly what: BarrierConditionKind;
  readonly target: 'all' | number;
}

/** A barrier, resolved. All conditions must hold at the same time. */
export interface Barrier {
  readonly kind: 'barrier';
  readonly conditions: readonly BarrierCondition[];
  /** Deployments that are meant, with their pods, or pods of a createPods; undefined = everything. */
  readonly of?: Selection;
  /** Longest wait, from when the barrier is reached; undefined = until the run ends. */
  readonly within?: Nanoseconds;
  /** The barrier in words: "podsReady: all within 15m". */
  readonly description: string;
}

/** Most objects that a barrier may count. */
const MAXIMUM_COUNT = 10_000_000;

const wordAll = z.literal('all');
const number = wholeNumberSchema(1, MAXIMUM_COUNT);
const targetSchema = severalForms([wordAll, number], (written) =>
  typeof written === 'string' ? wordAll : number,
).optional();

export const barrier = operationKind({
  help: 'Waits until pods (in a scheduling cell: tasks) are scheduled, Ready or gone, or Deployments complete; fails the run past `within`.',
  models: ['controlPlane', 'schedulingCell'],
  schema: strictMap({
    podsScheduled: targetSchema,
    podsReady: targetSchema,
    podsGone: wordAll.optional(),
    deploymentsComplete: targetSchema,
    of: nameSchema.optional(),
    ...namespaceShape,
    within: positiveDurationSchema.optional(),
  }),
  resolve: (written, context): Barrier => {
    const conditions = barrierConditions.flatMap((what) => {
      const target = written[what];
      return target === undefined ? [] : [{ what, target }];
    });
    if (conditions.length === 0) {
      context.errors.push(
        new PlimsollError('P205', {
          ...context.place([]),
          message: 'the barrier waits for nothing',
          expected: `one of ${barrierConditions.join(', ')}`,
          fix: 'add podsReady: all',
        }),
      );
    }
    const selects = written.of !== undefined || written.namespace !== undefined;
    return {
      kind: 'barrier',
      conditions,
      ...(selects ? { of: resolveSelection(written.of ?? 'all', written) } : {}),
      ...(written.within === undefined ? {} : { within: written.within }),
      description: describe(conditions, written),
    };
  },
});

function describe(
  conditions: readonly BarrierCondition[],
  {
    of,
    namespace,
    within,
  }: {
    readonly of?: string | undefined;
    readonly namespace?: string | undefined;
    readonly within?: Nanoseconds | undefined;
  },
): string {
  const states = conditions.map(
    ({ what, target }) => `${what}: ${target === 'all' ? target : target.toLocaleString('en-US')}`,
  );
  return `${states.join(', ')}${of === undefined ? '' : ` of ${of}`}${namespace === undefined ? '' : ` in ${namespace}`}${within === undefined ? '' : ` within ${formatDuration(within)}`}`;
}
