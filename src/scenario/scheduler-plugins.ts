/** The scheduler plugins that a configuration may name: those of the component's own registry, in the order of the default profile. */
import { findPlugin, pluginNames } from '../components/kube-scheduler/plugins/index.ts';
import type { SchedulerPluginInfo } from '../manifests/index.ts';

export const schedulerPlugins: readonly SchedulerPluginInfo[] = pluginNames.flatMap((name) => {
  const plugin = findPlugin(name);
  if (plugin === undefined) return [];
  const { points, defaultWeight, create } = plugin;
  return [{ name, points, ...(defaultWeight === undefined ? {} : { defaultWeight }), modelled: create !== undefined }];
});
