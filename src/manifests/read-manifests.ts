/**
 * Kubernetes YAML to intent: what a user asks for, typed, in the order in which it is to be applied. Kinds that cannot be applied yet
 * are refused (P302); fields that have no effect are named, once each.
 */
import type { Intent } from '../cluster/index.ts';
import type { DistributionSpec } from '../engine/index.ts';
import { combineErrors, nearestName, PlimsollError } from '../errors/index.ts';
import { AcceptedFields } from './accepted-fields.ts';
import { FieldReader, type ReadingContext } from './field-reader.ts';
import { estimateStoredBytes } from './object-bytes.ts';
import { finishMetadata } from './pod-specification.ts';
import { readService } from './services.ts';
import type { TemplateRegistry } from './template-registry.ts';
import { formatPath, isMap, quoteValue, type ValuePath } from './value-path.ts';
import { type ObjectIdentity, readDeployment, readPod, readReplicaSet } from './workloads.ts';
import { parseYaml, type YamlDocument } from './yaml-document.ts';

/** Makes the intent of one object whose name is known. */
type KindReader = (object: FieldReader, identity: ObjectIdentity, templates: TemplateRegistry, lifetime: DistributionSpec | null) => Intent;

/** A kind that can be applied. */
interface ApplicableKind {
  /** apiVersion under which it is served. */
  readonly apiVersion: string;
  /** Whether objects of the kind live in a namespace. */
  readonly namespaced: boolean;
  readonly read: KindReader;
}

/** Kinds that can be applied. */
export const applicableKinds = {
  Namespace: { apiVersion: 'v1', namespaced: false, read: readOpaque('Namespace', [], ['spec']) },
  ServiceAccount: {
    apiVersion: 'v1',
    namespaced: true,
    read: readOpaque('ServiceAccount', [], ['automountServiceAccountToken', 'imagePullSecrets', 'secrets']),
  },
  ConfigMap: { apiVersion: 'v1', namespaced: true, read: readOpaque('ConfigMap', ['data', 'binaryData'], ['immutable']) },
  Secret: { apiVersion: 'v1', namespaced: true, read: readOpaque('Secret', ['data', 'stringData'], ['immutable', 'type']) },
  Service: { apiVersion: 'v1', namespaced: true, read: readService },
  Pod: { apiVersion: 'v1', namespaced: true, read: readPod },
  ReplicaSet: { apiVersion: 'apps/v1', namespaced: true, read: readReplicaSet },
  Deployment: { apiVersion: 'apps/v1', namespaced: true, read: readDeployment },
} as const satisfies Record<string, ApplicableKind>;

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
  const intents = parseYaml(file, text).flatMap((document) => readDocument(document, document.value, [], { ...options, accepted, errors }));
  if (intents.length === 0 && errors.length === 0) {
    errors.push(new PlimsollError('P301', { message: 'there is no Kubernetes object in the file', position: { file, line: 1, column: 1 } }));
  }
  if (errors.length > 0) throw combineErrors(errors);
  return { intents, accepted };
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

function kindError(document: YamlDocument, root: ValuePath, kind: string, apiVersion: unknown, applicable: ApplicableKind | undefined): PlimsollError {
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
  return new PlimsollError('P302', {
    message: `${kind} cannot be applied`,
    position: document.positionOf([...root, 'kind']),
    path: formatPath([...root, 'kind']),
    expected: `one of ${kinds.join(', ')}`,
    nearest: nearestName(kind, kinds),
    fix: `remove the object, or write it as one of ${kinds.join(', ')}`,
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
  object.raw('apiVersion');
  object.raw('kind');
  const metadata = object.requiredMap('metadata');
  const name = metadata.requiredText('name');
  const namespace = applicable.namespaced ? (metadata.text('namespace') ?? state.namespace ?? 'default') : '';
  if (name !== '' && !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name)) {
    metadata.refuse('name', `"${name}" is not a name`, 'lower-case letters, digits, "-" and "."');
  }
  const labels = metadata.labels('labels');
  const intent = applicable.read(object, { namespace, name, labels }, state.templates, state.lifetime ?? null);
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
  return (object, { namespace, name }) => {
    const content = contentFields.map((field) => object.raw(field) ?? null);
    object.ignore(...fieldsWithoutEffect);
    return { kind, namespace, name, bytes: estimateStoredBytes(content, 'other') };
  };
}
