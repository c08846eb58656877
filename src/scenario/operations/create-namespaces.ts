/** createNamespaces: namespaces with labels, by which selectors of pod affinity choose them. All others come into being with what is put into them. */
import type { Labels } from '../../cluster/index.ts';
import { strictMap } from '../schema-parts.ts';
import { labelsSchema, nameSchema, wholeNumberSchema } from '../value-forms.ts';
import { operationKind } from './operation.ts';

/** Namespaces that are there from the start, resolved. */
export interface CreateNamespaces {
  readonly kind: 'createNamespaces';
  readonly names: readonly string[];
  readonly labels: Labels;
}

/** Most namespaces of one operation. */
const MAXIMUM_NAMESPACES = 10_000;

export const createNamespaces = operationKind({
  help: 'Namespaces with labels, there from the start: one, or `count` with a number behind the name.',
  schema: strictMap({
    name: nameSchema,
    count: wholeNumberSchema(1, MAXIMUM_NAMESPACES).optional(),
    labels: labelsSchema.optional(),
  }),
  resolve: ({ name, count, labels }): CreateNamespaces => ({
    kind: 'createNamespaces',
    names: count === undefined ? [name] : Array.from({ length: count }, (_, i) => `${name}-${i}`),
    labels: labels ?? {},
  }),
});
