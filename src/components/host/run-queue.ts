/**
 * One process of the Go runtime on a host: its pieces of work wait for one of as many threads as the host has cores (GOMAXPROCS). The kernel shares the
 * cores among the threads of all processes, whatever waits behind them in each. What becomes ready meanwhile is looked at when nothing is left to run, or
 * when a time slice has passed since: then all of it is taken over, the latest first, because the poller hands it over as a stack. A piece that has had a time slice goes behind all of them. The garbage collector's workers take threads before anything else, and what is idle.
 *
 * A process that has been idle pays for waking up with its next piece of work: the kernel takes a core out of its sleep, the caches are cold, and the
 * runtime starts its threads anew. What that costs grows with the time it was idle, slowly at first (whoever waits for another process of the host, as an API
 * server for etcd, is hardly cold), then towards a most: wakeUpCpu x idle^2 / (idle^2 + wakeUpHalf^2). Before a process sleeps its threads look for other
 * work for a while, which costs CPU that nobody waits for, if there is more than one core.
 *
 * G:src/runtime/proc.go (schedule, findRunnable, injectglist, sysmon, retake), netpoll_epoll.go (netpoll), as of Go 1.19.
 * Left out: one queue for each thread and the stealing of work, the place of honour of whoever was woken last (runnext), threads in system calls.
 */
import type { Nanoseconds } from '../../units/index.ts';
import type { GarbageCollector } from './garbage-collector.ts';

/** No piece of work. */
const NONE = -1;

/** What a process pays for waking up. */
export interface WakeUp {
  /** CPU of waking up after a long time, and the idle time after which it is half of that. */
  readonly wakeUpCpu: Nanoseconds;
  readonly wakeUpHalf: Nanoseconds;
  /** CPU of looking for work before sleep; no more than the time it was idle. */
  readonly spinCpu: Nanoseconds;
}

/** Where a piece of work begins to wait: with what becomes ready from outside, before everything else, or behind all. */
export const Place = { Ready: 0, First: 1, Last: 2 } as const;
export type Place = (typeof Place)[keyof typeof Place];

/** What a process needs of its machine. */
export interface Machine {
  /** Virtual time [ns]. */
  now(): number;
  /** A thread of the process runs the piece of work in a slot for so long. */
  start(work: number, slot: number): void;
  /** A piece of work is done. */
  done(owner: number, tag: number): void;
  /** What a piece of work takes that takes so long on the average [ns]. */
  vary(work: number): number;
  /** CPU that nobody waits for and that runs beside, where there is another core; returns what it is here [ns]. */
  chargeBeside(work: number): number;
}

/** The threads of one process and what waits for them. */
export class RunQueue {
  /** Threads that run Go code at once: GOMAXPROCS. */
  readonly threads: number;
  /** CPU that its threads took looking for work [ns], statistic. */
  spun = 0;
  /** The collector of its heap, if it has one that is modelled. */
  collector: GarbageCollector | undefined;
  private readonly machine: Machine;
  private readonly wakeUp: WakeUp | undefined;
  private readonly timeSlice: number;
  /** Threads that run pieces of work or workers of the collector, state. */
  private running = 0;
  /** Pieces of work in service or waiting, and when the latest ended [ns], state. */
  private pieces = 0;
  private idleSince = 0;
  /** The piece of work with which the process wakes up: until its end, or that of its first time slice, no other thread does, state. */
  private waking = NONE;
  /** By slot: owner, its tag, work left [ns], and the slot behind it in the queue, state. */
  private readonly owners: number[] = [];
  private readonly tags: number[] = [];
  private readonly left: number[] = [];
  private readonly behind: number[] = [];
  private readonly freeSlots: number[] = [];
  /** What was taken over and has not run yet, the ends of it, state. */
  private first = NONE;
  private last = NONE;
  /** What has become ready since, the latest, and when that was last looked at [ns], state. */
  private latest = NONE;
  private polledAt = 0;
  /** Pieces that wait, state. */
  private queued = 0;

  constructor(machine: Machine, options: { threads: number; timeSlice: number; wakeUp: WakeUp | undefined }) {
    this.machine = machine;
    this.threads = options.threads;
    this.timeSlice = options.timeSlice;
    this.wakeUp = options.wakeUp;
  }

  /** Pieces of work that wait for a thread. */
  get waiting(): number {
    return this.queued;
  }

