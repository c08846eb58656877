/** The rules of the plugins, by upstream's own examples; the column forms follow by the contract test. */
import { describe, expect, test } from 'vitest';
import type { PodTemplate, Taint, Toleration } from '../../../src/cluster/index.ts';
import { ObjectTables } from '../../../src/cluster/index.ts';
import type { FilterPlugin, NodeFacts, ScorePlugin } from '../../../src/components/kube-scheduler/framework.ts';
import { normaliseScores } from '../../../src/components/kube-scheduler/framework.ts';
import {
  defaultProfile,
  type FitScoring,
  type PluginName,
  pluginRegistry,
} from '../../../src/components/kube-scheduler/index.ts';
import { NodeColumns } from '../../../src/components/kube-scheduler/node-columns.ts';
import type { PluginDefinition } from '../../../src/components/kube-scheduler/plugins/index.ts';
import {
  ExtendedResources,
  type PodRequirements,
  PodRequirementTable,
} from '../../../src/components/kube-scheduler/pod-requirements.ts';
import { materialiseParameters } from '../../../src/scenario/index.ts';
import { bytes, milliCpu } from '../../../src/units/index.ts';
import { amounts, taint, templateOf } from './scheduler-world.ts';

const { kubeScheduler: parameters } = materialiseParameters({});
const extended = new ExtendedResources();
const table = new PodRequirementTable(extended);
const nodes = new NodeColumns(new ObjectTables().keysOf('nodes'), extended);
let nextTemplate = 0;
const NO_CLUSTER = nodes.clusterFacts([]);

const podOf = (options: Partial<PodTemplate> = {}): PodRequirements => table.of(templateOf(nextTemplate++, options));

function node(options: Partial<NodeFacts> = {}): NodeFacts {
  const nothing = { cpu: 0, memory: 0, ephemeralStorage: 0, extended: {} };
  return {
    name: 'node-1',
    labels: {},
    taints: [],
    unschedulable: false,
    allocatable: { ...nothing, cpu: 10_000, memory: 20_000 },
    allowedPods: 32,
    requested: nothing,
    nonZeroCpu: 0,
    nonZeroMemory: 0,
    pods: 0,
    usedPorts: [],
    images: [],
    ...options,
  };
}

/** Plain amounts: upstream's examples count memory in bytes. */
const plain = (cpu: number, memory: number, more: Partial<NodeFacts['allocatable']> = {}) => ({
  cpu,
  memory,
  ephemeralStorage: 0,
  extended: {},
  ...more,
});
const requesting = (cpu: number, memory: number, more: Record<string, number> = {}): PodRequirements =>
  podOf({ requests: { cpu: milliCpu(cpu), memory: bytes(memory), ephemeralStorage: bytes(0), extended: more } });

function plugin(name: PluginName, options: { fit?: FitScoring; balancedAllocation?: 'change' | 'balance' } = {}) {
  const defaults = defaultProfile('default-scheduler').arguments;
  const made = (pluginRegistry[name] as PluginDefinition).create?.({
    nodes,
    arguments: { ...defaults, nodeResourcesFit: options.fit ?? defaults.nodeResourcesFit },
    parameters: { ...parameters, balancedAllocation: options.balancedAllocation ?? 'change' },
  });
  // These plugins judge a node by itself.
  const [filter, score] = [made?.filter as FilterPlugin, made?.score as ScorePlugin];
  return {
    filter: Object.assign(Object.create(filter ?? null) as FilterPlugin, {
      admits: (pod: PodRequirements, facts: NodeFacts) => filter.admits(pod, facts, NO_CLUSTER),
    }),
    score: Object.assign(Object.create(score ?? null) as ScorePlugin, {
      rate: (pod: PodRequirements, facts: NodeFacts) => score.rate(pod, facts, NO_CLUSTER),
    }),
  };
}

