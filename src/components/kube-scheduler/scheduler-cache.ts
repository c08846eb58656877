/**
 * Which pod is placed where, as far as this scheduler knows: bound pods that its informer has shown, and pods that it has assumed, that is,
 * placed itself, before their binding is confirmed. K:pkg/scheduler/backend/cache/cache.go. Sums over nodes are kept in {@link NodeColumns}.
 */
import type { ObjectKey } from '../../cluster/index.ts';
import type { Simulation } from '../../engine/index.ts';
import type { NodeColumns } from './node-columns.ts';
import { PlacedPods } from './placed-pods.ts';
import type { PodRequirements, PodRequirementTable } from './pod-requirements.ts';
import type { SchedulerVolumes } from './volumes/scheduler-volumes.ts';

/** Keys at the start; doubled. */
const INITIAL_KEYS = 1024;
const NOWHERE = -1;
const NOT_ASSUMED = -1;
/** Share of the placed pods that have come or gone when the sums are recounted: often enough, and cheap per change. */
const CHANGED_SHARE_PER_RECOUNT = 0.125;

/** Placements by pod key. */
export class SchedulerCache {
  private readonly simulation: Simulation;
  private readonly name: string;
  private readonly nodes: NodeColumns;
  private readonly requirements: PodRequirementTable;
  /** What counts the claims of placed pods; left out where pods have none. */
  private readonly volumes: SchedulerVolumes | undefined;
  /** Slot of the node, {@link NOWHERE} if the pod is not placed. */
  private slots = new Int32Array(INITIAL_KEYS).fill(NOWHERE);
  /** Requirements of a placed pod, by their number. */
  private kinds = new Int32Array(INITIAL_KEYS);
  /** Uid of a pod that is assumed, {@link NOT_ASSUMED} otherwise. */
  private assumedUids = new Int32Array(INITIAL_KEYS).fill(NOT_ASSUMED);

  /** 1 = the binding of the assumed pod was answered with success: it is bound, though the informer has not shown it yet. */
  private bound = new Uint8Array(INITIAL_KEYS);
  private readonly byNode = new PlacedPods();
  /** 1 = the placed pod is being deleted. */
  private terminating = new Uint8Array(INITIAL_KEYS);
  /** Pods placed, and changes since the sums were last recounted, state. */
  private placed = 0;
  private changes = 0;
  /** Recounts so far, statistic. */
  private recounts = 0;

  constructor(
    simulation: Simulation,
    name: string,
    nodes: NodeColumns,
    requirements: PodRequirementTable,
    volumes?: SchedulerVolumes,
  ) {
    this.simulation = simulation;
    this.name = name;
    this.nodes = nodes;
    this.requirements = requirements;
    this.volumes = volumes;
    simulation.addInvariantCheck(`${name} cache`, () => this.checkInvariants());
  }

  /** Places a pod ahead of its binding. */
  assume(key: number, uid: number, slot: number, pod: PodRequirements): void {
    this.place(key, slot, pod);
    this.assumedUids[key] = uid;
    this.bound[key] = 0;
  }

  /** The binding of an assumed pod was answered with success. */
  finishBinding(key: number, uid: number): void {
    if (this.isAssumed(key, uid)) this.bound[key] = 1;
  }

  /** Whether this very pod is assumed, and bound without the informer having shown it. */
  isBoundUnseen(key: number, uid: number): boolean {
    return this.isAssumed(key, uid) && this.bound[key] === 1;
  }

  /** Whether this very pod is assumed. */
  isAssumed(key: number, uid: number): boolean {
    return key < this.assumedUids.length && this.assumedUids[key] === uid;
  }

  /** The binding failed: the pod is not placed any more. False if it is not assumed (any more). */
  forget(key: number, uid: number): boolean {
    if (!this.isAssumed(key, uid)) return false;
    this.remove(key);
    return true;
  }

  /** A placed pod is being deleted: it takes its room until it is gone. */
  markTerminating(key: number): void {
    if (key >= this.slots.length || this.slots[key] === NOWHERE || this.terminating[key] === 1) return;
    this.terminating[key] = 1;
    this.nodes.placed.markTerminating(this.slots[key] as number, this.requirements.get(this.kinds[key] as number));
  }

  /** The informer shows a pod bound to a node: an assumed pod is confirmed, any other is placed. */
  confirm(key: number, slot: number, pod: PodRequirements): void {
    if (key < this.slots.length && this.slots[key] === slot && this.kinds[key] === pod.id) {
      this.assumedUids[key] = NOT_ASSUMED;
    } else {
      this.place(key, slot, pod);
    }
  }

