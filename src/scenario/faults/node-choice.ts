/** Which nodes a fault strikes. */
import { z } from 'zod';
import { isMap } from '../../manifests/index.ts';
import { severalForms, strictMap } from '../schema-parts.ts';
import { nameSchema, shareSchema, wholeNumberSchema } from '../value-forms.ts';

/** Counts and shares choose at random among those that are up, from the run's own stream; zones choose all of their nodes, or a share of them. */
export type NodeChoice =
  | { readonly choose: 'count'; readonly count: number }
  | { readonly choose: 'share'; readonly share: number }
  | { readonly choose: 'names'; readonly names: readonly string[] }
  | { readonly choose: 'zones'; readonly zones: readonly string[]; readonly share: number };

/** Most nodes of one fault. */
const MAXIMUM_NODES = 100_000;

const all = z.literal('all').transform((): NodeChoice => ({ choose: 'share', share: 1 }));
const countForm = wholeNumberSchema(1, MAXIMUM_NODES).transform((count): NodeChoice => ({ choose: 'count', count }));
const shareForm = shareSchema.transform((share): NodeChoice => ({ choose: 'share', share }));
const namesForm = z
  .array(nameSchema)
  .min(1)
  .transform((names): NodeChoice => ({ choose: 'names', names }));
const zonesForm = strictMap({ zones: z.array(nameSchema).min(1), share: shareSchema.optional() }).transform(
  ({ zones, share }): NodeChoice => ({ choose: 'zones', zones, share: share ?? 1 }),
);

/** A whole number is a count, "10%" or 0.1 a share, a list names nodes, { zones: [a] } takes those of zones, "all" takes all. */
export const nodesSchema: z.ZodType<NodeChoice, unknown> = severalForms(
  [countForm, shareForm, namesForm, zonesForm, all],
  (written) => {
    if (Array.isArray(written)) return namesForm;
    if (isMap(written)) return zonesForm;
    if (written === 'all') return all;
    const isShare = typeof written === 'string' || (typeof written === 'number' && written > 0 && written < 1);
    return isShare ? shareForm : countForm;
  },
);

/** A choice in words. */
export function describeNodes(nodes: NodeChoice): string {
  switch (nodes.choose) {
    case 'count':
      return String(nodes.count);
    case 'share':
      return nodes.share === 1 ? 'all' : `${100 * nodes.share} %`;
    case 'names':
      return nodes.names.join(' and ');
    case 'zones':
      return `of zone ${nodes.zones.join(' and ')}${nodes.share === 1 ? '' : ` (${100 * nodes.share} %)`}`;
  }
}