describe('NodeResourcesFit filters', () => {
  const { filter } = plugin('NodeResourcesFit');
  // fit_test.go:TestEnoughRequests
  test.each([
    { what: 'no request always fits', pod: requesting(0, 0), used: [10_000, 20_000], fits: true },
    { what: 'too much CPU', pod: requesting(1, 1), used: [10_000, 20_000], fits: false },
    { what: 'both fit', pod: requesting(1, 1), used: [5000, 5000], fits: true },
    { what: 'memory does not', pod: requesting(1, 2), used: [5000, 19_999], fits: false },
    { what: 'CPU does not', pod: requesting(2, 1), used: [9999, 5000], fits: false },
    { what: 'an equal edge fits', pod: requesting(5000, 1), used: [5000, 19_999], fits: true },
    { what: 'an over-committed resource that is not asked for', pod: requesting(0, 1), used: [20_000, 0], fits: true },
  ])('$what', ({ pod, used, fits }) => {
    expect(filter.admits(pod, node({ requested: plain(used[0] as number, used[1] as number) }))).toBe(fits);
  });

  test('counts pods against the number allowed', () => {
    expect(filter.admits(requesting(0, 0), node({ pods: 31 }))).toBe(true);
    expect(filter.admits(requesting(0, 0), node({ pods: 32 }))).toBe(false);
  });

  test('counts extended resources, of which most nodes have none', () => {
    const pod = requesting(1, 1, { 'example.com/gpu': 2 });
    expect(filter.admits(pod, node())).toBe(false);
    const offers = plain(10_000, 20_000, { extended: { 'example.com/gpu': 3 } });
    expect(filter.admits(pod, node({ allocatable: offers }))).toBe(true);
    const used = plain(0, 0, { extended: { 'example.com/gpu': 2 } });
    expect(filter.admits(pod, node({ allocatable: offers, requested: used }))).toBe(false);
  });
});

describe('NodeResourcesFit scores', () => {
  const cpuAndMemory = defaultProfile('').arguments.nodeResourcesFit.resources;
  const small = { allocatable: plain(4000, 10_000) };
  const large = { allocatable: plain(6000, 10_000) };
  const pod = requesting(3000, 5000);
  const invertedShape = [
    { utilization: 0, score: 10 },
    { utilization: 100, score: 0 },
  ];
  // least_allocated_test.go, most_allocated_test.go, requested_to_capacity_ratio_test.go: "nothing scheduled, resources requested, differently sized nodes"
  test.each<{ fit: FitScoring; scores: number[] }>([
    { fit: { strategy: 'LeastAllocated', resources: cpuAndMemory }, scores: [37, 50] },
    { fit: { strategy: 'MostAllocated', resources: cpuAndMemory }, scores: [62, 50] },
    { fit: { strategy: 'RequestedToCapacityRatio', resources: cpuAndMemory, shape: invertedShape }, scores: [38, 50] },
    { fit: { strategy: 'RequestedToCapacityRatio', resources: cpuAndMemory }, scores: [63, 50] },
  ])('by $fit.strategy in integers', ({ fit, scores }) => {
    const { score } = plugin('NodeResourcesFit', { fit });
    expect([score.rate(pod, node(small)), score.rate(pod, node(large))]).toEqual(scores);
  });

  test('that cut off what is behind the point, for each resource and for the mean', () => {
    const { score } = plugin('NodeResourcesFit');
    // Free: 2/3 and 2/3; 2/3 and 3/4.
    expect(score.rate(requesting(1000, 1000), node({ allocatable: plain(3000, 3000) }))).toBe(66);
    expect(score.rate(requesting(1000, 1000), node({ allocatable: plain(3000, 4000) }))).toBe(70);
  });

  test('weighted by resource', () => {
    const resources = [
      { name: 'cpu', weight: 1 },
      { name: 'memory', weight: 2 },
    ];
    const { score } = plugin('NodeResourcesFit', { fit: { strategy: 'LeastAllocated', resources } });
    expect(score.rate(pod, node(small))).toBe(41);
  });

  test('0 for a resource that would be over-committed', () => {
    const { score } = plugin('NodeResourcesFit');
    expect(score.rate(pod, node({ ...small, nonZeroCpu: 3000, nonZeroMemory: 0 }))).toBe(25);
  });

  test('leaving out resources that the node has not', () => {
    const { score } = plugin('NodeResourcesFit');
    expect(score.rate(pod, node({ allocatable: plain(6000, 0) }))).toBe(50);
    expect(score.rate(pod, node({ allocatable: plain(0, 0) }))).toBe(0);
  });

  test('with 100 milli-CPU and 200 MiB for each container that requests nothing (pod_resources.go)', () => {
    const bare = podOf({ requests: amounts(0, 0) });
    expect([bare.cpu, bare.memory, bare.nonZeroCpu, bare.nonZeroMemory]).toEqual([0, 0, 100, 209_715_200]);
    const container = templateOf(0, { requests: amounts(0, 0) }).containers[0] as PodTemplate['containers'][number];
    const half = { ...container, requests: amounts(300, 0) };
    const three = podOf({ requests: amounts(300, 0), containers: [container, half, container] });
    expect([three.nonZeroCpu, three.nonZeroMemory]).toEqual([500, 3 * 209_715_200]);
  });

  test('of a pod with init containers and overhead by its peak', () => {
    const container = templateOf(0, { requests: amounts(0, 0) }).containers[0] as PodTemplate['containers'][number];
    const sidecar = { ...container, requests: amounts(200, 0), sidecar: true };
    const main = { ...container, requests: amounts(50, 0) };
    // The init container requests nothing, so that 100 beside the sidecar's 200 are the peak; overhead 10 is part of the effective 260.
    const pod = podOf({ requests: amounts(260, 0), containers: [main], initContainers: [sidecar, container] });
    expect(pod.nonZeroCpu).toBe(310);
  });
});

