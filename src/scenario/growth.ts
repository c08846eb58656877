/** Growth: what a sweep is to fit exponents to, `experiment.exponents`. */
import { z } from 'zod';
import { type ObjectiveContext, resolveMeasure } from './objectives.ts';
import type { WrittenValue } from './resolved-scenario.ts';
import { strictMap } from './schema-parts.ts';
import { unknownNameError } from './unknown-name.ts';
import { labelsSchema, textSchema } from './value-forms.ts';

/** A statistic whose growth over a PATH of the grid is fitted, for each combination of the other PATHs. */
export interface Exponent {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly statistic: string;
  /** A PATH of experiment.vary with numbers. */
  readonly over: string;
}

export const exponentsSchema = z.array(
  strictMap({
    metric: textSchema('the name of a metric; `plimsoll list metrics` shows all'),
    labels: labelsSchema.optional(),
    statistic: textSchema('a statistic, such as p99, mean, max, rate or final'),
    over: textSchema('a PATH of experiment.vary'),
  }),
);

/** The exponents of a scenario; each must name a metric, and a PATH that varies. */
export function resolveExponents(
  written: z.output<typeof exponentsSchema> | undefined,
  vary: Readonly<Record<string, readonly WrittenValue[]>>,
  context: ObjectiveContext,
): readonly Exponent[] {
  return (written ?? []).flatMap((exponent, index) => {
    const path = ['spec', 'experiment', 'exponents', index];
    const metric = resolveMeasure(exponent, path, context);
    const { over, labels = {}, statistic } = exponent;
    if (vary[over] === undefined) {
      const message = `${over} is no PATH that experiment.vary varies`;
      context.errors.push(
        unknownNameError(over, Object.keys(vary), { message, place: context.place([...path, 'over']) }),
      );
    }
    return metric === undefined ? [] : [{ metric: metric.name, labels, statistic, over }];
  });
}
