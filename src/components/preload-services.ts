/** Services that exist when the run begins, with the slices and Endpoints that controllers, or whoever has no selector, would have written. */
import {
  type Kind,
  kinds,
  LABEL_ZONE,
  type Labels,
  type NodeSpecification,
  type ObjectKey,
  type ObjectTables,
  type ServiceSpecification,
  type SliceEndpoint,
  type VersionHandle,
} from '../cluster/index.ts';
import type { ValuesOf } from '../engine/index.ts';
import type { objectSizeParameters } from './api-machinery/index.ts';
import { hintsFor } from './kube-controller-manager/index.ts';

/** Pods that were preloaded, by namespace and labels. */
export type PodGroups = ReadonlyMap<string, ReadonlyMap<Labels, readonly SliceEndpoint[]>>;

/** Addresses in one Endpoints object at most (upstream: a constant of the controller). */
const ADDRESSES_PER_ENDPOINTS = 1000;
/** Node of an address that is on none. */
const NOWHERE = -1;

/** Puts Services into the store through `put`. */
export class PreloadedServices {
  private readonly tables: ObjectTables;
  private readonly sizes: ValuesOf<typeof objectSizeParameters>;
  /** Endpoints in one slice at most, as the controller packs them. */
  private readonly endpointsPerSlice: number;
  private readonly put: (kind: Kind, version: VersionHandle) => unknown;
  /** Services with a selector, for their endpoints. */
  private readonly selecting: {
    readonly key: ObjectKey;
    readonly namespace: string;
    readonly name: string;
    readonly specification: ServiceSpecification;
    readonly selector: Labels;
  }[] = [];

  constructor(
    tables: ObjectTables,
    sizes: ValuesOf<typeof objectSizeParameters>,
    endpointsPerSlice: number,
    put: (kind: Kind, version: VersionHandle) => unknown,
  ) {
    this.tables = tables;
    this.sizes = sizes;
    this.endpointsPerSlice = endpointsPerSlice;
    this.put = put;
  }

  /** A Service; its endpoints follow with {@link finish}. Of one without a selector somebody lists so many addresses that no pod has. */
  add(namespace: string, name: string, specification: ServiceSpecification, addresses = 0): void {
    const { services } = this.tables;
    const key = this.tables.keysOf('services').intern(namespace, name);
    const version = services.allocate(key);
    services.specification.set(version, specification);
    services.bytes.set(version, this.sizes.service);
    this.put(kinds.services, version);
    const { selector } = specification;
    if (selector !== undefined) this.selecting.push({ key, namespace, name, specification, selector });
    else if (addresses > 0)
      this.storeSlices({ key, namespace, name }, this.foreignEndpoints(namespace, name, addresses));
  }

  /** Endpoints of all Services, when nodes and pods are there. */
  finish(
    nodes: readonly { readonly key: ObjectKey; readonly specification: NodeSpecification }[],
    groups: PodGroups,
  ): void {
    const zones = new Map(nodes.map(({ key, specification: { labels } }) => [key, labels[LABEL_ZONE]]));
    const labelled = this.groupsByLabel(groups);
    for (const service of this.selecting) {
      const endpoints: SliceEndpoint[] = [];
      const [[label, value] = ['', '']] = Object.entries(service.selector);
      for (const [labels, pods] of labelled.get(`${service.namespace} ${label}=${value}`) ?? []) {
        if (includes(labels, service.selector)) endpoints.push(...pods);
      }
      this.storeSlices(service, this.withHints(service.specification, endpoints, zones));
    }
  }

  /** Endpoints that are no pods. */
  private foreignEndpoints(namespace: string, name: string, addresses: number): SliceEndpoint[] {
    const keys = this.tables.keysOf('pods');
    return Array.from({ length: addresses }, (_, i) => ({
      pod: keys.intern(namespace, `${name}-address-${i}`),
      node: NOWHERE as ObjectKey,
      ready: true,
      serving: true,
      terminating: false,
    }));
  }

  /** The same endpoints as the controller lists them for a Service: for whom each is meant. */
  private withHints(
    specification: ServiceSpecification,
    endpoints: readonly SliceEndpoint[],
    zones: ReadonlyMap<ObjectKey, string | undefined>,
  ): readonly SliceEndpoint[] {
    if (specification.trafficDistribution === undefined) return endpoints;
    return endpoints.map((endpoint) => {
      const hints = hintsFor(specification, endpoint, zones.get(endpoint.node));
      return hints === undefined ? endpoint : { ...endpoint, hints };
    });
  }

  /** Groups of pods by namespace and each of their labels: a Service looks only at those with the first label that it asks for. */
  private groupsByLabel(groups: PodGroups): Map<string, (readonly [Labels, readonly SliceEndpoint[]])[]> {
    const labelled = new Map<string, (readonly [Labels, readonly SliceEndpoint[]])[]>();
    for (const [namespace, ofNamespace] of groups) {
      for (const group of ofNamespace) {
        for (const [label, value] of Object.entries(group[0])) {
          const place = `${namespace} ${label}=${value}`;
          const neighbours = labelled.get(place);
          if (neighbours === undefined) labelled.set(place, [group]);
          else neighbours.push(group);
        }
      }
    }
    return labelled;
  }

  private storeSlices(
    service: { readonly key: ObjectKey; readonly namespace: string; readonly name: string },
    endpoints: readonly SliceEndpoint[],
  ): void {
    const { endpointslices, endpoints: table } = this.tables;
    for (let from = 0; from === 0 || from < endpoints.length; from += this.endpointsPerSlice) {
      const part = endpoints.slice(from, from + this.endpointsPerSlice);
      const slice = endpointslices.allocate(
        this.tables.keysOf('endpointslices').generate(service.namespace, service.name),
      );
      endpointslices.owner.set(slice, service.key);
      endpointslices.endpoints.set(slice, part);
      endpointslices.bytes.set(slice, this.sizes.endpointSliceBase + this.sizes.endpoint * part.length);
      this.put(kinds.endpointslices, slice);
    }
    const addresses = endpoints.slice(0, ADDRESSES_PER_ENDPOINTS);
    const version = table.allocate(this.tables.keysOf('endpoints').intern(service.namespace, service.name));
    table.owner.set(version, service.key);
    table.addresses.set(version, addresses);
    table.bytes.set(version, this.sizes.endpointSliceBase + this.sizes.endpoint * addresses.length);
    this.put(kinds.endpoints, version);
  }
}

/** Whether labels have all of these. */
function includes(labels: Labels, wanted: Labels): boolean {
  return Object.keys(wanted).every((key) => labels[key] === wanted[key]);
}
