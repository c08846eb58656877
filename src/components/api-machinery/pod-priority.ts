/** What the PriorityClass that a pod names makes of it, for admission and for what is preloaded. K:plugin/pkg/admission/priority. */
import { type PodTemplate, type PriorityClass, systemPriorityClasses } from '../../cluster/index.ts';

/** What admission sets of a pod's template. */
export type PodPriority = Required<Pick<PodTemplate, 'priority' | 'preemptionPolicy'>>;

/** The classes of a cluster. */
export interface PriorityClasses {
  /** The class of a name, system classes aside. */
  find(name: string): PriorityClass | undefined;
  /** The class of pods that name none. */
  globalDefault(): PriorityClass | undefined;
}

/**
 * Priority and preemption policy of a pod; undefined = the class does not exist, or contradicts what the pod says of itself, and the pod is refused.
 * A pod that names no class keeps what it says: upstream refuses a priority without a class, here it is a shorthand.
 */
export function podPriority(template: PodTemplate, classes: PriorityClasses): PodPriority | undefined {
  const { priority, preemptionPolicy, priorityClassName } = template;
  if (priorityClassName === '') {
    const fallback = priority === 0 ? classes.globalDefault() : undefined;
    return {
      priority: fallback?.value ?? priority,
      preemptionPolicy: preemptionPolicy ?? fallback?.preemptionPolicy ?? 'PreemptLowerPriority',
    };
  }
  const named = systemPriorityClasses.get(priorityClassName) ?? classes.find(priorityClassName);
  if (named === undefined) return undefined;
  if (priority !== 0 && priority !== named.value) return undefined;
  if (preemptionPolicy !== undefined && preemptionPolicy !== named.preemptionPolicy) return undefined;
  return { priority: named.value, preemptionPolicy: named.preemptionPolicy };
}

/** Whether a template says all of that already. */
export function hasPriority(template: PodTemplate, { priority, preemptionPolicy }: PodPriority): boolean {
  return template.priority === priority && (template.preemptionPolicy ?? 'PreemptLowerPriority') === preemptionPolicy;
}
