/**
 * GPUs of nodes as typed columns: what is free of each device, in thousandths, and sums by which a node is ruled out without looking at its
 * devices. After open-gpu-share, which the FGD study extends (hkust-adsl/kubernetes-scheduler-simulator pkg/type/open-gpu-share).
 * Left out: GPU memory (it plays no role in the study), interconnects, partitions of fixed sizes (MIG).
 */
import type { GpuRequest, NodeGpus } from '../../cluster/index.ts';

/** Thousandths of a whole GPU. */
export const WHOLE_GPU = 1000;
/** Most GPUs of one node: sets of devices are bits of an integer. */
export const MOST_GPUS = 16;
/** Slots at the start; doubled. */
const INITIAL_SLOTS = 128;

/** Classes of pods with GPUs: those with a share of one, and those with so many whole ones. */
const GPU_CLASSES = MOST_GPUS + 1;

/** Class of a request: 0 = a share, otherwise its number of GPUs. */
export function gpuClassOf({ count, milli }: GpuRequest): number {
  return classOf(count, milli);
}

function classOf(count: number, milli: number): number {
  return milli < WHOLE_GPU ? 0 : count;
}

/** GPUs of a node as a plain form reads them. */
export interface GpuFacts {
  readonly model: string;
  /** What is free of each, in thousandths. */
  readonly free: readonly number[];
  /** Pods with GPUs, by class. */
  readonly hosted: readonly number[];
}

/** No devices. */
export const NO_DEVICES = 0;

/** GPUs by slot of their node. */
export class GpuColumns {
  /** GPUs of the node. */
  count = new Uint8Array(INITIAL_SLOTS);
  /** Free thousandths, {@link MOST_GPUS} devices a node. */
  free = new Int32Array(INITIAL_SLOTS * MOST_GPUS);
  /** Sum over the node's devices [thousandth]. */
  freeSum = new Int32Array(INITIAL_SLOTS);
  /** Most that is free of one device [thousandth]. */
  freeMost = new Int32Array(INITIAL_SLOTS);
  /** Devices that nobody uses. */
  idle = new Uint8Array(INITIAL_SLOTS);
  /** Pods with GPUs, {@link GPU_CLASSES} classes a node. */
  hosted = new Uint16Array(INITIAL_SLOTS * GPU_CLASSES);
  /** Number of the model of the node's GPUs. */
  model = new Int32Array(INITIAL_SLOTS);
  /** Names of models by number; 0 is "not known". */
  readonly models: string[] = [''];
  private readonly modelNumbers = new Map<string, number>([['', 0]]);
  /** Numbers of the models that a request allows, by request; requests are immutable values. */
  private readonly allowed = new WeakMap<GpuRequest, ReadonlySet<number> | undefined>();
  private readonly modelsSeen = new WeakMap<GpuRequest, number>();
  private slots = INITIAL_SLOTS;

  /** Takes over what a node says of its GPUs; whether that changed anything. Devices in use stay in use. */
  setNode(slot: number, gpus: NodeGpus | undefined): boolean {
    const count = gpus?.count ?? 0;
    if (count === 0 && (slot >= this.slots || this.count[slot] === 0)) return false;
    this.ensure(slot);
    const model = this.modelNumber(gpus?.model ?? '');
    if (this.count[slot] === count && this.model[slot] === model) return false;
    const first = slot * MOST_GPUS;
    for (let device = this.count[slot] as number; device < count; device++) this.free[first + device] = WHOLE_GPU;
    this.count[slot] = count;
    this.model[slot] = model;
    this.sum(slot);
    return true;
  }

  /** Whether the node's model is among those that the request allows, and enough of its devices are free. */
  admits(slot: number, request: GpuRequest): boolean {
    if (slot >= this.slots) return false;
    if (
      request.milli < WHOLE_GPU
        ? (this.freeMost[slot] as number) < request.milli
        : (this.idle[slot] as number) < request.count
    )
      return false;
    return this.allowsModel(request, this.model[slot] as number);
  }

