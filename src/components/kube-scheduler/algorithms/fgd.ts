/**
 * Fragmentation gradient descent: the node, and the GPU in it, where a pod raises the expected fragmentation of free GPUs least.
 * Weng et al., USENIX ATC 2023; hkust-adsl/kubernetes-scheduler-simulator pkg/simulator/plugin/fgd_score.go.
 *
 * What is free is judged by the typical pods of the workload: those that the scenario declares, or those seen so far where it is not known beforehand.
 */
import { defineParameters } from '../../../engine/index.ts';
import { Fragmentation, fragmentationOf } from '../fragmentation.ts';
import { MAX_NODE_SCORE, type NodeFacts } from '../framework.ts';
import { NO_DEVICES, WHOLE_GPU } from '../gpu-columns.ts';
import type { NodeColumns } from '../node-columns.ts';
import type { PodRequirements } from '../pod-requirements.ts';
import { type CountedRequest, type TypicalPod, typicalPodsOf } from '../typical-pods.ts';
import { quantiseKnob, samplingKnobs, tieBreakKnob } from './knobs.ts';
import type { AlgorithmContext, AlgorithmDefinition } from './scheduling-algorithm.ts';
import { type NodeRater, ScoredChoice } from './scored-choice.ts';

/** States of nodes that are remembered at most: a run of many days has ever new ones. */
const MOST_STATES = 65_536;

/** The score of a fall of fragmentation [thousandth of a GPU]: 50 where nothing changes. */
function scoreOf(fall: number): number {
  return MAX_NODE_SCORE / (1 + Math.exp(-fall / WHOLE_GPU));
}

/** Ratings of one kind of pod by state of node, so that nodes that are alike are looked at once. */
class KnownRatings {
  /** Score by number of state; NaN = not known. */
  scores = new Float64Array(0);
  /** Free thousandths of the GPUs that have this score, by number of state. */
  readonly bestFree: (readonly number[] | undefined)[] = [];

  /** Makes room for so many states. */
  ensure(states: number): void {
    if (this.scores.length >= states) return;
    const bigger = new Float64Array(states * 2).fill(Number.NaN);
    bigger.set(this.scores);
    this.scores = bigger;
  }
}

/** Rates by how much fragmentation falls. */
export class FragmentationRater implements NodeRater {
  private readonly nodes: NodeColumns;
  private readonly cuts: boolean;
  private typical: readonly TypicalPod[];
  private measure: Fragmentation;
  /** States of nodes, numbered: model, free CPU, free GPUs in any order. */
  private readonly states = new Map<string, number>();
  /** Number of the state of each node, and its version when that was found, by slot. */
  private stateOf = new Int32Array(0);
  private versionOf = new Int32Array(0);
  private readonly ratings = new Map<string, KnownRatings>();
  /** What was asked for so far, where the workload is not known beforehand. */
  private readonly learns: boolean;
  private readonly seenRequests = new Map<number, CountedRequest & { count: number }>();
  private seenPods = 0;
  private learnAt = 1;

  constructor({ nodes, settings, typicalPods }: AlgorithmContext) {
    this.nodes = nodes;
    this.cuts = settings.quantise === 'integer';
    this.learns = typicalPods === undefined;
    this.typical = typicalPods ?? [];
    this.measure = new Fragmentation(nodes, this.typical);
  }

  rate(pod: PodRequirements, { allocatable, requested, gpus }: NodeFacts): number {
    const model = gpus?.model ?? '';
    const free: readonly number[] = gpus?.free ?? [];
    const cpu = allocatable.cpu - requested.cpu;
    const before = fragmentationOf(this.typical, model, cpu, free);
    const after = (taken: readonly number[]) =>
      this.cut(scoreOf(before - fragmentationOf(this.typical, model, cpu - pod.cpu, taken)));
    const { gpu } = pod;
    if (gpu === undefined) return after(free);
    if (gpu.milli < WHOLE_GPU) {
      const scores = free.flatMap((amount, device) =>
        amount < gpu.milli ? [] : [after(free.with(device, amount - gpu.milli))],
      );
      return Math.max(...scores);
    }
    let missing = gpu.count;
    return after(free.map((amount) => (amount === WHOLE_GPU && missing-- > 0 ? 0 : amount)));
  }

