/** nodeCrash: machines stop at once; their containers are gone, their kubelets are silent. */
import { z } from 'zod';
import type { Nanoseconds } from '../../units/index.ts';
import { severalForms } from '../schema-parts.ts';
import { nameSchema, shareSchema, wholeNumberSchema } from '../value-forms.ts';
import { faultKind, outageSchema } from './fault.ts';

/** Which nodes; counts and shares choose at random among those that are up, from the run's own stream. */
export type NodeChoice =
  | { readonly choose: 'count'; readonly count: number }
  | { readonly choose: 'share'; readonly share: number }
  | { readonly choose: 'names'; readonly names: readonly string[] };

/** A crash of nodes, resolved. */
export interface NodeCrash {
  readonly fault: 'nodeCrash';
  readonly nodes: NodeChoice;
  /** Span until they come back, empty; null = never. */
  readonly duration: Nanoseconds | null;
}

/** Most nodes of one crash. */
const MAXIMUM_NODES = 100_000;

const countForm = wholeNumberSchema(1, MAXIMUM_NODES).transform((count): NodeChoice => ({ choose: 'count', count }));
const shareForm = shareSchema.transform((share): NodeChoice => ({ choose: 'share', share }));
const namesForm = z
  .array(nameSchema)
  .min(1)
  .transform((names): NodeChoice => ({ choose: 'names', names }));

/** A whole number is a count, "10%" or 0.1 a share, a list names nodes. */
const nodesSchema: z.ZodType<NodeChoice, unknown> = severalForms([countForm, shareForm, namesForm], (written) => {
  if (Array.isArray(written)) return namesForm;
  const isShare = typeof written === 'string' || (typeof written === 'number' && written > 0 && written < 1);
  return isShare ? shareForm : countForm;
});

export const nodeCrash = faultKind({
  help: 'Machines stop at once and come back empty after `duration`, or never.',
  shape: { nodes: nodesSchema, duration: outageSchema.optional() },
  resolve: (written): NodeCrash => ({
    fault: 'nodeCrash',
    nodes: written.nodes,
    duration: written.duration === undefined || written.duration === 'never' ? null : written.duration,
  }),
});
