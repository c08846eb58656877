/** createPods: pods that no workload owns, as load drivers for schedulers make them. */
import type { z } from 'zod';
import type { PodTemplate } from '../../cluster/index.ts';
import { PlimsollError } from '../../errors/index.ts';
import { readPodTemplateFile } from '../../manifests/index.ts';
import { distributionSchema, resolveDistribution } from '../distribution-form.ts';
import { strictMap } from '../schema-parts.ts';
import { nameSchema, textSchema, wholeNumberSchema } from '../value-forms.ts';
import { operationKind, type Requesting, resolveRequesting } from './operation.ts';
import type { OperationContext } from './operation-context.ts';
import { makePodTemplate, podShape } from './pod-options.ts';
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
    template: textSchema('a file with the manifest of a pod, relative to the scenario').optional(),
    duration: distributionSchema.optional(),
    ...podShape,
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
      template: resolveTemplate(written, name, context),
      preload: written.preload ?? false,
      ...resolveRequesting(written, context),
    };
  },
});

function resolveTemplate(
  written: z.output<typeof createPods.schema>,
  name: string,
  context: OperationContext,
): PodTemplate {
  const lifetime = (written.duration && resolveDistribution(written.duration, ['duration'], context)) ?? null;
  // Pods that end by themselves must not be started again, or they would never be done.
  const restartPolicy = lifetime === null ? 'Always' : 'Never';
  const described = makePodTemplate(written, { app: name }, context.templates, lifetime, restartPolicy);
  if (written.template === undefined) return described;
  for (const key of Object.keys(podShape) as (keyof typeof podShape)[]) {
    if (written[key] !== undefined) context.errors.push(bothError(key, context));
  }
  const source = context.readFile(written.template, ['template']);
  if (source === undefined) return described;
  return context.attempt(() => readPodTemplateFile(source.file, source.text, { ...context, lifetime })) ?? described;
}

function bothError(key: string, context: OperationContext): PlimsollError {
  return new PlimsollError('P209', {
    ...context.place([key]),
    message: `${key} is given beside template`,
    expected: 'a template, or a description of the pod, not both',
    fix: `remove ${key}, or write it into the template`,
  });
}
