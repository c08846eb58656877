/** From zod's issues to coded errors with file, line, column, path, what was expected, the nearest name and the fix. */
import type { z } from 'zod';
import { nearestName, PlimsollError, type SourcePosition } from '../errors/index.ts';
import { formatPath, isMap, quoteValue, type ValuePath, valueAt } from '../manifests/value-path.ts';
import type { YamlDocument } from '../manifests/yaml-document.ts';
import { paramsIn } from './params.ts';
import { knownKeys } from './schema-parts.ts';
import type { RefusalParams } from './value-forms.ts';

/** What the errors of one validation point into. */
export interface IssueContext {
  readonly document: YamlDocument;
  /** The tree that was validated, with $params replaced. */
  readonly value: unknown;
  /** Values that came from outside of the file, with the words that name where from ("--set nodes=-5"). */
  readonly overridden: readonly Override[];
}

/** A value that came from outside of the file. */
export interface Override {
  readonly path: ValuePath;
  /** "--set spec.until=5". */
  readonly origin: string;
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
      return [wrongWordError(path, written, optionsOf(issue), context)];
    case 'invalid_type':
      return [wrongTypeError(path, written, issue.expected, context)];
    default:
      return [new PlimsollError('P204', { ...place(path, context), message: `${quoteValue(written)} is refused: ${issue.message}` })];
  }
}

/** The words that would have told one alternative from the others. */
function optionsOf(issue: z.core.$ZodIssueInvalidUnion): readonly string[] {
  return 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
}

/** The override that gave the value at `path`, or the tree that it is in. */
function overrideOf(path: ValuePath, { overridden }: IssueContext): Override | undefined {
  return overridden.findLast((override) => override.path.every((step, depth) => String(step) === String(path[depth])));
}

/**
 * Position and written path of a value. A missing value has the position of the map that lacks it; one from outside of the file has
 * none, but its origin.
 */
export function place(path: ValuePath, context: IssueContext, part: 'key' | 'value' = 'value'): { position?: SourcePosition; path: string } {
  if (overrideOf(path, context) !== undefined) return { path: formatPath(path) };
  return { position: context.document.positionOf(path, part), path: formatPath(path) };
}

/** ` (from $nodes)` where the value came from a param, ` (from --set …)` where it came from outside. */
export function origin(path: ValuePath, context: IssueContext): string {
  const override = overrideOf(path, context);
  if (override !== undefined) return ` (from ${override.origin})`;
  let raw: unknown = context.document.value;
  for (const step of [...path, undefined]) {
    if (typeof raw === 'string') return raw.includes('$') ? ` (from ${raw}${paramOrigins(raw, context)})` : '';
    if (step === undefined || typeof raw !== 'object' || raw === null) return '';
    raw = (raw as Record<string | number, unknown>)[step];
  }
  return '';
}

/** `, --set nodes=-5` where a param in the text was set from outside. */
function paramOrigins(text: string, { overridden }: IssueContext): string {
  const names = paramsIn(text);
  return overridden
    .filter(({ path }) => path.length === 3 && path[1] === 'params' && names.includes(String(path[2])))
    .map((override) => `, ${override.origin}`)
    .join('');
}

function unknownKeyError(path: ValuePath, key: string, known: readonly string[], context: IssueContext): PlimsollError {
  const nearest = nearestName(key, known);
  const keyPath = [...path, key];
  const isOverride = overrideOf(keyPath, context) !== undefined;
  return new PlimsollError(isOverride ? 'P103' : 'P203', {
    ...place(keyPath, context, 'key'),
    message: `unknown key "${key}"${isOverride ? origin(keyPath, context) : ''}`,
    expected: listOf(known),
    nearest,
    fix: nearest === undefined ? 'remove the key' : `write "${nearest}", or remove the key`,
  });
}

/** More names than this are not listed in a message. */
const MAXIMUM_LISTED = 30;

function listOf(names: readonly string[]): string {
  return names.length > MAXIMUM_LISTED ? `one of ${names.length} names that \`plimsoll list\` shows` : `one of ${names.join(', ')}`;
}

function wrongWordError(path: ValuePath, written: unknown, words: readonly string[], context: IssueContext): PlimsollError {
  const expected = listOf(words);
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
