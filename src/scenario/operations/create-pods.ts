/** createPods: pods that no workload owns, as load drivers for schedulers make them. */
import type { PodTemplate } from '../../cluster/index.ts';
import { strictMap } from '../schema-parts.ts';
import { nameSchema, wholeNumberSchema } from '../value-forms.ts';
import { operationKind, type Requesting, resolveRequesting } from './operation.ts';
import { podTemplateShape, resolvePodTemplate } from './pod-template-option.ts';
import { preloadShape, requestShape } from './request-shape.ts';

/** Pods to be created, resolved. */
export interface CreatePods extends Requesting {
  readonly kind: 'createPods';
  /** Pods are named `<name>-<n>`, n from 0; other operations find them under `name`. */
  readonly name: string;
  /** Namespaces to which the pods are dealt in turn; at least one. */
  readonly namespaces: readonly string[];
  readonly count: number;
  readonly template: PodTemplate;
  /** Whether they exist, bound and Ready, at t = 0. */
  readonly preload: boolean;
}

/** Most pods of one operation. */
const MAXIMUM_PODS = 5_000_000;
/** Most namespaces of one operation. */
const MAXIMUM_NAMESPACES = 10_000;

export const createPods = operationKind({
  help: 'Creates pods that no workload owns, described in a few words or by the manifest of a pod.',
  schema: strictMap({
    name: nameSchema.optional(),
    namespace: nameSchema.optional(),
    namespaces: wholeNumberSchema(1, MAXIMUM_NAMESPACES).optional(),
    count: wholeNumberSchema(1, MAXIMUM_PODS),
    ...podTemplateShape,
    ...requestShape,
    ...preloadShape,
  }),
  resolve: (written, context): CreatePods => {
    const name = written.name ?? 'pod';
    const namespace = written.namespace ?? 'default';
    return {
      kind: 'createPods',
      name,
      namespaces:
        written.namespaces === undefined
          ? [namespace]
          : Array.from({ length: written.namespaces }, (_, i) => `${namespace}-${i}`),
      count: written.count,
      template: resolvePodTemplate(written, name, context),
      preload: written.preload ?? false,
      ...resolveRequesting(written, context),
    };
  },
});
