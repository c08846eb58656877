/** The registry of scheduling algorithms. Adding one = a file beside this one and a line here. */
import { bestFit, worstFit } from './best-fit.ts';
import { borgLike } from './borg-like.ts';
import { dotProductMinimum, tetrisMaximum } from './dot-product.ts';
import { fgd } from './fgd.ts';
import { firstFit, nextFit } from './first-fit.ts';
import { gpuClustering } from './gpu-clustering.ts';
import { gpuPacking } from './gpu-packing.ts';
import { kubeScheduler } from './kube-scheduler.ts';
import { pwr } from './pwr.ts';
import { randomFit } from './random-fit.ts';
import type { AlgorithmDefinition } from './scheduling-algorithm.ts';
import { loadVariationRiskBalancing, targetLoadPacking } from './trimaran.ts';

export const algorithmRegistry = {
  'kube-scheduler': kubeScheduler,
  'first-fit': firstFit,
  'next-fit': nextFit,
  'best-fit': bestFit,
  'worst-fit': worstFit,
  'random-fit': randomFit,
  'dot-product-minimum': dotProductMinimum,
  'tetris-maximum': tetrisMaximum,
  fgd,
  'gpu-packing': gpuPacking,
  'gpu-clustering': gpuClustering,
  pwr,
  'borg-like': borgLike,
  'target-load-packing': targetLoadPacking,
  'load-variation-risk-balancing': loadVariationRiskBalancing,
} as const satisfies Record<string, AlgorithmDefinition>;

/** Name of a scheduling algorithm. */
export type AlgorithmName = keyof typeof algorithmRegistry;

export {
  type AlgorithmContext,
  type AlgorithmDefinition,
  type AlgorithmSettings,
  Decision,
  type DecisionDetails,
  NO_NODE,
  type SchedulingAlgorithm,
  type SettingValues,
} from './scheduling-algorithm.ts';
