/**
 * GPU packing: a GPU that is shared already before a free GPU of a node in use, and that before a node whose GPUs are all free.
 * hkust-adsl/kubernetes-scheduler-simulator pkg/simulator/plugin/gpu_packing_score.go.
 */
import { MAX_NODE_SCORE, type NodeFacts } from '../framework.ts';
import { MOST_GPUS, WHOLE_GPU } from '../gpu-columns.ts';
import type { NodeColumns } from '../node-columns.ts';
import type { PodRequirements } from '../pod-requirements.ts';
import { scoringKnobs } from './knobs.ts';
import type { AlgorithmDefinition } from './scheduling-algorithm.ts';
import { type NodeRater, ScoredChoice } from './scored-choice.ts';

/** Best scores of a node whose GPUs are all free, and of one that gives up a free GPU: those of shared GPUs lie above. */
const ALL_FREE = 33;
const SOME_FREE = 50;
/** Free thousandths in a percent of a GPU, and percents that cost a point. */
const MILLI_PER_PERCENT = 10;
const PERCENT_PER_POINT = 10;

/** The score, by the free thousandths of a node's GPUs, rising. */
function packingScore(
  request: NonNullable<PodRequirements['gpu']>,
  free: Int32Array | readonly number[],
  count: number,
): number {
  let idle = 0;
  for (let i = 0; i < count; i++) if (free[i] === WHOLE_GPU) idle++;
  if (idle === count) return Math.max(ALL_FREE - count, count);
  let taken = 0;
  let broken = 0;
  let freePercent = 0;
  for (let i = 0; i < count && taken < request.count; i++) {
    const milli = free[i] as number;
    if (milli < request.milli) continue;
    taken++;
    if (milli === WHOLE_GPU) broken++;
    freePercent += Math.trunc(milli / MILLI_PER_PERCENT);
  }
  if (broken > 0) return Math.max(SOME_FREE - broken, ALL_FREE);
  return Math.max(MAX_NODE_SCORE - Math.trunc(freePercent / PERCENT_PER_POINT), SOME_FREE);
}

class PackingRater implements NodeRater {
  private readonly nodes: NodeColumns;
  private readonly sorted = new Int32Array(MOST_GPUS);

  constructor(nodes: NodeColumns) {
    this.nodes = nodes;
  }

  rate({ gpu }: PodRequirements, { gpus }: NodeFacts): number {
    if (gpu === undefined || gpus === undefined) return 0;
    const rising = [...gpus.free].sort((a, b) => a - b);
    return packingScore(gpu, rising, rising.length);
  }

  rateAll({ gpu }: PodRequirements, slots: Int32Array, count: number, scores: Float64Array): void {
    const { gpus } = this.nodes;
    for (let i = 0; i < count; i++) {
      const slot = slots[i] as number;
      scores[i] = gpu === undefined ? 0 : packingScore(gpu, this.sorted, gpus.risingFree(slot, this.sorted));
    }
  }
}

export const gpuPacking: AlgorithmDefinition = {
  help: 'Shared GPUs first, then free GPUs of nodes in use, then nodes whose GPUs are all free.',
  settings: scoringKnobs,
  create: (context) => new ScoredChoice(context, new PackingRater(context.nodes)),
};
