/** Random fit: any feasible node, all with the same chance. */
import { defineParameters } from '../../../engine/index.ts';
import type { PodRequirements } from '../pod-requirements.ts';
import type { Profile } from '../profile.ts';
import { DeviceChoice } from './device-choice.ts';
import { gpuSelectionKnob, samplingKnobs } from './knobs.ts';
import { NodeSearch } from './node-search.ts';
import type { AlgorithmContext, AlgorithmDefinition, Decision, SchedulingAlgorithm } from './scheduling-algorithm.ts';

class RandomFit implements SchedulingAlgorithm {
  private readonly context: AlgorithmContext;
  private readonly search: NodeSearch;
  private readonly devices: DeviceChoice;

  constructor(context: AlgorithmContext) {
    this.context = context;
    this.search = new NodeSearch(context);
    this.devices = new DeviceChoice(context);
  }

  decide(pod: PodRequirements, profile: Profile, decision: Decision): void {
    this.search.all(pod, profile, decision);
    const { found, count } = this.search;
    if (count === 0) return;
    decision.node = found[Math.floor(this.context.tieBreak.next() * count)] as number;
    decision.devices = this.devices.choose(pod, decision.node);
  }
}

export const randomFit: AlgorithmDefinition = {
  help: 'A random one of the nodes that fit.',
  settings: defineParameters({ ...samplingKnobs, ...gpuSelectionKnob }),
  create: (context) => new RandomFit(context),
};
