/**
 * PATHs: how --set, `experiment.vary` and `experiment.variants` name a value. A declared param (`nodes`), a parameter
 * (`kubeScheduler.clientQps`), a setting of a scheduler (`schedulers.<name>.settings.<setting>`), or any value below `spec`.
 */
import { nearestName } from '../errors/index.ts';
import { isMap, type ValuePath } from '../manifests/index.ts';
import { parametersByPath } from './parameter-schema.ts';

/** The scheduler that every cluster has, where a scenario names none. */
export const DEFAULT_SCHEDULER = 'default-scheduler';

/** Why a PATH leads nowhere. */
export interface UnknownPath {
  readonly message: string;
  readonly expected: string;
  readonly nearest: string | undefined;
}

/** Sets the value that a PATH names in a tree of a scenario. Returns where in the tree it went, or why it could not. */
export function setByPath(tree: Record<string, unknown>, path: string, value: unknown): ValuePath | UnknownPath {
  const spec = isMap(tree.spec) ? tree.spec : {};
  tree.spec = spec;
  const params = isMap(spec.params) ? spec.params : {};
  if (Object.hasOwn(params, path)) return put(tree, ['spec', 'params', path], value);
  if (parametersByPath.has(path)) return put(tree, ['spec', 'parameters', path], value);
  if (path.startsWith('schedulers.')) return setSchedulerValue(tree, spec, path, value);
  if (path.startsWith('spec.')) return put(tree, splitPath(path), value);
  return unknown(path, Object.keys(params));
}

function unknown(path: string, params: readonly string[]): UnknownPath {
  return {
    message: `there is nothing named "${path}"`,
    expected: `a declared param (${params.join(', ') || 'there is none'}), a parameter of \`plimsoll list parameters\`, schedulers.<name>.settings.<setting> or spec.…`,
    nearest: nearestName(path, [...params, ...parametersByPath.keys()]),
  };
}

/** "spec.operations[2].createNodes.count" or "spec.operations.2.createNodes.count" as steps. */
function splitPath(path: string): ValuePath {
  return path
    .replace(/\[(\d+)\]/g, '.$1')
    .split('.')
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}

function put(tree: Record<string, unknown>, path: ValuePath, value: unknown): ValuePath | UnknownPath {
  let holder: Record<string | number, unknown> = tree;
  for (const [depth, step] of path.slice(0, -1).entries()) {
    const next: unknown = holder[step];
    if (typeof next === 'object' && next !== null) {
      holder = next as Record<string | number, unknown>;
      continue;
    }
    // A map that is not there yet is made; a list, or a value that is none, leads nowhere.
    const isValue = next !== undefined && next !== null;
    if (isValue || Array.isArray(holder) || typeof path[depth + 1] === 'number') return leadsNowhere(path, depth);
    const made: Record<string, unknown> = {};
    holder[step] = made;
    holder = made;
  }
  const last = path.at(-1) as string | number;
  if (Array.isArray(holder) && !(typeof last === 'number' && last < holder.length))
    return leadsNowhere(path, path.length - 1);
  holder[last] = value;
  return path;
}

function leadsNowhere(path: ValuePath, depth: number): UnknownPath {
  return {
    message: `"${path.slice(0, depth + 1).join('.')}" leads nowhere in this scenario`,
    expected: 'a path of the scenario file, such as spec.operations[0].createNodes.count',
    nearest: undefined,
  };
}

function setSchedulerValue(
  tree: Record<string, unknown>,
  spec: Record<string, unknown>,
  path: string,
  value: unknown,
): ValuePath | UnknownPath {
  const match = /^schedulers\.([^.]+)\.(settings\.[^.]+|replicas|leaderElect|algorithm|configuration)$/.exec(path);
  if (match === null)
    return {
      ...unknown(path, []),
      expected: 'schedulers.<name>.settings.<setting>, or schedulers.<name>.replicas',
      nearest: undefined,
    };
  const [, name, key] = match as unknown as [string, string, string];
  if (!Array.isArray(spec.schedulers)) spec.schedulers = [{ name: DEFAULT_SCHEDULER }];
  const schedulers = spec.schedulers as readonly unknown[];
  const names = schedulers.map((scheduler) => (isMap(scheduler) ? String(scheduler.name) : ''));
  const index = names.indexOf(name);
  if (index < 0) {
    return {
      message: `there is no scheduler "${name}"`,
      expected: `one of ${names.join(', ')}`,
      nearest: nearestName(name, names),
    };
  }
  return put(tree, ['spec', 'schedulers', index, ...key.split('.')], value);
}
