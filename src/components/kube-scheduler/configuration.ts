/**
 * What a kube-scheduler is configured with: the parts of a KubeSchedulerConfiguration (kubescheduler.config.k8s.io/v1) that the model reads,
 * with the plugins of every profile already worked out per extension point. What is left out is as the component's parameters say.
 */
import type { NodeSelectorTerm, TopologySpreadConstraint } from '../../cluster/index.ts';
import type { Nanoseconds } from '../../units/index.ts';
import type { ExtenderConfiguration } from './extenders/extender-configuration.ts';
import type { ExtensionPoint } from './framework.ts';

/** A resource and its weight in a score. */
export interface ResourceWeight {
  /** cpu, memory, ephemeral-storage, or the name of an extended resource. */
  readonly name: string;
  readonly weight: number;
}

/** A point of the shape of RequestedToCapacityRatio: at this utilisation [%] the score is this, out of 10. */
export interface ShapePoint {
  readonly utilization: number;
  readonly score: number;
}

/** How NodeResourcesFit scores: free nodes first, full ones first, or by a shape of one's own. */
export interface FitScoring {
  readonly strategy: 'LeastAllocated' | 'MostAllocated' | 'RequestedToCapacityRatio';
  readonly resources: readonly ResourceWeight[];
  /** Shape of RequestedToCapacityRatio, by utilisation ascending. */
  readonly shape?: readonly ShapePoint[];
}

/** Default constraints of a profile: those of the system, or a list of its own. */
export interface DefaultConstraints {
  /** With those of the system nodes without zone are still spread over. */
  readonly isSystem: boolean;
  readonly constraints: readonly TopologySpreadConstraint[];
}

/** Arguments of InterPodAffinity. */
export interface InterPodAffinityArguments {
  /** What required affinity of pods that are there is worth in the score. */
  readonly hardPodAffinityWeight: number;
  /** Whether preferred terms of pods that are there are passed over for pods that have none themselves. */
  readonly ignorePreferredTermsOfExistingPods: boolean;
}

/** Arguments of the plugins of a profile. */
export interface PluginArguments {
  readonly nodeResourcesFit: FitScoring;
  readonly nodeResourcesBalancedAllocation: { readonly resources: readonly ResourceWeight[] };
  readonly podTopologySpread: DefaultConstraints;
  readonly interPodAffinity: InterPodAffinityArguments;
  /** How many candidates preemption looks for; as the parameters say if left out. */
  readonly defaultPreemption?: {
    readonly minCandidateNodesPercentage?: number;
    readonly minCandidateNodesAbsolute?: number;
  };
  /** Terms of which every pod of the profile has to meet one, besides its own; undefined = none. */
  readonly addedAffinity?: readonly NodeSelectorTerm[];
}

/** A plugin of a profile at one extension point, with its weight among the scores. */
export interface EnabledPlugin {
  readonly name: string;
  readonly weight: number;
}

/** The plugins of a profile at every extension point, in the order in which they act. */
export type PluginsByPoint = Readonly<Record<ExtensionPoint, readonly EnabledPlugin[]>>;

/** One profile: pods choose it by their schedulerName. */
export interface SchedulerProfile {
  readonly schedulerName: string;
  /** Percentage of nodes to find feasible before scoring, 0 = adaptive; undefined = as the configuration says. */
  readonly percentageOfNodesToScore?: number;
  /** Those that the model does not have are passed over. */
  readonly plugins: PluginsByPoint;
  readonly arguments: PluginArguments;
}

/** A scheduler's configuration. What is undefined is as the component's parameters say. */
export interface SchedulerConfiguration {
  readonly profiles: readonly SchedulerProfile[];
  /** HTTP services that are asked about pods; none if left out. */
  readonly extenders?: readonly ExtenderConfiguration[];
  /** Whether its instances stand for election; undefined = they do. Otherwise all of them work, each for itself. */
  readonly leaderElect?: boolean;
  /** Goroutines that filter and score. */
  readonly parallelism?: number;
  /** Percentage of nodes to find feasible before scoring, 0 = adaptive. */
  readonly percentageOfNodesToScore?: number;
  readonly podInitialBackoff?: Nanoseconds;
  readonly podMaxBackoff?: Nanoseconds;
  /** Limiter of its client; qps 0 or below = none. */
  readonly clientQps?: number;
  readonly clientBurst?: number;
}
