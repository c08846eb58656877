/** SchedulingGates: a pod with gates is not tried until they have been taken off. K:pkg/scheduler/framework/plugins/schedulinggates. */
import type { Plugin } from '../framework.ts';
import type { PluginContext, PluginDefinition } from './plugin-definition.ts';

export const schedulingGates: PluginDefinition = {
  help: 'Holds pods back until their gates are removed.',
  points: ['preEnqueue'],
  defaultWeight: 1,
  create: ({ isGated }: PluginContext): Plugin => ({
    preEnqueue: {
      admits: (pod) => isGated?.(pod) !== true,
      // Only the pod's own update counts, which the scheduler sees by itself.
      listensTo: () => false,
    },
  }),
};
