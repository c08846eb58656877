/** createDeployment: Deployments described in a few words, without a manifest. */
import { z } from 'zod';
import { type DeploymentStrategy, type Intent, type Labels, selectorFromLabels } from '../../cluster/index.ts';
import type { DistributionSpec } from '../../engine/index.ts';
import { estimateStoredBytes } from '../../manifests/index.ts';
import type { Nanoseconds } from '../../units/index.ts';
import { distributionSchema, resolveDistribution } from '../distribution-form.ts';
import { strictMap } from '../schema-parts.ts';
import {
  durationSchema,
  nameSchema,
  type RefusalParams,
  rollingBoundSchema,
  wholeNumberSchema,
} from '../value-forms.ts';
import { operationKind, type Requesting, resolveRequesting } from './operation.ts';
import type { OperationContext } from './operation-context.ts';
import { makePodTemplate, podShape, type WrittenPod } from './pod-options.ts';
import { preloadShape, requestShape } from './request-shape.ts';

/** A Deployment as intent. */
export type DeploymentIntent = Extract<Intent, { kind: 'Deployment' }>;

/** Deployments to be created, resolved. */
export interface CreateDeployment extends Requesting {
  readonly kind: 'createDeployment';
  /** Name under which other operations find them. */
  readonly name: string;
  /** One POST each, in this order. */
  readonly intents: readonly DeploymentIntent[];
  /** Whether they and all their pods exist, bound and Ready, at t = 0. */
  readonly preload: boolean;
}

/** Most Deployments of one operation. */
const MAXIMUM_DEPLOYMENTS = 100_000;
/** Most replicas of one Deployment. */
const MAXIMUM_REPLICAS = 1_000_000;
/** Most namespaces of one operation. */
const MAXIMUM_NAMESPACES = 10_000;
/** Old ReplicaSets that a Deployment keeps, as the API server sets it. */
const DEFAULT_REVISION_HISTORY = 10;

const isZero = (bound: string | number | undefined) => bound === 0 || bound === '0%';

const strategySchema = strictMap({
  type: z.enum(['RollingUpdate', 'Recreate']).optional(),
  maxSurge: rollingBoundSchema.optional(),
  maxUnavailable: rollingBoundSchema.optional(),
}).superRefine(({ maxSurge, maxUnavailable }, context) => {
  if (!isZero(maxSurge) || !isZero(maxUnavailable)) return;
  const refused = 'maxSurge and maxUnavailable may not both be 0';
  const params: RefusalParams = { refused, code: 'P209', expected: 'one of them above 0' };
  context.addIssue({ code: 'custom', message: refused, path: ['maxUnavailable'], params: { ...params } });
});

/** Keys that describe Deployments. */
export const deploymentShape = {
  name: nameSchema,
  namespace: nameSchema.optional(),
  namespaces: wholeNumberSchema(1, MAXIMUM_NAMESPACES).optional(),
  replicas: wholeNumberSchema(0, MAXIMUM_REPLICAS),
  strategy: strategySchema.optional(),
  minReady: durationSchema.optional(),
  duration: distributionSchema.optional(),
  ...podShape,
};

/** What {@link deploymentShape} yields. */
type WrittenDeployment = z.output<z.ZodObject<typeof deploymentShape>>;

export const createDeployment = operationKind({
  help: 'Creates Deployments described in a few words; `rate` paces the creation of Deployments, not of their pods.',
  schema: strictMap({
    count: wholeNumberSchema(1, MAXIMUM_DEPLOYMENTS).optional(),
    ...deploymentShape,
    ...requestShape,
    ...preloadShape,
  }),
  resolve: (written, context): CreateDeployment => {
    const lifetime = written.duration && resolveDistribution(written.duration, ['duration'], context);
    return {
      kind: 'createDeployment',
      name: written.name,
      intents: makeDeployments(written, written.count, lifetime ?? null, context),
      preload: written.preload ?? false,
      ...resolveRequesting(written, context),
    };
  },
});

/** The Deployments that were described: one with the name itself, or `count` with a number behind it, dealt to the namespaces in turn. */
export function makeDeployments(
  written: WrittenDeployment,
  count: number | undefined,
  lifetime: DistributionSpec | null,
  context: OperationContext,
): readonly DeploymentIntent[] {
  return Array.from({ length: count ?? 1 }, (_, i) => {
    const name = count === undefined ? written.name : `${written.name}-${i}`;
    const namespace = numberedNamespace(written, i);
    return makeDeployment(written, { namespace, name }, lifetime, context);
  });
}

/** Namespace of the `i`-th object: `namespace`, or one of `namespaces` with a number behind it. */
export function numberedNamespace(
  written: { readonly namespace?: string | undefined; readonly namespaces?: number | undefined },
  i: number,
): string {
  const namespace = written.namespace ?? 'default';
  return written.namespaces === undefined ? namespace : `${namespace}-${i % written.namespaces}`;
}

function makeDeployment(
  written: WrittenDeployment,
  name: { readonly namespace: string; readonly name: string },
  lifetime: DistributionSpec | null,
  context: OperationContext,
): DeploymentIntent {
  const ownLabels: Labels = { app: name.name };
  const template = makePodTemplate(written satisfies WrittenPod, ownLabels, context.templates, lifetime, 'Always');
  return {
    kind: 'Deployment',
    ...name,
    replicas: written.replicas,
    selector: selectorFromLabels(ownLabels),
    template,
    strategy: resolveStrategy(written.strategy),
    minReady: written.minReady ?? (0 as Nanoseconds),
    revisionHistoryLimit: DEFAULT_REVISION_HISTORY,
    bytes: estimateStoredBytes({ ...name, labels: template.labels, containers: template.containers }, 'deployment'),
  };
}

function resolveStrategy(written: z.output<typeof strategySchema> | undefined): DeploymentStrategy {
  return {
    type: written?.type ?? 'RollingUpdate',
    maxSurge: written?.maxSurge ?? '25%',
    maxUnavailable: written?.maxUnavailable ?? '25%',
  };
}
