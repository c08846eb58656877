/**
 * $params: values declared once under spec.params and used as `$name` anywhere below spec, as a whole value (keeping its type)
 * or inside a text (`web-$name`, or `web-${name}x` where a letter follows). `$$` is a plain dollar sign.
 */
import { nearestName, PlimsollError } from '../errors/index.ts';
import { formatPath, isMap, type ValuePath } from '../manifests/value-path.ts';
import type { YamlDocument } from '../manifests/yaml-document.ts';

/** Declared params with their values, resolved. */
export type Params = ReadonlyMap<string, unknown>;

const REFERENCE = /\$(?:\$|\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/g;

/** Names of the params that a text uses. */
export function paramsIn(text: string): string[] {
  return [...text.matchAll(REFERENCE)].flatMap((match) => match[1] ?? match[2] ?? []);
}

/** The param that makes up the whole text, if there is one. */
function wholeReference(text: string): string | undefined {
  const match = /^\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))$/.exec(text.trim());
  return match?.[1] ?? match?.[2];
}

/** Values of all declared params. Reports params that refer to each other in a circle or to none. */
export function resolveParams(
  declared: Readonly<Record<string, unknown>>,
  document: YamlDocument,
  errors: PlimsollError[],
): Params {
  const resolved = new Map<string, unknown>();
  const inProgress: string[] = [];
  const inCircle = new Set<string>();

  const resolve = (name: string): unknown => {
    if (resolved.has(name)) return resolved.get(name);
    const start = inProgress.indexOf(name);
    if (start >= 0) {
      const circle = [...inProgress.slice(start), name];
      if (!circle.some((member) => inCircle.has(member))) errors.push(circleError(circle, document));
      for (const member of circle) inCircle.add(member);
      return undefined;
    }
    inProgress.push(name);
    const value = substitute(declared[name], ['spec', 'params', name], {
      names: Object.keys(declared),
      valueOf: resolve,
      document,
      errors,
    });
    inProgress.pop();
    resolved.set(name, value);
    return value;
  };

  for (const name of Object.keys(declared)) resolve(name);
  return resolved;
}

function circleError(circle: readonly string[], document: YamlDocument): PlimsollError {
  const path = ['spec', 'params', circle[0] as string];
  return new PlimsollError('P207', {
    message: `params refer to each other in a circle: ${circle.map((name) => `$${name}`).join(' → ')}`,
    position: document.positionOf(path),
    path: formatPath(path),
    fix: 'give one of them a value of its own',
  });
}

/** Where values of params come from while a tree is substituted. */
interface Substitution {
  readonly names: readonly string[];
  readonly valueOf: (name: string) => unknown;
  readonly document: YamlDocument;
  readonly errors: PlimsollError[];
}

/** A copy of `value` with all params replaced. Unknown params are reported and stay as they are. */
export function substituteParams(
  value: unknown,
  path: ValuePath,
  params: Params,
  document: YamlDocument,
  errors: PlimsollError[],
): unknown {
  return substitute(value, path, { names: [...params.keys()], valueOf: (name) => params.get(name), document, errors });
}

function substitute(value: unknown, path: ValuePath, substitution: Substitution): unknown {
  if (typeof value === 'string') return substituteText(value, path, substitution);
  if (Array.isArray(value)) return value.map((item, index) => substitute(item, [...path, index], substitution));
  if (isMap(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, substitute(item, [...path, key], substitution)]),
    );
  }
  return value;
}

function substituteText(text: string, path: ValuePath, substitution: Substitution): unknown {
  if (!text.includes('$')) return text;
  const unknown = paramsIn(text).filter((name) => !substitution.names.includes(name));
  for (const name of unknown) substitution.errors.push(undeclaredError(name, path, substitution));
  if (unknown.length > 0) return text;
  const whole = wholeReference(text);
  if (whole !== undefined) return substitution.valueOf(whole);
  for (const name of paramsIn(text)) {
    const value = substitution.valueOf(name);
    if (typeof value === 'object' && value !== null) substitution.errors.push(notATextError(name, path, substitution));
  }
  return text.replace(REFERENCE, (match, braced: string | undefined, plain: string | undefined) =>
    match === '$$' ? '$' : String(substitution.valueOf((braced ?? plain) as string)),
  );
}

function notATextError(name: string, path: ValuePath, { document }: Substitution): PlimsollError {
  return new PlimsollError('P204', {
    message: `$${name} is a map or a list, which cannot be part of a text`,
    position: document.positionOf(path),
    path: formatPath(path),
    expected: `a text, a number, true or false as the value of $${name}`,
    fix: `use "$${name}" alone, or give the param a plain value`,
  });
}

function undeclaredError(name: string, path: ValuePath, { names, document }: Substitution): PlimsollError {
  const nearest = nearestName(name, names);
  return new PlimsollError('P207', {
    message: `$${name} is not declared`,
    position: document.positionOf(path),
    path: formatPath(path),
    expected:
      names.length === 0
        ? 'a param declared under spec.params (there are none)'
        : `one of ${names.map((known) => `$${known}`).join(', ')}`,
    nearest: nearest === undefined ? undefined : `$${nearest}`,
    fix: `declare it under spec.params ("${name}: <value>"), or write $$ for a plain dollar sign`,
  });
}
