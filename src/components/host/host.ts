/**
 * One machine of the control plane: C cores that threads have in turn (the kernel's fair scheduler, seen from a distance).
 * Work under a process's name waits for the threads of that process (see run-queue.ts); work without one is a thread of its own.
 * Left out: context switches, a queue for each core and the moving of threads between them, priorities and debts of the kernel's scheduler, NUMA,
 * cgroup limits.
 */
import {
  createDistribution,
  type Distribution,
  type RandomStream,
  type Simulation,
  TimeSharing,
} from '../../engine/index.ts';
import { type Nanoseconds, nanoseconds } from '../../units/index.ts';
import { GarbageCollector, type HeapOptions } from './garbage-collector.ts';
import { Place, RunQueue, type WakeUp } from './run-queue.ts';

/** Told that a piece of work has ended; `tag` is what the owner gave with it. */
export type WorkDone = (tag: number) => void;

/** What the machine does to processes. */
export interface HostOptions extends WakeUp {
  /** Standard deviation over mean of what a piece of work takes. */
  readonly workVariation: number;
  /** Time slices of the kernel and of the Go runtime. */
  readonly timeSlice: Nanoseconds;
  readonly goTimeSlice: Nanoseconds;
  /** CPU of marking, for each byte that is alive [ns/B]. */
  readonly goMarkCpu: number;
  /** Time for which all threads of a process stop at each end of a collection. */
  readonly goStopTheWorld: Nanoseconds;
}

/** The heap of a process. */
export type ProcessHeap = Pick<HeapOptions, 'gogc' | 'allocation' | 'liveBytes'>;

/** Bits of a job's tag that are for its port; the bits above number the port. */
const TAG_BITS = 24;
const TAG_MASK = (1 << TAG_BITS) - 1;
/** Ports that the bits above the tag can number. */
const MOST_PORTS = 1 << (31 - TAG_BITS);
/** What a piece of work takes varies as if no more than this much of it did: in longer ones it evens out [ns]. */
const VARYING_WORK = 1_000_000;
/** Scale on which the variation is drawn: samples are whole numbers. */
const SCALE = 1e9;
/** The standard normal quantile of 0.99. */
const NORMAL_P99 = 2.3263478740408408;
/** Work that nobody waits for is done in lumps of this much [ns]: one job instead of many tiny ones. */
const LUMP = 250_000;
/** Time slices where nobody says others: the kernel's, and the runtime's (sysmon's forcePreemptNS) [ns]. */
const USUAL_TIME_SLICE = 3_000_000;
const USUAL_GO_TIME_SLICE = 10_000_000;

/** A machine. Processes register once and then run work on it. */
export class Host {
  /** Name for metrics ("host 1"). */
  readonly name: string;
  /** What it does to processes; undefined = waking up costs nothing, heaps are not modelled. */
  readonly options: HostOptions | undefined;
  private readonly simulation: Simulation;
  private readonly cpu: TimeSharing;
  /** By what factor a piece of work takes more or less, times {@link SCALE}; undefined = it always takes the same. */
  private readonly variation: Distribution | undefined;
  private readonly variations: RandomStream;
  /** Listeners at the ports of the CPU. */
  private readonly ports: WorkDone[] = [];
  /** Owners by number: who is told, and the process that each belongs to or else its port. */
  private readonly owners: WorkDone[] = [];
  private readonly queueOf: (RunQueue | undefined)[] = [];
  private readonly portOf: number[] = [];
  private readonly processes = new Map<string, RunQueue>();
  private readonly queues: RunQueue[] = [];
  /** Cores that processes use at rest [core], state. */
  private load = 0;
  /** CPU that the kernel was charged with [ns], statistic. */
  systemNanoseconds = 0;
  /** Work that nobody waits for and that is not done yet [ns], state, and the port of it. */
  private unawaited = 0;
  private readonly unawaitedPort: number;

  constructor(simulation: Simulation, name: string, cores: number, options?: HostOptions) {
    this.simulation = simulation;
    this.name = name;
    this.options = options;
    this.cpu = new TimeSharing(simulation, name, cores, options?.timeSlice ?? USUAL_TIME_SLICE, (_, tag) =>
      this.onEnded(tag),
    );
    this.variation = options === undefined ? undefined : variationOf(options.workVariation);
    this.variations = simulation.streams.stream(`${name} work`);
    this.unawaitedPort = this.newPort(() => {});
  }

  /** Cores [core]. */
  get cores(): number {
    return this.cpu.cores;
  }

  /** Pieces of work in service or waiting now. */
  get jobs(): number {
    let { jobs } = this.cpu;
    for (const queue of this.queues) jobs += queue.waiting;
    return jobs;
  }

  /** Integral of the cores in use up to now [ns]. */
  busyCoreNanoseconds(): number {
    return this.cpu.busyCoreNanoseconds() + this.load * this.simulation.now;
  }

  /** Cores that a process uses all the time at rest: counted, and too few to hold anything up. */
  addLoad(cores: number): void {
    this.load += cores;
  }

  /** How many times slower than alone a piece of work runs now. */
  slowdown(): number {
    return Math.max(1, this.jobs / this.cpu.cores);
  }

  /** Cores that have nothing to do now [core]. */
  get idleCores(): number {
    return Math.max(0, Math.floor(this.cpu.cores) - this.cpu.jobs);
  }

  /** Threads that are on a core or wait for one, by core; at least 1. */
  threadsPerCore(): number {
    return Math.max(1, this.cpu.jobs / this.cpu.cores);
  }

