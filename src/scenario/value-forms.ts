/**
 * The forms in which people write values (durations, rates, quantities, names …), as zod schemas that hand on branded numbers.
 * Each form says what it expects, so that every refusal can; each carries its own fragment of the published JSON Schema.
 */
import { z } from 'zod';
import type { ErrorCode } from '../errors/index.ts';
import { quoteValue } from '../manifests/value-path.ts';
import {
  type Bytes,
  type MilliCpu,
  type Nanoseconds,
  type PerSecond,
  parseBytes,
  parseDuration,
  parseMilliCpu,
  parseRate,
} from '../units/index.ts';

/** Why a value was refused: what the message, the code and the fix of its error will be. */
export interface Refusal {
  readonly refused: string;
  readonly code: ErrorCode;
  readonly nearest?: string | undefined;
  readonly fix?: string | undefined;
}

/** What a form travels with in a zod issue, for `issues.ts` to make the error from. */
export interface RefusalParams extends Refusal {
  readonly expected: string;
}

/** One form of a value. */
interface Form<T> {
  /** What is expected, in words with an example. */
  readonly expected: string;
  /** Fragment of the JSON Schema (type, pattern, bounds …). */
  readonly json: Readonly<Record<string, unknown>>;
  /** The value for the model, or why there is none. */
  readonly parse: (written: unknown) => T | Refusal;
}

/** A refusal for a value that has not the expected form at all. */
export function wrongForm(written: unknown, fix?: string): Refusal {
  const missing = written === undefined || written === null;
  return {
    refused: missing ? 'a value is missing' : `${quoteValue(written)} does not have the expected form`,
    code: missing ? 'P205' : 'P204',
    fix,
  };
}

/** A refusal for a number outside of its range. */
export function outOfRange(written: unknown, expected: string): Refusal {
  return { refused: `${quoteValue(written)} is out of range`, code: 'P206', fix: `choose ${expected}` };
}

function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && 'refused' in value;
}

/** A zod schema of a form. */
export function formSchema<T>(form: Form<T>): z.ZodType<T, unknown> {
  const check = z.unknown().transform((written, context): T => {
    const result = form.parse(written);
    if (!isRefusal(result)) return result;
    const params: RefusalParams = { ...result, expected: form.expected };
    context.addIssue({ code: 'custom', message: result.refused, params: { ...params } });
    return z.NEVER;
  });
  return check.meta({ ...form.json, description: form.expected });
}

/** Longest span that virtual time can count in whole nanoseconds. */
const LONGEST_DAYS = 104;

const durationForm = (positive: boolean): Form<Nanoseconds> => ({
  expected: positive ? 'a duration above 0, such as 500ms, 30s or 1h30m' : 'a duration, such as 500ms, 30s or 1h30m',
  json: { type: ['string', 'number'], pattern: '^(0|([0-9.]+(ns|us|µs|ms|s|m|h|d))+)$' },
  parse: (written) => parseDurationForm(written, positive),
});

/** "10 minutes" and "5 sec" are what people write who mean "10m" and "5s". */
export function durationFix(written: unknown): string | undefined {
  if (typeof written === 'number' && Number.isFinite(written)) return `give it a unit: "${written}s" for seconds`;
  if (typeof written !== 'string') return undefined;
  const match =
    /^([\d.]+)\s*(nanoseconds?|microseconds?|millis(?:econds?)?|secs?|seconds?|mins?|minutes?|hours?|hrs?|days?|[smhd])$/i.exec(
      written.trim(),
    );
  if (match === null) return undefined;
  const word = (match[2] as string).toLowerCase();
  const unit = word.startsWith('mic') ? 'us' : word.startsWith('mil') ? 'ms' : word.startsWith('n') ? 'ns' : word[0];
  return `write "${match[1]}${unit}"`;
}

function parseDurationForm(written: unknown, positive: boolean): Nanoseconds | Refusal {
  if (written === 0 && !positive) return 0 as Nanoseconds;
  if (typeof written !== 'string') return wrongForm(written, durationFix(written));
  const span = parseDuration(written);
  if (span !== undefined) return positive && span === 0 ? outOfRange(written, 'a duration above 0') : span;
  if (/^-/.test(written)) return outOfRange(written, 'a duration that is not negative');
  if (parseDuration(written.replace(/\d+\.?\d*/g, '1')) !== undefined) {
    return outOfRange(written, `a duration below ${LONGEST_DAYS} days`);
  }
  return wrongForm(written, durationFix(written));
}

/** A span of time, 0 included. */
export const durationSchema = formSchema(durationForm(false));

