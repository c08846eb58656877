/**
 * DefaultPreemption as a plugin of a profile: whether it is there decides whether pods preempt; while their victims are being removed it keeps them out
 * of the queue. K:pkg/scheduler/framework/plugins/defaultpreemption. What it does is in ../preemption.
 */
import type { Plugin } from '../framework.ts';
import type { PluginContext, PluginDefinition } from './plugin-definition.ts';

export const defaultPreemption: PluginDefinition = {
  help: 'Removes pods of lower priority to make room.',
  points: ['preEnqueue', 'postFilter'],
  defaultWeight: 1,
  create: ({ isPreempting }: PluginContext): Plugin => ({
    preEnqueue: {
      admits: (pod) => isPreempting?.(pod) !== true,
      listensTo: ({ kind }) => kind === 'deletion',
    },
  }),
};