describe('NodeResourcesBalancedAllocation', () => {
  const pod = requesting(3000, 5000);
  const small = node({ allocatable: plain(4000, 10_000) });
  const large = node({ allocatable: plain(6000, 10_000) });
  // balanced_allocation_test.go: "nothing scheduled, resources requested, differently sized nodes"
  test('up to 1.35 scores the balance with the pod', () => {
    const { score } = plugin('NodeResourcesBalancedAllocation', { balancedAllocation: 'balance' });
    expect([score.rate(pod, small), score.rate(pod, large)]).toEqual([87, 100]);
  });

  test('from 1.36 on scores what the pod changes: 75 where it changes nothing', () => {
    const { score } = plugin('NodeResourcesBalancedAllocation');
    expect([score.rate(pod, small), score.rate(pod, large)]).toEqual([68, 75]);
    const lopsided = node({ allocatable: plain(6000, 10_000), requested: plain(0, 5000) });
    // Balance 75 without the pod; with it 1/2 and 1/1: 75 as well. Half of that memory: 1/2 and 3/4, 87.
    expect(score.rate(pod, lopsided)).toBe(75);
    expect(score.rate(requesting(3000, 2500), lopsided)).toBe(50 + Math.trunc((50 + 87 - 75) / 2));
  });

  test('leaves out pods that request neither', () => {
    const { score } = plugin('NodeResourcesBalancedAllocation');
    expect(score.skipsScore(requesting(0, 0))).toBe(true);
    expect(score.skipsScore(requesting(0, 1))).toBe(false);
  });
});

