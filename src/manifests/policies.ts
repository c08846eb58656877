/** PriorityClasses, PodDisruptionBudgets and PodGroups. */
import type { Intent } from '../cluster/index.ts';
import type { FieldReader } from './field-reader.ts';
import { estimateStoredBytes } from './object-bytes.ts';
import { readLabelSelector } from './pod-affinity.ts';
import { readPreemptionPolicy } from './pod-specification.ts';
import { type ObjectIdentity, readBound } from './workloads.ts';

/** Lowest and highest priority that users may give (K:pkg/apis/scheduling/types.go). */
const LOWEST_PRIORITY = -2_147_483_648;
const HIGHEST_PRIORITY = 1_000_000_000;

/** A PriorityClass. */
export function readPriorityClass(object: FieldReader, { name }: ObjectIdentity): Intent {
  if (!object.has('value')) object.refuse('value', 'value is missing', 'a whole number', 'add value');
  const content = {
    value: object.wholeNumber('value', 0, { least: LOWEST_PRIORITY, most: HIGHEST_PRIORITY }),
    globalDefault: object.flag('globalDefault', false),
    preemptionPolicy: readPreemptionPolicy(object),
  };
  object.ignore('description');
  return { kind: 'PriorityClass', namespace: '', name, content, bytes: estimateStoredBytes(content, 'other') };
}

/** A PodDisruptionBudget: one of minAvailable and maxUnavailable. */
export function readPodDisruptionBudget(object: FieldReader, { namespace, name }: ObjectIdentity): Intent {
  const spec = object.requiredMap('spec');
  const selector = spec.map('selector');
  if (spec.has('minAvailable') && spec.has('maxUnavailable')) {
    spec.refuse('maxUnavailable', 'minAvailable and maxUnavailable exclude each other', 'one of the two');
  }
  const budget = {
    ...(selector === undefined ? {} : { selector: readLabelSelector(selector) }),
    ...(spec.has('minAvailable') ? { minAvailable: readBound(spec, 'minAvailable', 0) } : {}),
    ...(spec.has('maxUnavailable') ? { maxUnavailable: readBound(spec, 'maxUnavailable', 0) } : {}),
  };
  spec.ignore('unhealthyPodEvictionPolicy');
  spec.finish();
  return { kind: 'PodDisruptionBudget', namespace, name, budget, bytes: estimateStoredBytes(budget, 'other') };
}

/** A PodGroup, with a gang or without. */
export function readPodGroup(object: FieldReader, { namespace, name }: ObjectIdentity): Intent {
  const spec = object.requiredMap('spec');
  const policy = spec.requiredMap('schedulingPolicy');
  const gang = policy.map('gang');
  const minCount = gang?.wholeNumber('minCount', 1, { least: 1 }) ?? 0;
  gang?.finish();
  policy.ignore('basic');
  policy.finish();
  spec.ignore('podGroupTemplateRef', 'schedulingConstraints', 'disruptionMode', 'priorityClassName', 'priority');
  spec.finish();
  return { kind: 'PodGroup', namespace, name, minCount, bytes: estimateStoredBytes({ minCount }, 'other') };
}
