/** createObjects: objects of which only name and size matter to the control plane, such as ConfigMaps, Secrets, Events and custom resources. */
import { z } from 'zod';
import { type Bytes, bytes } from '../../units/index.ts';
import { strictMap } from '../schema-parts.ts';
import { memorySchema, nameSchema, wholeNumberSchema } from '../value-forms.ts';
import { finalizersSchema } from './finalizers-form.ts';
import { operationKind, type Requesting, resolveRequesting } from './operation.ts';
import { preloadShape, requestShape } from './request-shape.ts';

/** Built-in resources of such objects; the custom resources of a scenario are others. */
export const plainResources: readonly string[] = ['configmaps', 'secrets', 'events'];

/** A resource of the API, built in or of `spec.customResources`; whether there is one is known only with the whole scenario. */
export const resourceSchema = nameSchema;

/** Objects to be created, resolved. */
export interface CreateObjects extends Requesting {
  readonly kind: 'createObjects';
  readonly resource: string;
  /** Objects are named `<name>-<n>`, n from 0; other operations find them under `name`. */
  readonly name: string;
  /** Namespaces to which the objects are dealt in turn; at least one. */
  readonly namespaces: readonly string[];
  readonly count: number;
  /** Size of each; undefined = as its custom resource says, or {@link DEFAULT_OBJECT_SIZE}. */
  readonly size?: Bytes;
  /** metadata.finalizers of each. */
  readonly finalizers: readonly string[];
  /** Whether ConfigMaps and Secrets may never be changed: kubelets watch them only until they have them. */
  readonly immutable: boolean;
  /** Whether they are there at t = 0. */
  readonly preload: boolean;
}

/** Most objects of one operation. */
const MAXIMUM_OBJECTS = 5_000_000;
/** Most namespaces of one operation. */
const MAXIMUM_NAMESPACES = 10_000;
/** Size where nothing is said: a ConfigMap of a few settings. */
export const DEFAULT_OBJECT_SIZE = bytes(1000);

/** `namespace` and `namespaces`, as operations that create many objects take them. */
export const namespacesShape = {
  namespace: nameSchema.optional(),
  namespaces: wholeNumberSchema(1, MAXIMUM_NAMESPACES).optional(),
};

/** The namespaces that were asked for. */
export function resolveNamespaces(written: {
  readonly namespace?: string | undefined;
  readonly namespaces?: number | undefined;
}): readonly string[] {
  const namespace = written.namespace ?? 'default';
  if (written.namespaces === undefined) return [namespace];
  return Array.from({ length: written.namespaces }, (_, i) => `${namespace}-${i}`);
}

export const createObjects = operationKind({
  help: 'Creates ConfigMaps, Secrets, Events or custom resources of a size.',
  schema: strictMap({
    resource: resourceSchema,
    name: nameSchema.optional(),
    ...namespacesShape,
    count: wholeNumberSchema(1, MAXIMUM_OBJECTS),
    size: memorySchema.optional(),
    finalizers: finalizersSchema.optional(),
    immutable: z.boolean().optional(),
    ...requestShape,
    ...preloadShape,
  }),
  resolve: (written, context): CreateObjects => ({
    kind: 'createObjects',
    resource: written.resource,
    name: written.name ?? 'object',
    namespaces: resolveNamespaces(written),
    count: written.count,
    ...(written.size === undefined ? {} : { size: written.size }),
    finalizers: written.finalizers ?? [],
    immutable: written.immutable ?? false,
    preload: written.preload ?? false,
    ...resolveRequesting(written, context),
  }),
});
