/** What operations may say about where their pods go in relation to other pods, in the words of Kubernetes; selectors are plain labels. */
import { z } from 'zod';
import {
  LABEL_HOSTNAME,
  LABEL_ZONE,
  type Labels,
  MAXIMUM_GATES,
  type PodAffinity,
  type PodAffinityTerm,
  type PodTemplate,
  selectorFromLabels,
  type TopologySpreadConstraint,
} from '../../cluster/index.ts';
import { strictMap } from '../schema-parts.ts';
import { labelsSchema, nameSchema, textSchema, wholeNumberSchema } from '../value-forms.ts';

/** Largest difference that a constraint may allow, and most domains that it may ask for. */
const MAXIMUM_SKEW = 1_000_000;
/** Largest weight of a preferred term. */
const MAXIMUM_WEIGHT = 100;

const topologyKeySchema = textSchema(`a label of nodes, such as ${LABEL_ZONE} or ${LABEL_HOSTNAME}`);
const labelKeysSchema = z.array(textSchema('the key of a label of the pods')).optional();
const policySchema = z.enum(['Honor', 'Ignore']).optional();

const termShape = {
  topologyKey: topologyKeySchema,
  labelSelector: labelsSchema.optional(),
  namespaces: z.array(nameSchema).optional(),
  namespaceSelector: labelsSchema.optional(),
  matchLabelKeys: labelKeysSchema,
  mismatchLabelKeys: labelKeysSchema,
};
const termSchema = strictMap(termShape);
const podAffinitySchema = strictMap({
  required: z.array(termSchema).optional(),
  preferred: z.array(strictMap({ weight: wholeNumberSchema(1, MAXIMUM_WEIGHT), ...termShape })).optional(),
});
const spreadSchema = strictMap({
  topologyKey: topologyKeySchema,
  maxSkew: wholeNumberSchema(1, MAXIMUM_SKEW),
  whenUnsatisfiable: z.enum(['DoNotSchedule', 'ScheduleAnyway']),
  labelSelector: labelsSchema.optional(),
  minDomains: wholeNumberSchema(1, MAXIMUM_SKEW).optional(),
  nodeAffinityPolicy: policySchema,
  nodeTaintsPolicy: policySchema,
  matchLabelKeys: labelKeysSchema,
});

/** Names of scheduling gates. */
export const schedulingGatesSchema = z
  .array(textSchema('the name of a scheduling gate, such as example.com/quota'))
  .min(1)
  .max(MAXIMUM_GATES);

/** Keys that say where pods go. Without `labelSelector` the pods that their operation itself labels are meant. */
export const podPlacementShape = {
  podAffinity: podAffinitySchema.optional(),
  podAntiAffinity: podAffinitySchema.optional(),
  topologySpreadConstraints: z.array(spreadSchema).optional(),
  schedulingGates: schedulingGatesSchema.optional(),
};

type WrittenPlacement = z.output<z.ZodObject<typeof podPlacementShape>>;

/** The fields of a template that were described; `ownLabels` are those that the operation puts on its pods. */
export function resolvePodPlacement(
  { podAffinity, podAntiAffinity, topologySpreadConstraints, schedulingGates }: WrittenPlacement,
  ownLabels: Labels,
): Pick<PodTemplate, 'podAffinity' | 'podAntiAffinity' | 'topologySpread' | 'schedulingGates'> {
  return {
    ...(schedulingGates === undefined ? {} : { schedulingGates }),
    ...(podAffinity === undefined ? {} : { podAffinity: resolveAffinity(podAffinity, ownLabels) }),
    ...(podAntiAffinity === undefined ? {} : { podAntiAffinity: resolveAffinity(podAntiAffinity, ownLabels) }),
    ...(topologySpreadConstraints === undefined
      ? {}
      : { topologySpread: topologySpreadConstraints.map((written) => resolveSpread(written, ownLabels)) }),
  };
}

function resolveAffinity(written: z.output<typeof podAffinitySchema>, ownLabels: Labels): PodAffinity {
  return {
    required: (written.required ?? []).map((term) => resolveTerm(term, ownLabels)),
    preferred: (written.preferred ?? []).map(({ weight, ...term }) => ({ weight, term: resolveTerm(term, ownLabels) })),
  };
}

function resolveTerm(written: z.output<typeof termSchema>, ownLabels: Labels): PodAffinityTerm {
  const { namespaceSelector } = written;
  return {
    topologyKey: written.topologyKey,
    selector: selectorFromLabels(written.labelSelector ?? ownLabels),
    namespaces: written.namespaces ?? [],
    ...(namespaceSelector === undefined ? {} : { namespaceSelector: selectorFromLabels(namespaceSelector) }),
    matchLabelKeys: written.matchLabelKeys ?? [],
    mismatchLabelKeys: written.mismatchLabelKeys ?? [],
  };
}

function resolveSpread(written: z.output<typeof spreadSchema>, ownLabels: Labels): TopologySpreadConstraint {
  return {
    maxSkew: written.maxSkew,
    topologyKey: written.topologyKey,
    whenUnsatisfiable: written.whenUnsatisfiable,
    selector: selectorFromLabels(written.labelSelector ?? ownLabels),
    minDomains: written.minDomains ?? 1,
    nodeAffinityPolicy: written.nodeAffinityPolicy ?? 'Honor',
    nodeTaintsPolicy: written.nodeTaintsPolicy ?? 'Ignore',
    matchLabelKeys: written.matchLabelKeys ?? [],
  };
}
