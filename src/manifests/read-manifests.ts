/**
 * Kubernetes YAML to intent: what a user asks for, typed, in the order in which it is to be applied. Kinds that cannot be applied yet
 * are refused (P302); fields that have no effect are named, once each.
 */
import type { Intent, PodTemplate } from '../cluster/index.ts';
import type { DistributionSpec } from '../engine/index.ts';
import { combineErrors, nearestName, PlimsollError } from '../errors/index.ts';
import { AcceptedFields } from './accepted-fields.ts';
import { readDeviceClass, readResourceClaimTemplate } from './devices.ts';
import { FieldReader, type ReadingContext } from './field-reader.ts';
import { readIngress, readNetworkPolicy } from './network-objects.ts';
import { estimateStoredBytes } from './object-bytes.ts';
import { finishMetadata, readPodMetadata, readPodTemplate } from './pod-specification.ts';
import { readPodDisruptionBudget, readPodGroup, readPriorityClass } from './policies.ts';
import { readLimitRange, readResourceQuota } from './resource-quotas.ts';
import { readService } from './services.ts';
import type { TemplateRegistry } from './template-registry.ts';
import { formatPath, isMap, quoteValue, type ValuePath } from './value-path.ts';
import { readPersistentVolume, readPersistentVolumeClaim, readStorageClass } from './volumes.ts';
import { type ObjectIdentity, readDeployment, readPod, readReplicaSet } from './workloads.ts';
import { parseYaml, type YamlDocument } from './yaml-document.ts';

/** Makes the intent of one object whose name is known. */
type KindReader = (
  object: FieldReader,
  identity: ObjectIdentity,
  templates: TemplateRegistry,
  lifetime: DistributionSpec | null,
) => Intent;

/** A kind that can be applied. */
interface ApplicableKind {
  /** apiVersion under which it is served. */
  readonly apiVersion: string;
  /** Whether objects of the kind live in a namespace. */
  readonly namespaced: boolean;
  /** Whether the finalizers of its metadata hold it back when it is deleted. */
  readonly hasFinalizers?: true;
  readonly read: KindReader;
}

/** Kinds that can be applied. */
export const applicableKinds = {
  Namespace: { apiVersion: 'v1', namespaced: false, hasFinalizers: true, read: readOpaque('Namespace', [], ['spec']) },
  ServiceAccount: {
    apiVersion: 'v1',
    namespaced: true,
    hasFinalizers: true,
    read: readOpaque('ServiceAccount', [], ['automountServiceAccountToken', 'imagePullSecrets', 'secrets']),
  },
  ConfigMap: {
    apiVersion: 'v1',
    namespaced: true,
    hasFinalizers: true,
    read: readOpaque('ConfigMap', ['data', 'binaryData'], []),
  },
  Secret: {
    apiVersion: 'v1',
    namespaced: true,
    hasFinalizers: true,
    read: readOpaque('Secret', ['data', 'stringData'], ['type']),
  },
  DeviceClass: { apiVersion: 'resource.k8s.io/v1', namespaced: false, read: readDeviceClass },
  ResourceClaimTemplate: { apiVersion: 'resource.k8s.io/v1', namespaced: true, read: readResourceClaimTemplate },
  Service: { apiVersion: 'v1', namespaced: true, read: readService },
  ResourceQuota: { apiVersion: 'v1', namespaced: true, read: readResourceQuota },
  LimitRange: { apiVersion: 'v1', namespaced: true, read: readLimitRange },
  PersistentVolume: { apiVersion: 'v1', namespaced: false, read: readPersistentVolume },
  PersistentVolumeClaim: { apiVersion: 'v1', namespaced: true, read: readPersistentVolumeClaim },
  StorageClass: { apiVersion: 'storage.k8s.io/v1', namespaced: false, read: readStorageClass },
  PodGroup: { apiVersion: 'scheduling.k8s.io/v1alpha2', namespaced: true, read: readPodGroup },
  Pod: { apiVersion: 'v1', namespaced: true, hasFinalizers: true, read: readPod },
  PriorityClass: { apiVersion: 'scheduling.k8s.io/v1', namespaced: false, read: readPriorityClass },
  PodDisruptionBudget: { apiVersion: 'policy/v1', namespaced: true, read: readPodDisruptionBudget },
  Ingress: { apiVersion: 'networking.k8s.io/v1', namespaced: true, read: readIngress },
  NetworkPolicy: { apiVersion: 'networking.k8s.io/v1', namespaced: true, read: readNetworkPolicy },
  ReplicaSet: { apiVersion: 'apps/v1', namespaced: true, read: readReplicaSet },
  Deployment: { apiVersion: 'apps/v1', namespaced: true, read: readDeployment },
} as const satisfies Record<string, ApplicableKind>;

