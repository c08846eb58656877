/**
 * The registry of scheduler plugins, in the order of the default profile of 1.36 (K:pkg/scheduler/apis/config/v1/default_plugins.go). Adding one
 * = a file beside this one and a line here. Entries without `create` are what Kubernetes has and the model does not: a configuration may name them.
 */
import { defaultPreemption } from './default-preemption.ts';
import { dynamicResources } from './dynamic-resources.ts';
import { gangScheduling } from './gang-scheduling.ts';
import { imageLocality } from './image-locality.ts';
import { interPodAffinity } from './inter-pod-affinity.ts';
import { nodeAffinity } from './node-affinity.ts';
import { nodeName } from './node-name.ts';
import { nodePorts } from './node-ports.ts';
import { nodeResourcesBalancedAllocation } from './node-resources-balanced-allocation.ts';
import { nodeResourcesFit } from './node-resources-fit.ts';
import { nodeUnschedulable } from './node-unschedulable.ts';
import { nodeVolumeLimits } from './node-volume-limits.ts';
import type { PluginDefinition } from './plugin-definition.ts';
import { podTopologySpread } from './pod-topology-spread.ts';
import { schedulingGates } from './scheduling-gates.ts';
import { taintToleration } from './taint-toleration.ts';
import { volumeBinding } from './volume-binding.ts';
import { volumeRestrictions } from './volume-restrictions.ts';
import { volumeZone } from './volume-zone.ts';

export const pluginRegistry = {
  SchedulingGates: schedulingGates,
  PrioritySort: {
    help: 'Orders waiting pods by priority, then by the time at which they came to the queue.',
    points: ['queueSort'],
    defaultWeight: 1,
    create: () => ({}),
  },
  NodeUnschedulable: nodeUnschedulable,
  NodeName: nodeName,
  TaintToleration: taintToleration,
  NodeAffinity: nodeAffinity,
  NodePorts: nodePorts,
  NodeResourcesFit: nodeResourcesFit,
  VolumeRestrictions: volumeRestrictions,
  NodeVolumeLimits: nodeVolumeLimits,
  VolumeBinding: volumeBinding,
  VolumeZone: volumeZone,
  PodTopologySpread: podTopologySpread,
  InterPodAffinity: interPodAffinity,
  DynamicResources: dynamicResources,
  DefaultPreemption: defaultPreemption,
  NodeResourcesBalancedAllocation: nodeResourcesBalancedAllocation,
  ImageLocality: imageLocality,
  DefaultBinder: {
    help: 'Binds a pod by POST to its binding subresource.',
    points: ['bind'],
    defaultWeight: 1,
    create: () => ({}),
  },
  NodeDeclaredFeatures: { help: 'Matches features that pods need and nodes declare.', points: ['preFilter', 'filter'] },
  GangScheduling: gangScheduling,
} as const satisfies Record<string, PluginDefinition>;

/** Name of a plugin of Kubernetes. */
export type PluginName = keyof typeof pluginRegistry;

/** Names of all plugins; the number of a plugin is its index. */
export const pluginNames = Object.keys(pluginRegistry) as readonly PluginName[];

/** The definition under a name that may be none. */
export function findPlugin(name: string): PluginDefinition | undefined {
  return Object.hasOwn(pluginRegistry, name) ? pluginRegistry[name as PluginName] : undefined;
}

export type { PluginContext, PluginDefinition } from './plugin-definition.ts';
