/** From zod's issues to coded errors with file, line, column, path, what was expected, the nearest name and the fix. */
import type { z } from 'zod';
import { nearestName, PlimsollError } from '../errors/index.ts';
import { isMap, quoteValue, type ValuePath, valueAt } from '../manifests/index.ts';
import { origin, overrideOf, type Provenance, place } from './provenance.ts';
import { knownKeys } from './schema-parts.ts';
import { oneOf, unknownNameError } from './unknown-name.ts';
import type { RefusalParams } from './value-forms.ts';

/** The coded errors of all issues of one validation. */
export function errorsFromIssues(issues: readonly z.core.$ZodIssue[], context: Provenance): PlimsollError[] {
  return issues.flatMap((issue) => errorsFromIssue(issue, context));
}

function errorsFromIssue(issue: z.core.$ZodIssue, context: Provenance): PlimsollError[] {
  const path = issue.path as ValuePath;
  const written = valueAt(context.value, path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKeyError(path, key, knownKeys(issue.message), context));
    case 'custom': {
      const { refused, code, expected, nearest, fix } = issue.params as unknown as RefusalParams;
      return [
        new PlimsollError(code, {
          ...place(path, context),
          message: `${refused}${origin(path, context)}`,
          expected,
          nearest,
          fix,
        }),
      ];
    }
    case 'invalid_value':
      return [wrongWordError(path, written, issue.values.map(String), context)];
    case 'invalid_union':
      return [wrongWordError(path, written, optionsOf(issue), context)];
    case 'invalid_type':
      return [wrongTypeError(path, written, issue.expected, context)];
    case 'too_small':
      return [
        new PlimsollError('P205', {
          ...place(path, context),
          message: 'the list is empty',
          expected: 'at least one item',
        }),
      ];
    default:
      return [
        new PlimsollError('P204', {
          ...place(path, context),
          message: `${quoteValue(written)} is refused: ${issue.message}`,
        }),
      ];
  }
}

/** The words that would have told one alternative from the others. */
function optionsOf(issue: z.core.$ZodIssueInvalidUnion): readonly string[] {
  return 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
}

function unknownKeyError(path: ValuePath, key: string, known: readonly string[], context: Provenance): PlimsollError {
  const nearest = nearestName(key, known);
  const keyPath = [...path, key];
  const isOverride = overrideOf(keyPath, context) !== undefined;
  return new PlimsollError(isOverride ? 'P103' : 'P203', {
    ...place(keyPath, context, 'key'),
    message: `unknown key "${key}"${isOverride ? origin(keyPath, context) : ''}`,
    expected: oneOf(known),
    nearest,
    fix: nearest === undefined ? 'remove the key' : `write "${nearest}", or remove the key`,
  });
}

function wrongWordError(
  path: ValuePath,
  written: unknown,
  words: readonly string[],
  context: Provenance,
): PlimsollError {
  const name = String(path.at(-1));
  if (written === undefined || written === null) {
    const fix = `add ${name}: ${words[0] ?? ''}`;
    return new PlimsollError('P205', {
      ...place(path, context),
      message: `"${name}" is missing`,
      expected: oneOf(words),
      fix,
    });
  }
  const message = `${quoteValue(written)} is not known here${origin(path, context)}`;
  return unknownNameError(String(written), words, { message, place: place(path, context) });
}

/** Zod's names of types, in the words of YAML. */
const TYPE_WORDS: Readonly<Record<string, string>> = {
  object: 'a map',
  array: 'a list',
  record: 'a map',
  string: 'a text',
  number: 'a number',
  boolean: 'true or false',
};

function wrongTypeError(path: ValuePath, written: unknown, expectedType: string, context: Provenance): PlimsollError {
  const expected = TYPE_WORDS[expectedType] ?? expectedType;
  if (written === undefined || (written === null && !isMap(written))) {
    const name = path.at(-1);
    const what = name === undefined ? 'the document is empty' : `"${String(name)}" is missing`;
    return new PlimsollError('P205', { ...place(path, context), message: what, expected });
  }
  return new PlimsollError('P204', {
    ...place(path, context),
    message: `${quoteValue(written)} is not ${expected}${origin(path, context)}`,
    expected,
  });
}
