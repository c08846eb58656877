/**
 * GPU clustering: pods that ask for as many GPUs (or a share) go where such pods are already.
 * hkust-adsl/kubernetes-scheduler-simulator pkg/simulator/plugin/gpu_clustering_score.go.
 */
import type { NodeFacts } from '../framework.ts';
import { gpuClassOf, WHOLE_GPU } from '../gpu-columns.ts';
import type { NodeColumns } from '../node-columns.ts';
import type { PodRequirements } from '../pod-requirements.ts';
import { scoringKnobs } from './knobs.ts';
import type { AlgorithmDefinition } from './scheduling-algorithm.ts';
import { type NodeRater, ScoredChoice } from './scored-choice.ts';
import { freeGpuOf, LargestNodes } from './tightness.ts';

/** Points for a node that hosts the pod's class alone, among others, and for one that hosts no pod with GPUs; most for a full one. */
const ALONE = 75;
const AMONG_OTHERS = 50;
const NOBODY = 25;
const FULL = 25;

/** Points for what a node hosts: pods by class. */
function clusteringPoints(hosted: ArrayLike<number>, gpuClass: number): number {
  let others = 0;
  for (let i = 0; i < hosted.length; i++) if (i !== gpuClass) others += hosted[i] as number;
  if ((hosted[gpuClass] as number) > 0) return others === 0 ? ALONE : AMONG_OTHERS;
  return others === 0 ? NOBODY : 0;
}

class ClusteringRater implements NodeRater {
  private readonly nodes: NodeColumns;
  private readonly largest: LargestNodes;

  constructor(nodes: NodeColumns) {
    this.nodes = nodes;
    this.largest = new LargestNodes(nodes);
  }

  rate({ gpu }: PodRequirements, node: NodeFacts): number {
    if (gpu === undefined || node.gpus === undefined) return 0;
    return this.fullness(freeGpuOf(node)) + clusteringPoints(node.gpus.hosted, gpuClassOf(gpu));
  }

  rateAll({ gpu }: PodRequirements, slots: Int32Array, count: number, scores: Float64Array): void {
    const { gpus } = this.nodes;
    for (let i = 0; i < count; i++) {
      const slot = slots[i] as number;
      scores[i] =
        gpu === undefined
          ? 0
          : this.fullness(gpus.freeSum[slot] as number) + clusteringPoints(gpus.hostedOn(slot), gpuClassOf(gpu));
    }
  }

  /** Points for what is taken of a node, by the GPUs of the largest node. */
  private fullness(free: number): number {
    const most = Math.max(this.largest.now.gpu, WHOLE_GPU);
    return Math.trunc((FULL * (most - free)) / most);
  }
}

export const gpuClustering: AlgorithmDefinition = {
  help: 'Nodes that host pods with as many GPUs already.',
  settings: scoringKnobs,
  create: (context) => new ScoredChoice(context, new ClusteringRater(context.nodes)),
};
