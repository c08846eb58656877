/** Where pods want to be in relation to other pods: affinity, anti-affinity, topology spread (K:pkg/apis/core/validation/validation.go). */
import {
  type LabelSelector,
  MAXIMUM_GATES,
  type PodAffinity,
  type PodAffinityTerm,
  selectorFromLabels,
  type TopologySpreadConstraint,
} from '../cluster/index.ts';
import type { FieldReader } from './field-reader.ts';
import { readRequirements } from './node-selector-terms.ts';

/** Largest weight of a preferred term. */
const MAXIMUM_WEIGHT = 100;

/** A label selector that may be missing: then it selects nothing; an empty one selects everything. */
export function readOptionalSelector(reader: FieldReader | undefined): LabelSelector | undefined {
  return reader && readLabelSelector(reader);
}

/** A label selector. */
export function readLabelSelector(reader: FieldReader): LabelSelector {
  const selector = [
    ...selectorFromLabels(reader.labels('matchLabels')),
    ...readRequirements(reader, 'matchExpressions'),
  ];
  reader.finish();
  return selector;
}

/** podAffinity or podAntiAffinity; undefined where it is not given. */
export function readPodAffinity(reader: FieldReader | undefined): PodAffinity | undefined {
  if (reader === undefined) return undefined;
  const required = reader.maps('requiredDuringSchedulingIgnoredDuringExecution').map(readAffinityTerm);
  const preferred = reader.maps('preferredDuringSchedulingIgnoredDuringExecution').map((entry) => {
    const weight = entry.wholeNumber('weight', 1, { least: 1, most: MAXIMUM_WEIGHT });
    const term = readAffinityTerm(entry.requiredMap('podAffinityTerm'));
    entry.finish();
    return { weight, term };
  });
  reader.finish();
  return { required, preferred };
}

function readAffinityTerm(reader: FieldReader): PodAffinityTerm {
  const selector = readOptionalSelector(reader.map('labelSelector'));
  const namespaceSelector = readOptionalSelector(reader.map('namespaceSelector'));
  const term = {
    topologyKey: reader.requiredText('topologyKey'),
    ...(selector === undefined ? {} : { selector }),
    namespaces: reader.texts('namespaces'),
    ...(namespaceSelector === undefined ? {} : { namespaceSelector }),
    matchLabelKeys: reader.texts('matchLabelKeys'),
    mismatchLabelKeys: reader.texts('mismatchLabelKeys'),
  };
  reader.finish();
  return term;
}

/** One of topologySpreadConstraints. */
export function readTopologySpread(reader: FieldReader): TopologySpreadConstraint {
  const selector = readOptionalSelector(reader.map('labelSelector'));
  const policy = (key: string, otherwise: 'Honor' | 'Ignore') => reader.oneOf(key, ['Honor', 'Ignore'], otherwise);
  if (!reader.has('maxSkew')) reader.refuse('maxSkew', 'maxSkew is missing', 'a whole number from 1', 'add maxSkew');
  reader.requiredText('whenUnsatisfiable');
  const constraint: TopologySpreadConstraint = {
    maxSkew: reader.wholeNumber('maxSkew', 1, { least: 1 }),
    topologyKey: reader.requiredText('topologyKey'),
    whenUnsatisfiable: reader.oneOf('whenUnsatisfiable', ['DoNotSchedule', 'ScheduleAnyway'], 'DoNotSchedule'),
    ...(selector === undefined ? {} : { selector }),
    minDomains: reader.wholeNumber('minDomains', 1, { least: 1 }),
    nodeAffinityPolicy: policy('nodeAffinityPolicy', 'Honor'),
    nodeTaintsPolicy: policy('nodeTaintsPolicy', 'Ignore'),
    matchLabelKeys: reader.texts('matchLabelKeys'),
  };
  if (reader.has('minDomains') && constraint.whenUnsatisfiable === 'ScheduleAnyway') {
    reader.refuse(
      'minDomains',
      'minDomains may only be given with DoNotSchedule',
      'no minDomains',
      'remove minDomains',
    );
  }
  reader.finish();
  return constraint;
}

/** Names of spec.schedulingGates. */
export function readSchedulingGates(spec: FieldReader): readonly string[] {
  const gates = spec.maps('schedulingGates').map((entry) => {
    const name = entry.requiredText('name');
    entry.finish();
    return name;
  });
  if (gates.length > MAXIMUM_GATES) {
    spec.refuse(
      'schedulingGates',
      `${gates.length} gates are more than the model tells apart`,
      `at most ${MAXIMUM_GATES}`,
    );
  }
  return gates;
}
