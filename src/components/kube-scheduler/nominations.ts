/**
 * Pods that are nominated to a node: room was made for them there by preemption, and others of lower priority must leave it to them.
 * K:pkg/scheduler/backend/queue/nominator.go.
 */
import type { NodeColumns } from './node-columns.ts';
import type { PodRequirements } from './pod-requirements.ts';

/** A nominated pod. */
export interface Nomination {
  readonly key: number;
  readonly uid: number;
  readonly slot: number;
  readonly requirements: PodRequirements;
}

/** The nominations that one scheduler knows of. */
export class Nominations {
  private readonly nodes: NodeColumns;
  private readonly byPod = new Map<number, Nomination>();
  private readonly bySlot = new Map<number, Nomination[]>();
  /** Nominations whose pods are counted in the columns just now, state. */
  private readonly counted: Nomination[] = [];

  constructor(nodes: NodeColumns) {
    this.nodes = nodes;
  }

  /** Nominated pods. */
  get size(): number {
    return this.byPod.size;
  }

  /** Slot of the node to which a pod is nominated, -1 if it is not. */
  slotOf(key: number): number {
    return this.byPod.get(key)?.slot ?? -1;
  }

  /** Whether somebody is nominated to a node. */
  isNominated(slot: number): boolean {
    return this.bySlot.has(slot);
  }

  /** Pods nominated to a node, in the order in which they were. */
  on(slot: number): readonly Nomination[] {
    return this.bySlot.get(slot) ?? [];
  }

  /** A pod is nominated to a node; an earlier nomination of it is void. */
  set(key: number, uid: number, requirements: PodRequirements, slot: number): void {
    const known = this.byPod.get(key);
    if (known?.slot === slot && known.uid === uid) return;
    this.delete(key);
    const nomination = { key, uid, slot, requirements };
    this.byPod.set(key, nomination);
    const others = this.bySlot.get(slot);
    if (others === undefined) this.bySlot.set(slot, [nomination]);
    else others.push(nomination);
  }

  /** A pod is not nominated any more. */
  delete(key: number): void {
    const nomination = this.byPod.get(key);
    if (nomination === undefined) return;
    this.byPod.delete(key);
    const others = this.bySlot.get(nomination.slot) as Nomination[];
    others.splice(others.indexOf(nomination), 1);
    if (others.length === 0) this.bySlot.delete(nomination.slot);
  }

  /** Forgets all: the process has ended. */
  clear(): void {
    this.byPod.clear();
    this.bySlot.clear();
  }

  /**
   * Counts on a node the pods nominated to it that a pod has to give way to: others of the same priority or a higher one (addGENominatedPods).
   * Returns whether there are any; {@link uncount} takes them off again.
   */
  count(slot: number, key: number, priority: number): boolean {
    for (const nomination of this.on(slot)) {
      if (nomination.key === key || nomination.requirements.template.priority < priority) continue;
      this.nodes.count(slot, nomination.requirements, 1);
      this.counted.push(nomination);
    }
    return this.counted.length > 0;
  }

  /** Takes off what {@link count} has counted. */
  uncount(): void {
    for (const { slot, requirements } of this.counted) this.nodes.count(slot, requirements, -1);
    this.counted.length = 0;
  }
}
