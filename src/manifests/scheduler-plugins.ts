/** Scheduler plugins as a configuration names them: where they act, and what the default profile does with them. */

import {
  type EnabledPlugin,
  type ExtensionPoint,
  extensionPoints,
  type PluginsByPoint,
} from '../components/kube-scheduler/index.ts';

/** One plugin of Kubernetes. */
export interface SchedulerPluginInfo {
  readonly name: string;
  /** Points at which it acts. */
  readonly points: readonly ExtensionPoint[];
  /** Its weight in the default profile, 1 where it does not score; undefined = not in the default profile. */
  readonly defaultWeight?: number;
  /** Whether the model has it. Others are accepted by name, without effect. */
  readonly modelled: boolean;
}

/** What a configuration writes for one extension point, or for multiPoint. */
export interface WrittenPluginSet {
  /** Weight 0 = not given. */
  readonly enabled: readonly EnabledPlugin[];
  /** Names, or "*" for all. */
  readonly disabled: readonly string[];
}

/**
 * The plugins that a profile ends up with (K:pkg/scheduler/apis/config/v1/default_plugins.go:mergePlugins and
 * K:pkg/scheduler/framework/runtime/framework.go:expandMultiPointPlugins): the default profile's plugins, less what multiPoint disables,
 * with what it enables; then, per point, less what the point disables, with what it enables. Plugins that a point names itself keep that
 * place and weight.
 */
export function expandPlugins(
  catalogue: readonly SchedulerPluginInfo[],
  multiPoint: WrittenPluginSet,
  byPoint: Readonly<Partial<Record<ExtensionPoint, WrittenPluginSet>>>,
): PluginsByPoint {
  const everywhere = mergeMultiPoint(catalogue, multiPoint);
  const acts = new Map(catalogue.map((plugin) => [plugin.name, plugin.points]));
  const entries = extensionPoints.map((point) => {
    const written = byPoint[point] ?? { enabled: [], disabled: [] };
    const isDisabled = (name: string) => written.disabled.includes('*') || written.disabled.includes(name);
    const named = new Set(written.enabled.map((plugin) => plugin.name));
    const here = everywhere.filter(({ name }) => acts.get(name)?.includes(point) === true);
    const overriding = written.enabled.filter(({ name }) => here.some((plugin) => plugin.name === name));
    const fromMultiPoint = here.filter(({ name }) => !named.has(name) && !isDisabled(name));
    const others = written.enabled.filter((plugin) => !overriding.includes(plugin));
    const plugins = [...overriding, ...fromMultiPoint, ...others];
    return [point, plugins.map(({ name, weight }) => ({ name, weight: weight === 0 ? 1 : weight }))] as const;
  });
  return Object.fromEntries(entries) as unknown as PluginsByPoint;
}

function mergeMultiPoint(
  catalogue: readonly SchedulerPluginInfo[],
  written: WrittenPluginSet,
): readonly EnabledPlugin[] {
  const isDisabled = (name: string) => written.disabled.includes('*') || written.disabled.includes(name);
  const replacements = new Map(written.enabled.map((plugin) => [plugin.name, plugin]));
  const defaults = catalogue.flatMap(({ name, defaultWeight }) => {
    if (defaultWeight === undefined || isDisabled(name)) return [];
    const replacement = replacements.get(name);
    replacements.delete(name);
    return [replacement ?? { name, weight: defaultWeight }];
  });
  return [...defaults, ...replacements.values()];
}
