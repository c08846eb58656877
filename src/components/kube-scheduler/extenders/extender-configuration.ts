/** What a KubeSchedulerConfiguration says of one extender. K:staging kube-scheduler/config/v1/types.go (Extender). */
import type { Nanoseconds } from '../../../units/index.ts';

/** One extender. */
export interface ExtenderConfiguration {
  /** Its urlPrefix, by which it is known. */
  readonly name: string;
  /** Whether it is asked to filter nodes, to say on which of them pods may be preempted, to rate them, to bind pods: whether the verb is given. */
  readonly filters: boolean;
  readonly preempts: boolean;
  readonly prioritizes: boolean;
  readonly binds: boolean;
  /** What its scores count. */
  readonly weight: number;
  readonly timeout: Nanoseconds;
  /** Whether it knows the nodes already, so that names are sent and not whole objects. */
  readonly nodeCacheCapable: boolean;
  /** Whether pods are scheduled all the same when it fails. */
  readonly ignorable: boolean;
  /** It is asked only about pods that request one of these; empty = about all. */
  readonly managedResources: readonly string[];
  /** Those of them that the scheduler itself does not count. */
  readonly ignoredResources: readonly string[];
}
