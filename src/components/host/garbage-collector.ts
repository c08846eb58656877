/**
 * The garbage collector of a Go process, as far as it takes time: work allocates; when the heap has grown by GOGC percent of what was found alive, less
 * what the marking will let it grow, a cycle begins that marks what is alive. For the marking
 *
 * - workers take a quarter of the threads: whole threads where that comes out even, else each thread for a quarter of the time, in runs that grow
 *   with the length of the cycle up to a time slice, during which nothing else runs on that thread;
 * - threads that have nothing else to do mark as well, until there is work for them;
 * - whatever allocates meanwhile marks in proportion (assists), such that all is marked when the heap has grown as far as it may, unless the workers have
 *   done more than their part.
 *
 * At both ends of a cycle all threads stop for a moment. What is allocated during a cycle counts as alive until the next one.
 * G:src/runtime/{mgc,mgcpacer,mgcmark}.go as of Go 1.19. Left out: sweeping, stacks as roots beside the heap, a memory limit (GOMEMLIMIT), forced cycles
 * every two minutes.
 */
import type { EventType, Simulation } from '../../engine/index.ts';
import { nanoseconds } from '../../units/index.ts';
import type { RunQueue } from './run-queue.ts';

/** gcBackgroundUtilization: share of the threads that mark. */
const WORKERS_SHARE = 0.25;
/** How far whole threads may be off that share before fractions of threads are used instead (startCycle). */
const SHARE_TOLERANCE = 0.3;
/** A worker on a fraction of a thread stops when it is this much above it (pollFractionalWorkerExit). */
const FRACTION_EXCESS = 1.2;
/** Marking between two looks whether to stop, in bytes of the heap (drainCheckThreshold). */
const CHECK_BYTES = 100_000;
/** Least heap at GOGC = 100 (heapminimum) [B]. */
const LEAST_HEAP = 4_194_304;
/** Bounds of the growth at which a cycle begins, of the growth that is allowed (minTriggerRatioDistance, maxTriggerRatioDistance). */
const EARLIEST_TRIGGER = 0.7;
const LATEST_TRIGGER = 0.95;
/** Rounding up to whole threads. */
const HALF = 0.5;
/** Shares of 100, as GOGC counts. */
const PERCENT = 100;

/** A heap. */
export interface HeapOptions {
  /** GOGC [%]. */
  readonly gogc: number;
  /** CPU of marking, for each byte that is alive [ns/B]. */
  readonly markCpu: number;
  /** Bytes that work allocates for each nanosecond of its CPU [B/ns]. */
  readonly allocation: number;
  /** Time for which all threads stop at each end of a cycle [ns]. */
  readonly stopTheWorld: number;
  /** Longest run of a worker on a fraction of a thread [ns]. */
  readonly timeSlice: number;
  /** How far into its first round the heap is: 0 to 1. A process has been running for long when a run begins. */
  readonly phase: number;
  /** Bytes that are alive. */
  readonly liveBytes: () => number;
}

/** What the collector needs of its machine. */
export interface MarkingMachine {
  /** A thread marks for so long; returns the number of the job. */
  start(work: number, worker: number): number;
  /** A job ends early; returns the work that it still had to do [ns]. */
  abort(job: number): number;
}

/** A worker. */
interface Worker {
  /** Time that it has marked in this cycle, and the run in progress [ns], state. */
  marked: number;
  run: number;
  /** Its job on the machine, undefined if it does not run, state. */
  job: number | undefined;
  /** Whether it is to run as soon as there is a thread, state. */
  isDue: boolean;
}

