/** The rules of InterPodAffinity, by upstream's own examples; the column form follows by the contract test. */
import { describe, expect, test } from 'vitest';
import {
  type PodAffinity,
  type PodAffinityTerm,
  type PodTemplate,
  selectorFromLabels,
} from '../../../src/cluster/index.ts';
import type { FilterPlugin, ScorePlugin } from '../../../src/components/kube-scheduler/framework.ts';
import { normaliseScores } from '../../../src/components/kube-scheduler/framework.ts';
import { CrossNodeWorld } from './cross-node-world.ts';

const REGION = 'region';
const ZONE = 'zone';
const S1 = { security: 'S1' };
const S2 = { security: 'S2' };

const term = (topologyKey: string, labels: Record<string, string>, more: Partial<PodAffinityTerm> = {}) => ({
  topologyKey,
  selector: selectorFromLabels(labels),
  namespaces: [],
  matchLabelKeys: [],
  mismatchLabelKeys: [],
  ...more,
});
const required = (...terms: PodAffinityTerm[]): PodAffinity => ({ required: terms, preferred: [] });
const preferred = (weight: number, preferredTerm: PodAffinityTerm): PodAffinity => ({
  required: [],
  preferred: [{ weight, term: preferredTerm }],
});

/** Nodes a and b in the region China, c in India; each is a zone of its own. */
function worldOf(settings: { hardPodAffinityWeight?: number; ignorePreferredTermsOfExistingPods?: boolean } = {}) {
  const world = new CrossNodeWorld('InterPodAffinity', {
    interPodAffinity: { hardPodAffinityWeight: 1, ignorePreferredTermsOfExistingPods: false, ...settings },
  });
  world.node('a', { [REGION]: 'China', [ZONE]: 'z1' });
  world.node('b', { [REGION]: 'China', [ZONE]: 'z2' });
  world.node('c', { [REGION]: 'India', [ZONE]: 'z3' });
  return world;
}

describe('InterPodAffinity filters', () => {
  // filtering_test.go:TestRequiredAffinitySingleNode, TestRequiredAffinityMultipleNodes
  test('to the topology of a pod that required affinity selects', () => {
    const world = worldOf();
    world.place(1, { labels: S1 }, 'a');
    expect(world.admitted({ podAffinity: required(term(REGION, S1)) })).toEqual(['a', 'b']);
    expect(world.admitted({ podAffinity: required(term(ZONE, S1)) })).toEqual(['a']);
  });

  test('only to one pod that all terms select', () => {
    const world = worldOf();
    world.place(1, { labels: S1 }, 'a');
    world.place(1, { labels: { app: 'x' } }, 'a');
    expect(world.admitted({ podAffinity: required(term(REGION, S1), term(REGION, { app: 'x' })) })).toEqual([]);
    world.place(1, { labels: { ...S1, app: 'x' } }, 'c');
    expect(world.admitted({ podAffinity: required(term(REGION, S1), term(REGION, { app: 'x' })) })).toEqual(['c']);
  });

  test('the first pod of a group anywhere that has the topology, and no pod of another kind', () => {
    const world = worldOf();
    world.node('n', {});
    const podAffinity = required(term(REGION, S1));
    expect(world.admitted({ labels: S1, podAffinity })).toEqual(['a', 'b', 'c']);
    expect(world.admitted({ labels: S2, podAffinity })).toEqual([]);
    world.place(1, { labels: S1 }, 'c');
    expect(world.admitted({ labels: S1, podAffinity })).toEqual(['c']);
  });

  test('away from the topology of pods that required anti-affinity selects; nodes without it are free', () => {
    const world = worldOf();
    world.node('n', {});
    world.place(1, { labels: S1 }, 'a');
    expect(world.admitted({ podAntiAffinity: required(term(REGION, S1)) })).toEqual(['c', 'n']);
  });

  test('away from pods whose own anti-affinity selects the pod', () => {
    const world = worldOf();
    world.place(1, { podAntiAffinity: required(term(REGION, S1)) }, 'a');
    expect(world.admitted({ labels: S1 })).toEqual(['c']);
    expect(world.admitted({ labels: S2 })).toEqual(['a', 'b', 'c']);
  });

  test('by namespace: its own, those named, those selected by label', () => {
    const world = worldOf();
    world.place(1, { labels: S1 }, 'a', { namespace: 'other' });
    expect(world.admitted({ podAffinity: required(term(ZONE, S1)) })).toEqual([]);
    expect(world.admitted({ podAffinity: required(term(ZONE, S1, { namespaces: ['other'] })) })).toEqual(['a']);
    const byTeam = required(term(ZONE, S1, { namespaceSelector: selectorFromLabels({ team: 'x' }) }));
    expect(world.admitted({ podAffinity: byTeam })).toEqual([]);
    world.columns.placed.setNamespace('other', { team: 'x' });
    expect(world.admitted({ podAffinity: byTeam })).toEqual(['a']);
    expect(world.admitted({ podAffinity: required(term(ZONE, S1, { namespaceSelector: [] })) })).toEqual(['a']);
  });

  test('with the values of the pod itself under matchLabelKeys, and without those under mismatchLabelKeys', () => {
    const world = worldOf();
    world.place(1, { labels: { ...S1, tenant: 'x' } }, 'a');
    const labels = { tenant: 'y' };
    const same = required(term(ZONE, S1, { matchLabelKeys: ['tenant'] }));
    const others = required(term(ZONE, S1, { mismatchLabelKeys: ['tenant'] }));
    expect(world.admitted({ labels, podAntiAffinity: same })).toEqual(['a', 'b', 'c']);
    expect(world.admitted({ labels, podAntiAffinity: others })).toEqual(['b', 'c']);
  });

  test('so that a node is of use again once its pods have gone, but not where the wanted pods are missing', () => {
    const world = worldOf();
    const pod = world.pod({ podAffinity: required(term(ZONE, S1)), podAntiAffinity: required(term(ZONE, S2)) });
    world.place(1, { labels: S1 }, 'a');
    world.place(1, { labels: S2 }, 'a');
    const filter = world.filter as { unresolvable(of: typeof pod, slot: number): boolean };
    expect(filter.unresolvable(pod, world.slot('a'))).toBe(false);
    expect(filter.unresolvable(pod, world.slot('b'))).toBe(true);
  });
});

