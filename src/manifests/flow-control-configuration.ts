/**
 * FlowSchemas and PriorityLevelConfigurations (flowcontrol.apiserver.k8s.io/v1) as kube-apiserver takes them, with the API server's defaults
 * and refusals. K:pkg/apis/flowcontrol/v1/defaults.go, pkg/apis/flowcontrol/validation/validation.go.
 */
import {
  EVERY,
  type FlowSchema,
  type FlowSchemaRule,
  type PriorityLevel,
  type Queuing,
  type ResourceRule,
  type Subject,
} from '../components/kube-apiserver/index.ts';
import { combineErrors, PlimsollError } from '../errors/index.ts';
import type { AcceptedFields } from './accepted-fields.ts';
import { FieldReader } from './field-reader.ts';
import { finishMetadata } from './pod-specification.ts';
import { formatPath, isMap, quoteValue } from './value-path.ts';
import { parseYaml, type YamlDocument } from './yaml-document.ts';

/** apiVersion of both kinds. */
const API_VERSION = 'flowcontrol.apiserver.k8s.io/v1';
/** Defaults of the API server. */
const DEFAULT_SHARES = 30;
const DEFAULT_QUEUING: Queuing = { queues: 64, handSize: 8, queueLengthLimit: 50 };
const DEFAULT_PRECEDENCE = 1000;
/** Bounds of the API server. */
const MAXIMUM_PRECEDENCE = 10_000;
const MAXIMUM_QUEUES = 10_000_000;
const MAXIMUM_PERCENT = 100;
/** Hands that a hash can tell apart at most [bit] (shufflesharding.MaxHashBits). */
const MAXIMUM_HAND_BITS = 60;

/** Mandatory objects whose specification is fixed. */
const UNCHANGEABLE = { FlowSchema: ['exempt', 'catch-all'], PriorityLevelConfiguration: ['catch-all'] };

/** Levels and schemas of a file, in its order. */
export interface FlowControlManifests {
  readonly levels: readonly PriorityLevel[];
  readonly schemas: readonly FlowSchema[];
}

/** Reads all documents of a file. Throws one PlimsollError with everything that is wrong. */
export function readFlowControlManifests(file: string, text: string, accepted: AcceptedFields): FlowControlManifests {
  const errors: PlimsollError[] = [];
  const levels: PriorityLevel[] = [];
  const schemas: FlowSchema[] = [];
  for (const document of parseYaml(file, text)) {
    const { value } = document;
    if (value === null || value === undefined) continue;
    const kind = isMap(value) ? value.kind : undefined;
    if (!isMap(value) || (kind !== 'PriorityLevelConfiguration' && kind !== 'FlowSchema')) {
      errors.push(kindError(document, kind));
      continue;
    }
    const object = new FieldReader(value, [], { document, kind, accepted, errors, root: [] });
    object.raw('kind');
    checkVersion(object);
    const metadata = object.requiredMap('metadata');
    const name = metadata.requiredText('name');
    if (UNCHANGEABLE[kind].includes(name))
      metadata.refuse('name', `the ${kind} ${name} cannot be changed`, 'another name');
    metadata.labels('labels');
    finishMetadata(metadata);
    if (kind === 'FlowSchema') schemas.push(readSchema(object.requiredMap('spec'), name));
    else levels.push(readLevel(object.requiredMap('spec'), name));
    object.ignore('status');
    object.finish();
  }
  if (errors.length > 0) throw combineErrors(errors);
  return { levels, schemas };
}

function kindError(document: YamlDocument, kind: unknown): PlimsollError {
  return new PlimsollError('P302', {
    message: kind === undefined ? 'kind is missing' : `${quoteValue(kind)} is no part of flow control`,
    position: document.positionOf(kind === undefined ? [] : ['kind']),
    path: formatPath(['kind']),
    expected: 'FlowSchema or PriorityLevelConfiguration',
  });
}

function checkVersion(object: FieldReader): void {
  const written = object.raw('apiVersion');
  if (written === API_VERSION) return;
  object.report('P301', ['apiVersion'], {
    message: `apiVersion is ${quoteValue(written)}`,
    expected: API_VERSION,
    fix: `write apiVersion: ${API_VERSION}`,
  });
}

