/**
 * Borg-like: the three techniques by which Borg decides fast, each a switch (Verma et al., Large-scale cluster management at Google with Borg, EuroSys 2015,
 * section 3.4): equivalence classes (pods that ask for the same are looked at once), a score cache (what was found of a node holds until the node changes),
 * relaxed randomisation (nodes are looked at in a random order until enough fit). None changes which of the nodes that were looked at is the best.
 *
 * The score is ours, as the paper gives no formula: half for what would be left of the node (less is better), half for how evenly it would be left, so
 * that no resource is stranded. Left out: preemption, packages, spreading over failure domains, that small changes of a node are ignored. What is known of a
 * node goes by its own version, so that constraints on pods of other nodes are not looked at anew: such pods want another chooser.
 */
import { count, defineParameters, documentation, flag } from '../../../engine/index.ts';
import { MAX_NODE_SCORE, type NodeFacts } from '../framework.ts';
import type { NodeColumns } from '../node-columns.ts';
import type { PodRequirements } from '../pod-requirements.ts';
import type { Profile } from '../profile.ts';
import { DeviceChoice } from './device-choice.ts';
import { gpuSelectionKnob } from './knobs.ts';
import { type CalledFilter, preFilter, runFilters } from './pre-filter.ts';
import type { AlgorithmContext, AlgorithmDefinition, Decision, SchedulingAlgorithm } from './scheduling-algorithm.ts';
import type { NodeRater } from './scored-choice.ts';
import { Tightness } from './tightness.ts';

const BORG = 'Verma et al., Borg, EuroSys 2015, section 3.4';

/** What it can be set to. */
const settings = defineParameters({
  equivalenceClasses: flag({
    help: 'Whether pods that ask for the same are looked at once, as long as they come one after the other.',
    default: true,
    source: documentation(BORG),
  }),
  scoreCache: flag({
    help: 'Whether what was found of a node is kept until the node changes, for each class of pods (with equivalence classes only).',
    default: true,
    source: documentation(BORG),
  }),
  relaxedRandomisation: count({
    help: 'Feasible nodes that are enough, looked for in a random order; 0 looks at all nodes, in their order.',
    unit: 'node',
    default: 100,
    range: [0, 1_000_000],
    source: documentation(BORG, 'the paper gives no number; 100 is what kube-scheduler asks for at least'),
  }),
  ...gpuSelectionKnob,
});

/** Half of the score. */
const HALF = 0.5;

/** Rates by what would be left, and how evenly. */
export class LeftoverRater implements NodeRater {
  private readonly nodes: NodeColumns;
  private readonly tightness: Tightness;

  constructor(nodes: NodeColumns) {
    this.nodes = nodes;
    this.tightness = new Tightness(nodes);
  }

  rate(pod: PodRequirements, node: NodeFacts): number {
    const { allocatable, requested } = node;
    const cpu = allocatable.cpu - requested.cpu - pod.cpu;
    const memory = allocatable.memory - requested.memory - pod.memory;
    return scoreOf(this.tightness.ofNode(pod, node), part(cpu, allocatable.cpu), part(memory, allocatable.memory));
  }

  rateAll(pod: PodRequirements, slots: Int32Array, count: number, scores: Float64Array): void {
    for (let i = 0; i < count; i++) scores[i] = this.rateSlot(pod, slots[i] as number);
  }

  /** Rates one node. */
  rateSlot(pod: PodRequirements, slot: number): number {
    const { allocatableCpu, requestedCpu, allocatableMemory, requestedMemory } = this.nodes;
    const cpu = (allocatableCpu[slot] as number) - (requestedCpu[slot] as number) - pod.cpu;
    const memory = (allocatableMemory[slot] as number) - (requestedMemory[slot] as number) - pod.memory;
    const leftOfCpu = part(cpu, allocatableCpu[slot] as number);
    return scoreOf(this.tightness.of(pod, slot), leftOfCpu, part(memory, allocatableMemory[slot] as number));
  }
}

function part(left: number, all: number): number {
  return all === 0 ? 0 : left / all;
}

function scoreOf(tightness: number, cpu: number, memory: number): number {
  return MAX_NODE_SCORE * (HALF * tightness + HALF * (1 - Math.abs(cpu - memory)));
}

/** A score that says that a node does not fit. */
const MISFIT = Number.NEGATIVE_INFINITY;

