/** kubeProxyRestart: the processes of kube-proxies end and start again; the kernel keeps its rules meanwhile. */
import { type Nanoseconds, nanoseconds, seconds } from '../../units/index.ts';
import { durationSchema, positiveDurationSchema } from '../value-forms.ts';
import { faultKind } from './fault.ts';
import { type NodeChoice, nodesSchema } from './node-choice.ts';

/** Restarts of kube-proxies, resolved. */
export interface KubeProxyRestart {
  readonly fault: 'kubeProxyRestart';
  readonly nodes: NodeChoice;
  /** Time from the end of a process to the start of the next one. */
  readonly duration: Nanoseconds;
  /** Time over which the nodes are struck, at moments of their own. */
  readonly over: Nanoseconds;
}

/** Time until the kubelet has started the container again: a relist, and the start itself. */
const RESTART = seconds(1);

export const kubeProxyRestart = faultKind({
  help: 'The processes of kube-proxies end and start again after `duration` (1 s), all at once or spread over a time (`over`): they list everything anew and write all rules.',
  shape: { nodes: nodesSchema, duration: positiveDurationSchema.optional(), over: durationSchema.optional() },
  resolve: (written): KubeProxyRestart => ({
    fault: 'kubeProxyRestart',
    nodes: written.nodes,
    duration: written.duration ?? RESTART,
    over: written.over ?? nanoseconds(0),
  }),
});