/** A span of time above 0. */
export const positiveDurationSchema = formSchema(durationForm(true));

/** A rate: "10/s", "30/m" or a plain number per second. */
export const rateSchema: z.ZodType<PerSecond, unknown> = formSchema({
  expected: 'a rate above 0, such as 10/s, 30/m, 5/h or a plain number per second',
  json: { type: ['string', 'number'], pattern: '^[0-9.]+\\s*(/\\s*(s|m|h))?$' },
  parse: (written) => {
    if (typeof written !== 'string' && typeof written !== 'number') return wrongForm(written);
    const rate = parseRate(written);
    if (rate !== undefined && rate <= MAXIMUM_RATE) return rate;
    const number = typeof written === 'number' ? written : Number.parseFloat(written);
    const inForm = typeof written === 'number' ? !Number.isNaN(written) : /^-?[\d.]+(\s*\/\s*[smh])?$/.test(written);
    return inForm && Number.isFinite(number)
      ? outOfRange(written, 'a rate above 0 and at most 1e6/s')
      : wrongForm(written);
  },
});

/** More requests per second than any control plane is asked; above it somebody mistyped. */
const MAXIMUM_RATE = 1e6;

/** CPU as Kubernetes writes it. */
export const cpuSchema: z.ZodType<MilliCpu, unknown> = formSchema({
  expected: 'a CPU quantity, such as 500m, 0.5 or 4',
  json: { type: ['string', 'number'], pattern: '^[0-9.]+m?$' },
  parse: (written) => parseQuantityForm(written, parseMilliCpu, (text) => suggestQuantity(text, 'm')),
});

/** Memory or storage as Kubernetes writes it. */
export const memorySchema: z.ZodType<Bytes, unknown> = formSchema({
  expected: 'a quantity of bytes, such as 512Mi, 8Gi or 1G',
  json: { type: ['string', 'number'], pattern: '^[0-9.]+([eE][+-]?[0-9]+|m|k|[MGTPE]|[KMGTPE]i)?$' },
  parse: (written) => parseQuantityForm(written, parseBytes, (text) => suggestQuantity(text, 'b')),
});

function parseQuantityForm<T extends number>(
  written: unknown,
  parse: (written: string | number) => T | undefined,
  suggest: (text: string) => string | undefined,
): T | Refusal {
  if (typeof written !== 'string' && typeof written !== 'number') return wrongForm(written);
  const value = parse(written);
  if (value !== undefined && Number.isSafeInteger(value)) return value;
  const number = typeof written === 'number' ? written : parseBytes(written.replace(/^-/, ''));
  if (number !== undefined && Number.isFinite(number))
    return outOfRange(written, 'a quantity that is not negative and below 2^53');
  return wrongForm(written, suggest(String(written)));
}

/** "500mb" and "8GB" are what people write who mean "500M" and "8G"; "500mi" is "500Mi". */
function suggestQuantity(text: string, kind: 'm' | 'b'): string | undefined {
  const match = /^([\d.]+)\s*([a-zA-Z]+)$/.exec(text.trim());
  if (match === null) return undefined;
  const [, digits, word] = match as unknown as [string, string, string];
  if (kind === 'm')
    return /^(millicpus?|millicores?|milli)$/i.test(word)
      ? `write "${digits}m"`
      : /^(cpus?|cores?)$/i.test(word)
        ? `write "${digits}"`
        : undefined;
  const letter = (word[0] as string).toUpperCase();
  if (!'KMGTPE'.includes(letter)) return letter === 'B' ? `write "${digits}"` : undefined;
  if (/i/i.test(word.slice(1))) return `write "${digits}${letter}i"`;
  return `write "${digits}${letter === 'K' ? 'k' : letter}" (powers of ten) or "${digits}${letter}i" (powers of two)`;
}

/** A whole number between two bounds, both included. */
export function wholeNumberSchema(least: number, most: number): z.ZodType<number, unknown> {
  const expected = `a whole number from ${least} to ${most.toLocaleString('en-US')}`;
  return formSchema({
    expected,
    json: { type: 'integer', minimum: least, maximum: most },
    parse: (written) => {
      if (typeof written !== 'number' || Number.isNaN(written)) return wrongForm(written, numberFix(written));
      if (written < least || written > most) return outOfRange(written, expected);
      return Number.isInteger(written) ? written : wrongForm(written);
    },
  });
}

