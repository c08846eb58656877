/** How a kind of fault is declared. */
import { z } from 'zod';
import { severalForms } from '../schema-parts.ts';
import { positiveDurationSchema } from '../value-forms.ts';

/** One kind of fault: the keys it takes beside `kind` and `at`, and how they are resolved. */
export interface FaultKind<Shape extends z.core.$ZodLooseShape = z.core.$ZodLooseShape, Resolved = unknown> {
  /** What happens, in one sentence. */
  readonly help: string;
  readonly shape: Shape;
  readonly resolve: (written: z.output<z.ZodObject<Shape>>) => Resolved;
}

/** Declares a kind of fault. */
export function faultKind<const Shape extends z.core.$ZodLooseShape, Resolved>(
  kind: FaultKind<Shape, Resolved>,
): FaultKind<Shape, Resolved> {
  return kind;
}

const never = z.literal('never');

/** How long something stays away: a span, or the word never. */
export const outageSchema = severalForms([positiveDurationSchema, never], (written) =>
  written === 'never' ? never : positiveDurationSchema,
);
