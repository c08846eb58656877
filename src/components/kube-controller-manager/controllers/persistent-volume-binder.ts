/**
 * The persistent volume controller: binds claims to volumes, has volumes made for claims that need one, and tells what became of volumes whose
 * claims are gone. K:pkg/controller/volume/persistentvolume (pv_controller.go, pv_controller_base.go, index.go).
 *
 * Modelled: one worker for claims and one for volumes; the smallest volume that fits; claims that wait for the scheduler's choice of a node;
 * the annotation that asks an external provisioner; the default class given to claims that name none; all four writes of a binding; what it has
 * bound itself counts before its caches show it; everything looked at again every 15 s.
 * Left out: volume selectors and modes, in-tree provisioners, the Recycle policy, claims that name a volume which another claim holds.
 */
import {
  ClaimPhase,
  type ClaimSpecification,
  type Kind,
  kinds,
  NO_PROVISIONER,
  NO_VERSION,
  type ObjectKey,
  type ObjectTables,
  type StorageClassSpecification,
  type VersionHandle,
  VolumePhase,
  type VolumeSpecification,
} from '../../../cluster/index.ts';
import type { Process } from '../../../engine/index.ts';
import { isSuccess, type RequestId, type Requests, writes } from '../../api-machinery/index.ts';
import type { ApiClient, EventRecorder, SharedInformer } from '../../client-go/index.ts';
import type { ControllerQueue, ControllerSurroundings } from '../controller.ts';

/** A claim as a sync found it in the cache; the version may be gone once the sync has yielded. */
interface Claim {
  readonly key: ObjectKey;
  readonly uid: number;
  readonly specification: ClaimSpecification;
  readonly volume: number;
  readonly phase: number;
  /** Revision that the next write of the claim expects. */
  revision: number;
}

/** The same of a volume. */
interface Volume {
  readonly key: ObjectKey;
  readonly specification: VolumeSpecification;
  readonly claim: number;
  readonly claimUid: number;
  readonly phase: number;
  revision: number;
}

/** The controller. */
export class PersistentVolumeBinder {
  private readonly around: ControllerSurroundings;
  private readonly tables: ObjectTables;
  private readonly requests: Requests;
  private readonly client: ApiClient;
  private readonly events: EventRecorder;
  private readonly claims: SharedInformer;
  private readonly volumes: SharedInformer;
  private readonly classes: SharedInformer;
  private readonly claimQueue: ControllerQueue;
  private readonly volumeQueue: ControllerQueue;
  /** Volumes that no claim has, by class, as the cache shows them, state. */
  private readonly unbound = new Map<string, Set<ObjectKey>>();
  /** Revision of its own write by which a volume was given to a claim, by volume, until the cache shows it, state. */
  private readonly bindings = new Map<ObjectKey, number>();

  constructor(around: ControllerSurroundings) {
    const { clientGo } = around;
    this.around = around;
    this.tables = clientGo.tables;
    this.requests = clientGo.requests;
    this.client = around.newClient('persistentvolume-binder');
    this.events = around.newRecorder(this.client);
    this.claims = around.informer(kinds.persistentvolumeclaims);
    this.volumes = around.informer(kinds.persistentvolumes);
    this.classes = around.informer(kinds.storageclasses);
    // Upstream runs one worker for each of its two queues.
    this.claimQueue = around.newQueue('claims', 1, (key) => this.syncClaim(key as ObjectKey));
    this.volumeQueue = around.newQueue('volumes', 1, (key) => this.syncVolume(key as ObjectKey));
    this.listen();
    around.onStart(() => {
      clientGo.simulation.processes.spawn('persistent volume resync', this.resync());
    });
  }

  private listen(): void {
    const { persistentvolumeclaims: claims, persistentvolumes: volumes } = this.tables;
    const enqueueClaim = (claim: VersionHandle) => this.claimQueue.add(claims.key.get(claim));
    const enqueueVolume = (volume: VersionHandle) => {
      this.index(volume);
      this.volumeQueue.add(volumes.key.get(volume));
    };
    this.claims.addHandler({
      onAdd: enqueueClaim,
      onUpdate: enqueueClaim,
      onDelete: (claim) => {
        if (claims.volume.get(claim) >= 0) this.volumeQueue.add(claims.volume.get(claim));
      },
    });
    this.volumes.addHandler({
      onAdd: enqueueVolume,
      onUpdate: enqueueVolume,
      onDelete: (volume) => {
        const key = volumes.key.get(volume) as ObjectKey;
        this.unboundOf(volume).delete(key);
        this.bindings.delete(key);
      },
    });
  }

