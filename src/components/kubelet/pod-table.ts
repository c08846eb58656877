/** The kubelets' own record of the pods on their nodes, one slot a pod. Nothing outside the node side reads or writes it. */
import type { ObjectKey, PodTemplate } from '../../cluster/index.ts';

/** Slots at the start; doubled. */
const INITIAL_SLOTS = 256;

/** Instant of an exit that is not planned. */
export const NO_EXIT = Number.POSITIVE_INFINITY;

/** Where a pod is in its life on the node. */
export const PodStage = {
  /** Waiting for token, volumes or sandbox. */
  Preparing: 0,
  /** Containers are being pulled and started. */
  StartingContainers: 1,
  /** All containers run. */
  Running: 2,
  /** Containers are being stopped. */
  Stopping: 3,
  /** Nothing runs any more: ended by itself, rejected or stopped. */
  Ended: 4,
} as const;

/** All pods of all kubelets. */
export class PodTable {
  private capacity = INITIAL_SLOTS;
  private used = 0;
  private readonly free: number[] = [];

  /** Key of the pod. */
  key = new Int32Array(INITIAL_SLOTS);
  /** UID of the pod. */
  uid = new Int32Array(INITIAL_SLOTS);
  /** Number of the kubelet. */
  node = new Int32Array(INITIAL_SLOTS);
  /** A value of {@link PodStage}. */
  stage = new Uint8Array(INITIAL_SLOTS);
  /** Raised whenever what was planned for the pod is void; events carry it. */
  epoch = new Int32Array(INITIAL_SLOTS);
  /** Status as the kubelet wants it written: phase, condition bits, reason, 1 = has an IP, instant at which all containers ran [ns]. */
  phase = new Uint8Array(INITIAL_SLOTS);
  conditions = new Int32Array(INITIAL_SLOTS);
  reason = new Uint8Array(INITIAL_SLOTS);
  hasIp = new Uint8Array(INITIAL_SLOTS);
  runningAt = new Float64Array(INITIAL_SLOTS);
  /** Init containers whose end the status tells of. */
  initialised = new Uint16Array(INITIAL_SLOTS);
  /** When the pod was created, by the API server's clock [ns]. */
  createdAt = new Float64Array(INITIAL_SLOTS);
  /** When the kubelet saw the pod [ns]; the polls for its volumes count from it. */
  seenAt = new Float64Array(INITIAL_SLOTS);
  /** When its volumes were mounted and its probe workers began [ns]; probes tick from it. */
  mountedAt = new Float64Array(INITIAL_SLOTS);
  /** When its containers exit by themselves or because they were told to [ns], {@link NO_EXIT} = not planned, below 0 = they have and nobody has noticed. */
  exitsAt = new Float64Array(INITIAL_SLOTS);
  /** Time that its image pulls and init containers took so far [ns], statistic. */
  excluded = new Float64Array(INITIAL_SLOTS);
  /** 1 once its start was measured, or if it had begun before this kubelet did. */
  measured = new Uint8Array(INITIAL_SLOTS);
  /** Index of the container that is being started: init containers first, then the others. */
  container = new Uint16Array(INITIAL_SLOTS);
  /** 1 if the status differs from what was last written. */
  dirty = new Uint8Array(INITIAL_SLOTS);
  /** 1 while the pod waits in its kubelet's status queue. */
  queued = new Uint8Array(INITIAL_SLOTS);
  /** Attempts to mount the volumes that failed. */
  mountFailures = new Uint8Array(INITIAL_SLOTS);
  /** What it waits for before its volumes can be mounted, as bits of the volume manager. */
  awaits = new Uint8Array(INITIAL_SLOTS);
  /** When its Secrets and ConfigMaps were last asked for [ns]. */
  lookedAt = new Float64Array(INITIAL_SLOTS);
  /** 1 while its Secrets and ConfigMaps are kept for it. */
  isRegistered = new Uint8Array(INITIAL_SLOTS);
  /** Attempts in a row to make a sandbox that failed. */
  sandboxAttempts = new Uint16Array(INITIAL_SLOTS);
  /** 1 while the pod has an address of the CNI plugin. */
  isConnected = new Uint8Array(INITIAL_SLOTS);
  /** 1 if the grace period was over before the containers were. */
  killed = new Uint8Array(INITIAL_SLOTS);
  /** 1 once a deletion was asked for by the API. */
  deleting = new Uint8Array(INITIAL_SLOTS);
  /** 1 once nothing of the pod is left on the node and the kubelet may delete it for good. */
  deletable = new Uint8Array(INITIAL_SLOTS);
  /** 1 once the pod is gone from the node; the slot is free when nobody holds it. */
  gone = new Uint8Array(INITIAL_SLOTS);
  /** Requests on their way that will come back to this slot, and its places in queues: it is not given away before. */
  holders = new Uint16Array(INITIAL_SLOTS);
  /** What the pod is made from. */
  readonly template: PodTemplate[] = [];

