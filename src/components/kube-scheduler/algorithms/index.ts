/** The registry of scheduling algorithms. Adding one = a file beside this one and a line here. */
import { kubeScheduler } from './kube-scheduler.ts';
import type { AlgorithmDefinition } from './scheduling-algorithm.ts';

export const algorithmRegistry = {
  'kube-scheduler': kubeScheduler,
} as const satisfies Record<string, AlgorithmDefinition>;

/** Name of a scheduling algorithm. */
export type AlgorithmName = keyof typeof algorithmRegistry;

export {
  type AlgorithmContext,
  type AlgorithmDefinition,
  type AlgorithmSetting,
  type AlgorithmSettings,
  Decision,
  NO_NODE,
  type SchedulingAlgorithm,
} from './scheduling-algorithm.ts';
