/** Writes of PersistentVolumes, PersistentVolumeClaims, StorageClasses and CSINodes. */
import {
  ClaimPhase,
  type ClaimSpecification,
  kinds,
  type StorageClassSpecification,
  type VolumeSpecification,
} from '../../../cluster/index.ts';
import { Verb } from '../verbs.ts';
import { CHANGED, UNCHANGED, type Write } from './write.ts';

/** POST persistentvolumes. Object: the specification. Numbers: key and uid of the claim that it names (-1 and 0 = none). */
export const persistentVolumeCreate: Write = {
  verb: Verb.Create,
  kind: kinds.persistentvolumes,
  subresource: '',
  apply({ tables: { persistentvolumes }, requests }, draft, request) {
    const specification = requests.object[request] as VolumeSpecification;
    persistentvolumes.specification.set(draft, specification);
    persistentvolumes.claim.set(draft, requests.number(request, 0));
    persistentvolumes.claimUid.set(draft, requests.number(request, 1));
    persistentvolumes.bytes.set(draft, specification.bytes);
    return CHANGED;
  },
};

/** PUT persistentvolumes: spec.claimRef. Numbers: key and uid of the claim (-1 and 0 = none). */
export const persistentVolumeClaimReference: Write = {
  verb: Verb.Update,
  kind: kinds.persistentvolumes,
  subresource: '',
  apply({ tables: { persistentvolumes }, requests }, draft, request) {
    persistentvolumes.claim.set(draft, requests.number(request, 0));
    persistentvolumes.claimUid.set(draft, requests.number(request, 1));
    return CHANGED;
  },
};

/** PUT persistentvolumes/status. Number 0: phase. */
export const persistentVolumePhase: Write = {
  verb: Verb.Update,
  kind: kinds.persistentvolumes,
  subresource: 'status',
  apply({ tables: { persistentvolumes }, requests }, draft, request) {
    if (persistentvolumes.phase.get(draft) === requests.number(request, 0)) return UNCHANGED;
    persistentvolumes.phase.set(draft, requests.number(request, 0));
    return CHANGED;
  },
};

/** POST persistentvolumeclaims. Object: the specification. Numbers: key of the pod that owns it, key of the volume that it names (-1 = none). */
export const persistentVolumeClaimCreate: Write = {
  verb: Verb.Create,
  kind: kinds.persistentvolumeclaims,
  subresource: '',
  apply({ tables: { persistentvolumeclaims }, requests }, draft, request) {
    const specification = requests.object[request] as ClaimSpecification;
    persistentvolumeclaims.specification.set(draft, specification);
    persistentvolumeclaims.owner.set(draft, requests.number(request, 0));
    persistentvolumeclaims.volume.set(draft, requests.number(request, 1));
    persistentvolumeclaims.bytes.set(draft, specification.bytes);
    return CHANGED;
  },
};

/** PUT persistentvolumeclaims: the volume it is bound to, and that this is complete. Number 0: key of the volume. */
export const persistentVolumeClaimVolume: Write = {
  verb: Verb.Update,
  kind: kinds.persistentvolumeclaims,
  subresource: '',
  apply({ tables: { persistentvolumeclaims }, requests }, draft, request) {
    persistentvolumeclaims.volume.set(draft, requests.number(request, 0));
    persistentvolumeclaims.isBound.set(draft, 1);
    return CHANGED;
  },
};

/** PUT persistentvolumeclaims: the class of a claim that named none. Object: the specification with it. */
export const persistentVolumeClaimClass: Write = {
  verb: Verb.Update,
  kind: kinds.persistentvolumeclaims,
  subresource: '',
  apply({ tables: { persistentvolumeclaims }, requests }, draft, request) {
    persistentvolumeclaims.specification.set(draft, requests.object[request] as ClaimSpecification);
    return CHANGED;
  },
};

/** PUT persistentvolumeclaims: a volume is to be made for it. */
export const persistentVolumeClaimProvisioner: Write = {
  verb: Verb.Update,
  kind: kinds.persistentvolumeclaims,
  subresource: '',
  apply({ tables: { persistentvolumeclaims } }, draft) {
    if (persistentvolumeclaims.wantsVolume.get(draft) === 1) return UNCHANGED;
    persistentvolumeclaims.wantsVolume.set(draft, 1);
    return CHANGED;
  },
};

/** PUT persistentvolumeclaims by the scheduler, or by a provisioner that cannot serve the node. Number 0: key of the node, -1 = another is to be chosen. */
export const persistentVolumeClaimNode: Write = {
  verb: Verb.Update,
  kind: kinds.persistentvolumeclaims,
  subresource: '',
  apply({ tables: { persistentvolumeclaims }, requests }, draft, request) {
    persistentvolumeclaims.selectedNode.set(draft, requests.number(request, 0));
    return CHANGED;
  },
};

/** PUT persistentvolumeclaims/status: phase Bound, with the volume's capacity. */
export const persistentVolumeClaimStatus: Write = {
  verb: Verb.Update,
  kind: kinds.persistentvolumeclaims,
  subresource: 'status',
  apply({ tables: { persistentvolumeclaims } }, draft) {
    if (persistentvolumeclaims.phase.get(draft) === ClaimPhase.Bound) return UNCHANGED;
    persistentvolumeclaims.phase.set(draft, ClaimPhase.Bound);
    return CHANGED;
  },
};

/** POST storageclasses. Object: the specification. */
export const storageClassCreate: Write = {
  verb: Verb.Create,
  kind: kinds.storageclasses,
  subresource: '',
  apply({ tables: { storageclasses }, requests }, draft, request) {
    const specification = requests.object[request] as StorageClassSpecification;
    storageclasses.specification.set(draft, specification);
    storageclasses.bytes.set(draft, specification.bytes);
    return CHANGED;
  },
};

/** POST csinodes by a kubelet whose node has registered. Object: volumes that drivers can attach, by driver. */
export const csiNodeCreate: Write = {
  verb: Verb.Create,
  kind: kinds.csinodes,
  subresource: '',
  apply({ tables: { csinodes }, requests, sizes }, draft, request) {
    csinodes.drivers.set(draft, requests.object[request] as Readonly<Record<string, number>>);
    csinodes.bytes.set(draft, sizes.lease);
    return CHANGED;
  },
};
