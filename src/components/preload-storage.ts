/**
 * Volumes, claims, storage classes and CSINodes that exist when the run begins. A volume and a claim of which one names the other are bound to each
 * other; claims of preloaded pods have a volume each, in the zone of the pod's node, as if a provisioner had made it.
 */
import {
  ClaimPhase,
  type ClaimSpecification,
  claimsOf,
  type Kind,
  kinds,
  LABEL_ZONE,
  type ObjectKey,
  type ObjectTables,
  type PodTemplate,
  type StorageClassSpecification,
  type VersionHandle,
  VolumePhase,
  type VolumeSpecification,
} from '../cluster/index.ts';
import type { PreloadedNode } from './preload.ts';

/** A volume or a claim, and the key of the other that it names, -1 = none. */
interface Written<Specification> {
  readonly specification: Specification;
  readonly names: number;
}

/** A claim, with the pod that owns it, -1 = nobody. */
interface WrittenClaim extends Written<ClaimSpecification> {
  readonly owner: number;
}

/** Puts storage into the store. */
export class PreloadedStorage {
  private readonly tables: ObjectTables;
  private readonly put: (kind: Kind, version: VersionHandle) => void;
  /** By key, in the order in which they were named. */
  private readonly volumes = new Map<ObjectKey, Written<VolumeSpecification>>();
  private readonly claims = new Map<ObjectKey, WrittenClaim>();
  private readonly classes = new Map<string, StorageClassSpecification>();

  constructor(tables: ObjectTables, put: (kind: Kind, version: VersionHandle) => void) {
    this.tables = tables;
    this.put = put;
  }

  /** A PersistentVolume; `claim` is the key of the claim that it names, -1 = none. */
  volume(name: string, specification: VolumeSpecification, claim: number): void {
    this.volumes.set(this.tables.keysOf('persistentvolumes').intern('', name), { specification, names: claim });
  }

  /** A PersistentVolumeClaim; `volume` is the key of the volume that it names, -1 = none. */
  claim(namespace: string, name: string, specification: ClaimSpecification, volume: number): void {
    const key = this.tables.keysOf('persistentvolumeclaims').intern(namespace, name);
    this.claims.set(key, { specification, names: volume, owner: -1 });
  }

  /** A StorageClass. */
  storageClass(name: string, specification: StorageClassSpecification): void {
    const { storageclasses } = this.tables;
    const version = storageclasses.allocate(this.tables.keysOf('storageclasses').intern('', name));
    storageclasses.specification.set(version, specification);
    storageclasses.bytes.set(version, specification.bytes);
    this.classes.set(name, specification);
    this.put(kinds.storageclasses, version);
  }

  /** The CSINode of a node. */
  csiNode(name: string, drivers: Readonly<Record<string, number>>, size: number): void {
    const { csinodes } = this.tables;
    const version = csinodes.allocate(this.tables.keysOf('csinodes').intern('', name));
    csinodes.drivers.set(version, drivers);
    csinodes.bytes.set(version, size);
    this.put(kinds.csinodes, version);
  }

  /** The claims that a preloaded pod has of its own, each with a volume where the pod is. */
  claimsOfPod(template: PodTemplate, pod: ObjectKey, node: PreloadedNode): void {
    const { tables } = this;
    const keys = claimsOf(template, pod, tables.keysOf('pods'), tables.keysOf('persistentvolumeclaims'));
    for (const [index, claim] of keys.entries()) {
      const specification = template.volumes?.[index]?.ephemeral;
      if (specification === undefined) continue;
      const volume = tables.keysOf('persistentvolumes').generate('', 'pvc');
      this.claims.set(claim, { specification, names: volume, owner: pod });
      this.volumes.set(volume, { specification: this.provisioned(specification, node), names: claim });
    }
  }

  /** What a provisioner makes for a claim at a node. */
  private provisioned({ request, storageClass = '', accessModes, bytes }: ClaimSpecification, node: PreloadedNode) {
    const zone = node.specification.labels[LABEL_ZONE];
    const found = this.classes.get(storageClass);
    return {
      capacity: request,
      storageClass,
      accessModes,
      driver: found?.provisioner ?? '',
      labels: {},
      ...(zone === undefined
        ? {}
        : {
            nodeAffinity: [
              { matchExpressions: [{ key: LABEL_ZONE, operator: 'In', values: [zone] }], matchFields: [] } as const,
            ],
          }),
      reclaimPolicy: found?.reclaimPolicy ?? 'Delete',
      bytes,
    };
  }

  /** Stores volumes and claims, bound where one names the other; when everything has been named. */
  finish(): void {
    const volumeOf = new Map<number, ObjectKey>();
    for (const [volume, { names }] of this.volumes) if (names >= 0) volumeOf.set(names, volume);
    const uids = new Map<ObjectKey, number>();
    for (const [claim, written] of this.claims) {
      const volume = written.names >= 0 ? written.names : volumeOf.get(claim);
      const isBound = volume !== undefined && this.volumes.has(volume as ObjectKey);
      if (isBound) volumeOf.set(claim, volume as ObjectKey);
      uids.set(claim, this.storeClaim(claim, written, isBound ? volume : -1));
    }
    const claimOf = new Map([...volumeOf].map(([claim, volume]) => [volume, claim as ObjectKey]));
    for (const [volume, { specification }] of this.volumes) {
      const claim = claimOf.get(volume);
      this.storeVolume(volume, specification, claim ?? -1, claim === undefined ? undefined : uids.get(claim));
    }
    this.volumes.clear();
    this.claims.clear();
  }

  private storeClaim(key: ObjectKey, { specification, owner }: WrittenClaim, volume: number): number {
    const { persistentvolumeclaims } = this.tables;
    const version = persistentvolumeclaims.allocate(key);
    persistentvolumeclaims.specification.set(version, specification);
    persistentvolumeclaims.owner.set(version, owner);
    persistentvolumeclaims.bytes.set(version, specification.bytes);
    if (volume >= 0) {
      persistentvolumeclaims.volume.set(version, volume);
      persistentvolumeclaims.isBound.set(version, 1);
      persistentvolumeclaims.phase.set(version, ClaimPhase.Bound);
    }
    this.put(kinds.persistentvolumeclaims, version);
    return persistentvolumeclaims.uid.get(version);
  }

  /** `uid` is that of the claim, undefined where the claim that is named is not there. */
  private storeVolume(
    key: ObjectKey,
    specification: VolumeSpecification,
    claim: number,
    uid: number | undefined,
  ): void {
    const { persistentvolumes } = this.tables;
    const version = persistentvolumes.allocate(key);
    persistentvolumes.specification.set(version, specification);
    persistentvolumes.claim.set(version, claim);
    persistentvolumes.claimUid.set(version, uid ?? 0);
    persistentvolumes.phase.set(version, uid === undefined ? VolumePhase.Available : VolumePhase.Bound);
    persistentvolumes.bytes.set(version, specification.bytes);
    this.put(kinds.persistentvolumes, version);
  }
}
