import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ObjectTables } from '../../../src/cluster/index.ts';
import { normaliseScores } from '../../../src/components/kube-scheduler/framework.ts';
import {
  algorithmRegistry,
  Decision,
  defaultConfiguration,
  pluginNames,
  type SchedulerConfiguration,
} from '../../../src/components/kube-scheduler/index.ts';
import { NodeColumns } from '../../../src/components/kube-scheduler/node-columns.ts';
import {
  ExtendedResources,
  type PodRequirements,
  PodRequirementTable,
} from '../../../src/components/kube-scheduler/pod-requirements.ts';
import { makeProfiles, type Profile } from '../../../src/components/kube-scheduler/profile.ts';
import { RandomStreams } from '../../../src/engine/index.ts';
import { materialiseParameters } from '../../../src/scenario/index.ts';
import { clusterChange, podTemplate, RandomCluster } from './random-cluster.ts';
import { amounts, nodeOf, templateOf, zone } from './scheduler-world.ts';

const { kubeScheduler: parameters } = materialiseParameters({});
const configuration = defaultConfiguration('default-scheduler');

function algorithmFor(nodes: NodeColumns, written: SchedulerConfiguration = configuration) {
  const [profile] = makeProfiles(written, nodes, parameters);
  const tieBreak = new RandomStreams('algorithm test', 0).stream('tieBreak');
  const algorithm = algorithmRegistry['kube-scheduler'].create({ nodes, parameters, settings: {}, tieBreak });
  const decision = new Decision();
  return {
    profile: profile as Profile,
    decide(pod: PodRequirements): Decision {
      decision.reset();
      algorithm.decide(pod, profile as Profile, decision);
      return decision;
    },
  };
}

/** Equal nodes; `zoneOf` gives a node's zone. */
function equalNodes(count: number, zoneOf: (i: number) => string = () => 'a') {
  const tables = new ObjectTables();
  const extended = new ExtendedResources();
  const columns = new NodeColumns(tables.keysOf('nodes'), extended);
  const add = (more: number) => {
    for (let i = 0; i < more; i++) {
      const number = tables.keysOf('nodes').count;
      const version = tables.nodes.allocate(tables.keysOf('nodes').intern('', `node-${number}`));
      tables.nodes.specification.set(version, nodeOf({ labels: zone(zoneOf(number)) }));
      columns.setNode(tables.nodes, version);
    }
  };
  add(count);
  const table = new PodRequirementTable(extended);
  return { columns, add, pod: table.of(templateOf(0)), podWith: (options: object) => table.of(templateOf(1, options)) };
}

/** What upstream's loops over nodes would find: the nodes that pass all filters, and the best of them. */
function nodeByNode(cluster: RandomCluster, profile: Profile, pod: PodRequirements) {
  const slots = [...cluster.slots()];
  const facts = (slot: number) => cluster.columns.facts(slot);
  const whole = cluster.columns.clusterFacts([]);
  const rejectors = new Set<number>();
  const feasible = slots.filter((slot) => {
    const first = profile.filters.find(({ filter }) => !filter.admits(pod, facts(slot), whole));
    if (first !== undefined) rejectors.add(first.number);
    return first === undefined;
  });
  const rated = cluster.columns.clusterFacts(feasible);
  const totals = feasible.map(() => 0);
  for (const { score, weight } of profile.scores) {
    if (score.normalisation === 'none' && score.skipsScore(pod)) continue;
    const scores = Float64Array.from(feasible, (slot) => score.rate(pod, facts(slot), rated));
    normaliseScores(scores, scores.length, score.normalisation);
    totals.forEach((total, i) => {
      totals[i] = total + weight * (scores[i] as number);
    });
  }
  const best = Math.max(...totals);
  return { feasible, rejectors, best: feasible.filter((_, i) => totals[i] === best) };
}

