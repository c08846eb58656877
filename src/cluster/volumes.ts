/** Versions of PersistentVolumes, PersistentVolumeClaims, StorageClasses and CSINodes, and which claims a pod uses. */
import { kinds } from './kinds.ts';
import type { ObjectKey, ObjectKeys } from './object-keys.ts';
import type {
  ClaimSpecification,
  PodTemplate,
  StorageClassSpecification,
  VolumeSpecification,
} from './specifications.ts';
import { VersionTable } from './version-table.ts';

/** status.phase of a PersistentVolume as it is stored. */
export const VolumePhase = { Pending: 0, Available: 1, Bound: 2, Released: 3 } as const;

/** status.phase of a PersistentVolumeClaim as it is stored. */
export const ClaimPhase = { Pending: 0, Bound: 1 } as const;

/** Provisioner of StorageClasses whose volumes an administrator makes by hand. */
export const NO_PROVISIONER = 'kubernetes.io/no-provisioner';

/** Versions of persistent volumes. */
export class PersistentVolumeVersions extends VersionTable {
  /** What it is; never null on a stored volume. */
  readonly specification = this.reference<VolumeSpecification | null>(null);
  /** spec.claimRef: key of the claim, -1 = none. */
  readonly claim = this.number(-1);
  /** spec.claimRef.uid, 0 = the claim was named before it was there. */
  readonly claimUid = this.number(0);
  /** A value of {@link VolumePhase}. */
  readonly phase = this.number(VolumePhase.Pending);

  constructor() {
    super(kinds.persistentvolumes);
  }
}

/** Versions of claims. The owner of a claim is the pod for whose ephemeral volume it was made. */
export class PersistentVolumeClaimVersions extends VersionTable {
  /** What it asks for; never null on a stored claim. */
  readonly specification = this.reference<ClaimSpecification | null>(null);
  /** spec.volumeName: key of the volume, -1 = none. */
  readonly volume = this.number(-1);
  /** 1 = annotation pv.kubernetes.io/bind-completed: volume and claim point at each other. */
  readonly isBound = this.number(0);
  /** A value of {@link ClaimPhase}. */
  readonly phase = this.number(ClaimPhase.Pending);
  /** Annotation volume.kubernetes.io/selected-node: key of the node that the scheduler has chosen, -1 = none. */
  readonly selectedNode = this.number(-1);
  /** 1 = annotation volume.kubernetes.io/storage-provisioner: somebody is to make a volume for it. */
  readonly wantsVolume = this.number(0);

  constructor() {
    super(kinds.persistentvolumeclaims);
  }
}

/** Versions of storage classes. */
export class StorageClassVersions extends VersionTable {
  /** What it says; never null on a stored class. */
  readonly specification = this.reference<StorageClassSpecification | null>(null);

  constructor() {
    super(kinds.storageclasses);
  }
}

/** Versions of CSINodes; each has the name of its node. */
export class CsiNodeVersions extends VersionTable {
  /** Volumes that a driver can attach to the node, by driver. */
  readonly drivers = this.reference<Readonly<Record<string, number>>>({});

  constructor() {
    super(kinds.csinodes);
  }
}

/**
 * Keys of the claims that a pod uses, in the order of its volumes. A volume with a claim of its own for each pod has the name that the ephemeral
 * volume controller gives it (K:component-helpers/storage/ephemeral:VolumeClaimName).
 */
export function claimsOf(
  template: PodTemplate,
  pod: ObjectKey,
  podKeys: ObjectKeys,
  claimKeys: ObjectKeys,
): readonly ObjectKey[] {
  const { volumes } = template;
  if (volumes === undefined) return NO_CLAIMS;
  const namespace = podKeys.namespace(pod);
  return volumes.map(({ name, claimName }) => claimKeys.intern(namespace, claimName ?? `${podKeys.name(pod)}-${name}`));
}

const NO_CLAIMS: readonly ObjectKey[] = [];