  private *resync(): Process {
    while (!this.around.hasStopped) {
      yield this.around.parameters.volumeBinderSyncPeriod;
      this.claims.forEach((claim) => {
        this.claimQueue.add(claim);
      });
      this.volumes.forEach((volume) => {
        this.volumeQueue.add(volume);
      });
    }
  }

  // ---- claims (syncClaim) ------------------------------------------------------------------------------------------------------

  private *syncClaim(key: ObjectKey): Generator<number, boolean, number> {
    const { persistentvolumeclaims: claims } = this.tables;
    const version = this.claims.get(key);
    if (version === NO_VERSION || claims.isBound.get(version) === 1) return true;
    const claim = this.claimOf(key, version);
    const isChosen = claims.selectedNode.get(version) >= 0;
    const isAskedFor = claims.wantsVolume.get(version) === 1;
    if (claim.volume >= 0) return yield* this.bindToNamed(claim);
    const { storageClass } = claim.specification;
    if (storageClass === undefined) return yield* this.giveDefaultClass(claim);
    const found = this.classNamed(storageClass);
    // A claim that waits for its first pod takes only a volume that names it: the scheduler chooses among the others.
    const waits = found?.waitsForConsumer === true;
    const volume = this.bestVolumeFor(claim, waits);
    if (volume !== undefined) return yield* this.bind(volume, claim);
    if (waits && !isChosen) this.tell('WaitForFirstConsumer', key);
    else if (found === undefined || found.provisioner === NO_PROVISIONER) this.tell('FailedBinding', key);
    else return yield* this.askForVolume(claim, isAskedFor);
    return true;
  }

  /** A claim that names its volume: bound if the volume is there and free, or names this claim. */
  private *bindToNamed(claim: Claim): Generator<number, boolean, number> {
    const version = this.volumes.get(claim.volume as ObjectKey);
    if (version === NO_VERSION) return true;
    const volume = this.volumeOf(claim.volume as ObjectKey, version);
    if (volume.claim >= 0 && !isFor(volume, claim)) return true;
    return yield* this.bind(volume, claim);
  }

  /** A claim without a class gets the default one, as soon as there is one (assignDefaultStorageClass). */
  private *giveDefaultClass(claim: Claim): Generator<number, boolean, number> {
    const { storageclasses } = this.tables;
    const keys = this.tables.keysOf('storageclasses');
    let name: string | undefined;
    this.classes.forEach((key, version) => {
      if ((storageclasses.specification.get(version) as StorageClassSpecification).isDefault) name ??= keys.name(key);
    });
    if (name === undefined) {
      this.tell('FailedBinding', claim.key);
      return true;
    }
    const request = this.client.write(writes.persistentVolumeClaimClass, claim.key);
    this.requests.object[request] = { ...claim.specification, storageClass: name };
    return yield* this.put(request, claim);
  }

  /** Asks the external provisioner of the class by an annotation (provisionClaimOperationExternal). */
  private *askForVolume(claim: Claim, isAskedFor: boolean): Generator<number, boolean, number> {
    this.tell('ExternalProvisioning', claim.key);
    if (isAskedFor) return true;
    return yield* this.put(this.client.write(writes.persistentVolumeClaimProvisioner, claim.key), claim);
  }

  /** The smallest free volume that fits the claim; one that names it comes first (persistentVolumeOrderedIndex.findBestMatchForClaim). */
  private bestVolumeFor(claim: Claim, onlyIfNamed: boolean): Volume | undefined {
    const { storageClass = '', request, accessModes } = claim.specification;
    let best: Volume | undefined;
    for (const key of this.unbound.get(storageClass) ?? []) {
      const volume = this.volumeOf(key, this.volumes.get(key));
      if (this.bindings.has(key)) continue;
      if (volume.claim >= 0) {
        if (isFor(volume, claim)) return volume;
        continue;
      }
      const { specification } = volume;
      if (onlyIfNamed || specification.capacity < request) continue;
      if (!accessModes.every((mode) => specification.accessModes.includes(mode))) continue;
      if (best === undefined || specification.capacity < best.specification.capacity) best = volume;
    }
    return best;
  }

  /** All writes of a binding (bind): the volume's reference, its phase, the claim's volume, its phase. */
  private *bind(volume: Volume, claim: Claim): Generator<number, boolean, number> {
    const { client, requests } = this;
    if (volume.claim !== claim.key || volume.claimUid !== claim.uid) {
      const request = client.write(writes.persistentVolumeClaimReference, volume.key);
      requests.setNumber(request, 0, claim.key);
      requests.setNumber(request, 1, claim.uid);
      if (!(yield* this.put(request, volume))) return false;
      this.bindings.set(volume.key, volume.revision);
    }
    if (volume.phase !== VolumePhase.Bound && !(yield* this.setPhase(volume, VolumePhase.Bound))) return false;
    const request = client.write(writes.persistentVolumeClaimVolume, claim.key);
    requests.setNumber(request, 0, volume.key);
    if (!(yield* this.put(request, claim))) return false;
    if (claim.phase === ClaimPhase.Bound) return true;
    return yield* this.put(client.write(writes.persistentVolumeClaimStatus, claim.key), claim);
  }