  rateAll(pod: PodRequirements, slots: Int32Array, count: number, scores: Float64Array): void {
    this.makeRoom();
    const known = this.ratingsOf(pod);
    for (let i = 0; i < count; i++) {
      const slot = slots[i] as number;
      const state = this.state(slot);
      known.ensure(state + 1);
      let score = known.scores[state] as number;
      if (Number.isNaN(score)) {
        score = this.work(pod, slot, state, known);
        known.scores[state] = score;
      }
      scores[i] = score;
    }
  }

  devicesOn(pod: PodRequirements, slot: number): number {
    const { gpu } = pod;
    if (gpu === undefined) return NO_DEVICES;
    const { gpus } = this.nodes;
    if (gpu.milli >= WHOLE_GPU) return gpus.tightest(slot, gpu);
    this.makeRoom();
    const known = this.ratingsOf(pod);
    const state = this.state(slot);
    known.ensure(state + 1);
    if (known.bestFree[state] === undefined) known.scores[state] = this.work(pod, slot, state, known);
    const best = known.bestFree[state] as readonly number[];
    return 1 << (gpus.fitting(slot, gpu.milli).find((device) => best.includes(gpus.freeOf(slot, device))) as number);
  }

  /** Learns what is typical, each time that twice as many pods were seen as before. */
  seen({ id, cpu, gpu }: PodRequirements): void {
    if (!this.learns) return;
    const known = this.seenRequests.get(id);
    if (known === undefined) this.seenRequests.set(id, { cpu, gpu, count: 1 });
    else known.count++;
    if (++this.seenPods < this.learnAt) return;
    this.learnAt *= 2;
    this.typical = typicalPodsOf(this.seenRequests.values());
    this.measure = new Fragmentation(this.nodes, this.typical);
    this.ratings.clear();
  }

  /** The score of a node, and which of its GPUs have it. */
  private work(pod: PodRequirements, slot: number, state: number, known: KnownRatings): number {
    const { nodes, measure } = this;
    const { gpu } = pod;
    const freeCpu = (nodes.allocatableCpu[slot] as number) - (nodes.requestedCpu[slot] as number) - pod.cpu;
    const before = measure.ofNode(slot);
    const scoreWith = (devices: number) =>
      this.cut(scoreOf(before - measure.after(slot, freeCpu, devices, gpu?.milli ?? 0)));
    if (gpu === undefined) return scoreWith(NO_DEVICES);
    if (gpu.milli >= WHOLE_GPU) return scoreWith(nodes.gpus.tightest(slot, gpu));
    let most = Number.NEGATIVE_INFINITY;
    let best: number[] = [];
    const tried = new Set<number>();
    for (const device of nodes.gpus.fitting(slot, gpu.milli)) {
      const free = nodes.gpus.freeOf(slot, device);
      if (tried.has(free)) continue;
      tried.add(free);
      const score = scoreWith(1 << device);
      if (score > most) best = [];
      if (score >= most) best.push(free);
      most = Math.max(most, score);
    }
    known.bestFree[state] = best;
    return most;
  }

  private cut(score: number): number {
    return this.cuts ? Math.trunc(score) : score;
  }

  private ratingsOf({ cpu, gpu }: PodRequirements): KnownRatings {
    const key = gpu === undefined ? `${cpu}` : `${cpu} ${gpu.milli} ${gpu.count}`;
    let known = this.ratings.get(key);
    if (known === undefined) {
      known = new KnownRatings();
      this.ratings.set(key, known);
    }
    return known;
  }

  /** Number of the state in which a node is. */
  private state(slot: number): number {
    const version = this.nodes.version[slot] as number;
    if (this.versionOf[slot] === version) return this.stateOf[slot] as number;
    const key = this.measure.keyOf(slot);
    let state = this.states.get(key);
    if (state === undefined) {
      state = this.states.size;
      this.states.set(key, state);
    }
    this.stateOf[slot] = state;
    this.versionOf[slot] = version;
    return state;
  }

  private makeRoom(): void {
    const { capacity } = this.nodes;
    if (this.states.size >= MOST_STATES) {
      this.states.clear();
      this.ratings.clear();
      this.versionOf.fill(-1);
    }
    if (this.stateOf.length >= capacity) return;
    this.stateOf = new Int32Array(capacity);
    this.versionOf = new Int32Array(capacity).fill(-1);
  }
}

export const fgd: AlgorithmDefinition = {
  help: 'The node and GPU where the expected fragmentation of free GPUs rises least (fragmentation gradient descent).',
  settings: defineParameters({ ...tieBreakKnob, ...quantiseKnob, ...samplingKnobs }),
  create: (context) => new ScoredChoice(context, new FragmentationRater(context)),
};
