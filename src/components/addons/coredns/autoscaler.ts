/**
 * How many replicas of CoreDNS a cluster is to have: the two controls of the cluster-proportional autoscaler.
 * https://github.com/kubernetes-sigs/cluster-proportional-autoscaler (pkg/autoscaler/controller).
 */

/** What the autoscaler counts: nodes that take pods, and their allocatable cores. */
export interface ClusterSize {
  readonly nodes: number;
  readonly cores: number;
}

/** Steps of the ladder that the project's README gives: from so many cores or nodes on, so many replicas. */
const CORES_TO_REPLICAS = [
  [1, 1],
  [64, 3],
  [512, 5],
  [1024, 7],
  [2048, 10],
  [4096, 15],
] as const;
const NODES_TO_REPLICAS = [
  [1, 1],
  [2, 2],
] as const;
/** Replicas that preventSinglePointFailure asks for where there is more than one node. */
const WITHOUT_SINGLE_POINT = 2;

/** The controls by name. */
export const replicaControls = {
  linear({ nodes, cores }: ClusterSize, coresPerReplica: number, nodesPerReplica: number): number {
    const wanted = Math.max(Math.ceil(cores / coresPerReplica), Math.ceil(nodes / nodesPerReplica));
    return Math.max(nodes > 1 ? WITHOUT_SINGLE_POINT : 1, wanted);
  },
  ladder({ nodes, cores }: ClusterSize): number {
    return Math.max(stepAt(CORES_TO_REPLICAS, cores), stepAt(NODES_TO_REPLICAS, nodes));
  },
} as const;

/** Replicas of the highest step that is reached; the first step's below all of them. */
function stepAt(steps: readonly (readonly [number, number])[], size: number): number {
  const reached = steps.findLast(([from]) => size >= from) ?? (steps[0] as readonly [number, number]);
  return reached[1];
}