/** A number between two bounds, both included. */
export function numberSchema(least: number, most: number): z.ZodType<number, unknown> {
  const expected = `a number from ${least} to ${most.toLocaleString('en-US')}`;
  return formSchema({
    expected,
    json: { type: 'number', minimum: least, maximum: most },
    parse: (written) => {
      if (typeof written !== 'number' || Number.isNaN(written)) return wrongForm(written, numberFix(written));
      return written < least || written > most ? outOfRange(written, expected) : written;
    },
  });
}

function numberFix(written: unknown): string | undefined {
  return typeof written === 'string' && written.trim() !== '' && Number.isFinite(Number(written))
    ? `write it without quotes: ${Number(written)}`
    : undefined;
}

/** A share of a whole: "10%" or 0.1. */
export const shareSchema: z.ZodType<number, unknown> = ratioSchema(1);

/** A ratio to something else, up to `most`: "10%" or 0.1. */
export function ratioSchema(most: number): z.ZodType<number, unknown> {
  return formSchema({
    expected: 'a share, such as 10% or 0.1',
    json: { type: ['string', 'number'], pattern: '^[0-9.]+%$' },
    parse: (written) => {
      const match = typeof written === 'string' ? /^(-?[\d.]+)%$/.exec(written.trim()) : null;
      const share = typeof written === 'number' ? written : match === null ? Number.NaN : Number(match[1]) / 100;
      if (Number.isNaN(share)) return wrongForm(written);
      return share < 0 || share > most ? outOfRange(written, `a share from 0% to ${most * 100}%`) : share;
    },
  });
}

/** Longest name of a Kubernetes object (a DNS subdomain). */
const MAXIMUM_NAME_LENGTH = 253;

/** A name of a Kubernetes object. */
export const nameSchema: z.ZodType<string, unknown> = formSchema({
  expected: 'a name of lower-case letters, digits, "-" and ".", such as web or shop-frontend',
  json: { type: 'string', pattern: '^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$', maxLength: MAXIMUM_NAME_LENGTH },
  parse: (written) => {
    if (typeof written !== 'string')
      return wrongForm(written, typeof written === 'number' ? `write it in quotes: "${written}"` : undefined);
    const isName = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(written) && written.length <= MAXIMUM_NAME_LENGTH;
    return isName ? written : wrongForm(written);
  },
});

/** Any text that is not empty. */
export function textSchema(expected: string): z.ZodType<string, unknown> {
  return formSchema({
    expected,
    json: { type: 'string', minLength: 1 },
    parse: (written) => (typeof written === 'string' && written !== '' ? written : wrongForm(written)),
  });
}

/** A bound of an objective, whose unit is its metric's. */
export const boundSchema: z.ZodType<string | number, unknown> = formSchema({
  expected: 'a bound in the unit of the metric, such as 1s, 8Gi, 100/s or 0.5',
  json: { type: ['string', 'number'] },
  parse: (written) =>
    typeof written === 'string' || (typeof written === 'number' && Number.isFinite(written))
      ? written
      : wrongForm(written),
});

/** maxSurge or maxUnavailable: a whole number, or a share of the replicas that is kept as it is written. */
export const rollingBoundSchema: z.ZodType<string | number, unknown> = formSchema({
  expected: 'a whole number, or a share such as 25%',
  json: { type: ['string', 'integer'], minimum: 0, pattern: '^[0-9]+%$' },
  parse: (written) => {
    if (typeof written === 'string' && /^\d+%$/.test(written)) return written;
    if (typeof written !== 'number' || !Number.isInteger(written)) return wrongForm(written);
    return written >= 0 ? written : outOfRange(written, 'a number that is not negative');
  },
});

/** Labels: a map of texts. Numbers and booleans are refused, as the API server does. */
export const labelsSchema: z.ZodType<Record<string, string>, unknown> = formSchema({
  expected: 'a map of texts, such as {app: web, tier: "1"}',
  json: { type: 'object', additionalProperties: { type: 'string' } },
  parse: (written) => {
    if (typeof written !== 'object' || written === null || Array.isArray(written)) return wrongForm(written);
    for (const [key, value] of Object.entries(written)) {
      if (typeof value !== 'string') {
        return {
          ...wrongForm(written),
          refused: `the value of "${key}" is not a text`,
          fix: `write ${key}: "${String(value)}"`,
        };
      }
    }
    return written as Record<string, string>;
  },
});

/** One of several words. */
export function choiceSchema<const Choice extends string>(
  choices: readonly [Choice, ...Choice[]],
): z.ZodType<Choice, unknown> {
  return z.enum(choices) as unknown as z.ZodType<Choice, unknown>;
}