describe('InterPodAffinity rates', () => {
  const scores = (world: CrossNodeWorld, pod: Partial<PodTemplate>) => world.scores(pod, ['a', 'b', 'c']);

  // scoring_test.go:TestPreferredAffinity
  test('nodes near to pods that preferred affinity selects, by weight and number', () => {
    const world = worldOf();
    world.place(1, { labels: S1 }, 'a');
    world.place(1, { labels: S1 }, 'c');
    expect(scores(world, { podAffinity: preferred(5, term(REGION, S1)) })).toEqual([0, 0, 0]);
    world.place(1, { labels: S1 }, 'b');
    expect(scores(world, { podAffinity: preferred(5, term(REGION, S1)) })).toEqual([100, 100, 0]);
  });

  test('nodes away from pods that preferred anti-affinity selects', () => {
    const world = worldOf();
    world.place(1, { labels: S1 }, 'a');
    expect(scores(world, { podAntiAffinity: preferred(5, term(ZONE, S1)) })).toEqual([0, 100, 100]);
  });

  test('both sides alike: preferred terms of pods that are there count for the pod', () => {
    const world = worldOf();
    world.place(1, { podAffinity: preferred(8, term(REGION, S1)) }, 'a');
    world.place(1, { podAntiAffinity: preferred(5, term(REGION, S1)) }, 'c');
    expect(scores(world, { labels: S1 })).toEqual([100, 100, 0]);
    expect(scores(world, { labels: S2 })).toEqual([0, 0, 0]);
  });

  // scoring_test.go:TestPreferredAffinityWithHardPodAffinitySymmetricWeight
  test('required affinity of pods that are there, by hardPodAffinityWeight', () => {
    const carrier = { podAffinity: required(term(REGION, S1)) };
    const world = worldOf();
    world.place(1, carrier, 'a');
    expect(scores(world, { labels: S1 })).toEqual([100, 100, 0]);
    const without = worldOf({ hardPodAffinityWeight: 0 });
    without.place(1, carrier, 'a');
    expect(scores(without, { labels: S1 })).toEqual([0, 0, 0]);
  });

  test('nothing by terms of others for a pod that has none, if they are to be ignored', () => {
    const world = worldOf({ ignorePreferredTermsOfExistingPods: true });
    world.place(1, { podAffinity: preferred(8, term(REGION, S1)) }, 'a');
    expect(scores(world, { labels: S1 })).toEqual([0, 0, 0]);
    const own = { labels: S1, podAffinity: preferred(1, term(REGION, S2)) };
    expect(scores(world, own)).toEqual([100, 100, 0]);
  });

  test('over the range from least to best, in floating point', () => {
    const raw = Float64Array.from([-8, 21, 92]);
    normaliseScores(raw, 3, 'range');
    // 100 * (29 / 100) is a little less than 29.
    expect([...raw]).toEqual([0, 28, 100]);
  });
});