function readLevel(spec: FieldReader, name: string): PriorityLevel {
  const exempt = spec.oneOf('type', ['Exempt', 'Limited'], 'Limited') === 'Exempt';
  if (exempt !== (name === 'exempt')) {
    spec.refuse('type', 'the level named exempt, and no other one, is of type Exempt', exempt ? 'Limited' : 'Exempt');
  }
  const part = exempt ? spec.map('exempt') : spec.requiredMap('limited');
  const level: PriorityLevel = {
    name,
    exempt,
    shares: part?.wholeNumber('nominalConcurrencyShares', exempt ? 0 : DEFAULT_SHARES) ?? 0,
    lendablePercent: part?.wholeNumber('lendablePercent', 0, { most: MAXIMUM_PERCENT }) ?? 0,
    borrowingLimitPercent: part?.wholeNumber('borrowingLimitPercent', undefined) ?? null,
    queuing: exempt || part === undefined ? null : readResponse(part.requiredMap('limitResponse')),
  };
  part?.finish();
  spec.finish();
  return level;
}

function readResponse(response: FieldReader): Queuing | null {
  const rejects = response.oneOf('type', ['Reject', 'Queue'], 'Reject') === 'Reject';
  if (rejects && response.has('queuing'))
    response.refuse('queuing', 'a level that rejects has no queues', 'type: Queue');
  const queuing = response.map('queuing');
  const { queues, handSize, queueLengthLimit } = DEFAULT_QUEUING;
  const read: Queuing = {
    queues: queuing?.wholeNumber('queues', queues, { least: 1, most: MAXIMUM_QUEUES }) ?? queues,
    handSize: queuing?.wholeNumber('handSize', handSize, { least: 1 }) ?? handSize,
    queueLengthLimit: queuing?.wholeNumber('queueLengthLimit', queueLengthLimit, { least: 1 }) ?? queueLengthLimit,
  };
  if (read.handSize > read.queues) {
    (queuing ?? response).refuse(
      'handSize',
      `${read.handSize} queues are dealt of ${read.queues}`,
      'no more than queues',
    );
  } else if (handBits(read) > MAXIMUM_HAND_BITS) {
    (queuing ?? response).refuse('handSize', 'there are more hands than a hash tells apart', 'a smaller hand');
  }
  queuing?.finish();
  response.finish();
  return rejects ? null : read;
}

/** Bits that tell all hands apart. */
function handBits({ queues, handSize }: Queuing): number {
  let bits = 0;
  for (let dealt = 0; dealt < handSize && bits <= MAXIMUM_HAND_BITS; dealt++) bits += Math.log2(queues - dealt);
  return bits;
}

function readSchema(spec: FieldReader, name: string): FlowSchema {
  const reference = spec.requiredMap('priorityLevelConfiguration');
  const method = spec.map('distinguisherMethod');
  const schema: FlowSchema = {
    name,
    priorityLevel: reference.requiredText('name'),
    matchingPrecedence: spec.wholeNumber('matchingPrecedence', DEFAULT_PRECEDENCE, {
      least: 1,
      most: MAXIMUM_PRECEDENCE,
    }),
    distinguisher: method === undefined ? null : method.oneOf('type', ['ByUser', 'ByNamespace'], 'ByUser'),
    rules: spec.maps('rules').map(readRule),
  };
  for (const reader of [reference, method, spec]) reader?.finish();
  return schema;
}

function readRule(rule: FieldReader): FlowSchemaRule {
  const read = {
    subjects: rule.maps('subjects').map(readSubject),
    resourceRules: rule.maps('resourceRules').map(readResourceRule),
  };
  rule.ignore('nonResourceRules');
  rule.finish();
  return read;
}

function readSubject(subject: FieldReader): Subject {
  const kind = subject.oneOf('kind', ['User', 'Group', 'ServiceAccount'], 'User');
  const field = { User: 'user', Group: 'group', ServiceAccount: 'serviceAccount' }[kind];
  const named = subject.requiredMap(field);
  const read: Subject = {
    kind,
    name: named.requiredText('name'),
    namespace: kind === 'ServiceAccount' ? named.requiredText('namespace') : '',
  };
  named.finish();
  subject.finish();
  return read;
}

function readResourceRule(rule: FieldReader): ResourceRule {
  const read: ResourceRule = {
    verbs: rule.texts('verbs'),
    apiGroups: rule.texts('apiGroups'),
    resources: rule.texts('resources'),
    namespaces: rule.texts('namespaces'),
    clusterScope: rule.flag('clusterScope', false),
  };
  for (const field of ['verbs', 'apiGroups', 'resources'] as const) {
    if (read[field].length === 0) rule.refuse(field, `${field} is empty`, `names, or "${EVERY}"`);
  }
  if (read.namespaces.length === 0 && !read.clusterScope) {
    rule.refuse('namespaces', 'the rule matches nothing', 'namespaces, or clusterScope: true');
  }
  rule.finish();
  return read;
}