describe('the algorithm of kube-scheduler', () => {
  test('finds the nodes, and chooses one of the best, that upstream finds node by node', () => {
    fc.assert(
      fc.property(
        fc.array(podTemplate, { minLength: 1, maxLength: 4 }),
        fc.array(clusterChange, { minLength: 10, maxLength: 40 }),
        (templates, changes) => {
          const cluster = new RandomCluster(templates);
          const { profile, decide } = algorithmFor(cluster.columns);
          for (const change of changes) {
            cluster.apply(change);
            for (const pod of cluster.pods) {
              const { feasible, rejectors, best } = nodeByNode(cluster, profile, pod);
              const decision = decide(pod);
              expect(decision.feasible).toBe(feasible.length);
              if (feasible.length > 0) expect(best).toContain(decision.node);
              else expect(decision.node).toBe(-1);
              // Filters that narrow the search to some nodes say nothing about the others one by one.
              if (feasible.length === 0 && decision.examined === cluster.columns.order.count) {
                for (const number of rejectors) expect(decision.rejectors & (1 << number)).not.toBe(0);
                expect([...decision.rejected].reduce((sum, count) => sum + count)).toBe(decision.examined);
              }
            }
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  // schedule_one.go:numFeasibleNodesToFind
  test.each([
    { nodes: 99, percentage: 0, found: 99 },
    { nodes: 100, percentage: 0, found: 100 },
    { nodes: 500, percentage: 0, found: 230 },
    { nodes: 1000, percentage: 0, found: 420 },
    { nodes: 2000, percentage: 0, found: 680 },
    { nodes: 5000, percentage: 0, found: 500 },
    { nodes: 5625, percentage: 0, found: 281 },
    { nodes: 10_000, percentage: 0, found: 500 },
    { nodes: 1000, percentage: 5, found: 100 },
    { nodes: 1000, percentage: 70, found: 700 },
    { nodes: 90, percentage: 10, found: 90 },
    { nodes: 1000, percentage: 100, found: 1000 },
  ])('looks for $found feasible nodes of $nodes at $percentage %', ({ nodes, percentage, found }) => {
    const { columns, pod } = equalNodes(nodes);
    const { decide } = algorithmFor(columns, { ...configuration, percentageOfNodesToScore: percentage });
    const decision = decide(pod);
    // The search learns that it has enough from one more.
    const examined = Math.min(found + 1, nodes);
    expect([decision.feasible, decision.examined, decision.scored]).toEqual([found, examined, found]);
  });

  test("a profile's percentage comes before the configuration's", () => {
    const { columns, pod } = equalNodes(1000);
    const profiles = configuration.profiles.map((profile) => ({ ...profile, percentageOfNodesToScore: 30 }));
    const { decide } = algorithmFor(columns, { profiles, percentageOfNodesToScore: 60 });
    expect(decide(pod).feasible).toBe(300);
  });

  test('stops at the first node where nothing is rated, and goes on behind it', () => {
    const { columns, pod } = equalNodes(200);
    const profiles = configuration.profiles.map((profile) => ({
      ...profile,
      plugins: { ...profile.plugins, score: [] },
    }));
    const { decide } = algorithmFor(columns, { profiles });
    expect([decide(pod).node, decide(pod).node, decide(pod).node]).toEqual([0, 1, 2]);
  });

  test('examines zone by zone in turn, from where the last search ended', () => {
    const { columns, pod } = equalNodes(300, (i) => (i < 200 ? 'a' : 'b'));
    const { decide } = algorithmFor(columns);
    // 300 nodes: 48 %, 144 nodes; the order is 0, 200, 1, 201, …, 99, 299, 100, 101, …
    const order = [...columns.order.slots().subarray(0, 300)];
    expect(order.slice(0, 4)).toEqual([0, 200, 1, 201]);
    expect(order.slice(198, 202)).toEqual([99, 299, 100, 101]);
    const chosen = (from: number) =>
      order.slice(from, from + 144).concat(order.slice(0, Math.max(0, from + 144 - 300)));
    for (const from of [0, 144, 288, 132]) {
      const decision = decide(pod);
      expect(decision.examined).toBe(145);
      expect(chosen(from)).toContain(decision.node);
    }
  });

  test('counts the nodes that fail on the way as examined', () => {
    const { columns, pod } = equalNodes(200);
    // Every second node is full.
    for (let slot = 0; slot < 200; slot += 2) for (let i = 0; i < 8; i++) columns.count(slot, pod, 1);
    const { decide } = algorithmFor(columns);
    const decision = decide(pod);
    expect([decision.feasible, decision.examined]).toEqual([100, 200]);
    const { columns: more, pod: other } = equalNodes(400);
    for (let slot = 0; slot < 400; slot += 2) for (let i = 0; i < 8; i++) more.count(slot, other, 1);
    const second = algorithmFor(more).decide(other);
    // 47 % of 400 = 188 feasible nodes, the 189th being number 378 of the order.
    expect([second.feasible, second.examined, second.scored]).toEqual([188, 378, 188]);
  });

  test('goes through chunks side by side where there are cores for it, and ends what was begun', () => {
    const { columns, pod } = equalNodes(1000);
    const algorithm = algorithmRegistry['kube-scheduler'].create({
      nodes: columns,
      goroutines: 4,
      parameters,
      settings: {},
      tieBreak: new RandomStreams('algorithm test', 0).stream('tieBreak'),
    });
    const [profile] = makeProfiles(configuration, columns, parameters) as [Profile];
    const decision = new Decision();
    decision.reset();
    algorithm.decide(pod, profile, decision);
    // 420 of 1,000; the 421st tells, and three more are under way.
    expect([decision.feasible, decision.examined]).toEqual([420, 424]);
    expect(decision.node).toBeLessThan(31 * 16);
  });

  test('knows nodes that come when there was no more room in its columns', () => {
    const { columns, add, podWith } = equalNodes(90);
    const anywhere = {
      matchExpressions: [{ key: 'no', operator: 'DoesNotExist', values: [] }],
      matchFields: [],
    } as const;
    const pod = podWith({ nodeAffinity: { required: [anywhere], preferred: [{ weight: 1, term: anywhere }] } });
    const { decide } = algorithmFor(columns, { ...configuration, percentageOfNodesToScore: 100 });
    for (let i = 0; i < 3; i++) expect(decide(pod).feasible).toBe(90);
    add(1000);
    for (let i = 0; i < 3; i++) expect(decide(pod).feasible).toBe(1090);
    const nodes = new Set(Array.from({ length: 50 }, () => decide(pod).node));
    expect(Math.max(...nodes)).toBeGreaterThan(500);
  });

  test('takes a lone feasible node without rating it', () => {
    const { columns, podWith } = equalNodes(200);
    const pinned = podWith({
      nodeAffinity: {
        required: [
          { matchExpressions: [], matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node-77'] }] },
        ],
        preferred: [],
      },
    });
    const decision = algorithmFor(columns).decide(pinned);
    expect([decision.node, decision.feasible, decision.examined, decision.scored]).toEqual([77, 1, 1, 0]);
  });

  test('blames node affinity for a pod whose only node is not there', () => {
    const { columns, podWith } = equalNodes(50);
    const absent = {
      matchExpressions: [],
      matchFields: [{ key: 'metadata.name', operator: 'In', values: ['absent'] }],
    };
    const decision = algorithmFor(columns).decide(podWith({ nodeAffinity: { required: [absent], preferred: [] } }));
    const affinity = pluginNames.indexOf('NodeAffinity');
    expect([decision.node, decision.rejectors, decision.examined]).toEqual([-1, 1 << affinity, 0]);
  });

  test('says which plugins rejected how many nodes', () => {
    const { columns, podWith } = equalNodes(50);
    const decision = algorithmFor(columns).decide(podWith({ requests: amounts(5000, 1) }));
    const fit = pluginNames.indexOf('NodeResourcesFit');
    expect([decision.node, decision.rejectors, decision.rejected[fit]]).toEqual([-1, 1 << fit, 50]);
  });

  test('breaks ties evenly at random', () => {
    const { columns, pod } = equalNodes(20);
    const { decide } = algorithmFor(columns);
    const counts = new Array<number>(20).fill(0);
    const draws = 20_000;
    for (let i = 0; i < draws; i++) {
      const { node } = decide(pod);
      counts[node] = (counts[node] as number) + 1;
    }
    const expected = draws / 20;
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // 99.9 % quantile of chi-square with 19 degrees of freedom.
    expect(chiSquare).toBeLessThan(43.8);
  });

  test('without nodes finds none and blames nobody', () => {
    const { columns, pod } = equalNodes(0);
    const decision = algorithmFor(columns).decide(pod);
    expect([decision.node, decision.rejectors, decision.examined]).toEqual([-1, 0, 0]);
  });
});
