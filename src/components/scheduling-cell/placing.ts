/** Counting what a pod takes of a node, and whether it is there: the one rule by which cell and copies go. */
import { NO_DEVICES } from '../kube-scheduler/gpu-columns.ts';
import type { NodeColumns } from '../kube-scheduler/node-columns.ts';
import type { PodRequirements } from '../kube-scheduler/pod-requirements.ts';

/** Counts a pod with its devices on a node (1), or no longer (-1). */
export function countPlacement(
  nodes: NodeColumns,
  node: number,
  pod: PodRequirements,
  devices: number,
  sign: 1 | -1,
): void {
  nodes.count(node, pod, sign);
  if (devices !== NO_DEVICES && pod.gpu !== undefined) nodes.gpus.take(node, devices, pod.gpu.milli, sign);
}

/** Whether a node is there and has the room that a pod asks for, whatever else the pod may want of it. */
export function hasRoom(nodes: NodeColumns, node: number, pod: PodRequirements): boolean {
  if (!nodes.isKnown(node)) return false;
  if ((nodes.pods[node] as number) >= (nodes.allowedPods[node] as number)) return false;
  if (lacks(pod.cpu, nodes.allocatableCpu, nodes.requestedCpu, node)) return false;
  if (lacks(pod.memory, nodes.allocatableMemory, nodes.requestedMemory, node)) return false;
  if (lacks(pod.ephemeralStorage, nodes.allocatableStorage, nodes.requestedStorage, node)) return false;
  for (const { resource, amount } of pod.extended) {
    const allocatable = nodes.allocatableExtended[resource];
    const requested = nodes.requestedExtended[resource];
    if (allocatable === undefined || requested === undefined || lacks(amount, allocatable, requested, node))
      return false;
  }
  return pod.gpu === undefined || nodes.gpus.admits(node, pod.gpu);
}

function lacks(amount: number, allocatable: Float64Array, requested: Float64Array, node: number): boolean {
  return amount > 0 && amount > (allocatable[node] as number) - (requested[node] as number);
}