/** What is known of nodes for one class of pods. */
class KnownScores {
  scores = new Float64Array(0);
  /** Version of the node when it was looked at; -1 = never. */
  versions = new Int32Array(0);

  ensure(capacity: number): void {
    if (this.versions.length >= capacity) return;
    const versions = new Int32Array(capacity).fill(-1);
    versions.set(this.versions);
    const scores = new Float64Array(capacity);
    scores.set(this.scores);
    this.versions = versions;
    this.scores = scores;
  }
}

class BorgLike implements SchedulingAlgorithm {
  private readonly context: AlgorithmContext;
  private readonly rater: LeftoverRater;
  private readonly devices: DeviceChoice;
  private readonly hasClasses: boolean;
  private readonly hasCache: boolean;
  private readonly enough: number;
  /** What is known, by class; of the latest class alone without the cache. */
  private readonly known = new Map<string, KnownScores>();
  /** Slots in the order in which they are looked at: any order, of which each search makes another. */
  private order = new Int32Array(0);
  private orderOf = -1;
  private readonly one = new Int32Array(1);

  constructor(context: AlgorithmContext) {
    const { settings: values, nodes } = context;
    this.context = context;
    this.rater = new LeftoverRater(nodes);
    this.devices = new DeviceChoice(context);
    this.hasClasses = values.equivalenceClasses as boolean;
    this.hasCache = values.scoreCache as boolean;
    this.enough = values.relaxedRandomisation as number;
  }

  decide(pod: PodRequirements, profile: Profile, decision: Decision): void {
    const { nodes, tieBreak } = this.context;
    this.makeRoom();
    const { called, narrowed, narrowedBy, work } = preFilter(pod, profile);
    decision.preFilterWork = work;
    decision.rejectors |= narrowedBy;
    const known = this.knownOf(pod);
    known.ensure(nodes.capacity);
    const slots = narrowed === undefined ? this.order : Int32Array.from(narrowed);
    let best = MISFIT;
    for (let i = 0; i < slots.length && (this.enough === 0 || decision.feasible < this.enough); i++) {
      if (this.enough > 0) {
        // The next of a random order, made as far as it is needed.
        const j = i + Math.floor(tieBreak.next() * (slots.length - i));
        const slot = slots[j] as number;
        slots[j] = slots[i] as number;
        slots[i] = slot;
      }
      const slot = slots[i] as number;
      const score = this.look(pod, slot, called, known, decision);
      if (score === MISFIT) continue;
      decision.feasible++;
      if (score <= best) continue;
      best = score;
      decision.node = slot;
    }
    if (decision.node >= 0) decision.devices = this.devices.choose(pod, decision.node);
  }

  /** The score of a node: remembered, or found now. */
  private look(
    pod: PodRequirements,
    slot: number,
    called: readonly CalledFilter[],
    known: KnownScores,
    decision: Decision,
  ): number {
    const { nodes, parameters } = this.context;
    const version = nodes.version[slot] as number;
    if (this.hasClasses && known.versions[slot] === version) return known.scores[slot] as number;
    decision.examined++;
    this.one[0] = slot;
    const passes = runFilters(called, pod, this.one, 1, decision, parameters.filterCallTime) === 1;
    let score = MISFIT;
    if (passes && (pod.gpu === undefined || nodes.gpus.admits(slot, pod.gpu))) {
      decision.scored++;
      score = this.rater.rateSlot(pod, slot);
    }
    known.versions[slot] = version;
    known.scores[slot] = score;
    return score;
  }

  /** What is known for the class of a pod. Pods of one template are one class. */
  private knownOf({ id }: PodRequirements): KnownScores {
    const key = String(id);
    let known = this.known.get(key);
    if (known === undefined) {
      if (!this.hasCache) this.known.clear();
      known = new KnownScores();
      this.known.set(key, known);
    }
    return known;
  }

  private makeRoom(): void {
    const { nodes } = this.context;
    nodes.gpus.ensure(nodes.capacity - 1);
    if (this.orderOf === nodes.offerChanges) return;
    this.orderOf = nodes.offerChanges;
    this.order = nodes.order.slots().slice(0, nodes.order.count);
    // Filters know more of a node than its version tells: what is known is forgotten when nodes come, go or change.
    this.known.clear();
  }
}

export const borgLike: AlgorithmDefinition = {
  help: 'Best of enough nodes in a random order, by a score that strands little, with equivalence classes and a score cache (after Borg).',
  settings,
  create: (context) => new BorgLike(context),
};
