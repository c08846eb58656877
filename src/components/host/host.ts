/**
 * One machine of the control plane: C cores shared equally by whatever is runnable on it (the kernel's fair scheduler, seen from a distance).
 * Left out: context switches, caches, NUMA, cgroup limits, and the garbage collector of the Go runtime.
 */
import { ProcessorSharing, type Simulation } from '../../engine/index.ts';
import type { Nanoseconds } from '../../units/index.ts';

/** Told that a piece of work has ended; `tag` is what the owner gave with it. */
export type WorkDone = (tag: number) => void;

/** Jobs for which the owner's number is kept at the start; grows. */
const INITIAL_JOBS = 1024;

/** A machine. Processes register once and then run work on it. */
export class Host {
  /** Name for metrics ("host 1"). */
  readonly name: string;
  private readonly cpu: ProcessorSharing;
  /** Owners by number. */
  private readonly owners: WorkDone[] = [];
  /** Owner of each job in service, by job id. */
  private ownerOf = new Uint16Array(INITIAL_JOBS);

  constructor(simulation: Simulation, name: string, cores: number) {
    this.name = name;
    this.cpu = new ProcessorSharing(simulation, name, cores, (job, tag) => {
      (this.owners[this.ownerOf[job] as number] as WorkDone)(tag);
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
    this.owners.push(done);
    return this.owners.length - 1;
  }

  /** Runs `work` of CPU for a process and then tells it. Returns the job. */
  run(owner: number, work: Nanoseconds, tag: number): number {
    const job = this.cpu.start(work, tag);
    if (job >= this.ownerOf.length) {
      const larger = new Uint16Array(Math.max(job + 1, this.ownerOf.length * 2));
      larger.set(this.ownerOf);
      this.ownerOf = larger;
    }
    this.ownerOf[job] = owner;
    return job;
  }
}
