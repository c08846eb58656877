/** The plugins that a scheduler's configuration may name: those of the registry of kube-scheduler, with and without a model. */
import { type PluginDefinition, pluginNames, pluginRegistry } from '../components/kube-scheduler/index.ts';
import type { SchedulerPluginInfo } from '../manifests/index.ts';

export const schedulerPlugins: readonly SchedulerPluginInfo[] = pluginNames.map((name) => {
  const { points, defaultWeight, create }: PluginDefinition = pluginRegistry[name];
  return { name, points, modelled: create !== undefined, ...(defaultWeight === undefined ? {} : { defaultWeight }) };
});
