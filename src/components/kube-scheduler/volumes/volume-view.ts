/**
 * Claims, volumes, classes and CSINodes as a scheduler's informers show them, with what it has assumed itself.
 * K:pkg/scheduler/util/assumecache, K:pkg/scheduler/framework/plugins/volumebinding/binder.go.
 *
 * Claims belong to pods, not to templates: the view is told whose cycle it is ({@link VolumeView.begin}), and plugins read {@link VolumeView.cycle}.
 */
import {
  type ClaimSpecification,
  claimsOf,
  kinds,
  NO_PROVISIONER,
  NO_VERSION,
  type ObjectKey,
  type ObjectTables,
  type PodTemplate,
  type StorageClassSpecification,
  type VersionHandle,
  VolumePhase,
  type VolumeSpecification,
} from '../../../cluster/index.ts';
import { type ApiClient, type ClientGo, type ReflectorReplies, SharedInformer } from '../../client-go/index.ts';

/** A claim that waits for the node of its first pod. */
export interface UnboundClaim {
  readonly key: ObjectKey;
  readonly specification: ClaimSpecification;
  readonly storageClass: StorageClassSpecification;
}

/** What the pod of a cycle needs of storage. */
export interface PodVolumes {
  /** Keys of all its claims. */
  readonly claims: readonly ObjectKey[];
  /** Why no node will do before something changes (PreFilter's UnschedulableAndUnresolvable). */
  readonly obstacle?: 'a claim is missing' | 'a claim waits for its volume';
  /** Volumes of claims that are bound. */
  readonly bound: readonly VolumeSpecification[];
  /** Claims to be bound where the pod goes, the smallest first. */
  readonly unbound: readonly UnboundClaim[];
}

const NOTHING: PodVolumes = { claims: [], bound: [], unbound: [] };

/** A free volume. */
export interface FreeVolume {
  readonly key: ObjectKey;
  readonly specification: VolumeSpecification;
}

/** A view of storage. */
export class VolumeView {
  readonly tables: ObjectTables;
  private readonly claims: SharedInformer;
  private readonly volumes: SharedInformer;
  private readonly classes: SharedInformer;
  private readonly csiNodes: SharedInformer;
  /** Volumes that no claim has, by class, the smallest first, as the informer shows them, state. */
  private readonly free = new Map<string, ObjectKey[]>();
  /** Volumes that it keeps for claims which the informer does not show bound yet, state. */
  private readonly assumed = new Set<ObjectKey>();
  /** What the pod of the present cycle needs. */
  cycle: PodVolumes = NOTHING;

  /** `onChange` is called when storage changes so that pods may fit that did not. */
  constructor(clientGo: ClientGo, client: ApiClient, replies: ReflectorReplies, onChange: () => void) {
    this.tables = clientGo.tables;
    const informer = (kind: (typeof kinds)[keyof typeof kinds]) => new SharedInformer(clientGo, client, kind, replies);
    this.claims = informer(kinds.persistentvolumeclaims);
    this.volumes = informer(kinds.persistentvolumes);
    this.classes = informer(kinds.storageclasses);
    this.csiNodes = informer(kinds.csinodes);
    this.volumes.addHandler({
      onAdd: (version) => this.index(version),
      onUpdate: (version) => this.index(version),
      onDelete: (version) => this.drop(version),
    });
    const handler = { onAdd: onChange, onUpdate: onChange };
    for (const informed of [this.claims, this.volumes, this.classes]) informed.addHandler(handler);
    this.csiNodes.addHandler({ onAdd: onChange, onUpdate: onChange, onDelete: onChange });
  }

  /** Its informers, in the order in which they start. */
  get informers(): readonly SharedInformer[] {
    return [this.claims, this.volumes, this.classes, this.csiNodes];
  }

  /** Forgets what it has assumed: the process has ended. */
  clear(): void {
    this.assumed.clear();
    this.free.clear();
    this.cycle = NOTHING;
  }

  // ---- a cycle -----------------------------------------------------------------------------------------------------------------

  /** A pod's cycle begins. */
  begin(pod: ObjectKey, template: PodTemplate): void {
    this.cycle = template.volumes === undefined ? NOTHING : this.volumesOf(pod, template);
  }

  /** Keys of a pod's claims. */
  claimsOf(pod: ObjectKey, template: PodTemplate): readonly ObjectKey[] {
    return claimsOf(template, pod, this.tables.keysOf('pods'), this.tables.keysOf('persistentvolumeclaims'));
  }

  private volumesOf(pod: ObjectKey, template: PodTemplate): PodVolumes {
    const claims = this.claimsOf(pod, template);
    const bound: VolumeSpecification[] = [];
    const unbound: UnboundClaim[] = [];
    for (const key of claims) {
      const version = this.claims.get(key);
      const { persistentvolumeclaims } = this.tables;
      if (version === NO_VERSION || persistentvolumeclaims.deletedAt.get(version) >= 0)
        return { claims, obstacle: 'a claim is missing', bound, unbound };
      const volume = this.boundVolume(version);
      if (volume !== undefined) {
        bound.push(volume);
        continue;
      }
      const specification = persistentvolumeclaims.specification.get(version) as ClaimSpecification;
      const storageClass = this.classNamed(specification.storageClass);
      if (storageClass?.waitsForConsumer !== true)
        return { claims, obstacle: 'a claim waits for its volume', bound, unbound };
      unbound.push({ key, specification, storageClass });
    }
    unbound.sort((a, b) => a.specification.request - b.specification.request);
    return { claims, bound, unbound };
  }

