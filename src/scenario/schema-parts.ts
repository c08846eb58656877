/** Building blocks of the scenario's zod schemas: strict maps that know their keys, and values that may be written in several forms. */
import { z } from 'zod';

/** Mark with which a strict map hands the names of its keys to the translation of its issues. */
const KNOWN_KEYS_MARK = 'known keys: ';

/** A map that refuses keys it does not know. Zod's own issue names the unknown keys only; ours names the known ones too. */
export function strictMap<const Shape extends z.core.$ZodLooseShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  const known = KNOWN_KEYS_MARK + Object.keys(shape).join(', ');
  return z.strictObject(shape, { error: (issue) => (issue.code === 'unrecognized_keys' ? known : undefined) });
}

/** The keys that the map of an `unrecognized_keys` issue knows. */
export function knownKeys(message: string): readonly string[] {
  return message.startsWith(KNOWN_KEYS_MARK) ? message.slice(KNOWN_KEYS_MARK.length).split(', ') : [];
}

/**
 * A value that may be written in several forms. `choose` looks at what was written and names the schema that is meant, so that
 * a mistake is explained by that schema alone, and not by all alternatives at once.
 */
export function severalForms<Forms extends readonly [z.ZodType, ...z.ZodType[]]>(
  forms: Forms,
  choose: (written: unknown) => Forms[number],
): z.ZodType<z.output<Forms[number]>, unknown> {
  const check = z.unknown().transform((written, context) => {
    const result = choose(written).safeParse(written);
    if (result.success) return result.data as z.output<Forms[number]>;
    for (const issue of result.error.issues) context.issues.push({ ...issue, input: written } as z.core.$ZodRawIssue);
    return z.NEVER;
  });
  return check.meta({ anyOf: forms.map(jsonSchemaOf) });
}

/** The JSON Schema of what people write for a schema. */
export function jsonSchemaOf(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Record<
    string,
    unknown
  >;
  return rest;
}