/** The collector of one process. */
export class GarbageCollector {
  /** Cycles that have ended, statistic. */
  cycles = 0;
  /** CPU of marking: of workers, on idle threads, and of whatever allocates [ns], statistics. */
  workersCpu = 0;
  idleCpu = 0;
  assistsCpu = 0;
  private readonly simulation: Simulation;
  private readonly machine: MarkingMachine;
  private readonly queue: RunQueue;
  private readonly heap: HeapOptions;
  private readonly evDue: EventType;
  /** Workers: first those that have turns or threads of their own, then one for each thread that may be idle. */
  private readonly workers: readonly Worker[];
  /** How many have turns or threads of their own, and what share of a thread each; 1 = all of it. */
  private readonly own: number;
  private readonly share: number;
  /** Bytes allocated since the last cycle ended, how many of them begin the next one, and how many the heap may grow, state. */
  private allocated = 0;
  private trigger = 0;
  private growth = 0;
  /** The cycle in progress: its number among all, whether there is one, its begin [ns], what was alive and had been allocated then [B], state. */
  private cycle = 0;
  private isMarking = false;
  private startedAt = 0;
  private alive = 0;
  private allocatedAtStart = 0;
  /** CPU of marking before it [ns], state. */
  private cpuAtStart = 0;
  /** Marking that is not done, and that workers have done ahead of whatever allocates [ns], state. */
  private left = 0;
  private credit = 0;

  constructor(simulation: Simulation, machine: MarkingMachine, queue: RunQueue, name: string, heap: HeapOptions) {
    this.simulation = simulation;
    this.machine = machine;
    this.queue = queue;
    this.heap = heap;
    const { threads } = queue;
    const goal = threads * WORKERS_SHARE;
    const whole = Math.floor(goal + HALF);
    // A remainder that whole threads do not give is small then, and left out.
    const isWhole = whole > 0 && Math.abs(whole / goal - 1) <= SHARE_TOLERANCE;
    this.own = isWhole ? whole : threads;
    this.share = isWhole ? 1 : WORKERS_SHARE;
    this.workers = Array.from({ length: this.own + threads }, () => ({
      marked: 0,
      run: 0,
      job: undefined,
      isDue: false,
    }));
    this.evDue = simulation.on(`${name}: mark worker is due`, (worker, cycle) => this.onDue(worker, cycle));
  }

  /** A piece of work allocates, for its CPU and so many bytes beside; returns the marking that it has to do for that [ns]. */
  allocate(work: number, beside: number): number {
    const bytes = work * this.heap.allocation + beside;
    if (this.growth === 0) this.startInTheMiddle();
    this.allocated += bytes;
    if (!this.isMarking) {
      if (this.allocated >= this.trigger) this.begin();
      return 0;
    }
    const room = Math.max(bytes, this.growth - this.allocated + bytes);
    const owed = (this.left * bytes) / room;
    const paid = Math.min(owed, this.credit);
    this.credit -= paid;
    const assist = Math.round(owed - paid);
    this.left -= assist;
    this.assistsCpu += assist;
    if (this.left <= 0) this.end();
    return assist;
  }

  /** The first allocation of a run: the process has been running for long, with what is in its heap now. */
  private startInTheMiddle(): void {
    this.growth = this.growthAfter(this.heap.liveBytes());
    this.trigger = this.growth * EARLIEST_TRIGGER;
    this.allocated = this.trigger * this.heap.phase;
  }

  /** Workers that are to run take threads. */
  startWorkers(): void {
    if (!this.isMarking) return;
    for (let i = 0; i < this.own; i++) {
      const worker = this.workers[i] as Worker;
      if (!worker.isDue) continue;
      if (!this.queue.takeThread() && !(this.yieldThread() && this.queue.takeThread())) return;
      worker.isDue = false;
      this.start(i, this.turn(worker));
    }
  }

  /** Takes a thread from a worker that only uses idle ones; returns whether there was any. */
  yieldThread(): boolean {
    for (let i = this.own; i < this.workers.length && this.isMarking; i++) {
      if ((this.workers[i] as Worker).job === undefined) continue;
      this.breakOff(i);
      return true;
    }
    return false;
  }

  /** Threads that have nothing to do mark. */
  fitIdleWorkers(): void {
    if (!this.isMarking) return;
    if (this.left <= 0) this.end();
    for (let i = this.own; i < this.workers.length && this.isMarking; i++) {
      if ((this.workers[i] as Worker).job !== undefined) continue;
      if (!this.queue.takeThread()) return;
      this.start(i, this.heap.timeSlice);
    }
  }

  /** A worker has marked for as long as it was to. */
  onRan(number: number): void {
    const worker = this.workers[number] as Worker;
    worker.job = undefined;
    this.queue.giveThread();
    this.account(number, worker.run);
    if (this.left <= 0) this.end();
    else if (number < this.own) this.plan(number);
    this.queue.dispatch();
  }