  // ---- claims and volumes ------------------------------------------------------------------------------------------------------

  /** Whether a claim and its volume point at each other (isPVCFullyBound); false if the claim is not there. */
  isBound(claim: ObjectKey): boolean {
    const version = this.claims.get(claim);
    return version !== NO_VERSION && this.boundVolume(version) !== undefined;
  }

  /** The claim as the informer shows it, NO_VERSION if it is not there. */
  claim(key: ObjectKey): VersionHandle {
    return this.claims.get(key);
  }

  /** The volume as the informer shows it, NO_VERSION if it is not there. */
  volume(key: ObjectKey): VersionHandle {
    return this.volumes.get(key);
  }

  private boundVolume(claim: VersionHandle): VolumeSpecification | undefined {
    const { persistentvolumeclaims, persistentvolumes } = this.tables;
    if (persistentvolumeclaims.isBound.get(claim) === 0) return undefined;
    const volume = this.volumes.get(persistentvolumeclaims.volume.get(claim) as ObjectKey);
    return volume === NO_VERSION ? undefined : (persistentvolumes.specification.get(volume) as VolumeSpecification);
  }

  /** CSI driver that attaches a claim's volume, or will: that of its volume, else its class's provisioner; "" = none is known. */
  driverOf(claim: ObjectKey): string {
    const version = this.claims.get(claim);
    if (version === NO_VERSION) return '';
    const volume = this.boundVolume(version);
    if (volume !== undefined) return volume.driver;
    const { storageClass } = this.tables.persistentvolumeclaims.specification.get(version) as ClaimSpecification;
    const provisioner = this.classNamed(storageClass)?.provisioner ?? '';
    return provisioner === NO_PROVISIONER ? '' : provisioner;
  }

  /** Whether only one pod may use a claim (ReadWriteOncePod). */
  isExclusive(claim: ObjectKey): boolean {
    const version = this.claims.get(claim);
    if (version === NO_VERSION) return false;
    const { accessModes } = this.tables.persistentvolumeclaims.specification.get(version) as ClaimSpecification;
    return accessModes.includes('ReadWriteOncePod');
  }

  /** Volumes that a driver can attach to a node; undefined = without limit. */
  limitOf(node: string, driver: string): number | undefined {
    const version = this.csiNodes.get(this.tables.keysOf('csinodes').find('', node));
    return version === NO_VERSION ? undefined : this.tables.csinodes.drivers.get(version)[driver];
  }

  private classNamed(name: string | undefined): StorageClassSpecification | undefined {
    if (name === undefined || name === '') return undefined;
    const version = this.classes.get(this.tables.keysOf('storageclasses').find('', name));
    return version === NO_VERSION ? undefined : (this.tables.storageclasses.specification.get(version) ?? undefined);
  }

  // ---- free volumes ------------------------------------------------------------------------------------------------------------

  /** Free volumes that serve a claim wherever they are, the smallest first. */
  *volumesFor({ key, specification }: UnboundClaim): Generator<FreeVolume, void, void> {
    const { persistentvolumes } = this.tables;
    for (const volume of this.free.get(specification.storageClass ?? '') ?? []) {
      const version = this.volumes.get(volume);
      const named = persistentvolumes.claim.get(version);
      if (this.assumed.has(volume) || (named >= 0 && named !== key)) continue;
      const found = persistentvolumes.specification.get(version) as VolumeSpecification;
      if (found.capacity < specification.request) continue;
      if (!specification.accessModes.every((mode) => found.accessModes.includes(mode))) continue;
      yield { key: volume, specification: found };
    }
  }

  /** A volume is kept for a claim from now on. */
  assume(volume: ObjectKey): void {
    this.assumed.add(volume);
  }

  /** It is not kept any more: the binding has failed, or the informer shows it. */
  forget(volume: ObjectKey): void {
    this.assumed.delete(volume);
  }

  private index(version: VersionHandle): void {
    const { persistentvolumes } = this.tables;
    const key = persistentvolumes.key.get(version) as ObjectKey;
    const specification = persistentvolumes.specification.get(version) as VolumeSpecification;
    this.drop(version);
    const isFree =
      persistentvolumes.phase.get(version) <= VolumePhase.Available && persistentvolumes.claimUid.get(version) === 0;
    if (!isFree) {
      this.assumed.delete(key);
      return;
    }
    const free = this.freeOf(specification.storageClass);
    const sizeOf = (volume: ObjectKey) =>
      (persistentvolumes.specification.get(this.volumes.get(volume)) as VolumeSpecification).capacity;
    let place = free.length;
    while (place > 0 && sizeOf(free[place - 1] as ObjectKey) > specification.capacity) place--;
    free.splice(place, 0, key);
  }

  private drop(version: VersionHandle): void {
    const { persistentvolumes } = this.tables;
    const { storageClass } = persistentvolumes.specification.get(version) as VolumeSpecification;
    const free = this.freeOf(storageClass);
    const place = free.indexOf(persistentvolumes.key.get(version) as ObjectKey);
    if (place >= 0) free.splice(place, 1);
  }

  private freeOf(storageClass: string): ObjectKey[] {
    let free = this.free.get(storageClass);
    if (free === undefined) {
      free = [];
      this.free.set(storageClass, free);
    }
    return free;
  }
}
