/**
 * Memory of one kube-apiserver process: what its heap holds (the process itself, the objects of its watch caches, watches, LISTs that it answers) times what
 * Go's garbage collector lets grow beside it (GOGC), and the return of freed memory to the system. Above the limit of the process it is killed.
 * Left out: the memory of requests other than LISTs, and buffers of slow watchers.
 */
import type { Simulation, ValuesOf } from '../../engine/index.ts';
import type { kubeApiserverParameters } from './kube-apiserver.parameters.ts';

/** Shares of 100, as GOGC counts. */
const PERCENT = 100;
/** Bytes of a GiB. */
const GIBIBYTE = 2 ** 30;

/** What else is in memory: bytes of the objects in the watch caches, and watches that are open. */
export interface MemoryHolders {
  cachedBytes(): number;
  watches(): number;
}

/** The memory of one server. */
export class ServerMemory {
  private readonly simulation: Simulation;
  private readonly parameters: ValuesOf<typeof kubeApiserverParameters>;
  /** Memory that the process may have [B]. */
  private readonly limit: number;
  private readonly holders: MemoryHolders;
  /** Bytes that LISTs in service hold, state. */
  private lists = 0;
  /** Resident memory at the latest look, and its instant [ns], state. */
  private resident = 0;
  private lookedAt = 0;

  /** `limit` [GiB]. */
  constructor(
    simulation: Simulation,
    options: {
      readonly parameters: ValuesOf<typeof kubeApiserverParameters>;
      readonly limit: number;
      readonly holders: MemoryHolders;
    },
  ) {
    this.simulation = simulation;
    this.parameters = options.parameters;
    this.limit = options.limit * GIBIBYTE;
    this.holders = options.holders;
  }

  /** A LIST takes `bytes` of memory until they are given back. */
  take(bytes: number): void {
    this.lists += bytes;
  }

  /** A LIST is done. */
  giveBack(bytes: number): void {
    this.lists -= bytes;
  }

  /** Whether the process has more than it may have. */
  get isOverLimit(): boolean {
    return this.residentBytes() > this.limit;
  }

  /** Bytes of the heap that are alive. */
  liveBytes(): number {
    const { parameters, holders } = this;
    return (
      parameters.memoryBase +
      holders.cachedBytes() * parameters.memoryPerCachedByte +
      holders.watches() * parameters.memoryPerWatch +
      this.lists
    );
  }

  /** Bytes of memory that the process has from the system; falls back slowly after a peak. */
  residentBytes(): number {
    const { parameters, simulation } = this;
    const needed = this.liveBytes() * (1 + parameters.gogc / PERCENT);
    const kept = this.resident * Math.exp((this.lookedAt - simulation.now) / parameters.memoryReturn);
    this.resident = Math.max(needed, kept);
    this.lookedAt = simulation.now;
    return this.resident;
  }

  /** The process has ended. */
  clear(): void {
    this.lists = 0;
    this.resident = 0;
  }
}
