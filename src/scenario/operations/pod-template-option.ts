/** Pods of createPods and churn: described in a few words, or by the manifest of a pod. */
import type { z } from 'zod';
import type { PodTemplate } from '../../cluster/index.ts';
import { PlimsollError } from '../../errors/index.ts';
import { readPodTemplateFile } from '../../manifests/index.ts';
import { distributionSchema, resolveDistribution } from '../distribution-form.ts';
import { textSchema } from '../value-forms.ts';
import type { OperationContext } from './operation-context.ts';
import { makePodTemplate, podShape } from './pod-options.ts';

/** Keys that describe pods, or name a file that does. */
export const podTemplateShape = {
  template: textSchema('a file with the manifest of a pod, relative to the scenario').optional(),
  duration: distributionSchema.optional(),
  ...podShape,
};

/** The template that was described or named; `name` is the label app of pods that are described. */
export function resolvePodTemplate(
  written: z.output<z.ZodObject<typeof podTemplateShape>>,
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
