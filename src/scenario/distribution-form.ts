/** Distributions as they are written everywhere: `30s`, `{distribution: lognormal, p50: 1s, p99: 4s}`, `{empirical: FILE}`. */
import { z } from 'zod';
import type { DistributionSpec } from '../engine/index.ts';
import { PlimsollError } from '../errors/index.ts';
import { isMap, type ValuePath } from '../manifests/index.ts';
import { parseDuration } from '../units/index.ts';
import { severalForms, strictMap } from './schema-parts.ts';
import { durationSchema, numberSchema, type RefusalParams, textSchema } from './value-forms.ts';

/** A distribution whose samples are in a file that is still to be read. */
export interface EmpiricalFile {
  readonly empirical: string;
}

/** A distribution of spans as it was written: complete, or naming a file. */
export type WrittenDistribution = DistributionSpec | EmpiricalFile;

/** Largest shape parameter: beyond it a gamma or Pareto distribution is all but a constant. */
const MAXIMUM_SHAPE = 1000;
/** Smallest shape parameter: below it nearly all mass is at 0 or at infinity. */
const MINIMUM_SHAPE = 0.01;

/** Adds an issue with a fix to a zod check. */
function refuse(context: z.core.$RefinementCtx, path: string[], refused: string, expected: string): void {
  const params: RefusalParams = { refused, expected, code: 'P209' };
  context.addIssue({ code: 'custom', message: refused, path, params: { ...params } });
}

const constantForm = durationSchema.transform((value): DistributionSpec => ({ distribution: 'constant', value }));

const spanForms = z.discriminatedUnion('distribution', [
  strictMap({ distribution: z.literal('constant'), value: durationSchema }),
  strictMap({ distribution: z.literal('exponential'), mean: durationSchema }),
  strictMap({ distribution: z.literal('uniform'), min: durationSchema, max: durationSchema }),
  strictMap({ distribution: z.literal('lognormal'), p50: durationSchema, p99: durationSchema }),
  strictMap({
    distribution: z.literal('gamma'),
    shape: numberSchema(MINIMUM_SHAPE, MAXIMUM_SHAPE),
    mean: durationSchema,
  }),
  strictMap({
    distribution: z.literal('pareto'),
    min: durationSchema,
    alpha: numberSchema(MINIMUM_SHAPE, MAXIMUM_SHAPE),
  }),
]);

const mapForm = spanForms.superRefine((written, context) => {
  if (written.distribution === 'uniform' && written.min > written.max) {
    refuse(context, ['max'], 'max is below min', 'max at or above min');
  }
  if (written.distribution === 'lognormal' && (written.p50 <= 0 || written.p99 <= written.p50)) {
    refuse(context, ['p99'], 'p99 is not above p50', 'p50 above 0, and p99 above p50');
  }
});

const empiricalForm = strictMap({ empirical: textSchema('a file with one duration a line, relative to the scenario') });

/** A distribution of spans of time. */
export const distributionSchema: z.ZodType<WrittenDistribution, unknown> = severalForms(
  [constantForm, mapForm, empiricalForm],
  (written) => {
    if (!isMap(written)) return constantForm;
    return 'empirical' in written ? empiricalForm : mapForm;
  },
);

/** A distribution of spans of time that names no file. */
export const drawnSpanSchema: z.ZodType<DistributionSpec, unknown> = severalForms([constantForm, mapForm], (written) =>
  isMap(written) ? mapForm : constantForm,
);

/** What reading a file of samples takes. */
interface SampleReader {
  readonly errors: PlimsollError[];
  readFile(written: string, path: ValuePath): { readonly file: string; readonly text: string } | undefined;
}

/** The complete distribution; `undefined`, reported, where its file cannot be read. */
export function resolveDistribution(
  written: WrittenDistribution,
  path: ValuePath,
  reader: SampleReader,
): DistributionSpec | undefined {
  if (!('empirical' in written)) return written;
  const source = reader.readFile(written.empirical, [...path, 'empirical']);
  if (source === undefined) return undefined;
  const values = readSamples(source.file, source.text, reader.errors);
  return values === undefined ? undefined : { distribution: 'empirical', values };
}

/** One sample a line, as a duration; empty lines and lines that start with # are skipped. */
function readSamples(file: string, text: string, errors: PlimsollError[]): readonly number[] | undefined {
  const values: number[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const sample = line.trim();
    if (sample === '' || sample.startsWith('#')) continue;
    const span = parseDuration(sample);
    if (span === undefined) {
      errors.push(
        new PlimsollError('P204', {
          message: `"${sample}" is not a duration`,
          position: { file, line: index + 1, column: 1 },
          expected: 'one duration a line, such as 1.5s or 230ms',
        }),
      );
      return undefined;
    }
    values.push(span);
  }
  if (values.length > 0) return values;
  errors.push(
    new PlimsollError('P205', {
      message: 'the file holds no sample',
      position: { file, line: 1, column: 1 },
      expected: 'one duration a line',
    }),
  );
  return undefined;
}
