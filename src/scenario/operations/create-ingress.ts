/** createIngress: Ingresses described in a few words, without a manifest. */
import type { IngressIntent } from '../../cluster/index.ts';
import { estimateStoredBytes } from '../../manifests/index.ts';
import { strictMap } from '../schema-parts.ts';
import { nameSchema, wholeNumberSchema } from '../value-forms.ts';
import { operationKind, type Requesting, resolveRequesting } from './operation.ts';
import { preloadShape, requestShape } from './request-shape.ts';

/** Ingresses to be created, resolved. */
export interface CreateIngress extends Requesting {
  readonly kind: 'createIngress';
  readonly name: string;
  /** One POST each, in this order. */
  readonly intents: readonly IngressIntent[];
  /** Whether they exist, and are served, at t = 0. */
  readonly preload: boolean;
}

/** Most Ingresses of one operation, and hosts and paths of one Ingress. */
const MOST_INGRESSES = 100_000;
const MOST_PARTS = 1000;

export const createIngress = operationKind({
  help: 'Creates Ingresses: `hosts` hosts of `paths` paths each that lead to a Service, or to numbered ones with `count`.',
  schema: strictMap({
    name: nameSchema,
    namespace: nameSchema.optional(),
    count: wholeNumberSchema(1, MOST_INGRESSES).optional(),
    service: nameSchema,
    hosts: wholeNumberSchema(1, MOST_PARTS).optional(),
    paths: wholeNumberSchema(1, MOST_PARTS).optional(),
    ...requestShape,
    ...preloadShape,
  }),
  resolve: (written, context): CreateIngress => ({
    kind: 'createIngress',
    name: written.name,
    intents: Array.from({ length: written.count ?? 1 }, (_, i) => makeIngress(written, i)),
    preload: written.preload ?? false,
    ...resolveRequesting(written, context),
  }),
});

/** The `i`-th Ingress of a description. Each host is its own, so that each is a server of the controller. */
function makeIngress(
  written: {
    readonly name: string;
    readonly namespace?: string | undefined;
    readonly count?: number | undefined;
    readonly service: string;
    readonly hosts?: number | undefined;
    readonly paths?: number | undefined;
  },
  i: number,
): IngressIntent {
  const numbered = (name: string) => (written.count === undefined ? name : `${name}-${i}`);
  const service = numbered(written.service);
  const paths = Array.from({ length: written.paths ?? 1 }, (_, path) => ({ path: `/${path}`, service }));
  const name = numbered(written.name);
  const rules = Array.from({ length: written.hosts ?? 1 }, (_, host) => ({
    host: `${host}.${name}.example.com`,
    paths,
  }));
  const specification = { className: '', rules, tlsSecrets: [] };
  const bytes = estimateStoredBytes(specification, 'other');
  return { kind: 'Ingress', namespace: written.namespace ?? 'default', name, specification, bytes };
}
