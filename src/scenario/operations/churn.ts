/** churn: objects come and go in the background, so that their number is steady: until its time is over, `stop`, or the end of the run. */
import { z } from 'zod';
import type { NodeSpecification, PodTemplate } from '../../cluster/index.ts';
import { PlimsollError } from '../../errors/index.ts';
import type { Nanoseconds } from '../../units/index.ts';
import { resolveDistribution } from '../distribution-form.ts';
import { strictMap } from '../schema-parts.ts';
import { nameSchema, positiveDurationSchema, rateSchema, wholeNumberSchema } from '../value-forms.ts';
import { type DeploymentIntent, deploymentShape, makeDeployments, numberedNamespace } from './create-deployment.ts';
import { nodeShape, resolveNodeSpecification } from './create-nodes.ts';
import { makeService, type ServiceIntent, serviceShape } from './create-service.ts';
import { operationKind, type Requesting, resolveRequesting } from './operation.ts';
import type { OperationContext } from './operation-context.ts';
import { podTemplateShape, resolvePodTemplate } from './pod-template-option.ts';
import { preloadShape, requestShape } from './request-shape.ts';

/**
 * What comes and goes. Objects are named `<name>-<n>`, n counting up for as long as the churn runs, and dealt to the namespaces in turn. Deployments
 * and Services are like the one here, under another name each.
 */
export type ChurnedObject = { readonly namespaces: readonly string[] } & (
  | { readonly what: 'pods'; readonly template: PodTemplate }
  | { readonly what: 'deployments'; readonly deployment: DeploymentIntent }
  | { readonly what: 'services'; readonly service: ServiceIntent }
  /** Nodes that are objects and nothing else. */
  | { readonly what: 'nodes'; readonly specification: NodeSpecification }
);

/**
 * A churn, resolved. At every arrival one object is created and, once there are more than `population`, the oldest is deleted.
 * It does not block: the next operation starts at once.
 */
export interface Churn extends Requesting {
  readonly kind: 'churn';
  /** Name under which `stop` finds it. */
  readonly name: string;
  readonly object: ChurnedObject;
  /** Objects that are there at a time. */
  readonly population: number;
  /** Instant at which it ends; undefined = no such instant. */
  readonly until?: Nanoseconds;
  /** Span after which it ends; undefined = no such span. */
  readonly for?: Nanoseconds;
  /** Whether the population exists, bound and Ready, at t = 0. */
  readonly preload: boolean;
}

/** Largest population. */
const MAXIMUM_POPULATION = 1_000_000;
/** Most replicas of one Deployment. */
const MAXIMUM_REPLICAS = 1_000_000;

export const churn = operationKind({
  help: 'Objects come and go in the background at `rate`, so that `population` of them are there at a time.',
  schema: strictMap({
    what: z.enum(['pods', 'deployments', 'services', 'nodes']),
    population: wholeNumberSchema(1, MAXIMUM_POPULATION),
    ...podTemplateShape,
    ...deploymentShape,
    ...serviceShape,
    ...nodeShape,
    name: nameSchema.optional(),
    replicas: wholeNumberSchema(0, MAXIMUM_REPLICAS).optional(),
    until: positiveDurationSchema.optional(),
    for: positiveDurationSchema.optional(),
    ...requestShape,
    rate: rateSchema,
    ...preloadShape,
  }),
  resolve: (written, context): Churn => {
    if (written.until !== undefined && written.for !== undefined) {
      context.errors.push(
        new PlimsollError('P209', {
          ...context.place(['for']),
          message: 'churn has both until and for',
          expected: 'until (an instant) or for (a span)',
          fix: 'remove one of them',
        }),
      );
    }
    const name = written.name ?? 'churn';
    return {
      kind: 'churn',
      name,
      object: resolveObject(written, name, context),
      population: written.population,
      ...(written.until === undefined ? {} : { until: written.until }),
      ...(written.for === undefined ? {} : { for: written.for }),
      preload: written.preload ?? false,
      // The rate paces what follows the population, which may be there from the start.
      ...resolveRequesting({ ...written, preload: false }, context),
    };
  },
});

function resolveObject(written: z.output<typeof churn.schema>, name: string, context: OperationContext): ChurnedObject {
  const { what } = written;
  for (const key of KEYS_OF_SOME) {
    if (written[key] !== undefined && !keysOf[what].has(key)) context.errors.push(foreignKeyError(key, what, context));
  }
  const namespaces =
    what === 'nodes' ? [''] : Array.from({ length: written.namespaces ?? 1 }, (_, i) => numberedNamespace(written, i));
  switch (what) {
    case 'pods':
      return { what, namespaces, template: resolvePodTemplate(written, name, context) };
    case 'nodes':
      return { what, namespaces, specification: resolveNodeSpecification(written) };
    case 'services':
      return { what, namespaces, service: makeService({ ...written, name, selector: written.selector ?? name }) };
    case 'deployments': {
      const lifetime = (written.duration && resolveDistribution(written.duration, ['duration'], context)) ?? null;
      const described = { ...written, name, replicas: written.replicas ?? 1 };
      const [deployment] = makeDeployments(described, undefined, lifetime, context);
      return { what, namespaces, deployment: deployment as DeploymentIntent };
    }
  }
}

/** A key that describes what is churned. */
type DescribingKey = Exclude<
  keyof typeof podTemplateShape | keyof typeof deploymentShape | keyof typeof serviceShape | keyof typeof nodeShape,
  'name' | 'namespace' | 'namespaces'
>;

/** Keys that mean something for one kind of object. */
const keysOf: Readonly<Record<ChurnedObject['what'], ReadonlySet<string>>> = {
  pods: new Set(Object.keys(podTemplateShape)),
  deployments: new Set(Object.keys(deploymentShape)),
  services: new Set(Object.keys(serviceShape)),
  nodes: new Set(Object.keys(nodeShape)),
};

/** All of them, except those that every object has. */
const KEYS_OF_SOME = [...new Set(Object.values(keysOf).flatMap((keys) => [...keys]))].filter(
  (key) => !['name', 'namespace', 'namespaces'].includes(key),
) as DescribingKey[];

function foreignKeyError(key: string, what: ChurnedObject['what'], context: OperationContext): PlimsollError {
  return new PlimsollError('P209', {
    ...context.place([key]),
    message: `${key} says nothing about ${what}`,
    expected: `keys of ${what}: ${[...keysOf[what]].join(', ')}`,
    fix: `remove ${key}`,
  });
}
