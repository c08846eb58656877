/**
 * The scheduling framework: what a plugin is. K:staging kube-scheduler/framework/interface.go.
 *
 * Every plugin has two forms. The plain form judges one pod against the plain facts of one node, as upstream's code does: it is the
 * specification. The column form judges one pod against many nodes at once over the typed columns of {@link NodeColumns}: it is what runs. A
 * contract test holds the two against each other on random clusters.
 */
import type { Labels, ObjectKey, Taint } from '../../cluster/index.ts';
import type { HostPort, PodRequirements } from './pod-requirements.ts';

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
  /** Type of its GPUs, and what is free of each, in thousandths; undefined = none. */
  readonly gpus?: { readonly model: string; readonly free: readonly number[] } | undefined;
}

/** A plugin that rules nodes out. */
export interface FilterPlugin {
  /** Plain form: whether the pod may go to the node. */
  admits(pod: PodRequirements, node: NodeFacts): boolean;
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
}

/** How raw scores become scores in 0..100 (upstream's NormalizeScore): as they are, in proportion to the best, or the other way round. */
export type Normalisation = 'none' | 'proportional' | 'reversed';

/** A plugin that rates nodes. */
export interface ScorePlugin {
  readonly normalisation: Normalisation;
  /** Plain form: the raw score of a node. */
  rate(pod: PodRequirements, node: NodeFacts): number;
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

/** What may make pods schedulable that were not: a node came or changed, or a placed pod went. */
export type ClusterEvent =
  | { readonly kind: 'node'; readonly node: NodeFacts; readonly before: NodeFacts | undefined }
  | { readonly kind: 'deletion'; readonly deleted: PodRequirements };

/** A plugin that decides whether a pod may enter the queue at all. */
export interface PreEnqueuePlugin {
  /** Whether the pod may enter; one that may not is held back until an event to which the plugin listens. */
  admits(pod: PodIdentity): boolean;
  /** Whether it is worth asking again after such an event. */
  listensTo(event: ClusterEvent): boolean;
}

/** An instance of a plugin in one profile: what it does at the points where it acts. */
export interface Plugin {
  readonly preEnqueue?: PreEnqueuePlugin;
  readonly filter?: FilterPlugin;
  readonly score?: ScorePlugin;
}

/** Turns the first `count` raw scores into scores in 0..100, in integers (K:pkg/scheduler/framework/plugins/helper/normalize_score.go). */
export function normaliseScores(scores: Float64Array, count: number, normalisation: Normalisation): void {
  if (normalisation === 'none') return;
  const reversed = normalisation === 'reversed';
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
