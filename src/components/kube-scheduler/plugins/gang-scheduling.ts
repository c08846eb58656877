/** GangScheduling as a plugin of a profile, off by default: holds pods back until their gang is there, and makes them wait for each other. See ../gangs.ts. */
import type { Plugin } from '../framework.ts';
import type { PluginContext, PluginDefinition } from './plugin-definition.ts';

export const gangScheduling: PluginDefinition = {
  help: 'Schedules as many pods of a group together as have to run together, or none.',
  points: ['preEnqueue', 'permit'],
  create: ({ gangs }: PluginContext): Plugin => ({
    preEnqueue: {
      admits: (pod) => gangs?.admits(pod) !== false,
      // Pods and groups that come are told of by the gangs themselves.
      listensTo: () => false,
    },
    permit: { permit: (pod) => gangs?.permit(pod) ?? 0 },
  }),
};
