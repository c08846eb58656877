/** How many feasible nodes are enough (K:pkg/scheduler/schedule_one.go:numFeasibleNodesToFind). */
import type { AlgorithmContext } from './scheduling-algorithm.ts';

/** Parts of a percentage. */
export const PERCENT = 100;
/** The adaptive share of nodes to find [%], and the nodes per which it falls by one. */
const ADAPTIVE_PERCENTAGE = 50;
const NODES_PER_PERCENT = 125;

/** Nodes that are enough of `total`, by a share of them [%]; 0 = the adaptive one. */
export function adaptiveShare(
  total: number,
  percentage: number,
  { minFeasibleNodes, minFeasiblePercentage }: AlgorithmContext['parameters'],
): number {
  const adaptive = Math.max(ADAPTIVE_PERCENTAGE - Math.floor(total / NODES_PER_PERCENT), minFeasiblePercentage);
  return Math.max(Math.floor((total * (percentage === 0 ? adaptive : percentage)) / PERCENT), minFeasibleNodes);
}
