/** Nodes and pods as a pass of a descheduler sees them: what its informers have, at one moment. */
import { type NodeSpecification, requiredNodeAffinityMatches, type Taint, tolerates } from '../../cluster/index.ts';
import type { PodRequirements } from '../kube-scheduler/pod-requirements.ts';

/** A pod on a node. */
export interface ViewPod {
  /** Number by which whoever made the view finds it. */
  readonly id: number;
  readonly requirements: PodRequirements;
  readonly priority: number;
  /** Who makes it anew when it is gone (a ReplicaSet, a job), which is what pods share that are duplicates; "" = nobody. */
  readonly owner: string;
  /** Its namespace; in a scheduling cell, its queue. */
  readonly namespace: string;
  /** Whether it is on its way out already, so that nobody evicts it. */
  readonly isTerminating: boolean;
}

/** A node with its pods. */
export interface ViewNode {
  readonly name: string;
  readonly specification: NodeSpecification;
  readonly taints: readonly Taint[];
  readonly isUnschedulable: boolean;
  /** In an order that is always the same. */
  readonly pods: readonly ViewPod[];
}

/** What a pass looks at. */
export interface DeschedulingView {
  /** Ready nodes, in an order that is always the same. */
  readonly nodes: readonly ViewNode[];
  /** Whether a node has room for one more such pod. */
  hasRoom(node: ViewNode, requirements: PodRequirements): boolean;
}

/** Whether a pod tolerates all taints of a node that keep pods off it. */
export function toleratesNode({ template }: PodRequirements, { taints }: Pick<ViewNode, 'taints'>): boolean {
  return taints.every((taint) => taint.effect === 'PreferNoSchedule' || tolerates(template.tolerations, taint));
}

/** Whether a node has the labels that a pod demands. */
export function suitsSelector({ template }: PodRequirements, { specification, name }: ViewNode): boolean {
  return requiredNodeAffinityMatches(template, specification.labels, name);
}

/** Whether a pod could go to one of some nodes other than its own (PodFitsAnyOtherNode). */
export function fitsElsewhere(
  { requirements }: ViewPod,
  own: ViewNode,
  nodes: readonly ViewNode[],
  view: DeschedulingView,
): boolean {
  return nodes.some(
    (node) =>
      node !== own &&
      !node.isUnschedulable &&
      suitsSelector(requirements, node) &&
      toleratesNode(requirements, node) &&
      view.hasRoom(node, requirements),
  );
}
