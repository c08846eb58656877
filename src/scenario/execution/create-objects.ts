/** Objects are created, before the run or by requests: described in a few words, or from manifests. */
import {
  type Intent,
  type Kind,
  kinds,
  type ObjectKey,
  type PodTemplate,
  type ResourceName,
  type StorageIntent,
} from '../../cluster/index.ts';
import { type RequestId, writes } from '../../components/api-machinery/index.ts';
import type { ApiClient } from '../../components/client-go/index.ts';
import type {
  Apply,
  CreateDeployment,
  CreateIngress,
  CreatePods,
  CreateService,
  Requesting,
} from '../operations/index.ts';
import type { Execution } from './execution.ts';
import { paced } from './pacing.ts';

/** Kinds of which only name and size matter, and how they are created. */
const opaqueWrites = {
  Namespace: { kind: kinds.namespaces, write: writes.namespaceCreate },
  ServiceAccount: { kind: kinds.serviceaccounts, write: writes.serviceAccountCreate },
  ConfigMap: { kind: kinds.configmaps, write: writes.configMapCreate },
  Secret: { kind: kinds.secrets, write: writes.secretCreate },
} as const;

/** Kinds of storage, and how they are created. */
const storageKinds = {
  PersistentVolume: { kind: kinds.persistentvolumes, write: writes.persistentVolumeCreate },
  PersistentVolumeClaim: { kind: kinds.persistentvolumeclaims, write: writes.persistentVolumeClaimCreate },
  StorageClass: { kind: kinds.storageclasses, write: writes.storageClassCreate },
} as const;

/** Key of the claim that a volume names, -1 = none. */
function claimKeyOf({ cluster }: Execution, { claim }: Extract<StorageIntent, { kind: 'PersistentVolume' }>): number {
  return claim === undefined ? -1 : cluster.tables.keysOf('persistentvolumeclaims').intern(claim.namespace, claim.name);
}

/** Key of the volume that a claim names, -1 = none. */
function volumeKeyOf(
  { cluster }: Execution,
  { volume }: Extract<StorageIntent, { kind: 'PersistentVolumeClaim' }>,
): number {
  return volume === undefined ? -1 : cluster.tables.keysOf('persistentvolumes').intern('', volume);
}

/** Sends the requests of an operation at its pace over its client's connections, and waits for the answers. */
export function* sendAll(
  execution: Execution,
  { arrivals, client }: Pick<Requesting, 'arrivals' | 'client'>,
  count: number,
  make: (client: ApiClient, index: number) => RequestId | undefined,
): Generator<number, void, number> {
  const flight = execution.openFlight();
  const connections = execution.clientsOf(client);
  const settle = (left: number) => execution.settle(flight, left);
  yield* paced(
    execution,
    arrivals,
    count,
    (index) => {
      const connection = connections[index % connections.length] as ApiClient;
      const request = make(connection, index);
      if (request !== undefined) execution.send(flight, connection, request);
    },
    settle,
  );
  yield* execution.settle(flight);
}

/** Pods that nobody owns. */
export function* createPods(execution: Execution, operation: CreatePods): Generator<number, void, number> {
  const template = execution.template(operation.template);
  yield* sendAll(execution, operation, operation.count, (client, index) => {
    const namespace = operation.namespaces[index % operation.namespaces.length] as string;
    return podRequest(execution, client, namespace, operation.name, template);
  });
}

/** POST of a pod with a generated name. */
export function podRequest(
  execution: Execution,
  client: ApiClient,
  namespace: string,
  prefix: string,
  template: PodTemplate,
): RequestId {
  const { tables } = execution.cluster;
  return podRequestFor(execution, client, tables.keysOf('pods').generate(namespace, prefix), template);
}

function podRequestFor(execution: Execution, client: ApiClient, key: ObjectKey, template: PodTemplate): RequestId {
  const { tables, requests } = execution.cluster;
  const request = client.write(writes.podCreate, key);
  requests.setNumber(request, 0, -1);
  requests.setNumber(request, 1, template.nodeName === '' ? -1 : tables.keysOf('nodes').intern('', template.nodeName));
  requests.object[request] = template;
  return request;
}

