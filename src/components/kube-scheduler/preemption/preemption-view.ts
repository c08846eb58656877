/** Placed pods and disruption budgets as preemption sees them: what the scheduler's informers show, together with what it has placed itself. */
import {
  budgetCovers,
  NO_VERSION,
  type ObjectKey,
  type ObjectTables,
  PodCondition,
  type VersionHandle,
} from '../../../cluster/index.ts';
import type { Simulation } from '../../../engine/index.ts';
import { NS_PER_SECOND } from '../../../units/index.ts';
import type { SharedInformer } from '../../client-go/index.ts';
import type { SchedulerCache } from '../scheduler-cache.ts';
import type { EvictionView } from './evictions.ts';
import type { PreemptionView } from './preemption.ts';
import type { Victim, VictimBudget } from './victim.ts';

/** What the view looks at. */
export interface PreemptionViewOptions {
  readonly simulation: Simulation;
  readonly tables: ObjectTables;
  readonly pods: SharedInformer;
  readonly budgets: SharedInformer;
  readonly cache: SchedulerCache;
}

/** The view of one scheduler. */
export class InformedPreemptionView implements PreemptionView, EvictionView {
  private readonly around: PreemptionViewOptions;

  constructor(around: PreemptionViewOptions) {
    this.around = around;
  }

  lowerOn(slot: number, priority: number): Victim[] {
    const { cache } = this.around;
    const victims: Victim[] = [];
    cache.forEachOn(slot, (key) => {
      if (cache.requirementsOf(key).template.priority < priority) victims.push(this.victim(key));
    });
    return victims;
  }

  setAside(key: number): void {
    this.around.cache.setAside(key);
  }

  putBack(key: number): void {
    this.around.cache.putBack(key);
  }

  hasTerminatingVictim(slot: number, priority: number): boolean {
    const { cache } = this.around;
    let found = false;
    cache.forEachOn(slot, (key) => {
      if (found || cache.requirementsOf(key).template.priority >= priority) return;
      found = this.isOnItsWayOut(key) && this.isPreempted(key);
    });
    return found;
  }

  budgets(): readonly VictimBudget[] {
    const { budgets, tables } = this.around;
    const { poddisruptionbudgets: table } = tables;
    const found: VictimBudget[] = [];
    budgets.forEach((key, version) => {
      const budget = table.budget.get(version);
      // One without a selector, or with an empty one, protects nobody from preemption.
      if (budget.selector === undefined || budget.selector.length === 0) return;
      found.push({
        namespace: tables.keysOf('poddisruptionbudgets').namespace(key),
        disruptionsAllowed: table.disruptionsAllowed.get(version),
        covers: ({ requirements }) => budgetCovers(budget, requirements.template.labels),
      });
    });
    return found;
  }

  isOnItsWayOut(key: number): boolean {
    const version = this.version(key);
    return version !== NO_VERSION && this.around.tables.pods.isTerminating(version);
  }

  isGone(key: number, uid: number): boolean {
    const version = this.version(key);
    return version === NO_VERSION || this.around.tables.pods.uid.get(version) !== uid;
  }

  isPreempted(key: number): boolean {
    return (this.around.tables.pods.conditions.get(this.version(key)) & PodCondition.Preempted) !== 0;
  }

  hasNominationWritten(key: number): boolean {
    const version = this.version(key);
    return version !== NO_VERSION && this.around.tables.pods.nominatedNode.get(version) >= 0;
  }

  private victim(key: number): Victim {
    const { cache, tables, simulation } = this.around;
    const { pods } = tables;
    const version = this.version(key);
    const isReported = version !== NO_VERSION && (pods.conditions.get(version) & PodCondition.Reported) !== 0;
    // The kubelet's startTime is that of its first look at the pod, a watch's delay after the binding.
    const startedAt = isReported ? pods.scheduledAt.get(version) : simulation.now;
    return {
      key,
      uid: version === NO_VERSION ? 0 : pods.uid.get(version),
      namespace: tables.keysOf('pods').namespace(key as ObjectKey),
      requirements: cache.requirementsOf(key),
      startedAt: Math.floor(startedAt / NS_PER_SECOND),
    };
  }

  private version(key: number): VersionHandle {
    return this.around.pods.get(key as ObjectKey);
  }
}
