/**
 * What a node would have left with one more pod on it, in one number: the mean over CPU and GPU (CPU and memory where no node has GPUs), each measured by
 * the largest node. The best fit of the FGD study (pkg/simulator/plugin/best_fit_score.go), whose largest node has 128 CPUs and 8 GPUs.
 */

import type { NodeFacts } from '../framework.ts';
import { WHOLE_GPU } from '../gpu-columns.ts';
import type { NodeColumns } from '../node-columns.ts';
import type { PodRequirements } from '../pod-requirements.ts';

/** Half: two resources count the same. */
const HALF = 0.5;

/** Largest amounts that one node offers. */
export interface LargestNode {
  /** [milli-CPU] */
  readonly cpu: number;
  /** [B] */
  readonly memory: number;
  /** [thousandth of a GPU] */
  readonly gpu: number;
}

/** Free GPU of a node [thousandth], and what a pod asks for in all. */
export function freeGpuOf({ gpus }: NodeFacts): number {
  return gpus === undefined ? 0 : gpus.free.reduce((sum, free) => sum + free, 0);
}

/** GPU that a pod asks for in all [thousandth]. */
export function gpuOf({ gpu }: PodRequirements): number {
  return gpu === undefined ? 0 : gpu.count * gpu.milli;
}

/** Keeps up what the largest node offers. */
export class LargestNodes {
  private readonly nodes: NodeColumns;
  private known: LargestNode = { cpu: 1, memory: 1, gpu: 0 };
  /** Changes of nodes when it was worked out. */
  private seen = -1;

  constructor(nodes: NodeColumns) {
    this.nodes = nodes;
  }

  /** The largest amounts now. */
  get now(): LargestNode {
    if (this.nodes.offerChanges !== this.seen) {
      this.seen = this.nodes.offerChanges;
      this.known = this.work();
    }
    return this.known;
  }

  private work(): LargestNode {
    const { order, allocatableCpu, allocatableMemory, gpus, capacity } = this.nodes;
    gpus.ensure(capacity - 1);
    const slots = order.slots();
    let cpu = 1;
    let memory = 1;
    let devices = 0;
    for (let i = 0; i < order.count; i++) {
      const slot = slots[i] as number;
      cpu = Math.max(cpu, allocatableCpu[slot] as number);
      memory = Math.max(memory, allocatableMemory[slot] as number);
      devices = Math.max(devices, gpus.count[slot] as number);
    }
    return { cpu, memory, gpu: devices * WHOLE_GPU };
  }
}

/** What nodes would have left. */
export class Tightness {
  private readonly nodes: NodeColumns;
  private readonly largest: LargestNodes;

  constructor(nodes: NodeColumns) {
    this.nodes = nodes;
    this.largest = new LargestNodes(nodes);
  }

  /** 1 less the share that would be left on a node: 1 = nothing, 0 = as much as the largest node offers. */
  of(pod: PodRequirements, slot: number): number {
    const { nodes } = this;
    const cpu = (nodes.allocatableCpu[slot] as number) - (nodes.requestedCpu[slot] as number);
    const memory = (nodes.allocatableMemory[slot] as number) - (nodes.requestedMemory[slot] as number);
    return tightness(pod, cpu, memory, nodes.gpus.freeSum[slot] ?? 0, this.largest.now);
  }

  /** The same by plain facts. */
  ofNode(pod: PodRequirements, node: NodeFacts): number {
    const { allocatable, requested } = node;
    const cpu = allocatable.cpu - requested.cpu;
    return tightness(pod, cpu, allocatable.memory - requested.memory, freeGpuOf(node), this.largest.now);
  }
}

function tightness(pod: PodRequirements, cpu: number, memory: number, gpu: number, largest: LargestNode): number {
  const withoutCpu = 1 - (HALF * (cpu - pod.cpu)) / largest.cpu;
  if (largest.gpu === 0) return withoutCpu - (HALF * (memory - pod.memory)) / largest.memory;
  return withoutCpu - (HALF * (gpu - gpuOf(pod))) / largest.gpu;
}