/** Deployments, Services and whatever manifests hold. */
export function* createIntents(
  execution: Execution,
  operation: CreateDeployment | CreateService | CreateIngress | Apply,
): Generator<number, void, number> {
  yield* sendAll(execution, operation, operation.intents.length, (client, index) =>
    intentRequest(execution, client, operation.intents[index] as Intent),
  );
}

/** POST of an object. */
export function intentRequest(execution: Execution, client: ApiClient, intent: Intent): RequestId {
  const { requests, tables } = execution.cluster;
  const { namespace, name } = intent;
  switch (intent.kind) {
    case 'Pod': {
      const key = tables.keysOf('pods').intern(namespace, name);
      return podRequestFor(execution, client, key, execution.template(intent.template));
    }
    case 'Deployment': {
      const request = client.write(writes.deploymentCreate, tables.keysOf('deployments').intern(namespace, name));
      requests.object[request] = { ...intent, template: execution.template(intent.template) };
      return request;
    }
    case 'ReplicaSet': {
      const request = client.write(writes.replicaSetCreate, tables.keysOf('replicasets').intern(namespace, name));
      requests.object[request] = {
        ...intent,
        template: execution.template(intent.template),
        minReady: 0,
        owner: -1,
        rollout: 0,
      };
      return request;
    }
    case 'ResourceQuota':
      return contentRequest(execution, client, writes.resourceQuotaCreate, 'resourcequotas', intent, intent.hard);
    case 'LimitRange':
      return contentRequest(execution, client, writes.limitRangeCreate, 'limitranges', intent, intent.limits);
    case 'PersistentVolume':
    case 'PersistentVolumeClaim':
    case 'StorageClass':
      return storageRequest(execution, client, intent);
    case 'DeviceClass':
      return contentRequest(execution, client, writes.deviceClassCreate, 'deviceclasses', intent, intent.driver);
    case 'ResourceClaimTemplate':
      return contentRequest(
        execution,
        client,
        writes.resourceClaimTemplateCreate,
        'resourceclaimtemplates',
        intent,
        intent.requests,
      );
    case 'Ingress':
      return contentRequest(execution, client, writes.ingressCreate, 'ingresses', intent, intent.specification);
    case 'NetworkPolicy': {
      const { specification } = intent;
      return contentRequest(execution, client, writes.networkPolicyCreate, 'networkpolicies', intent, specification);
    }
    case 'PriorityClass':
      return contentRequest(execution, client, writes.priorityClassCreate, 'priorityclasses', intent, intent.content);
    case 'PodGroup': {
      const request = client.write(writes.podGroupCreate, tables.keysOf('podgroups').intern(namespace, name));
      requests.setNumber(request, 0, intent.minCount);
      requests.setNumber(request, 1, intent.bytes);
      return request;
    }
    case 'PodDisruptionBudget':
      return contentRequest(
        execution,
        client,
        writes.podDisruptionBudgetCreate,
        'poddisruptionbudgets',
        intent,
        intent.budget,
      );
    case 'Service': {
      const request = client.write(writes.serviceCreate, tables.keysOf('services').intern(namespace, name));
      requests.object[request] = intent.specification;
      return request;
    }
    default: {
      const { kind, write } = opaqueWrites[intent.kind];
      const request = client.write(write, tables.keysOf(kind).intern(kind === kinds.namespaces ? '' : namespace, name));
      requests.setNumber(request, 0, intent.bytes);
      requests.setNumber(request, 1, tables.finalizers.bitsOf(intent.finalizers ?? []));
      requests.setNumber(request, 2, intent.immutable === true ? 1 : 0);
      requests.object[request] = intent.labels ?? null;
      return request;
    }
  }
}

/** POST of an object of which the request carries the content and the size. */
function contentRequest(
  { cluster: { requests, tables } }: Execution,
  client: ApiClient,
  write: number,
  resource: ResourceName,
  { namespace, name, bytes }: { readonly namespace: string; readonly name: string; readonly bytes: number },
  content: unknown,
): RequestId {
  const request = client.write(write, tables.keysOf(resource).intern(namespace, name));
  requests.object[request] = content as object;
  requests.setNumber(request, 0, bytes);
  return request;
}

