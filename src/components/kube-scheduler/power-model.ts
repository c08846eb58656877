/**
 * Power that a node draws, as steps: a CPU socket draws its full power as soon as one of its cores is given away, a GPU as soon as a share of it is.
 * Lettich et al., Power- and Fragmentation-aware Online Scheduling for GPU Datacenters, CCGrid 2025, section III (figures: Fr4nz83/PWR-plugin-kubernetes
 * pkg/utils/const.go). Left out: use below what is requested, memory, fans, losses of power supplies.
 */

import type { NodeFacts } from './framework.ts';
import { MOST_GPUS, WHOLE_GPU } from './gpu-columns.ts';
import type { NodeColumns } from './node-columns.ts';

/** Power of something that is idle or not [W]. */
interface StepPower {
  readonly idle: number;
  readonly full: number;
}

/** A socket of the CPU that nodes have where nothing else is known: Intel Xeon E5-2682 v4, of 16 cores with two threads each. */
const SOCKET: StepPower = { idle: 15, full: 120 };
/** Milli-CPU of a socket: a thread of a core is one CPU. */
const SOCKET_CPU = 32_000;

/** GPUs by model: data sheets of their maker. The anonymous G2 and G3 of Alibaba's trace have the memory of an A10 and an A100, and count as such. */
const GPUS: Readonly<Record<string, StepPower>> = {
  T4: { idle: 10, full: 70 },
  A10: { idle: 30, full: 150 },
  P100: { idle: 25, full: 250 },
  V100: { idle: 30, full: 300 },
  V100M16: { idle: 30, full: 300 },
  V100M32: { idle: 30, full: 300 },
  A100: { idle: 50, full: 400 },
  G2: { idle: 30, full: 150 },
  G3: { idle: 50, full: 400 },
};
/** A GPU of any other model. */
const OTHER_GPU: StepPower = { idle: 25, full: 250 };

/** Power of the sockets of a node [W], by its CPUs and how many of them are free. */
function socketPower(allocatable: number, free: number): number {
  const used = Math.ceil((allocatable - free) / SOCKET_CPU);
  return used * SOCKET.full + Math.max(0, Math.ceil(allocatable / SOCKET_CPU) - used) * SOCKET.idle;
}

/** Power of a node [W] by plain facts; with a pod's CPUs and what would be free of its GPUs, if these are given. */
export function nodePower({ allocatable, requested, gpus }: NodeFacts, moreCpu = 0, free = gpus?.free ?? []): number {
  const { idle, full } = GPUS[gpus?.model ?? ''] ?? OTHER_GPU;
  const ofGpus = free.reduce((sum, milli) => sum + (milli === WHOLE_GPU ? idle : full), 0);
  return socketPower(allocatable.cpu, allocatable.cpu - requested.cpu - moreCpu) + ofGpus;
}

/** The same over columns. */
export class PowerModel {
  private readonly nodes: NodeColumns;
  /** GPU power by number of its model, as far as models are known. */
  private readonly byModel: StepPower[] = [];

  constructor(nodes: NodeColumns) {
    this.nodes = nodes;
  }

  /** Power of a node now [W]. */
  ofNode(slot: number): number {
    const { allocatableCpu, requestedCpu, gpus } = this.nodes;
    const count = gpus.count[slot] ?? 0;
    const { idle, full } = this.gpuPower(gpus.model[slot] ?? 0);
    const idleGpus = gpus.idle[slot] ?? 0;
    const free = (allocatableCpu[slot] as number) - (requestedCpu[slot] as number);
    return socketPower(allocatableCpu[slot] as number, free) + idleGpus * idle + (count - idleGpus) * full;
  }

  /** By how much it rises with so much CPU and these idle GPUs more in use [W]. */
  rise(slot: number, cpu: number, idleGpus: number): number {
    const { allocatableCpu, requestedCpu, gpus } = this.nodes;
    const allocatable = allocatableCpu[slot] as number;
    const free = allocatable - (requestedCpu[slot] as number);
    const { idle, full } = this.gpuPower(gpus.model[slot] ?? 0);
    return socketPower(allocatable, free - cpu) - socketPower(allocatable, free) + idleGpus * (full - idle);
  }

  private gpuPower(model: number): StepPower {
    const { models } = this.nodes.gpus;
    while (this.byModel.length < models.length)
      this.byModel.push(GPUS[models[this.byModel.length] as string] ?? OTHER_GPU);
    return this.byModel[model] as StepPower;
  }
}

/** Devices of a node that are in use and have so much left, as bits: on them a share costs no power. */
export function sharedDevices({ gpus }: NodeColumns, slot: number, milli: number): number {
  let devices = 0;
  for (let device = 0; device < Math.min(gpus.count[slot] ?? 0, MOST_GPUS); device++) {
    const free = gpus.freeOf(slot, device);
    if (free < WHOLE_GPU && free >= milli) devices |= 1 << device;
  }
  return devices;
}