/** Kinds of Kubernetes that people apply and that cannot be applied here yet. */
const KINDS_TO_COME: ReadonlySet<string> = new Set([
  'ClusterRole',
  'ClusterRoleBinding',
  'CronJob',
  'CustomResourceDefinition',
  'DaemonSet',
  'Endpoints',
  'EndpointSlice',
  'HorizontalPodAutoscaler',
  'Job',
  'Node',
  'ReplicationController',
  'Role',
  'RoleBinding',
  'StatefulSet',
]);

/** How manifests are to be read. */
export interface ReadManifestsOptions {
  readonly templates: TemplateRegistry;
  /** Namespace of objects that name none. */
  readonly namespace?: string;
  /** Lifetime of all pods in the manifests; null = until they are stopped. */
  readonly lifetime?: DistributionSpec | null;
  readonly accepted?: AcceptedFields;
}

/** What was read. */
export interface ReadManifests {
  readonly intents: readonly Intent[];
  /** Kinds and fields accepted without effect. */
  readonly accepted: AcceptedFields;
}

/** Reads all documents of a manifest file. Throws one PlimsollError with everything that is wrong. */
export function readManifests(file: string, text: string, options: ReadManifestsOptions): ReadManifests {
  const accepted = options.accepted ?? new AcceptedFields();
  const errors: PlimsollError[] = [];
  const intents = parseYaml(file, text).flatMap((document) =>
    readDocument(document, document.value, [], { ...options, accepted, errors }),
  );
  if (intents.length === 0 && errors.length === 0) {
    errors.push(
      new PlimsollError('P301', {
        message: 'there is no Kubernetes object in the file',
        position: { file, line: 1, column: 1 },
      }),
    );
  }
  if (errors.length > 0) throw combineErrors(errors);
  return { intents, accepted };
}

/**
 * Reads a file that describes one pod, as load drivers take it: a Pod, whose name may be missing or generated. Throws one PlimsollError with
 * everything that is wrong.
 */
export function readPodTemplateFile(
  file: string,
  text: string,
  options: Pick<ReadManifestsOptions, 'templates' | 'lifetime'> & { readonly accepted: AcceptedFields },
): PodTemplate {
  const [document, second] = parseYaml(file, text);
  const value = document?.value;
  if (document === undefined || second !== undefined || !isMap(value) || value.kind !== 'Pod') {
    const position = (second ?? document)?.positionOf([]) ?? { file, line: 1, column: 1 };
    throw new PlimsollError('P301', {
      message: 'the file does not describe one pod',
      position,
      expected: 'one document of kind Pod',
    });
  }
  const errors: PlimsollError[] = [];
  const object = new FieldReader(value, [], { document, kind: 'Pod', accepted: options.accepted, errors, root: [] });
  for (const field of ['apiVersion', 'kind']) object.raw(field);
  const metadata = object.map('metadata');
  const read = readPodMetadata(metadata);
  // Whoever creates the pods names them.
  for (const field of ['name', 'generateName', 'namespace']) metadata?.raw(field);
  if (metadata !== undefined) finishMetadata(metadata);
  const template = readPodTemplate(object, read, options.templates, options.lifetime ?? null);
  object.ignore('status');
  object.finish();
  if (errors.length > 0) throw combineErrors(errors);
  return template;
}

/** What is passed along while documents are read. */
interface ReadingState extends ReadManifestsOptions {
  readonly accepted: AcceptedFields;
  readonly errors: PlimsollError[];
}

