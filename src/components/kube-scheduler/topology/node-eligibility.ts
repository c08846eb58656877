/** Which nodes count for a pod: known ones with certain labels that the pod's own node affinity, or its tolerations, do not rule out. */

import type { PodTemplate } from '../../../cluster/index.ts';
import { type Labels, requiredNodeAffinityMatches, type Taint, tolerates } from '../../../cluster/index.ts';

/** What makes a node count. */
export interface EligibilityRule {
  /** Labels that it must have. */
  readonly keys: readonly string[];
  /** The template whose nodeSelector and required node affinity it must satisfy; undefined = none. */
  readonly affinityOf: PodTemplate | undefined;
  /** The template whose tolerations must cover its NoSchedule and NoExecute taints; undefined = taints do not matter. */
  readonly tolerationsOf: PodTemplate | undefined;
}

/** Every known node. */
export const EVERY_NODE: EligibilityRule = { keys: [], affinityOf: undefined, tolerationsOf: undefined };

/** A name that equal rules share. */
export function nameOfRule({ keys, affinityOf, tolerationsOf }: EligibilityRule): string {
  const affinity = affinityOf && [affinityOf.nodeSelector, affinityOf.nodeAffinity.required ?? null];
  return JSON.stringify([keys, affinity ?? null, tolerationsOf?.tolerations ?? null]);
}

/** Whether a known node counts by a rule (K:pkg/scheduler/framework/plugins/podtopologyspread/common.go:matchNodeInclusionPolicies). */
export function isEligible(rule: EligibilityRule, labels: Labels, taints: readonly Taint[], name: string): boolean {
  const { keys, affinityOf, tolerationsOf } = rule;
  for (const key of keys) if (labels[key] === undefined) return false;
  if (affinityOf !== undefined && !requiredNodeAffinityMatches(affinityOf, labels, name)) return false;
  return tolerationsOf === undefined || hardTaintsTolerated(tolerationsOf, taints);
}

function hardTaintsTolerated({ tolerations }: PodTemplate, taints: readonly Taint[]): boolean {
  return taints.every((taint) => taint.effect === 'PreferNoSchedule' || tolerates(tolerations, taint));
}

/** The nodes that count by one rule. */
export class NodeEligibility {
  readonly rule: EligibilityRule;
  /** Nodes that count. */
  count = 0;
  /** 1 = the node in the slot counts. */
  private eligible = new Uint8Array(0);

  constructor(rule: EligibilityRule) {
    this.rule = rule;
  }

  /** Whether the node in a slot counts. */
  has(slot: number): boolean {
    return slot < this.eligible.length && this.eligible[slot] === 1;
  }

  /** Says whether the node in a slot counts. */
  set(slot: number, counts: boolean, capacity: number): void {
    if (slot >= this.eligible.length) {
      const bigger = new Uint8Array(Math.max(capacity, slot + 1));
      bigger.set(this.eligible);
      this.eligible = bigger;
    }
    const value = counts ? 1 : 0;
    this.count += value - (this.eligible[slot] as number);
    this.eligible[slot] = value;
  }
}
