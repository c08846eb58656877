/**
 * The scheduling framework: what a plugin is. K:staging kube-scheduler/framework/interface.go.
 *
 * Every plugin has two forms. The plain form judges one pod against the plain facts of one node, as upstream's code does: it is the
 * specification. The column form judges one pod against many nodes at once over the typed columns of {@link NodeColumns}: it is what runs. A
 * contract test holds the two against each other on random clusters.
 */
import type { Labels, NodeImage, ObjectKey, Taint } from '../../cluster/index.ts';
import type { GpuFacts } from './gpu-columns.ts';
import type { HostPort, PodRequirements } from './pod-requirements.ts';
import type { NamespaceLabels } from './topology/namespace-labels.ts';
import type { ServiceSelectors } from './topology/service-selectors.ts';

/** Extension points of the framework that a configuration can name. */
export const extensionPoints = [
  'preEnqueue',
  'queueSort',
  'preFilter',
  'filter',
  'postFilter',
  'preScore',
  'score',
  'reserve',
  'permit',
  'preBind',
  'bind',
  'postBind',
] as const;

/** An extension point. */
export type ExtensionPoint = (typeof extensionPoints)[number];

/** The best score that a plugin can give (K:staging kube-scheduler/framework/interface.go:MaxNodeScore). */
export const MAX_NODE_SCORE = 100;

/** Amounts of node resources as a plain form reads them. */
export interface NodeAmounts {
  /** [milli-CPU] */
  readonly cpu: number;
  /** [B] */
  readonly memory: number;
  /** [B] */
  readonly ephemeralStorage: number;
  /** Extended resources by name. */
  readonly extended: Readonly<Record<string, number>>;
}

/** A node and what is placed on it, as a plain form reads it (upstream's NodeInfo). */
export interface NodeFacts {
  readonly name: string;
  readonly labels: Labels;
  readonly taints: readonly Taint[];
  readonly unschedulable: boolean;
  readonly allocatable: NodeAmounts;
  /** Largest number of pods. */
  readonly allowedPods: number;
  /** Sum of the requests of the pods placed on it. */
  readonly requested: NodeAmounts;
  /** The same with 100 milli-CPU and 200 MiB for containers that request none. */
  readonly nonZeroCpu: number;
  readonly nonZeroMemory: number;
  /** Pods placed on it. */
  readonly pods: number;
  /** Host ports that they use. */
  readonly usedPorts: readonly HostPort[];
  /** Its GPUs; undefined = none. */
  readonly gpus?: GpuFacts | undefined;
  /** Images that it has. */
  readonly images: readonly NodeImage[];
}

/** A pod that is placed on a known node. */
export interface PlacedPod {
  readonly pod: PodRequirements;
  readonly node: NodeFacts;
  readonly isTerminating: boolean;
}

/** The cluster as plain forms read it (upstream's snapshot and listers). */
export interface ClusterFacts {
  /** The known nodes. */
  readonly nodes: readonly NodeFacts[];
  readonly placed: readonly PlacedPod[];
  /** The nodes that are rated. */
  readonly candidates: readonly NodeFacts[];
  readonly namespaces: NamespaceLabels;
  readonly services: ServiceSelectors;
}