/** POST of a volume, a claim or a class. A volume and a claim may each name the other before it is there. */
function storageRequest(execution: Execution, client: ApiClient, intent: StorageIntent): RequestId {
  const { requests, tables } = execution.cluster;
  const { namespace, name, kind } = intent;
  const key = tables.keysOf(storageKinds[kind].kind).intern(namespace, name);
  const request = client.write(storageKinds[kind].write, key);
  requests.object[request] = intent.specification;
  if (kind === 'PersistentVolume') requests.setNumber(request, 0, claimKeyOf(execution, intent));
  if (kind === 'PersistentVolumeClaim') {
    requests.setNumber(request, 0, -1);
    requests.setNumber(request, 1, volumeKeyOf(execution, intent));
  }
  return request;
}

/** Before the run: the objects are there. */
export function preloadIntents(execution: Execution, intents: readonly Intent[]): void {
  const { preload } = execution.cluster;
  for (const intent of intents) {
    const { namespace, name } = intent;
    switch (intent.kind) {
      case 'Deployment':
      case 'ReplicaSet':
        preloadWorkload(execution, intent);
        break;
      case 'Service':
        preload.services.add(namespace, name, intent.specification, intent.endpoints);
        break;
      case 'ResourceQuota':
        preload.resourceQuota(intent);
        break;
      case 'LimitRange':
        preload.limitRange(intent);
        break;
      case 'PersistentVolume':
        preload.storage.volume(name, intent.specification, claimKeyOf(execution, intent));
        break;
      case 'PersistentVolumeClaim':
        preload.storage.claim(namespace, name, intent.specification, volumeKeyOf(execution, intent));
        break;
      case 'StorageClass':
        preload.storage.storageClass(name, intent.specification);
        break;
      case 'DeviceClass':
      case 'ResourceClaimTemplate':
        preload.devices.object(intent);
        break;
      case 'Ingress':
        preload.network.ingress(intent);
        break;
      case 'NetworkPolicy':
        preload.network.policy(intent);
        break;
      case 'PriorityClass':
        preload.priorityClass(intent);
        break;
      case 'PodGroup':
        preload.podGroup(intent);
        break;
      case 'PodDisruptionBudget':
        preload.disruptionBudget(intent);
        break;
      case 'Pod':
        preloadPods(execution, [namespace], name, 1, intent.template);
        break;
      case 'Namespace':
        preload.namespace(name, intent.labels ?? {}, intent.bytes, intent.finalizers);
        break;
      default: {
        const kind: Kind = opaqueWrites[intent.kind].kind;
        preload.opaque(kind, namespace, name, intent.bytes, intent.finalizers, intent.immutable);
      }
    }
  }
}

function preloadWorkload(execution: Execution, intent: Extract<Intent, { kind: 'Deployment' | 'ReplicaSet' }>): void {
  const { preload } = execution.cluster;
  const template = execution.preloadedTemplate(intent.template);
  const unplaced =
    intent.kind === 'Deployment'
      ? preload.deployment({ ...intent, template })
      : preload.replicaSet({ ...intent, minReady: 0, template });
  if (unplaced > 0) {
    execution.notes.push(`${unplaced} pods of ${intent.name} found no node with room and were not preloaded`);
  }
}

/** Before the run: pods that nobody owns. */
export function preloadPods(
  execution: Execution,
  namespaces: readonly string[],
  prefix: string,
  count: number,
  template: PodTemplate,
): void {
  let unplaced = 0;
  const preloaded = execution.preloadedTemplate(template);
  for (let i = 0; i < count; i++) {
    const namespace = namespaces[i % namespaces.length] as string;
    if (!execution.cluster.preload.pod(namespace, prefix, preloaded, -1)) unplaced++;
  }
  if (unplaced > 0)
    execution.notes.push(`${unplaced} pods of ${prefix} found no node with room and were not preloaded`);
}
