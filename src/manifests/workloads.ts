/** Deployments, ReplicaSets and bare pods, with the defaults of the API server (K:pkg/apis/apps/v1/defaults.go). */
import { type DeploymentStrategy, type Intent, type Labels, selectorMatches } from '../cluster/index.ts';
import type { DistributionSpec } from '../engine/index.ts';
import type { FieldReader } from './field-reader.ts';
import { estimateStoredBytes } from './object-bytes.ts';
import { readLabelSelector } from './pod-affinity.ts';
import { finishMetadata, type PodMetadata, readPodMetadata, readPodTemplate } from './pod-specification.ts';
import type { TemplateRegistry } from './template-registry.ts';

/** maxSurge and maxUnavailable of a Deployment that gives none. */
const DEFAULT_ROLLING_SHARE = '25%';
/** Old ReplicaSets that a Deployment keeps. */
const DEFAULT_REVISION_HISTORY = 10;

/** What the metadata of an object say about it. */
export interface ObjectIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
  /** metadata.finalizers, of which pods and objects known by their size take notice. */
  readonly finalizers: readonly string[];
  readonly annotations: Labels;
}

/** A Deployment. */
export function readDeployment(
  object: FieldReader,
  { namespace, name }: ObjectIdentity,
  templates: TemplateRegistry,
  lifetime: DistributionSpec | null,
): Intent {
  const spec = object.requiredMap('spec');
  const common = readReplicated(spec, templates, lifetime);
  const intent: Intent = {
    kind: 'Deployment',
    namespace,
    name,
    ...common,
    strategy: readStrategy(spec.map('strategy')),
    minReady: spec.seconds('minReadySeconds', 0),
    revisionHistoryLimit: spec.wholeNumber('revisionHistoryLimit', DEFAULT_REVISION_HISTORY),
    bytes: estimateStoredBytes(object.raw('spec'), 'deployment'),
  };
  spec.ignore('paused', 'progressDeadlineSeconds');
  spec.finish();
  return intent;
}

/** A ReplicaSet of its own. */
export function readReplicaSet(
  object: FieldReader,
  { namespace, name }: ObjectIdentity,
  templates: TemplateRegistry,
  lifetime: DistributionSpec | null,
): Intent {
  const spec = object.requiredMap('spec');
  const common = readReplicated(spec, templates, lifetime);
  spec.ignore('minReadySeconds');
  spec.finish();
  return {
    kind: 'ReplicaSet',
    namespace,
    name,
    ...common,
    bytes: estimateStoredBytes(object.raw('spec'), 'replicaSet'),
  };
}

/** A pod that no workload owns. */
export function readPod(
  object: FieldReader,
  identity: ObjectIdentity,
  templates: TemplateRegistry,
  lifetime: DistributionSpec | null,
): Intent {
  const { namespace, name } = identity;
  return { kind: 'Pod', namespace, name, template: readPodTemplate(object, identity, templates, lifetime) };
}

function readReplicated(spec: FieldReader, templates: TemplateRegistry, lifetime: DistributionSpec | null) {
  const replicas = spec.wholeNumber('replicas', 1);
  const selector = readLabelSelector(spec.requiredMap('selector'));
  const holder = spec.requiredMap('template');
  const template = readPodTemplate(holder, readTemplateMetadata(holder.map('metadata')), templates, lifetime);
  holder.finish();
  if (template.restartPolicy !== 'Always') {
    spec.refuse(
      'template',
      `restartPolicy ${template.restartPolicy} is not allowed in a workload`,
      'restartPolicy Always',
    );
  }
  if (selector.length === 0) {
    spec.refuse(
      'selector',
      'the selector is empty',
      'matchLabels or matchExpressions',
      'give matchLabels as in template.metadata.labels',
    );
  } else if (!selectorMatches(selector, template.labels)) {
    spec.refuse(
      'selector',
      'the selector does not match the labels of the template',
      'labels of template.metadata.labels',
    );
  }
  return { replicas, selector, template };
}

function readTemplateMetadata(metadata: FieldReader | undefined): PodMetadata {
  const read = readPodMetadata(metadata);
  if (metadata === undefined) return read;
  // The API server drops a template's name and namespace.
  metadata.ignore('name', 'namespace');
  finishMetadata(metadata);
  return read;
}

function readStrategy(reader: FieldReader | undefined): DeploymentStrategy {
  const type = reader?.oneOf('type', ['RollingUpdate', 'Recreate'], 'RollingUpdate') ?? 'RollingUpdate';
  const rolling = reader?.map('rollingUpdate');
  if (type === 'Recreate' && rolling !== undefined) {
    reader?.refuse(
      'rollingUpdate',
      'rollingUpdate may not be given with type Recreate',
      'no rollingUpdate',
      'remove rollingUpdate',
    );
  }
  const strategy: DeploymentStrategy = {
    type,
    maxSurge: readBound(rolling, 'maxSurge'),
    maxUnavailable: readBound(rolling, 'maxUnavailable'),
  };
  if (isZero(strategy.maxSurge) && isZero(strategy.maxUnavailable)) {
    rolling?.refuse('maxUnavailable', 'maxSurge and maxUnavailable may not both be 0', 'one of them above 0');
  }
  rolling?.finish();
  reader?.finish();
  return strategy;
}

function isZero(bound: string | number): boolean {
  return bound === 0 || bound === '0%';
}

/** A whole number, or a share such as "25%". */
export function readBound(
  reader: FieldReader | undefined,
  key: 'maxSurge' | 'maxUnavailable' | 'minAvailable',
  fallback: string | number = DEFAULT_ROLLING_SHARE,
): string | number {
  const value = reader?.raw(key);
  if (value === undefined) return fallback;
  if (typeof value === 'string' && /^\d+%$/.test(value)) return value;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  reader?.refuse(key, `${JSON.stringify(value)} is not allowed`, 'a whole number, or a share such as 25%');
  return fallback;
}