/** A plugin that rules nodes out. */
export interface FilterPlugin {
  /** CPU of Filter on one node beyond what any call takes [ns]. Left out = none. */
  readonly filterTime?: number;
  /** Whether Filter is called for the pod: PreFilter did not answer Skip. Left out = always. */
  filtersPod?(pod: PodRequirements): boolean;
  /** CPU that PreFilter takes for looking at nodes and pods, spread over the goroutines [ns]. Left out = nothing to speak of. */
  preFilterWork?(pod: PodRequirements): number;
  /** CPU that it takes then to put together what the goroutines have counted, which only one of them does [ns]. Left out = nothing to speak of. */
  preFilterMerge?(pod: PodRequirements): number;
  /** Plain form: whether the pod may go to the node. */
  admits(pod: PodRequirements, node: NodeFacts, cluster: ClusterFacts): boolean;
  /** Column form: keeps, in order, those of the first `count` slots in `slots` that the pod may go to; returns how many. */
  keep(pod: PodRequirements, slots: Int32Array, count: number): number;
  /** Whether the plugin has nothing to say on this pod now (PreFilter's Skip, or all nodes would pass). */
  skips(pod: PodRequirements): boolean;
  /** Slots of the only nodes that can pass (PreFilterResult); undefined = any. */
  narrow?(pod: PodRequirements): readonly number[] | undefined;
  /**
   * Whether a node that the filter rejects stays rejected whoever is removed from it (upstream's UnschedulableAndUnresolvable): preemption is no use
   * there. Left out = removals may help.
   */
  readonly unresolvable?: true | ((pod: PodRequirements, slot: number) => boolean);
  /**
   * Queueing hint: whether a node that was added (`before` undefined) or changed may now take a pod that this plugin had rejected.
   * Left out = every such change may help.
   */
  helpedByNode?(pod: PodRequirements, node: NodeFacts, before: NodeFacts | undefined): boolean;
  /** Queueing hint: whether the end of a placed pod may help a pod that this plugin had rejected. Left out = it cannot. */
  helpedByDeletion?(pod: PodRequirements, deleted: PodRequirements): boolean;
  /** Queueing hint: whether a pod that was placed may help a pod that this plugin had rejected. Left out = it cannot. */
  helpedByPlacement?(pod: PodRequirements, placed: PodRequirements): boolean;
  /** Queueing hint: whether devices that came or are free again may help. Left out = they cannot. */
  helpedByDevices?(pod: PodRequirements): boolean;
  /** Queueing hint: whether the end of a node may help a pod that this plugin had rejected. Left out = it cannot. */
  helpedByNodeDeletion?(pod: PodRequirements, node: NodeFacts): boolean;
  /** Queueing hint: whether a claim, a volume, a class or a CSINode that came or changed may help. Left out = it cannot. */
  helpedByStorage?(pod: PodRequirements): boolean;
}

/** The raw score of a node that is left out of the normalisation `spread` and gets 0. */
export const LEFT_OUT = -1;

/**
 * How raw scores become scores in 0..100 (upstream's NormalizeScore): as they are; in proportion to the best, or the other way round; over the
 * range from least to best; or the fewer the better, as PodTopologySpread has it.
 */
export type Normalisation = 'none' | 'proportional' | 'reversed' | 'range' | 'spread';

/** A plugin that rates nodes. */
export interface ScorePlugin {
  readonly normalisation: Normalisation;
  /** CPU of Score on one node beyond what any call takes [ns]. Left out = none. */
  readonly scoreTime?: number;
  /** Whether Score is called for the pod: PreScore did not answer Skip. Left out = always. */
  scoresPod?(pod: PodRequirements): boolean;
  /** CPU that PreScore takes for looking at nodes and pods, spread over the goroutines [ns]. Left out = nothing to speak of. */
  preScoreWork?(pod: PodRequirements, slots: Int32Array, count: number): number;
  /** CPU that it takes then to put together what the goroutines have counted [ns]. Left out = nothing to speak of. */
  preScoreMerge?(pod: PodRequirements): number;
  /** CPU that Score takes beside {@link scoreTime} for all of these nodes [ns]. Left out = none. */
  scoreWork?(pod: PodRequirements, slots: Int32Array, count: number): number;
  /** Plain form: the raw score of a node, one of the candidates. */
  rate(pod: PodRequirements, node: NodeFacts, cluster: ClusterFacts): number;
  /** Column form: writes the raw scores of the first `count` slots in `slots` to the same places in `scores`. */
  rateAll(pod: PodRequirements, slots: Int32Array, count: number, scores: Float64Array): void;
  /** Whether the plugin leaves this pod out (PreScore's Skip), or would give all nodes the same score, which decides nothing. */
  skipsScore(pod: PodRequirements): boolean;
}

/** A pod as plugins know it that are asked about one pod and not about a template. */
export interface PodIdentity {
  readonly key: ObjectKey;
  readonly uid: number;
  readonly requirements: PodRequirements;
}

/** What may make pods schedulable that were not: a node came, changed or went; a pod was placed, a placed pod went, or storage changed. */
export type ClusterEvent =
  | { readonly kind: 'node'; readonly node: NodeFacts; readonly before: NodeFacts | undefined }
  | { readonly kind: 'nodeDeletion'; readonly node: NodeFacts }
  | { readonly kind: 'placement'; readonly placed: PodRequirements }
  | { readonly kind: 'devices' }
  | { readonly kind: 'deletion'; readonly deleted: PodRequirements }
  | { readonly kind: 'storage' };

/** A plugin that decides whether a pod may enter the queue at all. */
export interface PreEnqueuePlugin {
  /** Whether the pod may enter; one that may not is held back until an event to which the plugin listens. */
  admits(pod: PodIdentity): boolean;
  /** Whether it is worth asking again after such an event. */
  listensTo(event: ClusterEvent): boolean;
}

