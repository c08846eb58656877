/** Writes of Services, EndpointSlices and Endpoints. */
import { kinds, type ServiceSpecification, type SliceEndpoint, type VersionHandle } from '../../../cluster/index.ts';
import type { RequestId } from '../requests.ts';
import { Verb } from '../verbs.ts';
import { CHANGED, type Write, type WriteContext } from './write.ts';

/** POST services. Object: the specification. One IPAddress object is stored first for the ClusterIP. */
export const serviceCreate: Write = {
  verb: Verb.Create,
  kind: kinds.services,
  subresource: '',
  allocates: [kinds.ipaddresses],
  apply({ tables: { services }, requests, sizes }, draft, request) {
    services.specification.set(draft, requests.object[request] as ServiceSpecification);
    services.bytes.set(draft, sizes.service);
    return CHANGED;
  },
};

/** Fills a slice. Numbers: key of the Service, oldest change reflected [ns]. Object: the endpoints. */
function fillSlice({ tables, requests, sizes }: WriteContext, draft: VersionHandle, request: RequestId): number {
  const slices = tables.endpointslices;
  const endpoints = requests.object[request] as readonly SliceEndpoint[];
  slices.owner.set(draft, requests.number(request, 0));
  slices.triggeredAt.set(draft, requests.number(request, 1));
  slices.endpoints.set(draft, endpoints);
  slices.bytes.set(draft, sizes.endpointSliceBase + sizes.endpoint * endpoints.length);
  return CHANGED;
}

/** POST endpointslices. */
export const endpointSliceCreate: Write = {
  verb: Verb.Create,
  kind: kinds.endpointslices,
  subresource: '',
  apply: fillSlice,
};

/** PUT endpointslices. */
export const endpointSliceUpdate: Write = {
  verb: Verb.Update,
  kind: kinds.endpointslices,
  subresource: '',
  apply: fillSlice,
};

/** Fills an Endpoints object. Number 0: key of the Service. Object: the addresses. */
function fillEndpoints({ tables, requests, sizes }: WriteContext, draft: VersionHandle, request: RequestId): number {
  const addresses = requests.object[request] as readonly SliceEndpoint[];
  tables.endpoints.owner.set(draft, requests.number(request, 0));
  tables.endpoints.addresses.set(draft, addresses);
  tables.endpoints.bytes.set(draft, sizes.endpointSliceBase + sizes.endpoint * addresses.length);
  return CHANGED;
}

/** POST endpoints. */
export const endpointsCreate: Write = {
  verb: Verb.Create,
  kind: kinds.endpoints,
  subresource: '',
  apply: fillEndpoints,
};

/** PUT endpoints. */
export const endpointsUpdate: Write = {
  verb: Verb.Update,
  kind: kinds.endpoints,
  subresource: '',
  apply: fillEndpoints,
};
