/** Writes of DeviceClasses, ResourceSlices, ResourceClaims and ResourceClaimTemplates. */
import { type DeviceRequest, kinds } from '../../../cluster/index.ts';
import { Verb } from '../verbs.ts';
import { CHANGED, UNCHANGED, type Write } from './write.ts';

/** POST deviceclasses. Object: the driver. Number 0: size [B]. */
export const deviceClassCreate: Write = {
  verb: Verb.Create,
  kind: kinds.deviceclasses,
  subresource: '',
  apply({ tables: { deviceclasses }, requests }, draft, request) {
    deviceclasses.driver.set(draft, requests.object[request] as string);
    deviceclasses.bytes.set(draft, requests.number(request, 0));
    return CHANGED;
  },
};

/** POST resourceclaimtemplates. Object: the requests. Number 0: size [B]. */
export const resourceClaimTemplateCreate: Write = {
  verb: Verb.Create,
  kind: kinds.resourceclaimtemplates,
  subresource: '',
  apply({ tables: { resourceclaimtemplates }, requests }, draft, request) {
    resourceclaimtemplates.requests.set(draft, requests.object[request] as readonly DeviceRequest[]);
    resourceclaimtemplates.bytes.set(draft, requests.number(request, 0));
    return CHANGED;
  },
};

/** POST resourceslices by a node's driver. Object: the driver. Numbers: key of the node, devices. */
export const resourceSliceCreate: Write = {
  verb: Verb.Create,
  kind: kinds.resourceslices,
  subresource: '',
  apply({ tables: { resourceslices }, requests, sizes }, draft, request) {
    resourceslices.driver.set(draft, requests.object[request] as string);
    resourceslices.node.set(draft, requests.number(request, 0));
    resourceslices.devices.set(draft, requests.number(request, 1));
    resourceslices.bytes.set(draft, sizes.resourceSlice + sizes.device * requests.number(request, 1));
    return CHANGED;
  },
};

/** POST resourceclaims for a pod. Object: the requests. Number 0: key of the pod. */
export const resourceClaimCreate: Write = {
  verb: Verb.Create,
  kind: kinds.resourceclaims,
  subresource: '',
  apply({ tables: { resourceclaims }, requests, sizes }, draft, request) {
    resourceclaims.requests.set(draft, requests.object[request] as readonly DeviceRequest[]);
    resourceclaims.owner.set(draft, requests.number(request, 0));
    resourceclaims.bytes.set(draft, sizes.resourceClaim);
    return CHANGED;
  },
};

/** PUT resourceclaims: the finalizer that protects an allocation is put on or taken off. What it is like otherwise stays. */
export const resourceClaimFinalizer: Write = {
  verb: Verb.Update,
  kind: kinds.resourceclaims,
  subresource: '',
  apply: () => CHANGED,
};

/** PUT resourceclaims/status: allocation and user. Numbers: keys of the node and of the pod (-1 and -1 = neither). */
export const resourceClaimStatus: Write = {
  verb: Verb.Update,
  kind: kinds.resourceclaims,
  subresource: 'status',
  apply({ tables: { resourceclaims }, requests }, draft, request) {
    const node = requests.number(request, 0);
    const pod = requests.number(request, 1);
    if (resourceclaims.node.get(draft) === node && resourceclaims.reservedFor.get(draft) === pod) return UNCHANGED;
    resourceclaims.node.set(draft, node);
    resourceclaims.reservedFor.set(draft, pod);
    return CHANGED;
  },
};

/** PATCH pods/status: the names of the claims that were made for a pod. */
export const podClaimNames: Write = {
  verb: Verb.Patch,
  kind: kinds.pods,
  subresource: 'status',
  apply({ tables: { pods } }, draft) {
    if (pods.namesClaims.get(draft) === 1) return UNCHANGED;
    pods.namesClaims.set(draft, 1);
    return CHANGED;
  },
};
