/** staticPodChange: somebody changes the manifest of a component on nodes of the control plane; their kubelets restart it. */
import { z } from 'zod';
import { type Nanoseconds, nanoseconds } from '../../units/index.ts';
import { controlPlaneComponents } from '../control-plane-pods.ts';
import { durationSchema } from '../value-forms.ts';
import { faultKind } from './fault.ts';
import { type NodeChoice, nodesSchema } from './node-choice.ts';

/** A change of manifests, resolved. */
export interface StaticPodChange {
  readonly fault: 'staticPodChange';
  readonly nodes: NodeChoice;
  /** Component whose manifest is changed. */
  readonly pod: string;
  /** Time over which the nodes are changed, at moments of their own. */
  readonly over: Nanoseconds;
}

export const staticPodChange = faultKind({
  help: 'The manifest of a component of the control plane (`pod: kube-apiserver`) is changed on nodes that run it in a static pod: their kubelets stop the old pod, start the new one and replace its mirror pod.',
  shape: {
    nodes: nodesSchema,
    pod: z.enum(controlPlaneComponents as [string, ...string[]]),
    over: durationSchema.optional(),
  },
  resolve: (written): StaticPodChange => ({
    fault: 'staticPodChange',
    nodes: written.nodes,
    pod: written.pod,
    over: written.over ?? nanoseconds(0),
  }),
});
