/**
 * The EndpointSlice controller: lists the pods that a Service selects, a hundred to a slice.
 * K:pkg/controller/endpointslice, K:staging/src/k8s.io/endpointslice.
 *
 * Modelled: packing with as few writes as possible, the check for a cache behind its own writes, trigger times, conditions ready, serving and
 * terminating, publishNotReadyAddresses, hints of trafficDistribution. Left out: several address families, port maps that differ between pods of one
 * Service, hints of topology-mode.
 */
import {
  kinds,
  LABEL_ZONE,
  NO_VERSION,
  type ObjectKey,
  type ObjectTables,
  type ServiceSpecification,
  type SliceEndpoint,
  type VersionHandle,
} from '../../../cluster/index.ts';
import { isSuccess, type RequestId, type Requests, StatusCode, writes } from '../../api-machinery/index.ts';
import type { ApiClient, InformerIndex, SharedInformer } from '../../client-go/index.ts';
import type { ControllerQueue, ControllerSurroundings } from '../controller.ts';
import { belongsIntoEndpoints, endpointOf, enqueueServicesOfPods } from '../endpoint-changes.ts';
import { hintsFor } from '../endpoint-hints.ts';
import { type PresentSlice, packEndpoints, type SliceChanges } from '../endpoint-packing.ts';
import { enqueueEvery } from '../enqueue.ts';
import { OwnSlices } from '../own-slices.ts';
import { TriggerTimes } from '../trigger-times.ts';

/** The controller. */
export class EndpointSliceController {
  private readonly around: ControllerSurroundings;
  private readonly tables: ObjectTables;
  private readonly requests: Requests;
  private readonly client: ApiClient;
  private readonly queue: ControllerQueue;
  private readonly services: SharedInformer;
  private readonly pods: SharedInformer;
  private readonly slices: SharedInformer;
  private readonly nodes: SharedInformer;
  private readonly slicesOf: InformerIndex;
  private readonly triggers = new TriggerTimes();
  private readonly own = new OwnSlices();

  constructor(around: ControllerSurroundings) {
    const { clientGo, parameters, memberships } = around;
    this.around = around;
    this.tables = clientGo.tables;
    this.requests = clientGo.requests;
    this.client = around.newClient('endpointslice-controller');
    this.services = around.informer(kinds.services);
    this.pods = around.informer(kinds.pods);
    this.slices = around.informer(kinds.endpointslices);
    this.nodes = around.informer(kinds.nodes);
    this.slicesOf = around.byOwner(kinds.endpointslices);
    const workers = parameters.concurrentServiceEndpointSyncs;
    this.queue = around.newQueue('endpoint_slice', workers, (key) => this.sync(key as ObjectKey), {
      objects: (key) => memberships.count(key as ObjectKey),
      maximumRetries: parameters.maximumSyncRetries,
      backoff: { base: parameters.endpointSliceBackoff, maximum: parameters.endpointSliceBackoffMaximum },
    });
    const { services, pods } = this.tables;
    enqueueEvery(this.services, services, this.queue);
    const enqueue = (service: ObjectKey) => this.queue.addAfter(service, parameters.endpointUpdatesBatchPeriod);
    this.pods.addHandler(enqueueServicesOfPods(pods, memberships, enqueue));
    this.slices.addHandler({
      onAdd: (slice) => this.onSlice(slice),
      onUpdate: (slice) => this.onSlice(slice),
      onDelete: (slice) => this.onSliceGone(slice),
    });
  }

  /** Somebody else wrote a slice: its Service is looked at again, not at once. */
  private onSlice(slice: VersionHandle): void {
    const { endpointslices } = this.tables;
    const service = endpointslices.owner.get(slice) as ObjectKey;
    const key = endpointslices.key.get(slice) as ObjectKey;
    if (service >= 0 && this.own.isForeign(service, key, endpointslices.revision.get(slice)))
      this.enqueueLater(service);
  }

  private onSliceGone(slice: VersionHandle): void {
    const { endpointslices } = this.tables;
    const service = endpointslices.owner.get(slice) as ObjectKey;
    const key = endpointslices.key.get(slice) as ObjectKey;
    if (service >= 0 && this.own.deletionWasForeign(service, key)) this.enqueueLater(service);
  }

  private enqueueLater(service: ObjectKey): void {
    const { sliceChangeMinimumDelay, endpointUpdatesBatchPeriod } = this.around.parameters;
    this.queue.addAfter(service, Math.max(sliceChangeMinimumDelay, endpointUpdatesBatchPeriod));
  }