  /** A slot for a pod that a kubelet has seen. */
  allocate(key: ObjectKey, uid: number, node: number, template: PodTemplate): number {
    let slot = this.free.pop();
    if (slot === undefined) {
      if (this.used === this.capacity) this.grow();
      slot = this.used++;
    }
    this.key[slot] = key;
    this.uid[slot] = uid;
    this.node[slot] = node;
    this.stage[slot] = PodStage.Preparing;
    this.phase[slot] = 0;
    this.conditions[slot] = 0;
    this.reason[slot] = 0;
    this.hasIp[slot] = 0;
    this.runningAt[slot] = -1;
    this.exitsAt[slot] = NO_EXIT;
    this.container[slot] = 0;
    this.initialised[slot] = 0;
    this.excluded[slot] = 0;
    this.mountFailures[slot] = 0;
    this.awaits[slot] = 0;
    this.isRegistered[slot] = 0;
    this.sandboxAttempts[slot] = 0;
    this.isConnected[slot] = 0;
    this.killed[slot] = 0;
    this.measured[slot] = 0;
    this.dirty[slot] = 0;
    this.queued[slot] = 0;
    this.deleting[slot] = 0;
    this.deletable[slot] = 0;
    this.gone[slot] = 0;
    this.holders[slot] = 0;
    this.template[slot] = template;
    return slot;
  }

  /** The pod is gone from its node: everything planned for it is void. */
  remove(slot: number): void {
    this.epoch[slot] = (this.epoch[slot] as number) + 1;
    this.gone[slot] = 1;
    this.freeIfUnused(slot);
  }

  /** A request of this slot has left, or it stands in a queue now. */
  hold(slot: number): void {
    this.holders[slot] = (this.holders[slot] as number) + 1;
  }

  /** A request of this slot came back, or its turn has come. Returns whether the pod is still there. */
  release(slot: number): boolean {
    this.holders[slot] = (this.holders[slot] as number) - 1;
    if (this.gone[slot] === 0) return true;
    this.freeIfUnused(slot);
    return false;
  }

  private freeIfUnused(slot: number): void {
    if (this.holders[slot] === 0) this.free.push(slot);
  }

  private grow(): void {
    const bigger = <T extends Uint8Array | Uint16Array | Int32Array | Float64Array>(from: T): T => {
      const to = new (from.constructor as new (length: number) => T)(from.length * 2);
      to.set(from);
      return to;
    };
    this.key = bigger(this.key);
    this.uid = bigger(this.uid);
    this.node = bigger(this.node);
    this.stage = bigger(this.stage);
    this.epoch = bigger(this.epoch);
    this.phase = bigger(this.phase);
    this.conditions = bigger(this.conditions);
    this.reason = bigger(this.reason);
    this.hasIp = bigger(this.hasIp);
    this.runningAt = bigger(this.runningAt);
    this.initialised = bigger(this.initialised);
    this.createdAt = bigger(this.createdAt);
    this.seenAt = bigger(this.seenAt);
    this.mountedAt = bigger(this.mountedAt);
    this.exitsAt = bigger(this.exitsAt);
    this.excluded = bigger(this.excluded);
    this.mountFailures = bigger(this.mountFailures);
    this.awaits = bigger(this.awaits);
    this.lookedAt = bigger(this.lookedAt);
    this.isRegistered = bigger(this.isRegistered);
    this.sandboxAttempts = bigger(this.sandboxAttempts);
    this.isConnected = bigger(this.isConnected);
    this.killed = bigger(this.killed);
    this.measured = bigger(this.measured);
    this.container = bigger(this.container);
    this.dirty = bigger(this.dirty);
    this.queued = bigger(this.queued);
    this.deleting = bigger(this.deleting);
    this.deletable = bigger(this.deletable);
    this.gone = bigger(this.gone);
    this.holders = bigger(this.holders);
    this.capacity *= 2;
  }
}