  // ---- volumes (syncVolume) ----------------------------------------------------------------------------------------------------

  private *syncVolume(key: ObjectKey): Generator<number, boolean, number> {
    const version = this.volumes.get(key);
    if (version === NO_VERSION || this.bindings.has(key)) return true;
    const volume = this.volumeOf(key, version);
    // A volume that names a claim which was not there yet is available to it alone.
    if (volume.claim < 0 || volume.claimUid === 0) return yield* this.setPhase(volume, VolumePhase.Available);
    const { persistentvolumeclaims: claims } = this.tables;
    const claim = this.claims.get(volume.claim as ObjectKey);
    const isThere = claim !== NO_VERSION && claims.uid.get(claim) === volume.claimUid;
    if (!isThere) return yield* this.setPhase(volume, VolumePhase.Released);
    if (claims.volume.get(claim) === key) return yield* this.setPhase(volume, VolumePhase.Bound);
    this.claimQueue.add(volume.claim);
    return true;
  }

  private *setPhase(volume: Volume, phase: number): Generator<number, boolean, number> {
    if (volume.phase === phase) return true;
    const request = this.client.write(writes.persistentVolumePhase, volume.key);
    this.requests.setNumber(request, 0, phase);
    return yield* this.put(request, volume);
  }

  // ---- small parts -------------------------------------------------------------------------------------------------------------

  /** Sends a PUT that expects the object as it was read; the next write expects what this one made of it. */
  private *put(request: RequestId, target: { revision: number }): Generator<number, boolean, number> {
    const { requests, tables } = this;
    requests.expectedRevision[request] = target.revision;
    const reply = yield* this.client.call(request);
    if (!isSuccess(requests.code[reply] as number)) return false;
    target.revision = tables.of(requests.kind[reply] as Kind).revision.get(requests.resultOf(reply));
    return true;
  }

  private tell(reason: 'WaitForFirstConsumer' | 'FailedBinding' | 'ExternalProvisioning', claim: ObjectKey): void {
    this.events.record(reason, kinds.persistentvolumeclaims, claim);
  }

  private classNamed(name: string): StorageClassSpecification | undefined {
    const version = this.classes.get(this.tables.keysOf('storageclasses').find('', name));
    return version === NO_VERSION ? undefined : (this.tables.storageclasses.specification.get(version) ?? undefined);
  }

  private claimOf(key: ObjectKey, version: VersionHandle): Claim {
    const { persistentvolumeclaims: claims } = this.tables;
    return {
      key,
      uid: claims.uid.get(version),
      specification: claims.specification.get(version) as ClaimSpecification,
      volume: claims.volume.get(version),
      phase: claims.phase.get(version),
      revision: claims.revision.get(version),
    };
  }

  private volumeOf(key: ObjectKey, version: VersionHandle): Volume {
    const { persistentvolumes: volumes } = this.tables;
    return {
      key,
      specification: volumes.specification.get(version) as VolumeSpecification,
      claim: volumes.claim.get(version),
      claimUid: volumes.claimUid.get(version),
      phase: volumes.phase.get(version),
      revision: volumes.revision.get(version),
    };
  }

  /** Keeps what is free by class, and forgets own bindings that the cache shows. */
  private index(version: VersionHandle): void {
    const { persistentvolumes: volumes } = this.tables;
    const key = volumes.key.get(version) as ObjectKey;
    const written = this.bindings.get(key);
    if (written !== undefined && volumes.revision.get(version) >= written) this.bindings.delete(key);
    const isFree = volumes.phase.get(version) <= VolumePhase.Available;
    if (isFree) this.unboundOf(version).add(key);
    else this.unboundOf(version).delete(key);
  }

  private unboundOf(version: VersionHandle): Set<ObjectKey> {
    const { storageClass } = this.tables.persistentvolumes.specification.get(version) as VolumeSpecification;
    let free = this.unbound.get(storageClass);
    if (free === undefined) {
      free = new Set();
      this.unbound.set(storageClass, free);
    }
    return free;
  }
}

/** Whether a volume names this claim (IsVolumeBoundToClaim). */
function isFor({ claim, claimUid }: Volume, { key, uid }: Claim): boolean {
  return claim === key && (claimUid === 0 || claimUid === uid);
}