  // ---- sync --------------------------------------------------------------------------------------------------------------------

  private *sync(key: ObjectKey): Generator<number, boolean, number> {
    const version = this.services.get(key);
    if (version === NO_VERSION) {
      this.triggers.forget(key);
      this.own.forget(key);
      return true;
    }
    const specification = this.tables.services.specification.get(version);
    if (specification?.selector === undefined || specification.type === 'ExternalName') return true;
    const present = this.presentSlices(key);
    // As upstream: on a cache behind its own writes it would undo them, so it comes back after its back-off of a second.
    if (this.own.areAheadOf(key, present)) return false;
    const desired = new Map<ObjectKey, SliceEndpoint>();
    const trigger = this.collect(key, version, specification, desired);
    const changes = packEndpoints(present, desired, this.around.parameters.maxEndpointsPerSlice);
    return yield* this.write(key, changes, trigger);
  }

  private presentSlices(service: ObjectKey): PresentSlice[] {
    const { endpointslices } = this.tables;
    const present: PresentSlice[] = [];
    for (const key of this.slicesOf.keys(service)) {
      const slice = this.slices.get(key);
      present.push({
        key,
        revision: endpointslices.revision.get(slice),
        endpoints: endpointslices.endpoints.get(slice),
      });
    }
    return present;
  }

  /** Fills `desired`; returns the oldest change that it reflects [ns]. */
  private collect(
    service: ObjectKey,
    version: VersionHandle,
    specification: ServiceSpecification,
    desired: Map<ObjectKey, SliceEndpoint>,
  ): number {
    const { pods, services } = this.tables;
    const transitions = new Map<ObjectKey, number>();
    this.around.memberships.forEachPod(service, (key) => {
      const pod = this.pods.get(key);
      if (pods.readyAt.get(pod) >= 0) transitions.set(key, pods.readyAt.get(pod));
      if (belongsIntoEndpoints(pods, pod, true)) desired.set(key, this.endpointOf(pod, specification));
    });
    return this.triggers.oldestChange(service, services.createdAt.get(version), transitions);
  }

  private endpointOf(pod: VersionHandle, specification: ServiceSpecification): SliceEndpoint {
    const endpoint = endpointOf(this.tables.pods, pod, specification.publishNotReadyAddresses);
    if (specification.trafficDistribution === undefined) return endpoint;
    const hints = hintsFor(specification, endpoint, this.zoneOf(endpoint.node));
    return hints === undefined ? endpoint : { ...endpoint, hints };
  }

  private zoneOf(node: ObjectKey): string | undefined {
    const version = this.nodes.get(node);
    return version === NO_VERSION ? undefined : this.tables.nodes.specification.get(version)?.labels[LABEL_ZONE];
  }

  // ---- writes: one after the other, creations first (finalize) -------------------------------------------------------------------

  private *write(service: ObjectKey, changes: SliceChanges, trigger: number): Generator<number, boolean, number> {
    const { requests } = this;
    const keys = this.tables.keysOf('services');
    for (const endpoints of changes.create) {
      const key = this.tables.keysOf('endpointslices').generate(keys.namespace(service), keys.name(service));
      const request = this.client.write(writes.endpointSliceCreate, key);
      if (!(yield* this.put(service, request, endpoints, trigger))) return false;
    }
    for (const { key, revision, endpoints } of changes.update) {
      const request = this.client.write(writes.endpointSliceUpdate, key);
      requests.expectedRevision[request] = revision;
      if (!(yield* this.put(service, request, endpoints, trigger))) return false;
    }
    for (const key of changes.remove) {
      this.own.expectDeletion(service, key);
      const reply = yield* this.client.call(this.client.deletion(kinds.endpointslices, key));
      const code = requests.code[reply] as number;
      if (!isSuccess(code) && code !== StatusCode.NotFound) return false;
    }
    return true;
  }

  private *put(
    service: ObjectKey,
    request: RequestId,
    endpoints: readonly SliceEndpoint[],
    trigger: number,
  ): Generator<number, boolean, number> {
    const { requests } = this;
    requests.setNumber(request, 0, service);
    requests.setNumber(request, 1, trigger);
    requests.object[request] = endpoints;
    const reply = yield* this.client.call(request);
    if (!isSuccess(requests.code[reply] as number)) return false;
    this.own.wrote(service, requests.key[reply] as ObjectKey, requests.resultRevision[reply] as number);
    return true;
  }
}