  /** Keeps, in order, those of the first `count` slots in `slots` that admit the request; returns how many. */
  keep(request: GpuRequest, slots: Int32Array, count: number): number {
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const slot = slots[i] as number;
      if (this.admits(slot, request)) slots[kept++] = slot;
    }
    return kept;
  }

  /** Whether a request allows GPUs of a model. */
  allowsModel(request: GpuRequest, model: number): boolean {
    if (request.models.length === 0) return true;
    if (this.modelsSeen.get(request) !== this.models.length) {
      const numbers = request.models.map((name) => this.modelNumbers.get(name) ?? -1);
      this.allowed.set(request, new Set(numbers));
      this.modelsSeen.set(request, this.models.length);
    }
    return (this.allowed.get(request) as ReadonlySet<number>).has(model);
  }

  /**
   * Devices for a request that the node admits, as bits: for a share the device with the least free that still fits, for whole GPUs the first
   * that nobody uses.
   */
  tightest(slot: number, request: GpuRequest): number {
    const first = slot * MOST_GPUS;
    const count = this.count[slot] as number;
    if (request.milli < WHOLE_GPU) {
      let best = -1;
      for (let device = 0; device < count; device++) {
        const free = this.free[first + device] as number;
        if (free >= request.milli && (best < 0 || free < (this.free[first + best] as number))) best = device;
      }
      return best < 0 ? NO_DEVICES : 1 << best;
    }
    let devices = NO_DEVICES;
    let missing = request.count;
    for (let device = 0; device < count && missing > 0; device++) {
      if (this.free[first + device] !== WHOLE_GPU) continue;
      devices |= 1 << device;
      missing--;
    }
    return devices;
  }

  /** Devices with so much free, by rising number. */
  fitting(slot: number, milli: number): number[] {
    const devices: number[] = [];
    for (let device = 0; device < (this.count[slot] as number); device++) {
      if (this.freeOf(slot, device) >= milli) devices.push(device);
    }
    return devices;
  }

  /** What is free of a device [thousandth]. */
  freeOf(slot: number, device: number): number {
    return this.free[slot * MOST_GPUS + device] as number;
  }

  /** Writes what is free of each device to `into`, rising, once `milli` is taken of each of `devices`; returns the number of devices. */
  risingFree(slot: number, into: Int32Array, devices = NO_DEVICES, milli = 0): number {
    const count = this.count[slot] as number;
    const first = slot * MOST_GPUS;
    for (let device = 0; device < count; device++) {
      const free = (this.free[first + device] as number) - (((devices >>> device) & 1) === 1 ? milli : 0);
      let place = device;
      for (; place > 0 && (into[place - 1] as number) > free; place--) into[place] = into[place - 1] as number;
      into[place] = free;
    }
    return count;
  }

  /** Pods with GPUs on a node, by their class ({@link gpuClassOf}). */
  hostedOn(slot: number): Uint16Array {
    return this.hosted.subarray(slot * GPU_CLASSES, (slot + 1) * GPU_CLASSES);
  }

  /** Whether these very devices have room for the request. */
  hasRoom(slot: number, devices: number, milli: number): boolean {
    const first = slot * MOST_GPUS;
    for (let rest = devices, device = 0; rest !== 0; rest >>>= 1, device++) {
      if ((rest & 1) === 1 && (this.free[first + device] as number) < milli) return false;
    }
    return true;
  }

  /** Takes `milli` thousandths of each of the devices (`sign` 1), or gives them back (-1). */
  take(slot: number, devices: number, milli: number, sign: 1 | -1): void {
    const first = slot * MOST_GPUS;
    let count = 0;
    for (let rest = devices, device = 0; rest !== 0; rest >>>= 1, device++) {
      if ((rest & 1) === 0) continue;
      this.free[first + device] = (this.free[first + device] as number) - sign * milli;
      count++;
    }
    const place = slot * GPU_CLASSES + classOf(count, milli);
    this.hosted[place] = (this.hosted[place] as number) + sign;
    this.sum(slot);
  }

  /** The GPUs of a node as plain facts; undefined = it has none. */
  facts(slot: number): GpuFacts | undefined {
    if (slot >= this.slots || this.count[slot] === 0) return undefined;
    const first = slot * MOST_GPUS;
    const free = this.free.subarray(first, first + (this.count[slot] as number));
    return {
      model: this.models[this.model[slot] as number] as string,
      free: [...free],
      hosted: [...this.hostedOn(slot)],
    };
  }

  /** Forgets what is in use. */
  clear(): void {
    this.hosted.fill(0);
    for (let slot = 0; slot < this.slots; slot++) {
      const count = this.count[slot] as number;
      this.free.fill(WHOLE_GPU, slot * MOST_GPUS, slot * MOST_GPUS + count);
      if (count > 0) this.sum(slot);
    }
  }

  private sum(slot: number): void {
    const first = slot * MOST_GPUS;
    let sum = 0;
    let most = 0;
    let idle = 0;
    for (let device = 0; device < (this.count[slot] as number); device++) {
      const free = this.free[first + device] as number;
      sum += free;
      if (free > most) most = free;
      if (free === WHOLE_GPU) idle++;
    }
    this.freeSum[slot] = sum;
    this.freeMost[slot] = most;
    this.idle[slot] = idle;
  }

  private modelNumber(name: string): number {
    let number = this.modelNumbers.get(name);
    if (number === undefined) {
      number = this.models.push(name) - 1;
      this.modelNumbers.set(name, number);
    }
    return number;
  }

  /** Makes room for a slot: nodes without GPUs need none. */
  ensure(slot: number): void {
    if (slot < this.slots) return;
    const slots = Math.max(slot + 1, this.slots * 2);
    const bigger = <T extends Uint8Array | Uint16Array | Int32Array>(from: T, length: number): T => {
      const to = new (from.constructor as new (length: number) => T)(length);
      to.set(from);
      return to;
    };
    this.count = bigger(this.count, slots);
    this.free = bigger(this.free, slots * MOST_GPUS);
    this.freeSum = bigger(this.freeSum, slots);
    this.freeMost = bigger(this.freeMost, slots);
    this.idle = bigger(this.idle, slots);
    this.hosted = bigger(this.hosted, slots * GPU_CLASSES);
    this.model = bigger(this.model, slots);
    this.slots = slots;
  }
}
