/**
 * First fit: the first feasible node of a fixed order, which packs because the order is fixed. Next fit: the first feasible node behind the one that was taken
 * last, which spreads (kube-scheduler without scores does that).
 */
import { choice, defineParameters, documentation } from '../../../engine/index.ts';
import type { PodRequirements } from '../pod-requirements.ts';
import type { Profile } from '../profile.ts';
import { DeviceChoice } from './device-choice.ts';
import { gpuSelectionKnob } from './knobs.ts';
import { NodeSearch } from './node-search.ts';
import { RankedNodes } from './ranked-nodes.ts';
import type { AlgorithmContext, AlgorithmDefinition, Decision, SchedulingAlgorithm } from './scheduling-algorithm.ts';

/** In which order nodes are looked at. */
const settings = defineParameters({
  order: choice({
    help: 'Order in which nodes are looked at: as they are listed (zone by zone in turn), or a fixed order of all (the ranks of the nodes).',
    default: 'listed',
    choices: ['listed', 'rank'],
    source: documentation('classic bin packing: any fixed order'),
  }),
  ...gpuSelectionKnob,
});

class FirstFit implements SchedulingAlgorithm {
  private readonly context: AlgorithmContext;
  private readonly search: NodeSearch;
  private readonly ranked: RankedNodes;
  private readonly devices: DeviceChoice;
  private readonly byRank: boolean;
  /** Whether a search goes on behind the node that was taken last. */
  private readonly moves: boolean;
  /** Place in the order at which the next search begins, state. */
  private start = 0;

  constructor(context: AlgorithmContext, moves: boolean) {
    this.context = context;
    this.search = new NodeSearch(context);
    this.ranked = new RankedNodes(context);
    this.devices = new DeviceChoice(context);
    this.byRank = context.settings.order === 'rank';
    this.moves = moves;
  }

  decide(pod: PodRequirements, profile: Profile, decision: Decision): void {
    const { order } = this.context.nodes;
    const slots = this.byRank ? this.ranked.slots() : order.slots();
    const from = order.count === 0 ? 0 : this.start % order.count;
    this.search.through(pod, profile, decision, { slots, total: order.count, from, wanted: 1 });
    if (this.moves) this.start = from + decision.examined;
    if (this.search.count === 0) return;
    decision.node = this.search.found[0] as number;
    decision.devices = this.devices.choose(pod, decision.node);
  }
}

export const firstFit: AlgorithmDefinition = {
  help: 'The first node of a fixed order that fits.',
  settings,
  create: (context) => new FirstFit(context, false),
};

export const nextFit: AlgorithmDefinition = {
  help: 'The first node that fits behind the one that was taken last.',
  settings,
  create: (context) => new FirstFit(context, true),
};
