/**
 * One machine of the control plane: C cores shared equally by whatever is runnable on it (the kernel's fair scheduler, seen from a distance).
 *
 * A process that has been idle pays for waking up with its next piece of work: the kernel takes a core out of its sleep, the caches are cold, and the
 * runtime starts its threads anew. What that costs grows with the time it was idle, towards a most: wakeUpCpu x idle / (idle + wakeUpHalf). It is part
 * of the piece of work, so it takes no event. Before it sleeps its threads look for other work for a while, which costs CPU that nobody waits for, if there is more than one core.
 * Work under a process's name tells when it is idle.
 * Left out: context switches between busy processes, NUMA, cgroup limits, and the garbage collector of the Go runtime.
 */
import { ProcessorSharing, type Simulation } from '../../engine/index.ts';
import { type Nanoseconds, nanoseconds } from '../../units/index.ts';

/** Told that a piece of work has ended; `tag` is what the owner gave with it. */
export type WorkDone = (tag: number) => void;

/** What a process pays for waking up. */
export interface WakeUp {
  /** CPU of waking up after a long time, and the idle time after which it is half of that. */
  readonly wakeUpCpu: Nanoseconds;
  readonly wakeUpHalf: Nanoseconds;
  /** CPU of looking for work before sleep; no more than the time it was idle. */
  readonly spinCpu: Nanoseconds;
}

/** Bits of a job's tag that are the owner's own; the bits above number the owner. */
const TAG_BITS = 24;
const TAG_MASK = (1 << TAG_BITS) - 1;
/** Owners that the bits above the tag can number. */
const MOST_OWNERS = 1 << (31 - TAG_BITS);
/** Work that nobody waits for is done in lumps of this much [ns]: one job instead of many tiny ones. */
const LUMP = 1_000_000;

/** A process: what tells whether it is idle. */
interface HostProcess {
  /** Pieces of work in service, and when the latest ended [ns], state. */
  jobs: number;
  idleSince: number;
  /** CPU that its threads took looking for work [ns], statistic. */
  spun: number;
}

/** A machine. Processes register once and then run work on it. */
export class Host {
  /** Name for metrics ("host 1"). */
  readonly name: string;
  /** Waking up; undefined = it costs nothing. */
  readonly wakeUp: WakeUp | undefined;
  private readonly simulation: Simulation;
  private readonly cpu: ProcessorSharing;
  /** Owners by number, and the process that each belongs to. */
  private readonly owners: WorkDone[] = [];
  private readonly processOf: (HostProcess | undefined)[] = [];
  private readonly processes = new Map<string, HostProcess>();
  /** Work that nobody waits for and that is not done yet [ns], state, and its number as an owner. */
  private unawaited = 0;
  private readonly unawaitedOwner: number;

  constructor(simulation: Simulation, name: string, cores: number, wakeUp?: WakeUp) {
    this.simulation = simulation;
    this.name = name;
    this.wakeUp = wakeUp;
    this.cpu = new ProcessorSharing(simulation, name, cores, (_, tag) => this.onEnded(tag));
    this.unawaitedOwner = this.register(() => {});
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

  /** Registers an owner of work; its number goes into {@link run}. Those that name the same process wake up together; without one it costs nothing. */
  register(done: WorkDone, process?: string): number {
    if (this.owners.length === MOST_OWNERS)
      throw new RangeError(`more than ${MOST_OWNERS} owners of work on ${this.name}`);
    this.owners.push(done);
    this.processOf.push(process === undefined || this.wakeUp === undefined ? undefined : this.processNamed(process));
    return this.owners.length - 1;
  }

  /** Runs `work` of CPU for a process and then tells its owner. `tag` is below 2^24. Returns the work and what waking up adds to it. */
  run(owner: number, work: Nanoseconds, tag: number): Nanoseconds {
    const process = this.processOf[owner];
    const taken = process === undefined ? work : nanoseconds(work + this.beginIn(process));
    this.cpu.start(taken, (owner << TAG_BITS) | tag);
    return taken;
  }

  /** Work that nobody waits for: it only keeps others from the cores. */
  charge(work: number): void {
    this.unawaited += work;
    if (this.unawaited < LUMP) return;
    this.cpu.start(nanoseconds(this.unawaited), this.unawaitedOwner << TAG_BITS);
    this.unawaited = 0;
  }

  /** Work of a process's other threads, which only run where there is another core; returns what it is here [ns]. */
  chargeBeside(work: number): number {
    if (this.cores <= 1) return 0;
    this.charge(work);
    return work;
  }

  /** CPU that the threads of a process took looking for work [ns]. */
  spinNanoseconds(process: string): number {
    return this.processes.get(process)?.spun ?? 0;
  }

  private processNamed(name: string): HostProcess {
    let process = this.processes.get(name);
    if (process === undefined) {
      process = { jobs: 0, idleSince: 0, spun: 0 };
      this.processes.set(name, process);
    }
    return process;
  }

  /** Another piece of work of a process; returns what waking up costs it [ns]. */
  private beginIn(woken: HostProcess): number {
    if (woken.jobs++ > 0) return 0;
    const { wakeUpCpu, wakeUpHalf, spinCpu } = this.wakeUp as WakeUp;
    const idle = this.simulation.now - woken.idleSince;
    woken.spun += this.chargeBeside(Math.min(spinCpu, idle));
    return idle === 0 ? 0 : Math.round((wakeUpCpu * idle) / (idle + wakeUpHalf));
  }

  private onEnded(tag: number): void {
    const owner = tag >>> TAG_BITS;
    const ended = this.processOf[owner];
    if (ended !== undefined && --ended.jobs === 0) ended.idleSince = this.simulation.now;
    (this.owners[owner] as WorkDone)(tag & TAG_MASK);
  }
}
