/** Arguments of scheduler plugins (`pluginConfig`) that the model reads; those of other plugins are named as without effect. */
import {
  defaultPluginArguments,
  type FitScoring,
  type PluginArguments,
  type ResourceWeight,
  type ShapePoint,
} from '../components/kube-scheduler/index.ts';
import type { FieldReader } from './field-reader.ts';
import { readTerm } from './node-selector-terms.ts';
import { readTopologySpread } from './pod-affinity.ts';

/** Highest weight of a resource. */
const MAXIMUM_RESOURCE_WEIGHT = 100;
/** Highest weight of required pod affinity. */
const MAXIMUM_TERM_WEIGHT = 100;

/** Reads `args` of one entry of pluginConfig into what is known so far. */
export function readPluginArguments(plugin: string, entry: FieldReader, known: PluginArguments): PluginArguments {
  const readers: Readonly<Record<string, (args: FieldReader) => PluginArguments>> = {
    NodeResourcesFit: (args) => ({ ...known, nodeResourcesFit: readFit(args) }),
    NodeResourcesBalancedAllocation: (args) => ({
      ...known,
      nodeResourcesBalancedAllocation: { resources: readResourceWeights(args) },
    }),
    NodeAffinity: (args) => readAddedAffinity(args, known),
    PodTopologySpread: (args) => ({ ...known, podTopologySpread: readDefaultConstraints(args) }),
    DefaultPreemption: (args) => ({ ...known, defaultPreemption: readPreemption(args) }),
    InterPodAffinity: (args) => ({
      ...known,
      interPodAffinity: {
        hardPodAffinityWeight: args.wholeNumber('hardPodAffinityWeight', 1, { most: MAXIMUM_TERM_WEIGHT }),
        ignorePreferredTermsOfExistingPods: args.flag('ignorePreferredTermsOfExistingPods', false),
      },
    }),
  };
  const read = readers[plugin];
  if (read === undefined) {
    entry.ignore('args');
    return known;
  }
  const args = entry.map('args');
  if (args === undefined) return known;
  for (const field of ['apiVersion', 'kind']) args.raw(field);
  const result = read(args);
  args.finish();
  return result;
}

/** How many candidates to look for; what is not given stays as the model's parameters say. */
function readPreemption(args: FieldReader): NonNullable<PluginArguments['defaultPreemption']> {
  const share = args.wholeNumber('minCandidateNodesPercentage', undefined, { most: 100 });
  const number = args.wholeNumber('minCandidateNodesAbsolute', undefined);
  return {
    ...(share === undefined ? {} : { minCandidateNodesPercentage: share }),
    ...(number === undefined ? {} : { minCandidateNodesAbsolute: number }),
  };
}

/** Default constraints: those of the system, or a list of its own with defaultingType List. */
function readDefaultConstraints(args: FieldReader): PluginArguments['podTopologySpread'] {
  const isSystem = args.oneOf('defaultingType', ['System', 'List'], 'System') === 'System';
  const constraints = args.maps('defaultConstraints').map(readTopologySpread);
  if (!isSystem) return { isSystem, constraints };
  if (constraints.length > 0) {
    args.refuse(
      'defaultConstraints',
      'defaultConstraints may only be given with defaultingType List',
      'no constraints',
    );
  }
  return defaultPluginArguments.podTopologySpread;
}

function readFit(args: FieldReader): FitScoring {
  args.ignore('ignoredResources', 'ignoredResourceGroups');
  const scoring = args.map('scoringStrategy');
  if (scoring === undefined) return defaultPluginArguments.nodeResourcesFit;
  const strategy = scoring.oneOf('type', FIT_STRATEGIES, 'LeastAllocated');
  const resources = readResourceWeights(scoring);
  const shape = strategy === 'RequestedToCapacityRatio' ? readShape(scoring) : undefined;
  scoring.ignore('requestedToCapacityRatio');
  scoring.finish();
  return { strategy, resources, ...(shape === undefined ? {} : { shape }) };
}

/** Scoring strategies of NodeResourcesFit. */
const FIT_STRATEGIES = ['LeastAllocated', 'MostAllocated', 'RequestedToCapacityRatio'] as const;
/** Highest utilisation [%] and score of a shape. */
const MAXIMUM_UTILIZATION = 100;
const MAXIMUM_SHAPE_SCORE = 10;

function readShape(scoring: FieldReader): readonly ShapePoint[] {
  const ratio = scoring.requiredMap('requestedToCapacityRatio');
  const shape = ratio.maps('shape').map((point) => {
    const utilization = point.wholeNumber('utilization', 0, { most: MAXIMUM_UTILIZATION });
    const score = point.wholeNumber('score', 0, { most: MAXIMUM_SHAPE_SCORE });
    point.finish();
    return { utilization, score };
  });
  ratio.finish();
  const ascends = shape.every((point, i) => i === 0 || point.utilization > (shape[i - 1] as ShapePoint).utilization);
  if (shape.length === 0)
    ratio.refuse('shape', 'the shape has no points', 'a list of {utilization, score}', 'add shape');
  else if (!ascends)
    ratio.refuse('shape', 'the utilisations of the shape do not ascend', 'points by utilization, ascending');
  return shape;
}

function readResourceWeights(reader: FieldReader): readonly ResourceWeight[] {
  const resources = reader.maps('resources').map((resource) => {
    const name = resource.requiredText('name');
    const weight = resource.wholeNumber('weight', 1, { least: 1, most: MAXIMUM_RESOURCE_WEIGHT });
    resource.finish();
    return { name, weight };
  });
  return resources.length > 0 ? resources : defaultPluginArguments.nodeResourcesFit.resources;
}

function readAddedAffinity(args: FieldReader, known: PluginArguments): PluginArguments {
  const added = args.map('addedAffinity');
  const required = added?.map('requiredDuringSchedulingIgnoredDuringExecution');
  const terms = required?.maps('nodeSelectorTerms').map(readTerm);
  required?.finish();
  added?.ignore('preferredDuringSchedulingIgnoredDuringExecution');
  added?.finish();
  return terms === undefined ? known : { ...known, addedAffinity: terms };
}
