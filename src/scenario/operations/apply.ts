/** apply: real manifests, as `kubectl apply -f` hands them over. */
import { z } from 'zod';
import type { Intent } from '../../cluster/index.ts';
import { readManifests } from '../../manifests/index.ts';
import { distributionSchema, resolveDistribution } from '../distribution-form.ts';
import { severalForms, strictMap } from '../schema-parts.ts';
import { nameSchema, numberSchema, textSchema } from '../value-forms.ts';
import { applicationsSchema, withApplications } from './application-form.ts';
import { operationKind, type Requesting, resolveRequesting } from './operation.ts';
import type { OperationContext } from './operation-context.ts';
import { preloadShape, requestShape } from './request-shape.ts';

/** Manifests to be applied, resolved. */
export interface Apply extends Requesting {
  readonly kind: 'apply';
  /** Objects in the order of the files; one POST each. */
  readonly intents: readonly Intent[];
  /** Whether they exist in their final state at t = 0. */
  readonly preload: boolean;
}

/** Largest factor by which replicas may be multiplied. */
const MAXIMUM_SCALE = 100_000;

const fileSchema = textSchema('a file with Kubernetes manifests, relative to the scenario');
const filesSchema = z.array(fileSchema).min(1);

export const apply = operationKind({
  help: 'Applies Kubernetes manifests; `replicas: {scale: N}` multiplies the replicas of every workload.',
  schema: strictMap({
    manifests: severalForms([fileSchema, filesSchema], (written) =>
      Array.isArray(written) ? filesSchema : fileSchema,
    ),
    namespace: nameSchema.optional(),
    replicas: strictMap({ scale: numberSchema(0, MAXIMUM_SCALE) }).optional(),
    duration: distributionSchema.optional(),
    applications: applicationsSchema.optional(),
    ...requestShape,
    ...preloadShape,
  }),
  resolve: (written, context): Apply => ({
    kind: 'apply',
    intents: readAll(written, context).map((intent) => scaleReplicas(intent, written.replicas?.scale ?? 1)),
    preload: written.preload ?? false,
    ...resolveRequesting(written, context),
  }),
});

function readAll(written: z.output<typeof apply.schema>, context: OperationContext): readonly Intent[] {
  const lifetime = (written.duration && resolveDistribution(written.duration, ['duration'], context)) ?? null;
  const isList = Array.isArray(written.manifests);
  return [written.manifests].flat().flatMap((name, index) => {
    const source = context.readFile(name, isList ? ['manifests', index] : ['manifests']);
    if (source === undefined) return [];
    const { templates, accepted } = context;
    const options = {
      templates,
      accepted,
      lifetime,
      ...(written.namespace === undefined ? {} : { namespace: written.namespace }),
    };
    const read = context.attempt(() => readManifests(source.file, source.text, options).intents) ?? [];
    return read.map((intent) => withApplications(intent, written.applications ?? {}, templates, lifetime));
  });
}

/** Rounded, so that half the replicas of three are two; a workload that has any keeps at least one, unless the factor is 0. */
function scaleReplicas(intent: Intent, factor: number): Intent {
  if (intent.kind !== 'Deployment' && intent.kind !== 'ReplicaSet') return intent;
  const least = factor > 0 && intent.replicas > 0 ? 1 : 0;
  return { ...intent, replicas: Math.max(least, Math.round(intent.replicas * factor)) };
}
