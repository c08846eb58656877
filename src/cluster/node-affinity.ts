/** Whether a node satisfies what a pod demands of its labels and name: component-helpers/scheduling/corev1/nodeaffinity. */
import { type Labels, requirementMatches, selectorMatches } from './labels.ts';
import type { NodeSelectorTerm, PodTemplate } from './specifications.ts';

/** Whether one term holds. A term without expressions and fields matches nothing, as in Kubernetes. */
export function nodeSelectorTermMatches(term: NodeSelectorTerm, labels: Labels, nodeName: string): boolean {
  if (term.matchExpressions.length === 0 && term.matchFields.length === 0) return false;
  if (!selectorMatches(term.matchExpressions, labels)) return false;
  const fields = { 'metadata.name': nodeName };
  return term.matchFields.every((requirement) => requirementMatches(requirement, fields));
}

/** Whether a node satisfies a pod's nodeSelector and its required node affinity (one of the terms). */
export function requiredNodeAffinityMatches(template: PodTemplate, labels: Labels, nodeName: string): boolean {
  for (const key of Object.keys(template.nodeSelector)) {
    if (labels[key] !== template.nodeSelector[key]) return false;
  }
  const { required } = template.nodeAffinity;
  return required === undefined || required.some((term) => nodeSelectorTermMatches(term, labels, nodeName));
}
