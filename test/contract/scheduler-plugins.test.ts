/** Every scheduler plugin's column form gives what its plain form, the specification, gives; on random clusters that change. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type NodeFacts, normaliseScores, type Plugin } from '../../src/components/kube-scheduler/framework.ts';
import type { PluginArguments } from '../../src/components/kube-scheduler/index.ts';
import { defaultProfile, pluginNames, pluginRegistry } from '../../src/components/kube-scheduler/index.ts';
import type { PluginDefinition } from '../../src/components/kube-scheduler/plugins/index.ts';
import { materialiseParameters } from '../../src/scenario/index.ts';
import { clusterChange, podTemplate, RandomCluster } from '../components/kube-scheduler/random-cluster.ts';

const { kubeScheduler: parameters } = materialiseParameters({});
const defaults = defaultProfile('default-scheduler').arguments;
const weights = [
  { name: 'cpu', weight: 3 },
  { name: 'gpu', weight: 5 },
  { name: 'memory', weight: 1 },
  { name: 'ephemeral-storage', weight: 2 },
];
const shape = [
  { utilization: 0, score: 8 },
  { utilization: 40, score: 2 },
  { utilization: 90, score: 10 },
];

const ownDefault = {
  maxSkew: 1,
  minDomains: 2,
  nodeAffinityPolicy: 'Honor',
  nodeTaintsPolicy: 'Honor',
  matchLabelKeys: [],
} as const;

/** Arguments with which every plugin is tried. */
const variants: Readonly<Record<string, PluginArguments>> = {
  defaults,
  'MostAllocated, four resources': {
    ...defaults,
    nodeResourcesFit: { strategy: 'MostAllocated', resources: weights },
    nodeResourcesBalancedAllocation: { resources: weights },
  },
  RequestedToCapacityRatio: {
    ...defaults,
    interPodAffinity: { hardPodAffinityWeight: 7, ignorePreferredTermsOfExistingPods: true },
    podTopologySpread: {
      isSystem: false,
      constraints: [
        { ...ownDefault, topologyKey: 'disk', whenUnsatisfiable: 'DoNotSchedule' },
        { ...ownDefault, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway' },
      ],
    },
    nodeResourcesFit: { strategy: 'RequestedToCapacityRatio', resources: weights, shape },
    addedAffinity: [
      { matchExpressions: [{ key: 'disk', operator: 'DoesNotExist', values: [] }], matchFields: [] },
      { matchExpressions: [{ key: 'disk', operator: 'In', values: ['a', 'b'] }], matchFields: [] },
    ],
  },
};

const modelled = pluginNames.filter((name) => (pluginRegistry[name] as PluginDefinition).create !== undefined);

function checkFilter({ filter }: Plugin, cluster: RandomCluster): void {
  if (filter === undefined) return;
  for (const pod of cluster.pods) {
    const slots = cluster.slots();
    const whole = cluster.columns.clusterFacts([]);
    const admitted = [...slots].filter((slot) => filter.admits(pod, cluster.columns.facts(slot), whole));
    const examined = slots.slice();
    const kept = filter.keep(pod, examined, examined.length);
    expect([...examined.subarray(0, kept)]).toEqual(admitted);
    if (filter.skips(pod)) expect(admitted).toEqual([...slots]);
    const narrowed = filter.narrow?.(pod);
    if (narrowed !== undefined) expect(narrowed).toEqual(expect.arrayContaining(admitted));
  }
}

function checkScore({ score }: Plugin, cluster: RandomCluster): void {
  if (score === undefined) return;
  for (const pod of cluster.pods) {
    // Some nodes only, as if the others had been filtered out: what is rated may depend on which ones are.
    const slots = cluster.slots().filter((_, i) => i % 3 !== 1);
    const whole = cluster.columns.clusterFacts([...slots]);
    const rated = Float64Array.from(slots, (slot) => score.rate(pod, cluster.columns.facts(slot), whole));
    const scores = new Float64Array(cluster.columns.capacity).fill(-1);
    score.rateAll(pod, slots, slots.length, scores);
    expect([...scores.subarray(0, slots.length)]).toEqual([...rated]);
    expect(scores[slots.length]).toBe(-1);
    normaliseScores(rated, rated.length, score.normalisation);
    for (const value of rated) expect(value >= 0 && value <= 100 && Number.isInteger(value)).toBe(true);
    if (score.skipsScore(pod) && score.normalisation !== 'none') expect(new Set(rated).size).toBeLessThanOrEqual(1);
  }
}

describe.each(modelled)('%s', (name) => {
  test.each(Object.keys(variants))('does over columns what it does node by node (%s)', (variant) => {
    fc.assert(
      fc.property(
        fc.array(podTemplate, { minLength: 1, maxLength: 4 }),
        fc.array(clusterChange, { minLength: 1, maxLength: 40 }),
        fc.constantFrom('change', 'balance'),
        (templates, changes, balancedAllocation) => {
          const cluster = new RandomCluster(templates);
          const definition = pluginRegistry[name] as PluginDefinition;
          const plugin = definition.create?.({
            nodes: cluster.columns,
            arguments: variants[variant] as PluginArguments,
            parameters: { ...parameters, balancedAllocation },
          }) as Plugin;
          changes.forEach((change, i) => {
            cluster.apply(change);
            // Not after each change, so that what is remembered of a node is sometimes several changes old.
            if (i % 3 !== 2 && i !== changes.length - 1) return;
            checkFilter(plugin, cluster);
            checkScore(plugin, cluster);
          });
        },
      ),
      { numRuns: 150 },
    );
  });
});

test('a node that no pod fits is never said to help one', () => {
  fc.assert(
    fc.property(podTemplate, fc.array(clusterChange, { minLength: 1, maxLength: 10 }), (template, changes) => {
      const cluster = new RandomCluster([template]);
      for (const change of changes) cluster.apply(change);
      for (const name of modelled) {
        const definition = pluginRegistry[name] as PluginDefinition;
        const plugin = definition.create?.({ nodes: cluster.columns, arguments: defaults, parameters });
        const filter = plugin?.filter;
        for (const pod of cluster.pods) {
          for (const slot of cluster.slots()) {
            const facts: NodeFacts = { ...cluster.columns.facts(slot), usedPorts: [] };
            const empty = { ...facts, requested: { cpu: 0, memory: 0, ephemeralStorage: 0, extended: {} }, pods: 0 };
            // A plugin that looks at other pods cannot tell from a node by itself.
            if (filter?.helpedByNode === undefined || filter.helpedByPlacement !== undefined) continue;
            if (filter.admits(pod, empty, cluster.columns.clusterFacts([]))) continue;
            expect(filter.helpedByNode(pod, facts, undefined)).toBe(false);
          }
        }
      }
    }),
  );
});
