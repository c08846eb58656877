/**
 * Fragmentation of free GPUs: how much of what a node has free a typical pod could not use (Weng et al., USENIX ATC 2023, section 3;
 * hkust-adsl/kubernetes-scheduler-simulator pkg/utils/frag.go). In thousandths of a GPU, expected over the typical pods of the workload.
 */
import { MOST_GPUS } from './gpu-columns.ts';
import type { NodeColumns } from './node-columns.ts';
import type { TypicalPod } from './typical-pods.ts';

/** States of nodes of which the measure is remembered at most. */
const MOST_REMEMBERED = 262_144;

/** Why a typical pod cannot use what is free; the order in which the parts are summed, which decides the last bits and with them ties. */
const PARTS = [
  'both short',
  'GPUs short',
  'CPU short',
  'needs no GPU',
  'needs no GPU, CPU short',
  'model not allowed',
] as const;
const BOTH_SHORT = 0;
const GPUS_SHORT = 1;
const CPU_SHORT = 2;
const NEEDS_NO_GPU = 3;
const NEEDS_NO_GPU_CPU_SHORT = 4;
const MODEL_NOT_ALLOWED = 5;

/**
 * The measure, for a node of a model with so much CPU free and these thousandths of its GPUs free. A typical pod that cannot be placed on the node
 * wastes all of them; one that can, those on which it does not fit. Pods without GPUs use none, so that to them all are waste.
 */
export function fragmentationOf(
  typical: readonly TypicalPod[],
  model: string,
  freeCpu: number,
  freeGpus: readonly number[],
): number {
  const all = freeGpus.reduce((sum, free) => sum + free, 0);
  const parts = PARTS.map(() => 0);
  const add = (part: number, amount: number) => {
    parts[part] = (parts[part] as number) + amount;
  };
  for (const { cpu, gpu, share } of typical) {
    const hasCpu = freeCpu >= cpu;
    if (gpu === undefined) {
      add(hasCpu ? NEEDS_NO_GPU : NEEDS_NO_GPU_CPU_SHORT, share * all);
      continue;
    }
    const tooSmall = freeGpus.filter((free) => free < gpu.milli);
    const hasGpus = freeGpus.length - tooSmall.length >= gpu.count;
    if (gpu.models.length > 0 && !gpu.models.includes(model)) add(MODEL_NOT_ALLOWED, share * all);
    else if (hasCpu && hasGpus) add(GPUS_SHORT, share * tooSmall.reduce((sum, free) => sum + free, 0));
    else add(hasCpu ? GPUS_SHORT : hasGpus ? CPU_SHORT : BOTH_SHORT, share * all);
  }
  return parts.reduce((sum, part) => sum + part, 0);
}

/** The same over columns, remembered by what it depends on: model, free CPU, free GPUs in any order. */
export class Fragmentation {
  private readonly nodes: NodeColumns;
  /** What typical pods ask for, side by side; none of a GPU = no pod that asks for a GPU. */
  private readonly cpus: Float64Array;
  private readonly millis: Int32Array;
  private readonly counts: Int32Array;
  private readonly shares: Float64Array;
  private readonly typical: readonly TypicalPod[];
  /** 1 = the typical pod allows the model, by model number times typical pods. */
  private allowed = new Uint8Array(0);
  private modelsKnown = 0;
  private readonly remembered = new Map<string, number>();
  /** Sums by why a pod cannot use what is free. */
  private readonly parts = new Float64Array(PARTS.length);
  /** Free thousandths of the node being looked at, rising. */
  private readonly sorted = new Int32Array(MOST_GPUS);

  constructor(nodes: NodeColumns, typical: readonly TypicalPod[]) {
    this.nodes = nodes;
    this.typical = typical;
    this.cpus = Float64Array.from(typical, ({ cpu }) => cpu);
    this.millis = Int32Array.from(typical, ({ gpu }) => gpu?.milli ?? 0);
    this.counts = Int32Array.from(typical, ({ gpu }) => gpu?.count ?? 0);
    this.shares = Float64Array.from(typical, ({ share }) => share);
  }

  /** Of a node as it is now. */
  ofNode(slot: number): number {
    const { allocatableCpu, requestedCpu } = this.nodes;
    return this.after(slot, (allocatableCpu[slot] as number) - (requestedCpu[slot] as number), 0, 0);
  }

  /** Of a node once a pod has left it with so much CPU and has taken `milli` thousandths of each of these devices. */
  after(slot: number, freeCpu: number, devices: number, milli: number): number {
    const { gpus } = this.nodes;
    const { sorted } = this;
    const count = gpus.risingFree(slot, sorted, devices, milli);
    const model = gpus.model[slot] as number;
    const key = keyOf(model, freeCpu, sorted, count);
    let fragmentation = this.remembered.get(key);
    if (fragmentation === undefined) {
      fragmentation = this.work(model, freeCpu, count);
      if (this.remembered.size >= MOST_REMEMBERED) this.remembered.clear();
      this.remembered.set(key, fragmentation);
    }
    return fragmentation;
  }

  /** A text for the state of a node: what its fragmentation depends on. */
  keyOf(slot: number): string {
    const { allocatableCpu, requestedCpu, gpus } = this.nodes;
    const count = gpus.risingFree(slot, this.sorted);
    const freeCpu = (allocatableCpu[slot] as number) - (requestedCpu[slot] as number);
    return keyOf(gpus.model[slot] as number, freeCpu, this.sorted, count);
  }

  private work(model: number, freeCpu: number, count: number): number {
    const { sorted, cpus, millis, counts, shares } = this;
    this.knowModels();
    let all = 0;
    for (let i = 0; i < count; i++) all += sorted[i] as number;
    const { parts } = this;
    parts.fill(0);
    const typical = cpus.length;
    for (let t = 0; t < typical; t++) {
      const needed = counts[t] as number;
      const share = shares[t] as number;
      const hasCpu = freeCpu >= (cpus[t] as number);
      let wasted = all;
      let part = hasCpu ? NEEDS_NO_GPU : NEEDS_NO_GPU_CPU_SHORT;
      if (needed > 0) {
        const milli = millis[t] as number;
        let small = 0;
        let tooSmall = 0;
        while (small < count && (sorted[small] as number) < milli) tooSmall += sorted[small++] as number;
        const hasGpus = count - small >= needed;
        part = hasCpu ? GPUS_SHORT : hasGpus ? CPU_SHORT : BOTH_SHORT;
        if (this.allowed[model * typical + t] === 0) part = MODEL_NOT_ALLOWED;
        else if (hasCpu && hasGpus) wasted = tooSmall;
      }
      parts[part] = (parts[part] as number) + share * wasted;
    }
    let fragmentation = 0;
    for (let part = 0; part < parts.length; part++) fragmentation += parts[part] as number;
    return fragmentation;
  }

  private knowModels(): void {
    const { models } = this.nodes.gpus;
    if (this.modelsKnown === models.length) return;
    this.modelsKnown = models.length;
    const isAllowed = (model: string, { gpu }: TypicalPod) =>
      gpu !== undefined && (gpu.models.length === 0 || gpu.models.includes(model));
    this.allowed = Uint8Array.from(
      models.flatMap((model) => this.typical.map((pod) => (isAllowed(model, pod) ? 1 : 0))),
    );
  }
}

/** A text for what fragmentation depends on: short, since it is made often. */
function keyOf(model: number, freeCpu: number, sorted: Int32Array, count: number): string {
  let key = `${model} ${freeCpu}`;
  for (let i = 0; i < count; i++) key += String.fromCharCode(sorted[i] as number);
  return key;
}
