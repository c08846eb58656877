/** The registry of the descheduler's plugins. Adding one = a file beside this one and a line here. */
import type { DeschedulerPluginDefinition } from '../descheduler-plugin.ts';
import { highNodeUtilization } from './high-node-utilization.ts';
import { lowNodeUtilization } from './low-node-utilization.ts';
import { removeDuplicates } from './remove-duplicates.ts';
import { removePodsViolatingTopologySpreadConstraint } from './remove-pods-violating-topology-spread-constraint.ts';

export const deschedulerPlugins = {
  LowNodeUtilization: lowNodeUtilization,
  HighNodeUtilization: highNodeUtilization,
  RemoveDuplicates: removeDuplicates,
  RemovePodsViolatingTopologySpreadConstraint: removePodsViolatingTopologySpreadConstraint,
} as const satisfies Record<string, DeschedulerPluginDefinition>;

/** Name of a plugin. */
export type DeschedulerPluginName = keyof typeof deschedulerPlugins;
