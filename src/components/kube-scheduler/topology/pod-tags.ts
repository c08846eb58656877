/** Tags by which pods and what concerns them find each other: one for each label of a pod, one for each term that it carries. */
import type { LabelSelector, Labels } from '../../../cluster/index.ts';

/** Tag of a label. */
function tagOfLabel(key: string, value: string): string {
  return `label ${key} ${value}`;
}

/** Tag of those that carry a term of a kind. */
export function tagOfCarriers(kind: string, term: string): string {
  return `${kind} ${term}`;
}

/** Tags of all labels. */
export function tagsOfLabels(labels: Labels): readonly string[] {
  return Object.keys(labels).map((key) => tagOfLabel(key, labels[key] as string));
}

/** A tag that everybody has whom a selector matches; undefined = there is none. */
export function tagOfSelector(selector: LabelSelector): string | undefined {
  for (const { key, operator, values } of selector) {
    if (operator === 'In' && values.length === 1) return tagOfLabel(key, values[0] as string);
  }
  return undefined;
}
