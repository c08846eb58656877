/** networkPartition: the network between nodes and all API servers is cut; what runs on the nodes goes on. */
import { z } from 'zod';
import type { Nanoseconds } from '../../units/index.ts';
import { faultKind, outageSchema } from './fault.ts';
import { type NodeChoice, nodesSchema } from './node-choice.ts';

/** A partition, resolved. */
export interface NetworkPartition {
  readonly fault: 'networkPartition';
  readonly nodes: NodeChoice;
  /** Messages that are lost: all, those of the nodes to the API servers, or those back to the nodes. */
  readonly direction: 'both' | 'fromNodes' | 'toNodes';
  /** Span until the network is whole again; null = never. */
  readonly duration: Nanoseconds | null;
}

export const networkPartition = faultKind({
  help: 'The network between nodes (of a zone, say) and all API servers is cut for `duration`, or for good, in both directions or in one; containers and their kubelets go on.',
  shape: {
    nodes: nodesSchema,
    direction: z.enum(['both', 'fromNodes', 'toNodes']).optional(),
    duration: outageSchema.optional(),
  },
  resolve: (written): NetworkPartition => ({
    fault: 'networkPartition',
    nodes: written.nodes,
    direction: written.direction ?? 'both',
    duration: written.duration === undefined || written.duration === 'never' ? null : written.duration,
  }),
});
