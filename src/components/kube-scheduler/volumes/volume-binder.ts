/**
 * What VolumeBinding does once a node is chosen: at Reserve it keeps the volumes for the claims, at PreBind it writes that down, and waits until the
 * persistent volume controller and the provisioners have done their part. K:pkg/scheduler/framework/plugins/volumebinding/binder.go (AssumePodVolumes,
 * BindPodVolumes, bindAPIUpdate, checkBindings).
 */
import { NO_VERSION, type ObjectKey } from '../../../cluster/index.ts';
import type { Process, ValuesOf } from '../../../engine/index.ts';
import { seconds } from '../../../units/index.ts';
import { isSuccess, type RequestId, writes } from '../../api-machinery/index.ts';
import type { ApiClient, ClientGo } from '../../client-go/index.ts';
import type { kubeSchedulerParameters } from '../kube-scheduler.parameters.ts';
import type { NodeColumns } from '../node-columns.ts';
import { chooseVolumes, type VolumeChoice } from './volume-choice.ts';
import type { VolumeView } from './volume-view.ts';

/** How often PreBind looks whether the claims are bound (BindPodVolumes polls once a second). */
const POLL = seconds(1);

/** What a binder works with. */
export interface VolumeBinderOptions {
  readonly clientGo: ClientGo;
  readonly client: ApiClient;
  readonly view: VolumeView;
  readonly nodes: NodeColumns;
  readonly parameters: ValuesOf<typeof kubeSchedulerParameters>;
}

/** What was reserved for a pod at a node. */
interface ReservedVolumes extends VolumeChoice {
  readonly slot: number;
}

/** Binds volumes for one scheduler. */
export class VolumeBinder {
  private readonly options: VolumeBinderOptions;
  /** By key of the pod, state. */
  private readonly reserved = new Map<ObjectKey, ReservedVolumes>();
  /** Raised when the process ends, so that what it was about ends with it, state. */
  private life = 0;

  constructor(options: VolumeBinderOptions) {
    this.options = options;
  }

  /** Forgets all: the process has ended. */
  clear(): void {
    this.life++;
    this.reserved.clear();
  }

  /** Reserve, for the pod of the present cycle; false = a volume that was free when the node was chosen is not any more. */
  reserve(pod: ObjectKey, slot: number): boolean {
    const { view, nodes } = this.options;
    if (view.cycle.unbound.length === 0) return true;
    const choice = chooseVolumes(view, view.cycle, nodes.labelsOf(slot), nodes.nameOf(slot));
    if (choice === undefined) return false;
    for (const { volume } of choice.existing) view.assume(volume);
    this.reserved.set(pod, { ...choice, slot });
    return true;
  }

  /** Unreserve: what was kept is free again. */
  unreserve(pod: ObjectKey): void {
    for (const { volume } of this.reserved.get(pod)?.existing ?? []) this.options.view.forget(volume);
    this.reserved.delete(pod);
  }

  /** Whether there is anything to bind for a pod. */
  hasReserved(pod: ObjectKey): boolean {
    return this.reserved.has(pod);
  }

  /** PreBind: `done` is told whether all claims have their volumes. */
  bind(pod: ObjectKey, done: (succeeded: boolean) => void): void {
    const reserved = this.reserved.get(pod);
    if (reserved === undefined) done(true);
    else this.options.clientGo.simulation.processes.spawn('volume binding', this.run(pod, reserved, done));
  }

  private *run(pod: ObjectKey, reserved: ReservedVolumes, done: (succeeded: boolean) => void): Process {
    const { life } = this;
    const succeeded = yield* this.write(reserved, life);
    if (this.life !== life) return;
    if (succeeded) this.reserved.delete(pod);
    done(succeeded);
  }

  /** Writes, then waits. Returns whether all claims have their volumes. */
  private *write(reserved: ReservedVolumes, life: number): Generator<number, boolean, number> {
    const { view, clientGo, parameters } = this.options;
    for (const { volume, claim } of reserved.existing) {
      if (!(yield* this.giveVolume(volume, claim))) return false;
    }
    for (const claim of reserved.made) if (!(yield* this.chooseNode(claim, reserved.slot))) return false;
    const claims = [...reserved.existing.map(({ claim }) => claim), ...reserved.made];
    const deadline = clientGo.simulation.now + parameters.volumeBindTimeout;
    while (clientGo.simulation.now + POLL <= deadline) {
      yield POLL;
      if (this.life !== life) return false;
      if (claims.every((claim) => view.isBound(claim))) return true;
      // A claim that is gone, or that is to have its volume at another node, has to be scheduled anew.
      if (reserved.made.some((claim) => !this.waitsAt(claim, reserved.slot))) return false;
    }
    return false;
  }

  private *giveVolume(volume: ObjectKey, claim: ObjectKey): Generator<number, boolean, number> {
    const { view, clientGo, client } = this.options;
    const { persistentvolumes, persistentvolumeclaims } = view.tables;
    const version = view.volume(volume);
    const claimVersion = view.claim(claim);
    if (version === NO_VERSION || claimVersion === NO_VERSION) return false;
    const request = client.write(writes.persistentVolumeClaimReference, volume);
    clientGo.requests.setNumber(request, 0, claim);
    clientGo.requests.setNumber(request, 1, persistentvolumeclaims.uid.get(claimVersion));
    return yield* this.put(request, persistentvolumes.revision.get(version));
  }

  private *chooseNode(claim: ObjectKey, slot: number): Generator<number, boolean, number> {
    const { view, clientGo, client } = this.options;
    const version = view.claim(claim);
    if (version === NO_VERSION) return false;
    const request = client.write(writes.persistentVolumeClaimNode, claim);
    clientGo.requests.setNumber(request, 0, slot);
    return yield* this.put(request, view.tables.persistentvolumeclaims.revision.get(version));
  }

  private *put(request: RequestId, revision: number): Generator<number, boolean, number> {
    const { clientGo, client } = this.options;
    clientGo.requests.expectedRevision[request] = revision;
    return isSuccess(clientGo.requests.code[yield* client.call(request)] as number);
  }

  /** Whether a claim is there and is to have its volume at a node; the informer may not show the scheduler's own choice yet. */
  private waitsAt(claim: ObjectKey, slot: number): boolean {
    const { view } = this.options;
    const version = view.claim(claim);
    if (version === NO_VERSION) return false;
    const chosen = view.tables.persistentvolumeclaims.selectedNode.get(version);
    return chosen < 0 || chosen === slot;
  }
}