  // ---- a cycle ---------------------------------------------------------------------------------------------------------------------

  private begin(): void {
    this.isMarking = true;
    this.cycle++;
    this.startedAt = this.simulation.now;
    this.alive = this.heap.liveBytes();
    this.allocatedAtStart = this.allocated;
    this.left = this.alive * this.heap.markCpu;
    this.credit = 0;
    this.cpuAtStart = this.cpu;
    this.workers.forEach((worker, number) => {
      worker.marked = 0;
      worker.isDue = number < this.own;
    });
    this.queue.stop(this.heap.stopTheWorld);
  }

  private end(): void {
    this.workers.forEach((worker, number) => {
      if (worker.job !== undefined) this.breakOff(number);
      worker.isDue = false;
    });
    this.isMarking = false;
    this.cycles++;
    const during = this.allocated - this.allocatedAtStart;
    this.growth = this.growthAfter(this.alive + during);
    this.trigger = this.triggerAfter(during);
    this.allocated = 0;
    this.queue.stop(this.heap.stopTheWorld);
  }

  /** CPU of marking so far [ns]. */
  get cpu(): number {
    return this.workersCpu + this.idleCpu + this.assistsCpu;
  }

  /** How many bytes the heap may grow when so many were found alive. */
  private growthAfter(alive: number): number {
    return (Math.max(LEAST_HEAP, alive) * this.heap.gogc) / PERCENT;
  }

  /** How many bytes of that begin the next cycle: workers alone should manage, at what was allocated during the last one beside their marking. */
  private triggerAfter(during: number): number {
    const elapsed = (this.simulation.now - this.startedAt) * this.queue.threads;
    const marking = Math.min(LATEST_TRIGGER, (this.cpu - this.cpuAtStart) / Math.max(1, elapsed));
    const allocatedPerMarking = (during * marking) / (1 - marking);
    const runway = (allocatedPerMarking * (1 - WORKERS_SHARE)) / WORKERS_SHARE;
    const at = Math.max(this.growth * EARLIEST_TRIGGER, this.growth - runway);
    return Math.min(this.growth * LATEST_TRIGGER, at);
  }

  // ---- workers ---------------------------------------------------------------------------------------------------------------------

  private start(number: number, turn: number): void {
    const worker = this.workers[number] as Worker;
    const check = CHECK_BYTES * this.heap.markCpu;
    const part = Math.max(check, this.left / this.queue.threads);
    worker.run = Math.ceil(Math.min(turn, part, Math.max(1, this.left)));
    worker.job = this.machine.start(worker.run, number);
  }

  /** How long a worker may run now [ns]. */
  private turn({ marked }: Worker): number {
    if (this.share === 1) return this.heap.timeSlice;
    const most = this.share * FRACTION_EXCESS;
    const elapsed = this.simulation.now - this.startedAt;
    const until = (most * elapsed - marked) / (1 - most);
    return Math.min(this.heap.timeSlice, Math.max(CHECK_BYTES * this.heap.markCpu, until));
  }

  /** The next turn of a worker: at once, or when it falls below its share. */
  private plan(number: number): void {
    const worker = this.workers[number] as Worker;
    const at = this.share === 1 ? 0 : Math.ceil(this.startedAt + worker.marked / this.share);
    const wait = at - this.simulation.now;
    if (wait <= 0) worker.isDue = true;
    else this.simulation.after(nanoseconds(wait), this.evDue, number, this.cycle);
  }

  private onDue(number: number, cycle: number): void {
    if (!this.isMarking || cycle !== this.cycle) return;
    (this.workers[number] as Worker).isDue = true;
    this.queue.dispatch();
  }

  private breakOff(number: number): void {
    const worker = this.workers[number] as Worker;
    const undone = this.machine.abort(worker.job as number);
    worker.job = undefined;
    this.queue.giveThread();
    this.account(number, worker.run - undone);
  }

  /** A worker has marked for so long. */
  private account(number: number, marked: number): void {
    (this.workers[number] as Worker).marked += marked;
    this.left -= marked;
    this.credit += marked;
    if (number < this.own) this.workersCpu += marked;
    else this.idleCpu += marked;
  }
}
