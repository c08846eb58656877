/**
 * One machine of the control plane: C cores shared equally by whatever is runnable on it (the kernel's fair scheduler, seen from a distance).
 * Left out: context switches, caches, NUMA, cgroup limits, and the garbage collector of the Go runtime.
 */
import { ProcessorSharing, type Simulation } from '../../engine/index.ts';
import type { Nanoseconds } from '../../units/index.ts';

/** Told that a piece of work has ended; `tag` is what the owner gave with it. */
export type WorkDone = (tag: number) => void;

/** Bits of a job's tag that are the owner's own; the bits above number the owner. */
const TAG_BITS = 24;
const TAG_MASK = (1 << TAG_BITS) - 1;
/** Owners that the bits above the tag can number. */
const MOST_OWNERS = 1 << (31 - TAG_BITS);

/** A machine. Processes register once and then run work on it. */
export class Host {
  /** Name for metrics ("host 1"). */
  readonly name: string;
  private readonly cpu: ProcessorSharing;
  /** Owners by number. */
  private readonly owners: WorkDone[] = [];

  constructor(simulation: Simulation, name: string, cores: number) {
    this.name = name;
    this.cpu = new ProcessorSharing(simulation, name, cores, (_, tag) => {
      (this.owners[tag >>> TAG_BITS] as WorkDone)(tag & TAG_MASK);
    });
  }

  /** Cores [core]. */
  get cores(): number {
    return this.cpu.cores;
  }

  /** Pieces of work in service now. */
  get jobs(): number {
    return this.cpu.jobs;
  }

  /** Integral of the cores in use up to now [ns]. */
  busyCoreNanoseconds(): number {
    return this.cpu.busyCoreNanoseconds();
  }

  /** How many times slower than alone a piece of work runs now. */
  slowdown(): number {
    return Math.max(1, this.cpu.jobs / this.cpu.cores);
  }

  /** Registers a process; its number goes into {@link run}. */
  register(done: WorkDone): number {
    if (this.owners.length === MOST_OWNERS)
      throw new RangeError(`more than ${MOST_OWNERS} owners of work on ${this.name}`);
    this.owners.push(done);
    return this.owners.length - 1;
  }

  /** Runs `work` of CPU for a process and then tells it. `tag` is below 2^24. */
  run(owner: number, work: Nanoseconds, tag: number): void {
    this.cpu.start(work, (owner << TAG_BITS) | tag);
  }
}
