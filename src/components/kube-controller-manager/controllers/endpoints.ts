/**
 * The Endpoints controller: the older list of a Service's pods, in one object of at most 1,000 addresses. Deprecated, and still running.
 * K:pkg/controller/endpoint/endpoints_controller.go.
 *
 * Modelled: one PUT for each sync that changes something, the check for a cache behind its own writes, truncation, deletion with the Service.
 * Left out: subsets by port, headless Services without ports, the annotation of the trigger time, the mirroring of foreign Endpoints.
 */
import { kinds, NO_VERSION, type ObjectKey, type ObjectTables, type SliceEndpoint } from '../../../cluster/index.ts';
import { isSuccess, type Requests, StatusCode, writes } from '../../api-machinery/index.ts';
import type { ApiClient, SharedInformer } from '../../client-go/index.ts';
import type { ControllerQueue, ControllerSurroundings } from '../controller.ts';
import { belongsIntoEndpoints, endpointOf, enqueueServicesOfPods, sameEndpoint } from '../endpoint-changes.ts';
import { enqueueEvery } from '../enqueue.ts';

/** The controller. */
export class EndpointsController {
  private readonly around: ControllerSurroundings;
  private readonly tables: ObjectTables;
  private readonly requests: Requests;
  private readonly client: ApiClient;
  private readonly queue: ControllerQueue;
  private readonly services: SharedInformer;
  private readonly pods: SharedInformer;
  private readonly endpoints: SharedInformer;
  /** Revision that an own write replaced, by key of the Endpoints: a cache that still has it is old (staleEndpointsTracker), state. */
  private readonly replaced = new Map<ObjectKey, number>();

  constructor(around: ControllerSurroundings) {
    const { clientGo, parameters, memberships } = around;
    this.around = around;
    this.tables = clientGo.tables;
    this.requests = clientGo.requests;
    this.client = around.newClient('endpoint-controller');
    this.services = around.informer(kinds.services);
    this.pods = around.informer(kinds.pods);
    this.endpoints = around.informer(kinds.endpoints);
    this.queue = around.newQueue('endpoint', parameters.concurrentEndpointSyncs, (key) => this.sync(key as ObjectKey), {
      objects: (key) => memberships.count(key as ObjectKey),
      maximumRetries: parameters.maximumSyncRetries,
    });
    const { services, endpoints, pods } = this.tables;
    enqueueEvery(this.services, services, this.queue);
    const enqueue = (service: ObjectKey) => this.queue.addAfter(service, parameters.endpointUpdatesBatchPeriod);
    this.pods.addHandler(enqueueServicesOfPods(pods, memberships, enqueue));
    this.endpoints.addHandler({ onDelete: (gone) => this.queue.add(endpoints.owner.get(gone)) });
  }

  private *sync(key: ObjectKey): Generator<number, boolean, number> {
    const version = this.services.get(key);
    const name = this.keyOfEndpoints(key);
    if (version === NO_VERSION) return yield* this.remove(name);
    const specification = this.tables.services.specification.get(version);
    if (specification?.selector === undefined || specification.type === 'ExternalName') return true;
    const addresses = this.addressesOf(key, specification.publishNotReadyAddresses);
    const present = this.endpoints.get(name);
    const revision = present === NO_VERSION ? 0 : this.tables.endpoints.revision.get(present);
    if (revision !== 0 && this.replaced.get(name) === revision) return false;
    if (revision !== 0 && sameAddresses(this.tables.endpoints.addresses.get(present), addresses)) return true;
    return yield* this.put(key, name, revision, addresses);
  }

  /** Addresses, Ready or not, of pods that are not on their way out. */
  private addressesOf(service: ObjectKey, isPublished = false): SliceEndpoint[] {
    const { pods } = this.tables;
    const addresses: SliceEndpoint[] = [];
    this.around.memberships.forEachPod(service, (key) => {
      const pod = this.pods.get(key);
      if (belongsIntoEndpoints(pods, pod, false)) addresses.push(endpointOf(pods, pod, isPublished));
    });
    return truncate(addresses, this.around.parameters.endpointsCapacity);
  }

  private *put(
    service: ObjectKey,
    name: ObjectKey,
    revision: number,
    addresses: readonly SliceEndpoint[],
  ): Generator<number, boolean, number> {
    const { requests } = this;
    const request = this.client.write(revision === 0 ? writes.endpointsCreate : writes.endpointsUpdate, name);
    requests.expectedRevision[request] = revision;
    requests.setNumber(request, 0, service);
    requests.object[request] = addresses;
    const reply = yield* this.client.call(request);
    if (!isSuccess(requests.code[reply] as number)) return false;
    if (revision !== 0) this.replaced.set(name, revision);
    return true;
  }

  private *remove(name: ObjectKey): Generator<number, boolean, number> {
    this.replaced.delete(name);
    const reply = yield* this.client.call(this.client.deletion(kinds.endpoints, name));
    const code = this.requests.code[reply] as number;
    return isSuccess(code) || code === StatusCode.NotFound;
  }

  /** Endpoints have the name of their Service. */
  private keyOfEndpoints(service: ObjectKey): ObjectKey {
    const services = this.tables.keysOf('services');
    return this.tables.keysOf('endpoints').intern(services.namespace(service), services.name(service));
  }
}

/** The addresses that fit: Ready ones before others (truncateEndpoints). */
function truncate(addresses: SliceEndpoint[], capacity: number): SliceEndpoint[] {
  if (addresses.length <= capacity) return addresses;
  const ready = addresses.filter((address) => address.ready);
  const others = addresses.filter((address) => !address.ready);
  return [...ready, ...others].slice(0, capacity);
}

/** Whether two lists have the same addresses; their order does not matter (RepackSubsets sorts them). */
function sameAddresses(left: readonly SliceEndpoint[], right: readonly SliceEndpoint[]): boolean {
  if (left.length !== right.length) return false;
  const known = new Map(left.map((address) => [address.pod, address]));
  return right.every((address) => {
    const other = known.get(address.pod);
    return other !== undefined && sameEndpoint(other, address);
  });
}
