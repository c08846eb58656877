/** openWatches: watchers of a resource that only receive, as informers do whose owner never acts. */
import { z } from 'zod';
import { PlimsollError } from '../../errors/index.ts';
import { strictMap } from '../schema-parts.ts';
import { nameSchema, wholeNumberSchema } from '../value-forms.ts';
import { resourceSchema } from './create-objects.ts';
import { operationKind, type Requesting, resolveRequesting } from './operation.ts';
import { requestShape } from './request-shape.ts';
import { resolveSelection, type Selection, selectionNameSchema } from './selection.ts';

/** What each watcher selects. */
export type WatchedPart =
  | { readonly part: 'everything' }
  /** The pods of one node, nodes in turn (field selector spec.nodeName). */
  | { readonly part: 'node' }
  /** One object by its name, in turn (field selector metadata.name). */
  | { readonly part: 'object'; readonly objects: Selection };

/** Watchers to be opened, resolved. */
export interface OpenWatches extends Requesting {
  readonly kind: 'openWatches';
  /** Label of its metrics, and name under which `stop` finds it. */
  readonly name: string;
  readonly resource: string;
  readonly count: number;
  readonly selects: WatchedPart;
  /** How many of them measure how long changes take to reach them. */
  readonly observed: number;
}

/** Most watchers of one operation. */
const MAXIMUM_WATCHES = 1_000_000;
/** Watchers that are observed where nothing is said: enough for a p99, and next to no work. */
const DEFAULT_OBSERVED = 20;

export const openWatches = operationKind({
  help: 'Opens watches of a resource that only receive; they list first, are renewed, and come back when their server ends.',
  schema: strictMap({
    name: nameSchema.optional(),
    resource: resourceSchema,
    count: wholeNumberSchema(1, MAXIMUM_WATCHES),
    ofOneNode: z.boolean().optional(),
    objects: selectionNameSchema.optional(),
    observed: wholeNumberSchema(0, MAXIMUM_WATCHES).optional(),
    ...requestShape,
  }),
  resolve: (written, context): OpenWatches => {
    const { ofOneNode, objects, resource } = written;
    const refuse = (key: string, message: string, expected: string) =>
      context.errors.push(
        new PlimsollError('P209', { ...context.place([key]), message, expected, fix: `remove ${key}` }),
      );
    if (ofOneNode === true && objects !== undefined)
      refuse('objects', 'openWatches has both ofOneNode and objects', 'one of them, or neither to watch everything');
    if (ofOneNode === true && resource !== 'pods')
      refuse('ofOneNode', `${resource} are on no node`, 'ofOneNode with pods');
    if (objects !== undefined && resource === 'pods')
      refuse('objects', 'pods are watched by their node or all together', 'objects with another resource');
    return {
      kind: 'openWatches',
      name: written.name ?? 'watches',
      resource,
      count: written.count,
      selects: partOf(ofOneNode === true, objects),
      observed: Math.min(written.observed ?? DEFAULT_OBSERVED, written.count),
      ...resolveRequesting({ ...written, client: { ...written.client, qps: written.client?.qps ?? -1 } }, context),
    };
  },
});

function partOf(ofOneNode: boolean, objects: string | undefined): WatchedPart {
  if (ofOneNode) return { part: 'node' };
  return objects === undefined ? { part: 'everything' } : { part: 'object', objects: resolveSelection(objects, {}) };
}
