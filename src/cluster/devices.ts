/** Versions of DeviceClasses, ResourceSlices, ResourceClaims and ResourceClaimTemplates (resource.k8s.io), and which claims a pod uses. */
import { kinds } from './kinds.ts';
import type { ObjectKey, ObjectKeys } from './object-keys.ts';
import type { DeviceRequest, PodTemplate } from './specifications.ts';
import { VersionTable } from './version-table.ts';

/** Versions of device classes. */
export class DeviceClassVersions extends VersionTable {
  /** Driver whose devices are of the class. */
  readonly driver = this.reference<string>('');

  constructor() {
    super(kinds.deviceclasses);
  }
}

/** Versions of resource slices: the devices of one driver on one node, all alike. */
export class ResourceSliceVersions extends VersionTable {
  /** spec.nodeName: key of the node. */
  readonly node = this.number(-1);
  readonly driver = this.reference<string>('');
  /** Devices in it. */
  readonly devices = this.number(0);

  constructor() {
    super(kinds.resourceslices);
  }
}

/** Versions of templates of claims. */
export class ResourceClaimTemplateVersions extends VersionTable {
  readonly requests = this.reference<readonly DeviceRequest[]>([]);

  constructor() {
    super(kinds.resourceclaimtemplates);
  }
}

/** Versions of claims. The owner of a claim is the pod for which it was made. */
export class ResourceClaimVersions extends VersionTable {
  readonly requests = this.reference<readonly DeviceRequest[]>([]);
  /** status.allocation: key of the node whose devices it has, -1 = none. */
  readonly node = this.number(-1);
  /** status.reservedFor: key of the pod that may use it, -1 = none. */
  readonly reservedFor = this.number(-1);

  constructor() {
    super(kinds.resourceclaims);
  }
}

/** Keys of the claims that a pod uses, in the order in which it names them. */
export function deviceClaimsOf(
  template: PodTemplate,
  pod: ObjectKey,
  podKeys: ObjectKeys,
  claimKeys: ObjectKeys,
): readonly ObjectKey[] {
  const { resourceClaims } = template;
  if (resourceClaims === undefined) return NO_CLAIMS;
  const namespace = podKeys.namespace(pod);
  return resourceClaims.map(({ name }) => claimKeys.intern(namespace, `${podKeys.name(pod)}-${name}`));
}

const NO_CLAIMS: readonly ObjectKey[] = [];