describe('InterPodAffinity says what may help', () => {
  const world = worldOf();
  const filter = world.filter as Required<FilterPlugin>;
  const wants = world.pod({ podAffinity: required(term(REGION, S1)) });
  const avoids = world.pod({ podAntiAffinity: required(term(REGION, S1)) });
  const like = world.pod({ labels: S1 });
  const plain = world.pod({ labels: S2 });

  // plugin_test.go:Test_isSchedulableAfterPodChange, Test_isSchedulableAfterNodeChange
  test('a pod that affinity selects, placed; one that anti-affinity selects, gone', () => {
    expect(filter.helpedByPlacement(wants, like)).toBe(true);
    expect(filter.helpedByPlacement(wants, plain)).toBe(false);
    expect(filter.helpedByPlacement(avoids, like)).toBe(false);
    expect(filter.helpedByDeletion(avoids, like)).toBe(true);
    expect(filter.helpedByDeletion(wants, like)).toBe(false);
  });

  test('nodes with the topology for affinity, any new node for anti-affinity', () => {
    const facts = world.facts('a');
    const bare = { ...facts, labels: {} };
    expect(filter.helpedByNode(wants, facts, undefined)).toBe(true);
    expect(filter.helpedByNode(wants, bare, undefined)).toBe(false);
    expect(filter.helpedByNode(wants, facts, bare)).toBe(true);
    expect(filter.helpedByNode(avoids, bare, undefined)).toBe(true);
    expect(filter.helpedByNode(avoids, bare, facts)).toBe(true);
    expect(filter.helpedByNode(avoids, facts, bare)).toBe(false);
  });
});

test('what InterPodAffinity costs grows with the pods that upstream looks at', () => {
  const world = worldOf();
  const { filter, score } = world as { filter: Required<FilterPlugin>; score: Required<ScorePlugin> };
  const none = new Int32Array(0);
  const plain = world.pod({ labels: S2 });
  const wants = world.pod({ podAffinity: required(term(REGION, S1)) });
  const prefers = world.pod({ podAffinity: preferred(1, term(REGION, S1)) });
  world.place(10, { labels: S1 }, 'a');
  // Nobody has terms: a plain pod costs nothing, one with terms of its own a look at all pods.
  expect(filter.preFilterWork(plain)).toBe(0);
  expect(score.preScoreWork(plain, none, 0)).toBe(0);
  const before = { filter: filter.preFilterWork(wants), score: score.preScoreWork(prefers, none, 0) };
  world.place(10, { podAntiAffinity: required(term(ZONE, { app: 'nobody' })) }, 'a');
  expect(filter.preFilterWork(plain)).toBeGreaterThan(0);
  expect(score.preScoreWork(plain, none, 0)).toBeGreaterThan(0);
  expect(filter.preFilterWork(wants)).toBeGreaterThan(before.filter);
  expect(score.preScoreWork(prefers, none, 0)).toBeGreaterThan(before.score);
});

describe('ImageLocality rates', () => {
  // image_locality_test.go: sizes between 23 MiB and 1,000 MiB per container, less where few nodes have the image.
  test('nodes by the size of the images that they have, and by how many nodes have them', () => {
    const world = new CrossNodeWorld('ImageLocality');
    const MIB = 1_048_576;
    const image = (name: string, mib: number) => [{ name, size: (mib * MIB) as never }];
    world.node('a', {}, [], image('app:1', 250));
    world.node('b', {}, [], image('app:1', 250));
    world.node('c', {}, [], image('other:latest', 2000));
    const using = (name: string) => ({
      containers: [{ ...(world.pod({}).template.containers[0] as PodTemplate['containers'][number]), image: name }],
    });
    // 250 MiB on two of three nodes: 100 * (166.67 - 23) / (1000 - 23).
    expect(world.scores(using('app:1'), ['a', 'b', 'c'])).toEqual([14, 14, 0]);
    // 2,000 MiB on one of three nodes, named without its tag.
    expect(world.scores(using('other'), ['a', 'b', 'c'])).toEqual([0, 0, 65]);
    expect(world.scores(using('registry:5000/app'), ['a', 'b', 'c'])).toEqual([0, 0, 0]);
  });
});