describe('TaintToleration', () => {
  const { filter, score } = plugin('TaintToleration');
  const tolerating = (toleration: Partial<Toleration>): PodRequirements =>
    podOf({
      tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'user1', effect: 'NoSchedule', ...toleration }],
    });
  const dedicated = taint('dedicated', 'NoSchedule', 'user1');
  // taint_toleration_test.go:TestTaintTolerationFilter
  test.each<{ what: string; pod: PodRequirements; taints: readonly Taint[]; admitted: boolean }>([
    { what: 'no toleration', pod: podOf(), taints: [dedicated], admitted: false },
    { what: 'the same key, value and effect', pod: tolerating({}), taints: [dedicated], admitted: true },
    { what: 'another value', pod: tolerating({ value: 'user2' }), taints: [dedicated], admitted: false },
    { what: 'any value', pod: tolerating({ operator: 'Exists', value: '' }), taints: [dedicated], admitted: true },
    { what: 'another effect', pod: tolerating({ effect: 'NoExecute' }), taints: [dedicated], admitted: false },
    {
      what: 'any effect',
      pod: tolerating({ effect: '' }),
      taints: [taint('dedicated', 'NoExecute', 'user1')],
      admitted: true,
    },
    {
      what: 'everything',
      pod: tolerating({ key: '', operator: 'Exists', effect: '' }),
      taints: [dedicated],
      admitted: true,
    },
    {
      what: 'one of two taints',
      pod: tolerating({}),
      taints: [dedicated, taint('other', 'NoExecute')],
      admitted: false,
    },
    { what: 'a soft taint', pod: podOf(), taints: [taint('other', 'PreferNoSchedule')], admitted: true },
  ])('a pod that tolerates $what', ({ pod, taints, admitted }) => {
    expect(filter.admits(pod, node({ taints }))).toBe(admitted);
  });

  test('prefers nodes with fewer soft taints that are not tolerated: 100 less its share of the most', () => {
    const pod = tolerating({ effect: 'PreferNoSchedule' });
    const soft = (...keys: string[]) => node({ taints: keys.map((key) => taint(key, 'PreferNoSchedule', 'user1')) });
    const raw = [soft(), soft('dedicated'), soft('a'), soft('a', 'b', 'c')].map((facts) => score.rate(pod, facts));
    expect(raw).toEqual([0, 0, 1, 3]);
    const scores = Float64Array.from(raw);
    normaliseScores(scores, 4, score.normalisation);
    expect([...scores]).toEqual([100, 100, 67, 0]);
  });
});

describe('NodeAffinity', () => {
  const { filter, score } = plugin('NodeAffinity');
  const requiring = (...terms: NonNullable<PodTemplate['nodeAffinity']['required']>) =>
    podOf({ nodeAffinity: { required: terms, preferred: [] } });
  const expression = (key: string, operator: 'In' | 'NotIn' | 'Exists' | 'Gt', ...values: string[]) => ({
    matchExpressions: [{ key, operator, values }],
    matchFields: [],
  });
  const field = (...values: string[]) => ({
    matchExpressions: [],
    matchFields: [{ key: 'metadata.name', operator: 'In' as const, values }],
  });
  // node_affinity_test.go:TestNodeAffinity
  test.each([
    { what: 'no requirement', pod: podOf(), labels: {}, admitted: true },
    {
      what: 'a nodeSelector that is missing',
      pod: podOf({ nodeSelector: { foo: 'bar' } }),
      labels: {},
      admitted: false,
    },
    {
      what: 'a nodeSelector among more labels',
      pod: podOf({ nodeSelector: { foo: 'bar' } }),
      labels: { foo: 'bar', a: 'b' },
      admitted: true,
    },
    { what: 'In', pod: requiring(expression('foo', 'In', 'bar', 'value2')), labels: { foo: 'bar' }, admitted: true },
    { what: 'Gt', pod: requiring(expression('kernel', 'Gt', '0204')), labels: { kernel: '0206' }, admitted: true },
    { what: 'NotIn on a missing label', pod: requiring(expression('mem', 'NotIn', 'x')), labels: {}, admitted: true },
    {
      what: 'terms as alternatives',
      pod: requiring(expression('a', 'Exists'), expression('foo', 'In', 'bar')),
      labels: { foo: 'bar' },
      admitted: true,
    },
    {
      what: 'a term without requirements',
      pod: requiring({ matchExpressions: [], matchFields: [] }),
      labels: {},
      admitted: false,
    },
    { what: 'no terms', pod: requiring(), labels: {}, admitted: false },
    { what: 'its name', pod: requiring(field('node-1')), labels: {}, admitted: true },
    { what: 'another name', pod: requiring(field('node-2')), labels: {}, admitted: false },
  ])('a node against $what', ({ pod, labels, admitted }) => {
    expect(filter.admits(pod, node({ labels }))).toBe(admitted);
  });

  test('a nodeSelector and required terms must both hold', () => {
    const pod = podOf({
      nodeSelector: { zone: 'z1' },
      nodeAffinity: { required: [expression('foo', 'Exists')], preferred: [] },
    });
    expect(filter.admits(pod, node({ labels: { zone: 'z1' } }))).toBe(false);
    expect(filter.admits(pod, node({ labels: { zone: 'z1', foo: '' } }))).toBe(true);
  });

  test('sums the weights of the preferred terms that match, in proportion to the best node', () => {
    const pod = podOf({
      nodeAffinity: {
        preferred: [
          { weight: 2, term: expression('foo', 'In', 'bar') },
          { weight: 4, term: expression('key', 'In', 'value') },
          {
            weight: 5,
            term: {
              ...expression('foo', 'In', 'bar'),
              matchExpressions: [
                ...expression('foo', 'In', 'bar').matchExpressions,
                ...expression('key', 'In', 'value').matchExpressions,
              ],
            },
          },
        ],
      },
    });
    const raw = [{ foo: 'bar' }, { key: 'value' }, { foo: 'bar', key: 'value' }, {}].map((labels) =>
      score.rate(pod, node({ labels })),
    );
    expect(raw).toEqual([2, 4, 11, 0]);
    const scores = Float64Array.from(raw);
    normaliseScores(scores, 4, score.normalisation);
    expect([...scores]).toEqual([18, 36, 100, 0]);
  });
});

