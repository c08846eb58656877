/**
 * The dry run of preemption on one node: all pods of lower priority are taken off; if the pod fits then, as many as possible are put back, the most
 * important first, those that a disruption budget protects before the others. Who cannot come back is a victim.
 * K:pkg/scheduler/framework/plugins/defaultpreemption/default_preemption.go (SelectVictimsOnNode).
 *
 * Pods are taken off and put back in the scheduler's own columns, on which the filters run, and which are as before in the end.
 */
import { NO_FILTER, type NodeCheck } from '../node-check.ts';
import type { PodRequirements } from '../pod-requirements.ts';
import type { ProfileFilter } from '../profile.ts';
import type { Candidate } from './candidate.ts';
import { byImportance, splitByBudgets, type Victim, type VictimBudget } from './victim.ts';

/** Placed pods as a dry run sees and changes them. */
export interface PlacedVictims {
  /** Pods on a node with a priority below this one. */
  lowerOn(slot: number, priority: number): Victim[];
  /** Takes a placed pod off its node for the time being; puts it back. */
  setAside(key: number): void;
  putBack(key: number): void;
}

/** The pod for which room is wanted. */
export interface Preemptor {
  readonly requirements: PodRequirements;
  readonly key: number;
  readonly filters: readonly ProfileFilter[];
}

/** Dry runs on the nodes of one scheduler. */
export class DryRun {
  private readonly placed: PlacedVictims;
  private readonly check: NodeCheck;

  constructor(placed: PlacedVictims, check: NodeCheck) {
    this.placed = placed;
    this.check = check;
  }

  /** The victims on a node; undefined if the pod would not fit there all the same, or if there is nobody to remove. */
  on(slot: number, preemptor: Preemptor, budgets: readonly VictimBudget[]): Candidate | undefined {
    const { placed } = this;
    const lower = placed.lowerOn(slot, preemptor.requirements.template.priority);
    if (lower.length === 0) return undefined;
    for (const { key } of lower) placed.setAside(key);
    if (!this.fits(slot, preemptor)) {
      for (const { key } of lower) placed.putBack(key);
      return undefined;
    }
    lower.sort(byImportance);
    const { violating, others } = splitByBudgets(lower, budgets);
    const victims = this.reprieve(violating, slot, preemptor);
    const violations = victims.length;
    victims.push(...this.reprieve(others, slot, preemptor));
    if (violating.length > 0 && others.length > 0) victims.sort(byImportance);
    for (const { key } of victims) placed.putBack(key);
    return victims.length === 0 ? undefined : { slot, victims, violations };
  }

  /** Puts back those of the pods beside which the other one still fits; returns the rest. */
  private reprieve(pods: readonly Victim[], slot: number, preemptor: Preemptor): Victim[] {
    const victims: Victim[] = [];
    for (const victim of pods) {
      this.placed.putBack(victim.key);
      if (this.fits(slot, preemptor)) continue;
      this.placed.setAside(victim.key);
      victims.push(victim);
    }
    return victims;
  }

  private fits(slot: number, { requirements, key, filters }: Preemptor): boolean {
    return this.check.rejector(requirements, key, filters, slot) === NO_FILTER;
  }
}
