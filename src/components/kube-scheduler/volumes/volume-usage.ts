/** Which claims are in use by pods, on which nodes: what limits of drivers and claims for one pod alone are held against. */
import type { ObjectKey, PodTemplate } from '../../../cluster/index.ts';
import type { VolumeView } from './volume-view.ts';

/** Use of claims by placed pods. */
export class VolumeUsage {
  private readonly view: VolumeView;
  /** Placed pods that use a claim, by claim, state. */
  private readonly pods = new Map<ObjectKey, number>();
  /** The same by node's slot, state. */
  private readonly byNode = new Map<number, Map<ObjectKey, number>>();

  constructor(view: VolumeView) {
    this.view = view;
  }

  /** Counts a pod on a node (`sign` 1) or no longer (-1). */
  count(pod: ObjectKey, slot: number, template: PodTemplate, sign: 1 | -1): void {
    if (template.volumes === undefined) return;
    let node = this.byNode.get(slot);
    if (node === undefined) {
      node = new Map();
      this.byNode.set(slot, node);
    }
    for (const claim of this.view.claimsOf(pod, template)) {
      change(this.pods, claim, sign);
      change(node, claim, sign);
    }
  }

  /** Forgets all. */
  clear(): void {
    this.pods.clear();
    this.byNode.clear();
  }

  /** Whether a placed pod uses a claim. */
  isUsed(claim: ObjectKey): boolean {
    return this.pods.has(claim);
  }

  /** Volumes of a driver that a node would have attached with these claims: each volume counts once, however many pods use it. */
  attached(slot: number, driver: string, claims: readonly ObjectKey[]): number {
    const node = this.byNode.get(slot);
    let count = 0;
    for (const claim of node?.keys() ?? []) if (this.view.driverOf(claim) === driver) count++;
    for (const claim of claims) if (node?.has(claim) !== true && this.view.driverOf(claim) === driver) count++;
    return count;
  }
}

function change(counts: Map<ObjectKey, number>, claim: ObjectKey, sign: number): void {
  const count = (counts.get(claim) ?? 0) + sign;
  if (count === 0) counts.delete(claim);
  else counts.set(claim, count);
}