  /** A placed pod is gone. */
  remove(key: number): void {
    if (key >= this.slots.length || this.slots[key] === NOWHERE) return;
    const pod = this.requirementsOf(key);
    const slot = this.slots[key] as number;
    this.count(key, slot, pod, -1);
    this.terminating[key] = 0;
    this.byNode.remove(key, slot);
    this.slots[key] = NOWHERE;
    this.assumedUids[key] = NOT_ASSUMED;
    this.placed--;
    this.changes++;
  }

  /** Forgets all placements: the process has ended. The columns are cleared by their owner. */
  clear(): void {
    this.slots.fill(NOWHERE);
    this.terminating.fill(0);
    this.assumedUids.fill(NOT_ASSUMED);
    this.byNode.clear();
    this.placed = 0;
  }

  /** Whether a pod has its node, bound or assumed. */
  isPlaced(key: number): boolean {
    return key < this.slots.length && this.slots[key] !== NOWHERE;
  }

  // ---- for preemption ----------------------------------------------------------------------------------------------------------

  /** Calls `visit` for the key of each pod placed on a node. */
  forEachOn(slot: number, visit: (key: number) => void): void {
    this.byNode.forEachOn(slot, visit);
  }

  /** What a placed pod asks for. */
  requirementsOf(key: number): PodRequirements {
    return this.requirements.get(this.kinds[key] as number);
  }

  /** Counts a placed pod no longer, for a dry run; {@link putBack} has to follow. */
  setAside(key: number): void {
    this.count(key, this.slots[key] as number, this.requirementsOf(key), -1);
  }

  /** Counts a pod again that was set aside. */
  putBack(key: number): void {
    this.count(key, this.slots[key] as number, this.requirementsOf(key), 1);
  }

  private place(key: number, slot: number, pod: PodRequirements): void {
    this.ensure(key);
    this.remove(key);
    this.slots[key] = slot;
    this.kinds[key] = pod.id;
    this.count(key, slot, pod, 1);
    this.byNode.add(key, slot);
    this.placed++;
    this.changes++;
  }

  private count(key: number, slot: number, pod: PodRequirements, sign: 1 | -1): void {
    this.nodes.count(slot, pod, sign, this.terminating[key] === 1);
    if (pod.template.volumes !== undefined) this.volumes?.count(key as ObjectKey, slot, pod.template, sign);
  }

  private ensure(key: number): void {
    if (key < this.slots.length) return;
    const { length } = this.slots;
    const keys = Math.max(key + 1, length * 2);
    const bigger = (from: Int32Array, fill: number): Int32Array<ArrayBuffer> => {
      const to = new Int32Array(keys).fill(fill, length);
      to.set(from);
      return to;
    };
    this.slots = bigger(this.slots, NOWHERE);
    this.kinds = bigger(this.kinds, 0);
    this.assumedUids = bigger(this.assumedUids, NOT_ASSUMED);
    const biggerFlags = (from: Uint8Array): Uint8Array<ArrayBuffer> => {
      const to = new Uint8Array(keys);
      to.set(from);
      return to;
    };
    this.bound = biggerFlags(this.bound);
    this.terminating = biggerFlags(this.terminating);
  }

  /** The sums of every node are those of the pods placed on it. */
  private checkInvariants(): void {
    if (this.changes < this.placed * CHANGED_SHARE_PER_RECOUNT) return;
    this.changes = 0;
    const { capacity, requestedCpu, requestedMemory, pods } = this.nodes;
    const cpu = new Float64Array(capacity);
    const memory = new Float64Array(capacity);
    const placed = new Int32Array(capacity);
    for (let key = 0; key < this.slots.length; key++) {
      const slot = this.slots[key] as number;
      if (slot === NOWHERE) continue;
      const pod = this.requirements.get(this.kinds[key] as number);
      cpu[slot] = (cpu[slot] as number) + pod.cpu;
      memory[slot] = (memory[slot] as number) + pod.memory;
      placed[slot] = (placed[slot] as number) + 1;
    }
    for (let slot = 0; slot < capacity; slot++) {
      const holds =
        cpu[slot] === requestedCpu[slot] && memory[slot] === requestedMemory[slot] && placed[slot] === pods[slot];
      if (holds) continue;
      const name = this.nodes.nameOf(slot);
      this.simulation.invariant(false, this.name, `the sums of node ${name} are not those of its ${placed[slot]} pods`);
    }
    const { placed: topology } = this.nodes;
    this.simulation.invariant(
      topology.count === this.placed,
      this.name,
      `${topology.count} pods are counted by topology`,
    );
    const miscount = topology.findMiscount(this.recounts++);
    if (miscount !== undefined) this.simulation.invariant(false, this.name, miscount);
  }
}
