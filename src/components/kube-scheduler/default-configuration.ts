/** The configuration of a scheduler that is given none. K:pkg/scheduler/apis/config/v1/{defaults,default_plugins}.go. */
import type { EnabledPlugin, PluginArguments, SchedulerConfiguration, SchedulerProfile } from './configuration.ts';
import { type ExtensionPoint, extensionPoints } from './framework.ts';
import { findPlugin, pluginNames } from './plugins/index.ts';
import { systemDefaultConstraints } from './plugins/topology-constraints.ts';

/** CPU and memory, of the same weight. */
const CPU_AND_MEMORY = [
  { name: 'cpu', weight: 1 },
  { name: 'memory', weight: 1 },
] as const;

/** Arguments of the plugins of a profile that gives none (K:pkg/scheduler/apis/config/v1/defaults.go). */
export const defaultPluginArguments: PluginArguments = {
  nodeResourcesFit: { strategy: 'LeastAllocated', resources: CPU_AND_MEMORY },
  nodeResourcesBalancedAllocation: { resources: CPU_AND_MEMORY },
  podTopologySpread: systemDefaultConstraints,
  interPodAffinity: { hardPodAffinityWeight: 1, ignorePreferredTermsOfExistingPods: false },
};

/** The default profile, for pods with this schedulerName. */
export function defaultProfile(schedulerName: string): SchedulerProfile {
  const points = extensionPoints.map((point) => [point, pluginsAt(point)] as const);
  const plugins = Object.fromEntries(points) as unknown as SchedulerProfile['plugins'];
  return { schedulerName, plugins, arguments: defaultPluginArguments };
}

/** The default configuration: one default profile. */
export function defaultConfiguration(schedulerName: string): SchedulerConfiguration {
  return { profiles: [defaultProfile(schedulerName)] };
}

function pluginsAt(point: ExtensionPoint): readonly EnabledPlugin[] {
  return pluginNames.flatMap((name) => {
    const plugin = findPlugin(name);
    const weight = plugin?.defaultWeight;
    return weight !== undefined && plugin?.points.includes(point) === true ? [{ name, weight }] : [];
  });
}
