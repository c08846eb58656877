/** From zod's issues to coded errors with file, line, column, path, what was expected, the nearest name and the fix. */
import type { z } from 'zod';
import { nearestName, PlimsollError } from '../errors/index.ts';
import { formatPath, isMap, quoteValue, type ValuePath, valueAt } from '../manifests/value-path.ts';
import type { YamlDocument } from '../manifests/yaml-document.ts';
import { knownKeys } from './schema-parts.ts';
import type { RefusalParams } from './value-forms.ts';

/** What the errors of one validation point into. */
export interface IssueContext {
  readonly document: YamlDocument;
  /** The tree that was validated, with $params replaced. */
  readonly value: unknown;
}

/** The coded errors of all issues of one validation. */
export function errorsFromIssues(issues: readonly z.core.$ZodIssue[], context: IssueContext): PlimsollError[] {
  return issues.flatMap((issue) => errorsFromIssue(issue, context));
}

function errorsFromIssue(issue: z.core.$ZodIssue, context: IssueContext): PlimsollError[] {
  const path = issue.path as ValuePath;
  const written = valueAt(context.value, path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKeyError(path, key, knownKeys(issue.message), context));
    case 'custom': {
      const { refused, code, expected, nearest, fix } = issue.params as unknown as RefusalParams;
      return [new PlimsollError(code, { ...place(path, context), message: `${refused}${origin(path, context)}`, expected, nearest, fix })];
    }
    case 'invalid_value':
      return [wrongWordError(path, written, issue.values.map(String), context)];
    case 'invalid_union':
      return [wrongWordError(path, written, issue.options?.map(String) ?? [], context)];
    case 'invalid_type':
      return [wrongTypeError(path, written, issue.expected, context)];
    default:
      return [new PlimsollError('P204', { ...place(path, context), message: `${quoteValue(written)} is refused: ${issue.message}` })];
  }
}

/** Position and written path of a value. A missing value has the position of the map that lacks it. */
function place(path: ValuePath, context: IssueContext) {
  return { position: context.document.positionOf(path), path: formatPath(path) };
}

/** ` (from $nodes)` where the value came from a param. */
function origin(path: ValuePath, { document }: IssueContext): string {
  let raw: unknown = document.value;
  for (const step of [...path, undefined]) {
    if (typeof raw === 'string') return raw.includes('$') ? ` (from ${raw})` : '';
    if (step === undefined || typeof raw !== 'object' || raw === null) return '';
    raw = (raw as Record<string | number, unknown>)[step];
  }
  return '';
}

function unknownKeyError(path: ValuePath, key: string, known: readonly string[], context: IssueContext): PlimsollError {
  const nearest = nearestName(key, known);
  return new PlimsollError('P203', {
    position: context.document.positionOf([...path, key], 'key'),
    path: formatPath([...path, key]),
    message: `unknown key "${key}"`,
    expected: `one of ${known.join(', ')}`,
    nearest,
    fix: nearest === undefined ? 'remove the key' : `write "${nearest}", or remove the key`,
  });
}

function wrongWordError(path: ValuePath, written: unknown, words: readonly string[], context: IssueContext): PlimsollError {
  const expected = `one of ${words.join(', ')}`;
  if (written === undefined || written === null) {
    return new PlimsollError('P205', { ...place(path, context), message: `"${String(path.at(-1))}" is missing`, expected, fix: `add ${String(path.at(-1))}: ${words[0] ?? ''}` });
  }
  const nearest = typeof written === 'string' ? nearestName(written, words) : undefined;
  return new PlimsollError('P208', {
    ...place(path, context),
    message: `${quoteValue(written)} is not known here${origin(path, context)}`,
    expected,
    nearest,
    ...(nearest === undefined ? {} : { fix: `write ${nearest}` }),
  });
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

function wrongTypeError(path: ValuePath, written: unknown, expectedType: string, context: IssueContext): PlimsollError {
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
