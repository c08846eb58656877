/** Where values come from: a place in the file, a $param, or from outside of the file (--set, a variant). */
import type { SourcePosition } from '../errors/index.ts';
import { formatPath, type ValuePath, valueAt, type YamlDocument } from '../manifests/index.ts';
import { paramsIn } from './params.ts';

/** What problems of one resolution point into. */
export interface Provenance {
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

/** The override that gave the value at `path`, or the tree that it is in. */
export function overrideOf(path: ValuePath, { overridden }: Provenance): Override | undefined {
  return overridden.findLast((override) => override.path.every((step, depth) => String(step) === String(path[depth])));
}

/**
 * Position and written path of a value. A missing value has the position of the map that lacks it; one from outside of the file has
 * none, but its origin.
 */
export function place(
  path: ValuePath,
  context: Provenance,
  part: 'key' | 'value' = 'value',
): { position?: SourcePosition; path: string } {
  if (overrideOf(path, context) !== undefined) return { path: formatPath(path) };
  return { position: context.document.positionOf(path, part), path: formatPath(path) };
}

/** ` (from $nodes)` where the value came from a param, ` (from --set …)` where it came from outside. */
export function origin(path: ValuePath, context: Provenance): string {
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
function paramOrigins(text: string, { overridden }: Provenance): string {
  const names = paramsIn(text);
  return overridden
    .filter(({ path }) => path.length === 3 && path[1] === 'params' && names.includes(String(path[2])))
    .map((override) => `, ${override.origin}`)
    .join('');
}

/** Whether the value at a path, or a param in it, came from outside of the file. */
export function isFromOutside(path: ValuePath, context: Provenance): boolean {
  const raw = valueAt(context.document.value, path);
  return overrideOf(path, context) !== undefined || (typeof raw === 'string' && paramOrigins(raw, context) !== '');
}