describe('NodePorts', () => {
  const { filter } = plugin('NodePorts');
  const withPort = (hostPort: number, hostIp = '', protocol: 'TCP' | 'UDP' = 'TCP', hostNetwork = false) => {
    const container = templateOf(0).containers[0] as PodTemplate['containers'][number];
    const ports = [{ name: '', containerPort: 8080, hostPort, hostIp, protocol }];
    return podOf({ hostNetwork, containers: [{ ...container, ports }] });
  };
  // node_ports_test.go:TestNodePorts
  test.each([
    { what: 'the same port', pod: withPort(8080), used: withPort(8080), free: false },
    { what: 'another port', pod: withPort(8080), used: withPort(9090), free: true },
    { what: 'another protocol', pod: withPort(8080, '', 'UDP'), used: withPort(8080), free: true },
    { what: 'another address', pod: withPort(8080, '127.0.0.1'), used: withPort(8080, '127.0.0.2'), free: true },
    { what: 'the same address', pod: withPort(8080, '127.0.0.1'), used: withPort(8080, '127.0.0.1'), free: false },
    {
      what: 'all addresses against one',
      pod: withPort(8080, '0.0.0.0'),
      used: withPort(8080, '127.0.0.1'),
      free: false,
    },
    { what: 'one address against all', pod: withPort(8080, '127.0.0.1'), used: withPort(8080), free: false },
    {
      what: 'a container port on the host network',
      pod: withPort(0, '', 'TCP', true),
      used: withPort(8080),
      free: false,
    },
    { what: 'no host port', pod: withPort(0), used: withPort(8080), free: true },
  ])('$what', ({ pod, used, free }) => {
    expect(filter.admits(pod, node({ usedPorts: used.hostPorts }))).toBe(free);
  });
});

describe('NodeUnschedulable and NodeName', () => {
  test('keep pods off a cordoned node unless they tolerate its taint', () => {
    const { filter } = plugin('NodeUnschedulable');
    const tolerant = podOf({
      tolerations: [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists', value: '', effect: 'NoSchedule' }],
    });
    expect(filter.admits(podOf(), node({ unschedulable: true }))).toBe(false);
    expect(filter.admits(podOf(), node())).toBe(true);
    expect(filter.admits(tolerant, node({ unschedulable: true }))).toBe(true);
  });

  test('keep a pod that names its node off the others', () => {
    const { filter } = plugin('NodeName');
    expect(filter.admits(podOf({ nodeName: 'node-1' }), node())).toBe(true);
    expect(filter.admits(podOf({ nodeName: 'node-2' }), node())).toBe(false);
  });
});
