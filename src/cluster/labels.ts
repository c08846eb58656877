/** Labels and the two forms of selectors that Kubernetes has (apimachinery/pkg/labels, apis/meta/v1 LabelSelector). */

/** Labels of an object. Never mutated once an object carries them. */
export type Labels = Readonly<Record<string, string>>;

/** One requirement on one label key. `values` is empty for Exists and DoesNotExist; Gt and Lt take one integer. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';
  readonly values: readonly string[];
}

/** All requirements must hold. An empty list selects everything; selecting nothing is expressed by not having a selector. */
export type LabelSelector = readonly LabelRequirement[];

/** The selector that matchLabels stands for. */
export function selectorFromLabels(labels: Labels): LabelSelector {
  return Object.keys(labels)
    .sort()
    .map((key) => ({ key, operator: 'In', values: [labels[key] as string] }));
}

/** Whether one requirement holds. NotIn and DoesNotExist also hold where the key is missing, as in Kubernetes. */
export function requirementMatches(requirement: LabelRequirement, labels: Labels): boolean {
  const value = labels[requirement.key];
  switch (requirement.operator) {
    case 'In':
      return value !== undefined && requirement.values.includes(value);
    case 'NotIn':
      return value === undefined || !requirement.values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
    case 'Lt': {
      const left = Number(value);
      const right = Number(requirement.values[0]);
      if (value === undefined || !Number.isInteger(left) || !Number.isInteger(right)) return false;
      return requirement.operator === 'Gt' ? left > right : left < right;
    }
  }
}

/** Whether every requirement of a selector holds. */
export function selectorMatches(selector: LabelSelector, labels: Labels): boolean {
  for (const requirement of selector) if (!requirementMatches(requirement, labels)) return false;
  return true;
}
