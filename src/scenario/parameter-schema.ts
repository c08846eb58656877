/** Schemas of parameter values, made from the parameters' own definitions: type, range, choices. */
import type { z } from 'zod';
import { parameterRegistry } from '../components/parameters.ts';
import type { DurationParameter, NumberParameter, ParameterDefinition, ParameterSet } from '../engine/index.ts';
import { formatDuration, parseBytes, parseDuration, parseRate } from '../units/index.ts';
import { distributionSchema, type WrittenDistribution } from './distribution-form.ts';
import { strictMap } from './schema-parts.ts';
import { choiceSchema, durationFix, formSchema, outOfRange, wrongForm } from './value-forms.ts';

/** A value of a parameter as it leaves its schema. */
export type ParsedParameterValue = number | boolean | string | WrittenDistribution;

/** Path of a parameter: `kubeScheduler.clientQps`. */
export function parameterPath(component: string, name: string): string {
  return `${component}.${name}`;
}

/** All parameters by path. */
export const parametersByPath: ReadonlyMap<
  string,
  { readonly component: string; readonly name: string; readonly definition: ParameterDefinition }
> = new Map(
  Object.entries<ParameterSet>(parameterRegistry).flatMap(([component, set]) =>
    Object.entries(set).map(
      ([name, definition]) => [parameterPath(component, name), { component, name, definition }] as const,
    ),
  ),
);

const switchSchema: z.ZodType<boolean, unknown> = formSchema({
  expected: 'true or false',
  json: { type: 'boolean' },
  parse: (written) => (typeof written === 'boolean' ? written : wrongForm(written)),
});

/** The schema of one parameter's value. */
export function parameterSchema(definition: ParameterDefinition): z.ZodType<ParsedParameterValue, unknown> {
  switch (definition.type) {
    case 'number':
      return numberParameterSchema(definition);
    case 'duration':
      return durationParameterSchema(definition);
    case 'distribution':
      return distributionSchema;
    case 'boolean':
      return switchSchema;
    case 'choice':
      return choiceSchema(definition.choices as readonly [string, ...string[]]);
  }
}

/** The scenario's `parameters`: every parameter that exists, by path. */
export const parametersSchema = strictMap(
  Object.fromEntries(
    [...parametersByPath].map(([path, { definition }]) => [
      path,
      parameterSchema(definition).optional().meta({ description: definition.help }),
    ]),
  ),
);

function numberParameterSchema(definition: NumberParameter): z.ZodType<number, unknown> {
  const [least, most] = definition.range;
  const kind = definition.integer ? 'a whole number' : 'a number';
  const expected = `${kind} from ${least} to ${most} (${definition.unit})`;
  return formSchema({
    expected,
    json: { type: ['number', 'string'] },
    parse: (written) => {
      const value = typeof written === 'string' ? parseWithUnit(written, definition.unit) : written;
      if (typeof value !== 'number' || Number.isNaN(value)) return wrongForm(written);
      if (value < least || value > most) return outOfRange(written, expected);
      return definition.integer && !Number.isInteger(value) ? wrongForm(written) : value;
    },
  });
}

/** Sizes may be written as quantities ("8Gi"), rates as rates ("50/s"); other numbers are plain. */
function parseWithUnit(text: string, unit: string): number | undefined {
  if (unit === 'B') return parseBytes(text);
  return unit.endsWith('/s') ? parseRate(text) : undefined;
}

function durationParameterSchema(definition: DurationParameter): z.ZodType<number, unknown> {
  const [least, most] = definition.range;
  const expected = `a duration from ${formatDuration(least)} to ${formatDuration(most)}`;
  return formSchema({
    expected,
    json: { type: ['string', 'integer'] },
    parse: (written) => {
      const span = written === 0 ? 0 : typeof written === 'string' ? parseDuration(written) : undefined;
      if (span === undefined) {
        return typeof written === 'string' && /^-\d/.test(written)
          ? outOfRange(written, expected)
          : wrongForm(written, durationFix(written));
      }
      return span < least || span > most ? outOfRange(written, expected) : span;
    },
  });
}
