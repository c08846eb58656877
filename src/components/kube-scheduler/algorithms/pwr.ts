/**
 * PWR: the node whose power rises least, mixed with FGD so that what saves power does not fragment GPUs. Lettich et al., CCGrid 2025; Fr4nz83/PWR-plugin-kubernetes
 * pkg/simulator/plugin/pwr_score.go. The rise of power is rescaled over the nodes that fit: the least is 100, the most 0.
 */
import { defineParameters, documentation, real } from '../../../engine/index.ts';
import type { NodeFacts } from '../framework.ts';
import { NO_DEVICES, WHOLE_GPU } from '../gpu-columns.ts';
import type { NodeColumns } from '../node-columns.ts';
import type { PodRequirements } from '../pod-requirements.ts';
import { nodePower, PowerModel, sharedDevices } from '../power-model.ts';
import { FragmentationRater } from './fgd.ts';
import { quantiseKnob, samplingKnobs, tieBreakKnob } from './knobs.ts';
import type { AlgorithmContext, AlgorithmDefinition } from './scheduling-algorithm.ts';
import { type NodeRater, ScoredChoice } from './scored-choice.ts';

/** What it can be set to. */
const settings = defineParameters({
  powerWeight: real({
    help: 'Part of the score that the rise of power has; the rest is that of FGD.',
    unit: '1',
    default: 0.1,
    range: [0, 1],
    source: documentation('Lettich et al., CCGrid 2025, section V: 0.1 keeps nearly all of the packing'),
  }),
  ...tieBreakKnob,
  ...quantiseKnob,
  ...samplingKnobs,
});

/** Rates by the rise of power, which it spares. */
class PowerRater implements NodeRater {
  private readonly nodes: NodeColumns;
  private readonly model: PowerModel;

  constructor(nodes: NodeColumns) {
    this.nodes = nodes;
    this.model = new PowerModel(nodes);
  }

  rate({ cpu, gpu }: PodRequirements, node: NodeFacts): number {
    const free = [...(node.gpus?.free ?? [])];
    if (gpu !== undefined && gpu.milli < WHOLE_GPU) {
      const shared = free.findIndex((milli) => milli < WHOLE_GPU && milli >= gpu.milli);
      const device = shared >= 0 ? shared : free.indexOf(WHOLE_GPU);
      free[device] = (free[device] as number) - gpu.milli;
    } else {
      for (let missing = gpu?.count ?? 0; missing > 0; missing--) free[free.indexOf(WHOLE_GPU)] = 0;
    }
    return nodePower(node) - nodePower(node, cpu, free);
  }

  rateAll({ cpu, gpu }: PodRequirements, slots: Int32Array, count: number, scores: Float64Array): void {
    for (let i = 0; i < count; i++) {
      const slot = slots[i] as number;
      const isShare = gpu !== undefined && gpu.milli < WHOLE_GPU;
      const idle = gpu === undefined ? 0 : isShare && sharedDevices(this.nodes, slot, gpu.milli) !== 0 ? 0 : gpu.count;
      scores[i] = -this.model.rise(slot, cpu, idle);
    }
  }

  /** A share goes to the first GPU that is in use already, if one has room. */
  devicesOn({ gpu }: PodRequirements, slot: number): number {
    if (gpu === undefined) return NO_DEVICES;
    const shared = gpu.milli < WHOLE_GPU ? sharedDevices(this.nodes, slot, gpu.milli) : 0;
    return shared === 0 ? this.nodes.gpus.tightest(slot, gpu) : shared & -shared;
  }
}

function create(context: AlgorithmContext): ScoredChoice {
  const weight = context.settings.powerWeight as number;
  const power = new PowerRater(context.nodes);
  return weight === 1
    ? new ScoredChoice(context, power, { weight, spread: true })
    : new ScoredChoice(context, power, { weight, spread: true, beside: new FragmentationRater(context) });
}

export const pwr: AlgorithmDefinition = {
  help: 'The node whose power rises least, mixed with FGD.',
  settings,
  create,
};
