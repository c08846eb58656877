/** Numbers that may be drawn: `4`, `{distribution: exponential, mean: 20}`, `{values: [1, 1, 2, 8]}` (each with the same chance). */
import { z } from 'zod';
import type { DistributionSpec } from '../engine/index.ts';
import { isMap } from '../manifests/index.ts';
import { severalForms, strictMap } from './schema-parts.ts';
import { memorySchema, numberSchema, wholeNumberSchema } from './value-forms.ts';

/** Smallest and largest shape parameter of a Pareto distribution. */
const SHAPES = [0.01, 1000] as const;

/** Amounts of bytes that may be drawn: `200Mi`, `{distribution: uniform, min: 100Mi, max: 300Mi}`. */
export const drawnBytesSchema: z.ZodType<DistributionSpec, unknown> = bytesForms();

function bytesForms(): z.ZodType<DistributionSpec, unknown> {
  const constant = memorySchema.transform((value): DistributionSpec => ({ distribution: 'constant', value }));
  const drawn = z.discriminatedUnion('distribution', [
    strictMap({ distribution: z.literal('exponential'), mean: memorySchema }),
    strictMap({ distribution: z.literal('uniform'), min: memorySchema, max: memorySchema }),
    strictMap({ distribution: z.literal('lognormal'), p50: memorySchema, p99: memorySchema }),
  ]);
  return severalForms([constant, drawn], (written) => (isMap(written) ? drawn : constant));
}

/** A whole number from 1 to `most`, or a distribution of such numbers (which are rounded, and 1 at least). */
export function countSchema(most: number): z.ZodType<DistributionSpec, unknown> {
  const number = numberSchema(0, most);
  const constant = wholeNumberSchema(1, most).transform(
    (value): DistributionSpec => ({ distribution: 'constant', value }),
  );
  const drawn = z.discriminatedUnion('distribution', [
    strictMap({ distribution: z.literal('exponential'), mean: number }),
    strictMap({ distribution: z.literal('uniform'), min: number, max: number }),
    strictMap({ distribution: z.literal('lognormal'), p50: number, p99: number }),
    strictMap({ distribution: z.literal('pareto'), min: number, alpha: numberSchema(...SHAPES) }),
  ]);
  const listed = strictMap({ values: z.array(number).min(1) }).transform(
    ({ values }): DistributionSpec => ({ distribution: 'empirical', values }),
  );
  return severalForms([constant, drawn, listed], (written) => {
    if (!isMap(written)) return constant;
    return 'values' in written ? listed : drawn;
  });
}
