/** The kubelets' own record of the pods on their nodes, one slot a pod. Nothing outside the node side reads or writes it. */
import type { ObjectKey, PodTemplate } from '../../cluster/index.ts';

import { grown } from '../../engine/index.ts';
import { ContainerTable } from './container-table.ts';

/** Slots at the start; doubled. */
const INITIAL_SLOTS = 256;

/** Instant of an end that is not planned. */
export const NO_EXIT = Number.POSITIVE_INFINITY;

/** Where a pod is in its life on the node. */
export const PodStage = {
  /** Waiting for token, volumes or sandbox. */
  Preparing: 0,
  /** Its sandbox is there: its containers come, run and go. */
  Active: 1,
  /** Everything of it is being stopped. */
  Stopping: 2,
  /** Nothing runs any more: ended by itself, rejected, evicted or stopped. */
  Ended: 3,
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
  /** Raised when the pod is gone from the node; what its containers do by themselves carries it. Never set back. */
  incarnation = new Int32Array(INITIAL_SLOTS);
  /** Raised whenever what was planned for the pod is void; events carry it. */
  epoch = new Int32Array(INITIAL_SLOTS);
  /** Status as the kubelet wants it written: phase, condition bits, reason, 1 = has an IP, instant at which all containers ran [ns]. */
  phase = new Uint8Array(INITIAL_SLOTS);
  conditions = new Int32Array(INITIAL_SLOTS);
  reason = new Uint8Array(INITIAL_SLOTS);
  hasIp = new Uint8Array(INITIAL_SLOTS);
  runningAt = new Float64Array(INITIAL_SLOTS);
  /** Number that stood for the container statuses, and whether there was an IP, when a status was last told. */
  containerDigest = new Float64Array(INITIAL_SLOTS);
  toldIp = new Uint8Array(INITIAL_SLOTS);
  /** Most restarts of one of its containers, and of one of its sidecars, as its status tells. */
  restarts = new Int32Array(INITIAL_SLOTS);
  sidecarRestarts = new Int32Array(INITIAL_SLOTS);
  /** When the pod was created, by the API server's clock [ns]. */
  createdAt = new Float64Array(INITIAL_SLOTS);
  /** When the kubelet saw the pod [ns]; the polls for its volumes count from it. */
  seenAt = new Float64Array(INITIAL_SLOTS);
  /** When everything of it will have stopped [ns], {@link NO_EXIT} = nobody means to stop it. */
  exitsAt = new Float64Array(INITIAL_SLOTS);
  /** Time that its image pulls and init containers took so far [ns], statistic. */
  excluded = new Float64Array(INITIAL_SLOTS);
  /** 1 once its start was measured, or if it had begun before this kubelet did. */
  measured = new Uint8Array(INITIAL_SLOTS);
  /** First row of its containers in their table. */
  firstRow = new Int32Array(INITIAL_SLOTS);
  /** Place of the container that the sync has come to. */
  cursor = new Uint16Array(INITIAL_SLOTS);
  /** 1 while a sync is under way, 1 if another one is to follow it, and 1 while a relist is awaited. */
  busy = new Uint8Array(INITIAL_SLOTS);
  pending = new Uint8Array(INITIAL_SLOTS);
  relistAwaited = new Uint8Array(INITIAL_SLOTS);
  /** When what failed in the sync under way may be tried again [ns], 0 = nothing failed; syncs in a row that failed. */
  retryAt = new Float64Array(INITIAL_SLOTS);
  failures = new Uint16Array(INITIAL_SLOTS);
  /** 1 once its lifetime is over: nothing is started again. */
  isOver = new Uint8Array(INITIAL_SLOTS);
  /** 1 once its kubelet evicts it: it ends as Failed. */
  isEvicted = new Uint8Array(INITIAL_SLOTS);
  /** 1 if the status differs from what was last written. */
  dirty = new Uint8Array(INITIAL_SLOTS);
  /** 1 while the pod waits in its kubelet's status queue. */
  queued = new Uint8Array(INITIAL_SLOTS);
  /** What it waits for before its volumes can be mounted, as bits of the volume manager. */
  awaits = new Uint8Array(INITIAL_SLOTS);
  /** When its Secrets and ConfigMaps were last asked for [ns]. */
  lookedAt = new Float64Array(INITIAL_SLOTS);
  /** 1 = a static pod; the UID is then that of its mirror pod, 0 = there is none. */
  isStatic = new Uint8Array(INITIAL_SLOTS);
  /** 1 while its Secrets and ConfigMaps are kept for it. */
  isRegistered = new Uint8Array(INITIAL_SLOTS);
  /** Attempts to mount the volumes that failed. */
  mountFailures = new Uint8Array(INITIAL_SLOTS);
  /** Attempts in a row to make a sandbox that failed. */
  sandboxAttempts = new Uint16Array(INITIAL_SLOTS);
  /** 1 while the pod has an address of the CNI plugin. */
  isConnected = new Uint8Array(INITIAL_SLOTS);
  /** 1 once a deletion was asked for by the API. */
  deleting = new Uint8Array(INITIAL_SLOTS);
  /** 1 once nothing of the pod is left on the node and the kubelet may delete it for good. */
  deletable = new Uint8Array(INITIAL_SLOTS);
  /** 1 once the pod is gone from the node; the slot is free when nobody holds it. */
  gone = new Uint8Array(INITIAL_SLOTS);
  /** Requests on their way that will come back to this slot, and its places in queues: it is not given away before. */
  holders = new Uint16Array(INITIAL_SLOTS);
  /** Their containers. */
  readonly containers = new ContainerTable();
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
    this.firstRow[slot] = this.containers.allocate(slot, containersOf(template));
    this.cursor[slot] = 0;
    this.busy[slot] = 0;
    this.pending[slot] = 0;
    this.relistAwaited[slot] = 0;
    this.retryAt[slot] = 0;
    this.failures[slot] = 0;
    this.isOver[slot] = 0;
    this.isEvicted[slot] = 0;
    this.containerDigest[slot] = -1;
    this.toldIp[slot] = 0;
    this.restarts[slot] = 0;
    this.sidecarRestarts[slot] = 0;
    this.excluded[slot] = 0;
    this.mountFailures[slot] = 0;
    this.awaits[slot] = 0;
    this.isRegistered[slot] = 0;
    this.isStatic[slot] = 0;
    this.exitsAt[slot] = NO_EXIT;
    this.sandboxAttempts[slot] = 0;
    this.isConnected[slot] = 0;
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
    this.incarnation[slot] = (this.incarnation[slot] as number) + 1;
    this.gone[slot] = 1;
    this.containers.release(this.firstRow[slot] as number, containersOf(this.template[slot] as PodTemplate));
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
    this.capacity *= 2;
    const { capacity } = this;
    this.key = grown(this.key, capacity);
    this.uid = grown(this.uid, capacity);
    this.node = grown(this.node, capacity);
    this.stage = grown(this.stage, capacity);
    this.restarts = grown(this.restarts, capacity);
    this.sidecarRestarts = grown(this.sidecarRestarts, capacity);
    this.incarnation = grown(this.incarnation, capacity);
    this.epoch = grown(this.epoch, capacity);
    this.phase = grown(this.phase, capacity);
    this.conditions = grown(this.conditions, capacity);
    this.reason = grown(this.reason, capacity);
    this.hasIp = grown(this.hasIp, capacity);
    this.runningAt = grown(this.runningAt, capacity);
    this.containerDigest = grown(this.containerDigest, capacity);
    this.toldIp = grown(this.toldIp, capacity);
    this.createdAt = grown(this.createdAt, capacity);
    this.seenAt = grown(this.seenAt, capacity);
    this.exitsAt = grown(this.exitsAt, capacity);
    this.awaits = grown(this.awaits, capacity);
    this.lookedAt = grown(this.lookedAt, capacity);
    this.isRegistered = grown(this.isRegistered, capacity);
    this.isStatic = grown(this.isStatic, capacity);
    this.excluded = grown(this.excluded, capacity);
    this.measured = grown(this.measured, capacity);
    this.firstRow = grown(this.firstRow, capacity);
    this.cursor = grown(this.cursor, capacity);
    this.busy = grown(this.busy, capacity);
    this.pending = grown(this.pending, capacity);
    this.relistAwaited = grown(this.relistAwaited, capacity);
    this.retryAt = grown(this.retryAt, capacity);
    this.failures = grown(this.failures, capacity);
    this.isOver = grown(this.isOver, capacity);
    this.isEvicted = grown(this.isEvicted, capacity);
    this.dirty = grown(this.dirty, capacity);
    this.queued = grown(this.queued, capacity);
    this.mountFailures = grown(this.mountFailures, capacity);
    this.sandboxAttempts = grown(this.sandboxAttempts, capacity);
    this.isConnected = grown(this.isConnected, capacity);
    this.deleting = grown(this.deleting, capacity);
    this.deletable = grown(this.deletable, capacity);
    this.gone = grown(this.gone, capacity);
    this.holders = grown(this.holders, capacity);
  }
}

function containersOf({ initContainers, containers }: PodTemplate): number {
  return initContainers.length + containers.length;
}
