/** kubeletRestart: somebody restarts kubelets, as an upgrade or a new configuration does; those that were given up are started too. */
import { type Nanoseconds, nanoseconds } from '../../units/index.ts';
import { durationSchema } from '../value-forms.ts';
import { faultKind } from './fault.ts';
import { type NodeChoice, nodesSchema } from './node-choice.ts';

/** Restarts of kubelets, resolved. */
export interface KubeletRestart {
  readonly fault: 'kubeletRestart';
  readonly nodes: NodeChoice;
  /** Time over which the nodes are restarted, at moments of their own. */
  readonly over: Nanoseconds;
}

export const kubeletRestart = faultKind({
  help: 'Somebody restarts the processes of kubelets, all at once or spread over a time (`over`); one that its supervisor has given up is started too.',
  shape: { nodes: nodesSchema, over: durationSchema.optional() },
  resolve: (written): KubeletRestart => ({
    fault: 'kubeletRestart',
    nodes: written.nodes,
    over: written.over ?? nanoseconds(0),
  }),
});
