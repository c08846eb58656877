/** What plugins pay for looking at all nodes of the cluster. */
import type { ValuesOf } from '../../../engine/index.ts';
import type { kubeSchedulerParameters } from '../kube-scheduler.parameters.ts';

/** CPU of a walk over so many nodes and their pods that takes `work` as long as caches hold them [ns]. */
export function walkOver(
  nodes: number,
  work: number,
  { cachedNodes, uncachedWalk }: Pick<ValuesOf<typeof kubeSchedulerParameters>, 'cachedNodes' | 'uncachedWalk'>,
): number {
  return nodes <= cachedNodes ? work : work * (1 + uncachedWalk * (1 - cachedNodes / nodes));
}
