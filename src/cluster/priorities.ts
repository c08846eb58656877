/** Priorities of pods: PriorityClasses, and what a class makes of a pod. K:pkg/apis/scheduling. */
import { kinds } from './kinds.ts';
import type { PodTemplate } from './specifications.ts';
import { VersionTable } from './version-table.ts';

/** Whether a pod may preempt others: spec.preemptionPolicy. */
export type PreemptionPolicy = NonNullable<PodTemplate['preemptionPolicy']>;

/** What a PriorityClass says. */
export interface PriorityClass {
  readonly value: number;
  readonly preemptionPolicy: PreemptionPolicy;
  /** Whether it holds for pods that name no class. */
  readonly globalDefault: boolean;
}

/** Versions of PriorityClasses; null only before the first write. */
export class PriorityClassVersions extends VersionTable {
  readonly content = this.reference<PriorityClass | null>(null);

  constructor() {
    super(kinds.priorityclasses);
  }
}

const systemClass = (value: number): PriorityClass => ({
  value,
  preemptionPolicy: 'PreemptLowerPriority',
  globalDefault: false,
});

/** Classes that API servers create when they start (K:pkg/apis/scheduling/helpers.go: SystemPriorityClasses). */
export const systemPriorityClasses: ReadonlyMap<string, PriorityClass> = new Map([
  ['system-cluster-critical', systemClass(2_000_000_000)],
  ['system-node-critical', systemClass(2_000_001_000)],
]);
