/**
 * Alignment of what a pod asks for with what a node has free, as a dot product. Tetris (Grandl et al., SIGCOMM 2014) takes the largest, so that pods go
 * where there is much of what they want; the "DotProd" of the FGD study (pkg/simulator/plugin/dot_product_score.go) the smallest: the fullest node.
 * Left out of Tetris: its term for the remaining work of a job, and its fairness knob.
 */
import { MAX_NODE_SCORE, type NodeFacts } from '../framework.ts';
import type { NodeColumns } from '../node-columns.ts';
import type { PodRequirements } from '../pod-requirements.ts';
import { scoringKnobs } from './knobs.ts';
import type { AlgorithmDefinition } from './scheduling-algorithm.ts';
import { type NodeRater, ScoredChoice } from './scored-choice.ts';
import { freeGpuOf, gpuOf, type LargestNode, LargestNodes } from './tightness.ts';

/** Alignment over CPU and GPU (CPU and memory where no node has GPUs), each measured by the largest node; 0 to 1. */
function alignment(pod: PodRequirements, cpu: number, memory: number, gpu: number, largest: LargestNode): number {
  const ofCpu = ((cpu / largest.cpu) * pod.cpu) / largest.cpu;
  const ofOther =
    largest.gpu === 0
      ? ((memory / largest.memory) * pod.memory) / largest.memory
      : ((gpu / largest.gpu) * gpuOf(pod)) / largest.gpu;
  return (ofCpu + ofOther) / 2;
}

class AlignmentRater implements NodeRater {
  private readonly nodes: NodeColumns;
  private readonly largest: LargestNodes;
  private readonly prefersLarge: boolean;

  constructor(nodes: NodeColumns, prefersLarge: boolean) {
    this.nodes = nodes;
    this.largest = new LargestNodes(nodes);
    this.prefersLarge = prefersLarge;
  }

  rate(pod: PodRequirements, node: NodeFacts): number {
    const { allocatable, requested } = node;
    const memory = allocatable.memory - requested.memory;
    return this.scoreOf(alignment(pod, allocatable.cpu - requested.cpu, memory, freeGpuOf(node), this.largest.now));
  }

  rateAll(pod: PodRequirements, slots: Int32Array, count: number, scores: Float64Array): void {
    const { allocatableCpu, requestedCpu, allocatableMemory, requestedMemory, gpus } = this.nodes;
    const largest = this.largest.now;
    for (let i = 0; i < count; i++) {
      const slot = slots[i] as number;
      const cpu = (allocatableCpu[slot] as number) - (requestedCpu[slot] as number);
      const memory = (allocatableMemory[slot] as number) - (requestedMemory[slot] as number);
      scores[i] = this.scoreOf(alignment(pod, cpu, memory, gpus.freeSum[slot] ?? 0, largest));
    }
  }

  private scoreOf(aligned: number): number {
    return MAX_NODE_SCORE * (this.prefersLarge ? aligned : 1 - aligned);
  }
}

export const dotProductMinimum: AlgorithmDefinition = {
  help: 'The node for which request and free amounts have the smallest dot product: full nodes first (DotProd of the FGD study).',
  settings: scoringKnobs,
  create: (context) => new ScoredChoice(context, new AlignmentRater(context.nodes, false)),
};

export const tetrisMaximum: AlgorithmDefinition = {
  help: 'The node for which request and free amounts have the largest dot product: where there is much of what the pod wants (Tetris).',
  settings: scoringKnobs,
  create: (context) => new ScoredChoice(context, new AlignmentRater(context.nodes, true)),
};