  /** Queues a piece of work; returns what it takes with waking up and with what it has to do for the collector [ns]. */
  run(owner: number, work: number, tag: number, place: Place, bytes: number): number {
    let taken = this.machine.vary(work);
    const wakeUp = this.pieces++ === 0 ? this.wake() : 0;
    taken += wakeUp;
    if (this.collector !== undefined) taken += this.collector.allocate(work, bytes);
    // Where nobody has polled for so long, the runtime's monitor does.
    if (this.latest !== NONE && this.machine.now() - this.polledAt >= this.timeSlice) this.takeOver();
    const slot = this.newSlot(owner, taken, tag);
    if (wakeUp > 0) this.waking = slot;
    if (place === Place.First) this.putFirst(slot);
    else if (place === Place.Last) this.putLast(slot);
    else this.add(slot);
    this.dispatch();
    return taken;
  }

  /** A slot's time slice is over, or its work done. */
  onSlice(slot: number): void {
    this.running--;
    // A thread that has run for so long has long woken others.
    if (slot === this.waking) this.waking = NONE;
    if (this.left[slot] === 0) this.end(slot);
    else this.putLast(slot);
    this.dispatch();
  }

  /** A piece of work is done; what that brings may be the next on its thread. */
  private end(slot: number): void {
    if (--this.pieces === 0) this.idleSince = this.machine.now();
    this.freeSlots.push(slot);
    const owner = this.owners[slot] as number;
    if (owner !== NONE) this.machine.done(owner, this.tags[slot] as number);
  }

  /** All threads stand still for a span, as soon as they are at the end of their slices. */
  stop(span: number): void {
    for (let i = 0; i < this.threads; i++) {
      this.pieces++;
      this.putFirst(this.newSlot(NONE, span, 0));
    }
  }

  /** A worker of the collector takes a thread that is idle; returns whether there is one. */
  takeThread(): boolean {
    if (this.running === this.threads) return false;
    this.running++;
    return true;
  }

  /** Gives it back; whoever does so calls {@link dispatch} when all is in order. */
  giveThread(): void {
    this.running--;
  }

  /** Threads that are free take work: the collector's first, then what waits. */
  dispatch(): void {
    const { collector } = this;
    collector?.startWorkers();
    const most = this.waking === NONE ? this.threads : 1;
    while (this.queued > 0 && (this.running < most || collector?.yieldThread() === true)) {
      this.begin(this.take());
    }
    collector?.fitIdleWorkers();
  }

  private begin(slot: number): void {
    this.running++;
    const left = this.left[slot] as number;
    const slice = Math.min(left, this.timeSlice);
    this.left[slot] = left - slice;
    this.machine.start(slice, slot);
  }

  private newSlot(owner: number, work: number, tag: number): number {
    const slot = this.freeSlots.length > 0 ? (this.freeSlots.pop() as number) : this.owners.length;
    this.owners[slot] = owner;
    this.tags[slot] = tag;
    this.left[slot] = work;
    return slot;
  }

  /** Behind everything that was taken over. */
  private add(slot: number): void {
    this.behind[slot] = this.latest;
    this.latest = slot;
    this.queued++;
  }

  private putFirst(slot: number): void {
    this.behind[slot] = this.first;
    if (this.first === NONE) this.last = slot;
    this.first = slot;
    this.queued++;
  }

  /** Behind all others: those that have become ready are taken over first. */
  private putLast(slot: number): void {
    this.takeOver();
    this.behind[slot] = NONE;
    if (this.first === NONE) this.first = slot;
    else this.behind[this.last] = slot;
    this.last = slot;
    this.queued++;
  }

  private take(): number {
    if (this.first === NONE) this.takeOver();
    const slot = this.first;
    this.first = this.behind[slot] as number;
    this.queued--;
    return slot;
  }

  /** Takes over what has become ready: the latest first. */
  private takeOver(): void {
    this.polledAt = this.machine.now();
    if (this.latest === NONE) return;
    if (this.first === NONE) this.first = this.latest;
    else this.behind[this.last] = this.latest;
    let last = this.latest;
    for (let next = this.behind[last] as number; next !== NONE; next = this.behind[last] as number) last = next;
    this.last = last;
    this.latest = NONE;
  }

  /** The first piece of work after a pause: returns what waking up costs it [ns]. */
  private wake(): number {
    if (this.wakeUp === undefined) return 0;
    const { wakeUpCpu, wakeUpHalf, spinCpu } = this.wakeUp;
    const idle = this.machine.now() - this.idleSince;
    this.spun += this.machine.chargeBeside(Math.min(spinCpu, idle));
    if (idle === 0) return 0;
    const coldness = idle * idle;
    return Math.round((wakeUpCpu * coldness) / (coldness + wakeUpHalf * wakeUpHalf));
  }
}