  /** Registers an owner of work; its number goes into {@link run}. Those that name the same process share its threads; without one each piece is a thread. */
  register(done: WorkDone, process?: string): number {
    this.owners.push(done);
    this.queueOf.push(process === undefined ? undefined : this.processNamed(process));
    this.portOf.push(process === undefined ? this.newPort(done) : -1);
    return this.owners.length - 1;
  }

  /** Models the heap of a process. */
  collect(process: string, heap: ProcessHeap): void {
    const { options, simulation } = this;
    if (options === undefined) return;
    const queue = this.processNamed(process);
    const group = this.queues.indexOf(queue);
    const port: number = this.newPort((worker) => queue.collector?.onRan(worker));
    const machine = {
      start: (work: number, worker: number) => this.cpu.start(nanoseconds(work), (port << TAG_BITS) | worker, group),
      abort: (job: number) => this.cpu.abort(job),
    };
    const name = `${this.name}: ${process}`;
    queue.collector = new GarbageCollector(simulation, machine, queue, name, {
      ...heap,
      markCpu: options.goMarkCpu,
      stopTheWorld: options.goStopTheWorld,
      timeSlice: options.goTimeSlice,
      phase: simulation.streams.stream(`${name} heap`).next(),
    });
  }

  /** Runs `work` of CPU for a process and then tells its owner. `tag` is below 2^24. Returns what it takes with waking up and marking. */
  run(owner: number, work: Nanoseconds, tag: number, bytes = 0): Nanoseconds {
    return this.start(owner, work, tag, Place.Ready, bytes);
  }

  /** The same, but before what its process has to do already: the runtime lets whoever was just woken go first. */
  runNext(owner: number, work: Nanoseconds, tag: number): Nanoseconds {
    return this.start(owner, work, tag, Place.First, 0);
  }

  /** The same, but behind all that its process has to do already: goroutines that others wake in numbers. */
  runLast(owner: number, work: Nanoseconds, tag: number): Nanoseconds {
    return this.start(owner, work, tag, Place.Last, 0);
  }

  private start(owner: number, work: Nanoseconds, tag: number, place: Place, bytes: number): Nanoseconds {
    const queue = this.queueOf[owner];
    if (queue !== undefined) return nanoseconds(queue.run(owner, work, tag, place, bytes));
    this.cpu.start(work, ((this.portOf[owner] as number) << TAG_BITS) | tag);
    return work;
  }

  /** Work that nobody waits for: it only keeps others from the cores. */
  charge(work: number): void {
    this.unawaited += work;
    if (this.unawaited < LUMP) return;
    this.cpu.spend(nanoseconds(this.unawaited), this.unawaitedPort << TAG_BITS);
    this.unawaited = 0;
  }

  /** The same as a thread of its own at once, not in lumps. */
  chargeThread(work: number): void {
    this.cpu.spend(nanoseconds(work), this.unawaitedPort << TAG_BITS);
  }

  /** Work of the kernel, or of whatever runs below it, that belongs to no process. */
  chargeSystem(work: number): void {
    this.systemNanoseconds += work;
    this.charge(work);
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

  /** The collector of a process's heap, if it is modelled. */
  collectorOf(process: string): GarbageCollector | undefined {
    return this.processes.get(process)?.collector;
  }

  private newPort(done: WorkDone): number {
    if (this.ports.length === MOST_PORTS) throw new RangeError(`more than ${MOST_PORTS} ports of ${this.name}`);
    this.ports.push(done);
    return this.ports.length - 1;
  }

  private processNamed(name: string): RunQueue {
    let queue = this.processes.get(name);
    if (queue === undefined) {
      queue = this.newProcess();
      this.processes.set(name, queue);
      this.queues.push(queue);
    }
    return queue;
  }

  private newProcess(): RunQueue {
    const { options, simulation, cpu } = this;
    const group = this.queues.length;
    const machine = {
      now: () => simulation.now,
      start: (work: number, slot: number) => void cpu.start(nanoseconds(work), (port << TAG_BITS) | slot, group),
      done: (owner: number, tag: number) => (this.owners[owner] as WorkDone)(tag),
      vary: (work: number) => this.vary(work),
      chargeBeside: (work: number) => this.chargeBeside(work),
    };
    const queue = new RunQueue(machine, {
      threads: Math.max(1, Math.floor(cpu.cores)),
      timeSlice: options?.goTimeSlice ?? USUAL_GO_TIME_SLICE,
      wakeUp: options,
    });
    const port = this.newPort((slot) => queue.onSlice(slot));
    return queue;
  }

  private vary(work: number): number {
    if (this.variation === undefined) return work;
    const factor = this.variation.sample(this.variations) / SCALE;
    return Math.round(work + (factor - 1) * Math.min(work, VARYING_WORK));
  }

  private onEnded(tag: number): void {
    (this.ports[tag >>> TAG_BITS] as WorkDone)(tag & TAG_MASK);
  }
}

/** A lognormal distribution with a mean of {@link SCALE}. */
function variationOf(variation: number): Distribution | undefined {
  if (variation === 0) return undefined;
  const sigma = Math.sqrt(Math.log(1 + variation * variation));
  const p50 = SCALE * Math.exp((-sigma * sigma) / 2);
  return createDistribution({ distribution: 'lognormal', p50, p99: p50 * Math.exp(NORMAL_P99 * sigma) });
}
