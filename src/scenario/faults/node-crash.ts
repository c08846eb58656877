/** nodeCrash: machines stop at once; their containers are gone, their kubelets are silent. */
import type { Nanoseconds } from '../../units/index.ts';
import { faultKind, outageSchema } from './fault.ts';
import { type NodeChoice, nodesSchema } from './node-choice.ts';

/** A crash of nodes, resolved. */
export interface NodeCrash {
  readonly fault: 'nodeCrash';
  readonly nodes: NodeChoice;
  /** Span until they come back, empty; null = never. */
  readonly duration: Nanoseconds | null;
}

export const nodeCrash = faultKind({
  help: 'Machines stop at once and come back empty after `duration`, or never.',
  shape: { nodes: nodesSchema, duration: outageSchema.optional() },
  resolve: (written): NodeCrash => ({
    fault: 'nodeCrash',
    nodes: written.nodes,
    duration: written.duration === undefined || written.duration === 'never' ? null : written.duration,
  }),
});
