/** What a scheduling algorithm is: it chooses a node for a pod. When it runs, how long it takes and what follows is the scheduler's part. */
import type { Distribution, ParameterSet, PlainParameterValue, RandomStream, ValuesOf } from '../../../engine/index.ts';
import type { Nanoseconds } from '../../../units/index.ts';
import type { SchedulerConfiguration } from '../configuration.ts';
import type { Extenders } from '../extenders/extenders.ts';
import type { kubeSchedulerParameters } from '../kube-scheduler.parameters.ts';
import type { NodeColumns } from '../node-columns.ts';
import type { NodeUsage } from '../node-usage.ts';
import type { Nominations } from '../nominations.ts';
import { pluginNames } from '../plugins/index.ts';
import type { PodRequirements } from '../pod-requirements.ts';
import type { Profile } from '../profile.ts';
import type { TypicalPod } from '../typical-pods.ts';

/** No node. */
export const NO_NODE = -1;

/** The scores of a decision, kept only for a pod that is explained. */
export interface DecisionDetails {
  /** Slots of the nodes that were rated. */
  readonly slots: number[];
  /** Weighted sums, by place in `slots`. */
  readonly totals: number[];
  /** Scores by plugin, in order. */
  readonly plugins: { readonly number: number; readonly weight: number; readonly scores: readonly number[] }[];
}

/** What an algorithm is asked, and what it decided on one pod and did for that; filled anew for every pod. */
export class Decision {
  /** Key of the pod, and the slot of the node that its status nominates, which is tried first; both are given. */
  podKey = -1;
  nominated = NO_NODE;
  /** Slot of the chosen node, {@link NO_NODE} if none fits. */
  node = NO_NODE;
  /** Devices of that node that were chosen, as bits by number; 0 = the scheduler chooses them (or the pod asks for none). */
  devices = 0;
  /** Nodes on which the filters ran. */
  examined = 0;
  /** Nodes found feasible. */
  feasible = 0;
  /** Nodes that were rated; 0 where there was nothing to choose from. */
  scored = 0;
  /** CPU that the plugins take at each point for the nodes and pods that they look at [ns]; goroutines share it. */
  preFilterWork = 0;
  filterWork = 0;
  preScoreWork = 0;
  scoreWork = 0;
  /** Whether a node was looked for in a ranking that had been made for another pod, and the node, {@link NO_NODE} = there was none. */
  wasBatched = false;
  hint = NO_NODE;
  /** CPU that plugins take to put together what goroutines have counted, which one of them does alone [ns]. */
  mergeWork = 0;
  /** Time for which extenders held the cycle up [ns], nodes that they turned down, and whether one that matters failed. */
  extenderTime = 0;
  extenderRejected = 0;
  failed = false;
  /** Plugins that rejected a node, as bits by plugin number; {@link EXTENDERS}. */
  rejectors = 0;
  /** Nodes that each plugin rejected, by plugin number. Complete only if none is feasible. */
  readonly rejected = new Int32Array(pluginNames.length);

  /** Scores are kept here where somebody wants to see them; undefined = nobody does. */
  details: DecisionDetails | undefined;

  /** Back to nothing decided. */
  reset(podKey = -1, nominated = NO_NODE): void {
    this.podKey = podKey;
    this.nominated = nominated;
    this.details = undefined;
    this.node = NO_NODE;
    this.devices = 0;
    this.examined = 0;
    this.feasible = 0;
    this.scored = 0;
    this.preFilterWork = 0;
    this.filterWork = 0;
    this.preScoreWork = 0;
    this.scoreWork = 0;
    this.mergeWork = 0;
    this.wasBatched = false;
    this.hint = NO_NODE;
    this.extenderTime = 0;
    this.extenderRejected = 0;
    this.failed = false;
    this.rejectors = 0;
    this.rejected.fill(0);
  }
}

/** Rankings of nodes that serve more than one pod (../opportunistic-batch.ts). */
export interface RankingBatch {
  /** The node that is next in the ranking made for a pod like this one, {@link NO_NODE} = none can be told. `isFull`: whether it does not fit on a node. */
  hint(pod: PodRequirements, profile: Profile, cycle: number, isFull: (slot: number) => boolean): number;
  /** A node was found for a pod; the first `decision.scored` of `slots` were rated, with these totals. */
  store(
    pod: PodRequirements,
    profile: Profile,
    cycle: number,
    decision: Decision,
    slots: Int32Array,
    totals: Float64Array,
  ): void;
}

/** What an algorithm is made with. */
export interface AlgorithmContext {
  readonly nodes: NodeColumns;
  /** Pods that others have to give way to; left out = there are never any. */
  readonly nominations?: Nominations;
  /** Services that are asked about pods; left out = there are none. */
  readonly extenders?: Extenders | undefined;
  /** Goroutines that filter; as the parameter says if left out. */
  readonly parallelism?: number;
  /** How many of them run at once; one after the other if left out. */
  readonly goroutines?: number;
  readonly parameters: ValuesOf<typeof kubeSchedulerParameters>;
  /** Its settings, with all defaults; distributions are ready to be sampled. */
  readonly settings: SettingValues;
  /** Random numbers by which it breaks ties. */
  readonly tieBreak: RandomStream;
  /** Rankings that serve more than one pod; left out = none does. */
  readonly batch?: RankingBatch | undefined;
  /** Place of a node in a fixed order of all; its slot if left out. */
  readonly rankOf?: (slot: number) => number;
  /** What nodes use, measured every so often; left out where nothing measures it. */
  readonly usage?: (period: Nanoseconds) => NodeUsage;
  /** The workload as far as it is known beforehand; learnt from the pods that come if left out. */
  readonly typicalPods?: readonly TypicalPod[];
}

/** An algorithm at work. It may keep state of its own from pod to pod. */
export interface SchedulingAlgorithm {
  /** Chooses a node for a pod of a profile from what the columns say now. `decision` comes reset. */
  decide(pod: PodRequirements, profile: Profile, decision: Decision): void;
}

/** Settings of one scheduler as plain data. */
export type AlgorithmSettings = Readonly<Record<string, PlainParameterValue>>;

/** Settings of one scheduler as an algorithm takes them. */
export type SettingValues = Readonly<Record<string, number | boolean | string | Distribution>>;

/** What the registry holds of each algorithm. */
export interface AlgorithmDefinition {
  readonly help: string;
  readonly settings: ParameterSet;
  /** What its settings make of a configuration; they leave it as it is if left out. */
  readonly configure?: (configuration: SchedulerConfiguration, settings: AlgorithmSettings) => SchedulerConfiguration;
  readonly create: (context: AlgorithmContext) => SchedulingAlgorithm;
}
