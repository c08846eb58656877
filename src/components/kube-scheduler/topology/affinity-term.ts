/** A term of pod affinity as it stands for one pod: its namespaces and label keys filled in. K:staging kube-scheduler/framework/types.go:AffinityTerm. */
import {
  type LabelSelector,
  type Labels,
  type PodAffinity,
  type PodAffinityTerm,
  type PodTemplate,
  selectorMatches,
} from '../../../cluster/index.ts';
import { tagOfSelector } from './pod-tags.ts';

/** A term of one pod. */
export interface AffinityTerm {
  /** Equal terms have equal names. */
  readonly name: string;
  readonly topologyKey: string;
  /** Labels of the pods that it selects; undefined selects none. */
  readonly selector: LabelSelector | undefined;
  readonly namespaces: readonly string[];
  readonly namespaceSelector: LabelSelector | undefined;
  /** Tag of the pods that it selects, undefined = any may be among them. */
  readonly tag: string | undefined;
}

/** A term as it stands for a pod with these labels in a namespace. */
export function affinityTermOf(written: PodAffinityTerm, namespace: string, labels: Labels): AffinityTerm {
  const { topologyKey, namespaceSelector } = written;
  const ownOnly = written.namespaces.length === 0 && namespaceSelector === undefined;
  const namespaces = ownOnly ? [namespace] : [...new Set(written.namespaces)].sort();
  const selector = withLabelKeys(written, labels);
  const content = { topologyKey, selector, namespaces, namespaceSelector };
  return { name: JSON.stringify(content), ...content, tag: selector && tagOfSelector(selector) };
}

/** The API server adds what the label keys stand for when it stores the pod (K:pkg/registry/core/pod/strategy.go:applyMatchLabelKeysAndMismatchLabelKeys). */
function withLabelKeys({ selector, matchLabelKeys, mismatchLabelKeys }: PodAffinityTerm, labels: Labels) {
  if (selector === undefined) return undefined;
  return [
    ...selector,
    ...requirementsOf(matchLabelKeys, labels, 'In'),
    ...requirementsOf(mismatchLabelKeys, labels, 'NotIn'),
  ];
}

/** Requirements that others have, or do not have, the values that a pod has under some keys; keys that it does not have are passed over. */
export function requirementsOf(keys: readonly string[], labels: Labels, operator: 'In' | 'NotIn'): LabelSelector {
  return keys.flatMap((key) => {
    const value = labels[key];
    return value === undefined ? [] : [{ key, operator, values: [value] }];
  });
}

/** What a term looks at. */
interface LabelledPod {
  readonly namespace: string;
  readonly labels: Labels;
}

/** Whether a term selects a pod whose namespace has these labels. */
export function termSelects(term: AffinityTerm, pod: LabelledPod, namespaceLabels: Labels): boolean {
  const { selector, namespaces, namespaceSelector } = term;
  if (selector === undefined) return false;
  const isThere =
    namespaces.includes(pod.namespace) ||
    (namespaceSelector !== undefined && selectorMatches(namespaceSelector, namespaceLabels));
  return isThere && selectorMatches(selector, pod.labels);
}

/** Whether a pod is selected by all of some terms; by no terms nobody is. */
export function allTermsSelect(terms: readonly AffinityTerm[], pod: LabelledPod, namespaceLabels: Labels): boolean {
  return terms.length > 0 && terms.every((term) => termSelects(term, pod, namespaceLabels));
}

/** A preferred term and what it is worth. */
export interface WeightedTerm {
  readonly weight: number;
  readonly term: AffinityTerm;
}

/** The terms of one pod. */
export interface InterPodTerms {
  readonly requiredAffinity: readonly AffinityTerm[];
  readonly requiredAntiAffinity: readonly AffinityTerm[];
  readonly preferredAffinity: readonly WeightedTerm[];
  readonly preferredAntiAffinity: readonly WeightedTerm[];
}

const NO_TERMS: InterPodTerms = {
  requiredAffinity: [],
  requiredAntiAffinity: [],
  preferredAffinity: [],
  preferredAntiAffinity: [],
};

/** The terms of the pods of a template, with these labels and in this namespace. */
export function interPodTermsOf(template: PodTemplate, namespace: string, labels: Labels): InterPodTerms {
  const { podAffinity, podAntiAffinity } = template;
  if (podAffinity === undefined && podAntiAffinity === undefined) return NO_TERMS;
  const termOf = (written: PodAffinityTerm) => affinityTermOf(written, namespace, labels);
  const required = (affinity: PodAffinity | undefined) => (affinity?.required ?? []).map(termOf);
  const preferred = (affinity: PodAffinity | undefined) =>
    (affinity?.preferred ?? []).map(({ weight, term }) => ({ weight, term: termOf(term) }));
  return {
    requiredAffinity: required(podAffinity),
    requiredAntiAffinity: required(podAntiAffinity),
    preferredAffinity: preferred(podAffinity),
    preferredAntiAffinity: preferred(podAntiAffinity),
  };
}

/** Kinds of terms that pods carry. */
export const termKinds = [
  'requiredAffinity',
  'requiredAntiAffinity',
  'preferredAffinity',
  'preferredAntiAffinity',
] as const;

/** A kind of terms. */
export type TermKind = (typeof termKinds)[number];

/** All terms of a kind, those that are required with weight 1. */
export function weightedTermsOf(terms: InterPodTerms, kind: TermKind): readonly WeightedTerm[] {
  if (kind === 'preferredAffinity' || kind === 'preferredAntiAffinity') return terms[kind];
  return terms[kind].map((term) => ({ weight: 1, term }));
}