function readDocument(document: YamlDocument, value: unknown, root: ValuePath, state: ReadingState): Intent[] {
  // A document of comments alone is nothing to apply.
  if (value === null || value === undefined) return [];
  const kind = isMap(value) ? value.kind : undefined;
  if (!isMap(value) || typeof kind !== 'string') {
    state.errors.push(
      new PlimsollError('P301', {
        message: isMap(value) ? 'kind is missing' : `${quoteValue(value)} is not a map`,
        position: document.positionOf(root),
        path: formatPath(root),
        expected: 'a Kubernetes object with apiVersion, kind and metadata',
      }),
    );
    return [];
  }
  if (kind === 'List' && Array.isArray(value.items)) {
    return value.items.flatMap((item, index) => readDocument(document, item, [...root, 'items', index], state));
  }
  const applicable: ApplicableKind | undefined = Object.hasOwn(applicableKinds, kind)
    ? applicableKinds[kind as keyof typeof applicableKinds]
    : undefined;
  if (applicable === undefined || value.apiVersion !== applicable.apiVersion) {
    state.errors.push(kindError(document, root, kind, value.apiVersion, applicable));
    return [];
  }
  return [readObject(document, value, root, kind, applicable, state)];
}

function kindError(
  document: YamlDocument,
  root: ValuePath,
  kind: string,
  apiVersion: unknown,
  applicable: ApplicableKind | undefined,
): PlimsollError {
  const kinds = Object.keys(applicableKinds);
  if (applicable !== undefined) {
    return new PlimsollError('P301', {
      message: `${kind} is not served under apiVersion ${quoteValue(apiVersion)}`,
      position: document.positionOf([...root, 'apiVersion']),
      path: formatPath([...root, 'apiVersion']),
      expected: applicable.apiVersion,
      fix: `write apiVersion: ${applicable.apiVersion}`,
    });
  }
  const isKubernetes = KINDS_TO_COME.has(kind);
  return new PlimsollError('P302', {
    message: isKubernetes ? `${kind} cannot be applied yet` : `there is no kind ${kind}`,
    position: document.positionOf([...root, 'kind']),
    path: formatPath([...root, 'kind']),
    expected: `one of ${kinds.join(', ')}`,
    // For a kind that is simply not there yet, the name that happens to be near it would mislead.
    nearest: isKubernetes ? undefined : nearestName(kind, kinds),
    fix: 'remove the object, or say what you need by a kind that can be applied',
  });
}

function readObject(
  document: YamlDocument,
  value: Readonly<Record<string, unknown>>,
  root: ValuePath,
  kind: string,
  applicable: ApplicableKind,
  state: ReadingState,
): Intent {
  const context: ReadingContext = { document, kind, accepted: state.accepted, errors: state.errors, root };
  const object = new FieldReader(value, root, context);
  for (const field of ['apiVersion', 'kind']) object.raw(field);
  const metadata = object.requiredMap('metadata');
  const name = metadata.requiredText('name');
  const namespace = applicable.namespaced ? (metadata.text('namespace') ?? state.namespace ?? 'default') : '';
  if (name !== '' && !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name)) {
    metadata.refuse('name', `"${name}" is not a name`, 'lower-case letters, digits, "-" and "."');
  }
  const labels = metadata.labels('labels');
  const finalizers = applicable.hasFinalizers === true ? metadata.texts('finalizers') : [];
  metadata.ignore('finalizers');
  const annotations = kind === 'StorageClass' ? metadata.labels('annotations') : {};
  const identity = { namespace, name, labels, finalizers, annotations };
  const intent = applicable.read(object, identity, state.templates, state.lifetime ?? null);
  finishMetadata(metadata);
  object.ignore('status');
  object.finish();
  return intent;
}

/** An object whose content matters by its size alone. */
function readOpaque(
  kind: 'Namespace' | 'ServiceAccount' | 'ConfigMap' | 'Secret',
  contentFields: readonly string[],
  fieldsWithoutEffect: readonly string[],
): KindReader {
  return (object, { namespace, name, labels, finalizers }) => {
    const content = contentFields.map((field) => object.raw(field) ?? null);
    object.ignore(...fieldsWithoutEffect);
    const isSettings = kind === 'ConfigMap' || kind === 'Secret';
    const kept = {
      ...(isSettings && object.flag('immutable', false) ? { immutable: true as const } : {}),
      ...(kind === 'Namespace' && Object.keys(labels).length > 0 ? { labels } : {}),
      ...(finalizers.length === 0 ? {} : { finalizers }),
    };
    return { kind, namespace, name, ...kept, bytes: estimateStoredBytes(content, 'other') };
  };
}