/** A plugin that keeps something for a pod from the decision on its node to the end of its binding. */
export interface ReservePlugin {
  /** False = it cannot, and the pod finds no node in this attempt. */
  reserve(pod: PodIdentity, slot: number): boolean;
  /** What was kept, if anything was, is free again. */
  unreserve(pod: PodIdentity, slot: number): void;
}

/** A plugin that may make a pod wait before it is bound. */
export interface PermitPlugin {
  /** 0 = it may be bound; above 0 = it waits at most so long [ns]; below 0 = it is turned away. */
  permit(pod: PodIdentity, slot: number): number;
}

/** A plugin that prepares a binding, on the side. */
export interface PreBindPlugin {
  /** Whether it has anything to do for this pod. */
  concerns(pod: PodIdentity, slot: number): boolean;
  /** Does it; `done` is called once, then or later. */
  preBind(pod: PodIdentity, slot: number, done: (succeeded: boolean) => void): void;
}

/** Pods that wait for their permit, as plugins see them. */
export interface WaitingPodsView {
  /** Their keys, in the order in which they began to wait. */
  keys(): Iterable<number>;
  /** A plugin permits what it made wait. */
  allow(key: number, plugin: number): void;
  /** A plugin turns a pod away; false = it does not wait. */
  reject(key: number, plugin: number): boolean;
}

/** What a plugin asks about gangs. */
export interface GangsView {
  /** Whether enough pods of its group are there. */
  admits(pod: PodIdentity): boolean;
  /** 0 = enough of them have a node; above 0 = how long the pod waits for the others [ns]. */
  permit(pod: PodIdentity): number;
}

/** An instance of a plugin in one profile: what it does at the points where it acts. */
export interface Plugin {
  readonly preEnqueue?: PreEnqueuePlugin;
  readonly reserve?: ReservePlugin;
  readonly permit?: PermitPlugin;
  readonly preBind?: PreBindPlugin;
  readonly filter?: FilterPlugin;
  readonly score?: ScorePlugin;
}

/** Turns the first `count` raw scores into scores in 0..100, in integers. */
export function normaliseScores(scores: Float64Array, count: number, normalisation: Normalisation): void {
  switch (normalisation) {
    case 'none':
      break;
    case 'proportional':
      normaliseToBest(scores, count, false);
      break;
    case 'reversed':
      normaliseToBest(scores, count, true);
      break;
    case 'range':
      normaliseRange(scores, count);
      break;
    case 'spread':
      normaliseSpread(scores, count);
  }
}

/** K:pkg/scheduler/framework/plugins/helper/normalize_score.go. */
function normaliseToBest(scores: Float64Array, count: number, reversed: boolean): void {
  let best = 0;
  for (let i = 0; i < count; i++) best = Math.max(best, scores[i] as number);
  if (best === 0) {
    if (reversed) scores.fill(MAX_NODE_SCORE, 0, count);
    return;
  }
  for (let i = 0; i < count; i++) {
    const score = Math.floor(((scores[i] as number) * MAX_NODE_SCORE) / best);
    scores[i] = reversed ? MAX_NODE_SCORE - score : score;
  }
}

/** K:pkg/scheduler/framework/plugins/interpodaffinity/scoring.go:NormalizeScore, in floating point as there. */
function normaliseRange(scores: Float64Array, count: number): void {
  let least = Number.POSITIVE_INFINITY;
  let best = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < count; i++) {
    least = Math.min(least, scores[i] as number);
    best = Math.max(best, scores[i] as number);
  }
  const range = best - least;
  for (let i = 0; i < count; i++) {
    scores[i] = range > 0 ? Math.trunc(MAX_NODE_SCORE * (((scores[i] as number) - least) / range)) : 0;
  }
}

/** K:pkg/scheduler/framework/plugins/podtopologyspread/scoring.go:NormalizeScore. */
function normaliseSpread(scores: Float64Array, count: number): void {
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  for (let i = 0; i < count; i++) {
    const score = scores[i] as number;
    if (score === LEFT_OUT) continue;
    least = Math.min(least, score);
    most = Math.max(most, score);
  }
  for (let i = 0; i < count; i++) {
    const score = scores[i] as number;
    if (score === LEFT_OUT) scores[i] = 0;
    else if (most === 0) scores[i] = MAX_NODE_SCORE;
    else scores[i] = Math.floor((MAX_NODE_SCORE * (most + least - score)) / most);
  }
}
