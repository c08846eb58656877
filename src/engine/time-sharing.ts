/**
 * Cores that threads have in turn. A thread that becomes ready takes an idle core, or else waits, first come, first served; whoever has a core keeps it
 * until its work is done, or until its time slice is over and another waits: then it goes behind those that wait. A thread that takes up more work of its
 * group as soon as it has done some keeps its core for the rest of the slice.
 *
 * With fewer threads than cores this is the same as a CPU shared equally; with more, threads end one after the other instead of all together.
 * A fractional number of cores is the next whole number of slower ones.
 */
import type { Nanoseconds, SimTime } from '../units/index.ts';
import { grown } from './column.ts';
import type { EventType } from './event-types.ts';
import type { Simulation } from './simulation.ts';

/** Room for threads at first; grows by doubling. */
const INITIAL_CAPACITY = 16;
/** Bits of a job id that hold its slot; the rest, up to 31, hold the slot's generation. */
const SLOT_BITS = 21;
const SLOT_MASK = 2 ** SLOT_BITS - 1;
const GENERATION_MASK = 2 ** (31 - SLOT_BITS) - 1;
/** Numbers of looks at a core before they repeat; far more than can be pending. */
const LOOKS = 2 ** 30;
/** Places at the begin of the queue that may be empty. */
const MOST_SERVED = 1024;
/** No job, no core; where a job is that waits, or a slot that is free. */
const NONE = -1;
const IS_WAITING = -2;
/** A group whose jobs are each a thread of its own. */
export const NO_GROUP = -1;

/** One core. */
interface Core {
  readonly number: number;
  /** Job that it works on, NONE if it is idle or between two jobs, state. */
  job: number;
  /** Since when it works on it, when that ends, and when the time slice of its thread does [ns], state. */
  since: number;
  until: number;
  sliceEnd: number;
  /** Number of the look that counts, and when the earliest is due [ns], state: others find that they are void. */
  look: number;
  lookAt: number;
  /** Whether nobody waits for the end of its job, nor for the core, so that it is not looked at, state. */
  isUnwatched: boolean;
}

/** A CPU whose cores threads have in turn. */
export class TimeSharing {
  /** Name of the CPU, fixed: its event type is "<name>.served". */
  readonly name: string;
  /** Cores, fixed. */
  readonly cores: number;
  private readonly simulation: Simulation;
  /** How long a job keeps its core while others wait [ns]. */
  private readonly slice: number;
  private readonly onFinished: (job: number, tag: number) => void;
  private readonly served: EventType;
  private readonly machine: readonly Core[];
  /** Speed of each core: work that it does in a nanosecond. */
  private readonly speed: number;
  /** Cores that have nothing to do, state; the one that was busy last is taken first. */
  private readonly idle: Core[];
  /** Jobs on a core or waiting for one, of which those that are not looked at may have ended [job], state. */
  private unfinished = 0;
  /** Cores that are or were unwatched, state. */
  private readonly unwatched: Core[] = [];
  /** Jobs that wait, in their order; one that was aborted is left out when its turn comes, state. */
  private readonly queue: number[] = [];
  private head = 0;
  private waiting = 0;
  /** The core whose job has just ended, while that is reported, and the job's group, state. */
  private reporting: Core | undefined;
  private reportingGroup = NO_GROUP;
  /** Integral of the cores in use [core ns], statistic, without the jobs in service. */
  private busy = 0;

  /** By slot: time that the job still needs on a core [ns], the caller's tag, its group, its core, and uses of the slot, state. */
  private remaining = new Float64Array(INITIAL_CAPACITY);
  private tags = new Int32Array(INITIAL_CAPACITY);
  private groups = new Int32Array(INITIAL_CAPACITY);
  private places = new Int32Array(INITIAL_CAPACITY).fill(NONE);
  private generations = new Int32Array(INITIAL_CAPACITY);
  private slotsUsed = 0;
  private readonly freeSlots: number[] = [];

  constructor(
    simulation: Simulation,
    name: string,
    cores: number,
    slice: number,
    onFinished: (job: number, tag: number) => void,
  ) {
    if (!(cores > 0)) throw new RangeError(`${name}: cores must be more than 0: ${cores}`);
    const count = Math.ceil(cores);
    this.simulation = simulation;
    this.name = name;
    this.cores = cores;
    this.speed = cores / count;
    this.slice = slice;
    this.onFinished = onFinished;
    this.machine = Array.from({ length: count }, (_, number) => ({
      number,
      job: NONE,
      since: 0,
      until: 0,
      sliceEnd: 0,
      look: 0,
      lookAt: Number.POSITIVE_INFINITY,
      isUnwatched: false,
    }));
    this.idle = this.machine.toReversed();
    this.served = simulation.on(`${name}.served`, (core, look) => this.onLook(this.machine[core] as Core, look));
  }

  /** Jobs on a core or waiting for one [job]. */
  get jobs(): number {
    this.seeUnwatched();
    return this.unfinished;
  }

  /** Starts a job of `work` core nanoseconds; returns its id, valid until it finishes or is aborted. `tag` is the caller's. */
  start(work: Nanoseconds, tag: number, group: number = NO_GROUP): number {
    const slot = this.newSlot(work, tag, group);
    const { reporting } = this;
    if (
      reporting !== undefined &&
      reporting.job === NONE &&
      group !== NO_GROUP &&
      group === this.reportingGroup &&
      this.keepsCore(reporting)
    ) {
      this.serve(reporting, slot);
    } else {
      const core = this.takeIdle();
      if (core === undefined) this.wait(slot);
      else this.give(core, slot);
    }
    return ((this.generations[slot] as number) << SLOT_BITS) | slot;
  }

  /** Starts a job whose end matters to nobody; it takes no event unless somebody waits for its core. */
  spend(work: Nanoseconds, tag: number): void {
    // Where there is one core only, somebody may ask since when it is idle.
    this.seeUnwatched();
    const core = this.cores < 2 ? undefined : this.idle.pop();
    if (core === undefined) {
      this.start(work, tag);
      return;
    }
    core.sliceEnd = this.simulation.now + this.slice;
    this.occupy(core, this.newSlot(work, tag, NO_GROUP));
    core.isUnwatched = true;
    this.unwatched.push(core);
  }

  /** Ends a job without reporting it; returns the work that it still had to do [ns]. The id must be that of a job that is not finished. */
  abort(job: number): number {
    const slot = job & SLOT_MASK;
    const place = slot < this.slotsUsed ? (this.places[slot] as number) : NONE;
    this.simulation.invariant(
      place !== NONE && this.generations[slot] === job >>> SLOT_BITS,
      this.name,
      `aborted job ${job}, which is not in service`,
    );
    if (place === IS_WAITING) {
      this.waiting--;
      this.queue[this.queue.indexOf(slot, this.head)] = NONE;
    } else {
      const core = this.machine[place] as Core;
      this.account(core);
      // One whose last job is still being reported is given to the next when that is over.
      if (core === this.reporting) core.job = NONE;
      else this.leave(core);
    }
    const left = Math.round((this.remaining[slot] as number) * this.speed);
    this.release(slot);
    return left;
  }

  /** Integral of the cores in use up to now [core ns]. */
  busyCoreNanoseconds(): number {
    this.seeUnwatched();
    let { busy } = this;
    for (const core of this.machine) if (core.job !== NONE) busy += (this.simulation.now - core.since) * this.speed;
    return busy;
  }

  // ---- cores -----------------------------------------------------------------------------------------------------------------------

  /** Whether the thread of a core may go on: its slice is not over, or nobody waits. */
  private keepsCore(core: Core): boolean {
    return this.waiting === 0 || this.simulation.now < core.sliceEnd;
  }

  private takeIdle(): Core | undefined {
    if (this.idle.length === 0) this.seeUnwatched();
    return this.idle.pop();
  }

  /** Jobs that have ended without a look leave their cores. While somebody waits all are looked at. */
  private seeUnwatched(): void {
    const { unwatched } = this;
    if (unwatched.length === 0 || this.waiting > 0) return;
    const { now } = this.simulation;
    let kept = 0;
    for (let i = 0; i < unwatched.length; i++) {
      const core = unwatched[i] as Core;
      if (!core.isUnwatched) continue;
      if (core.until > now) {
        unwatched[kept++] = core;
        continue;
      }
      core.isUnwatched = false;
      this.busy += (core.until - core.since) * this.speed;
      this.release(core.job);
      core.job = NONE;
      this.idle.push(core);
    }
    unwatched.length = kept;
  }

  /** A core is given to a job, with a new slice. */
  private give(core: Core, slot: number): void {
    core.sliceEnd = this.simulation.now + this.slice;
    this.serve(core, slot);
  }

  private serve(core: Core, slot: number): void {
    const { now } = this.simulation;
    this.occupy(core, slot);
    this.lookAt(core, this.waiting > 0 ? Math.min(core.until, Math.max(now, core.sliceEnd)) : core.until);
  }

  private occupy(core: Core, slot: number): void {
    const { now } = this.simulation;
    core.job = slot;
    core.since = now;
    core.until = now + (this.remaining[slot] as number);
    core.look = (core.look + 1) % LOOKS;
    core.lookAt = Number.POSITIVE_INFINITY;
    core.isUnwatched = false;
    this.places[slot] = core.number;
  }

  private lookAt(core: Core, at: number): void {
    core.lookAt = at;
    this.simulation.at(at as SimTime, this.served, core.number, core.look);
  }

  /** A job waits for a core: whoever has had its slice, or will have before it is done, is looked at then. */
  private wait(slot: number): void {
    const { now } = this.simulation;
    this.places[slot] = IS_WAITING;
    this.queue.push(slot);
    this.waiting++;
    for (const core of this.machine) {
      if (core.job === NONE) continue;
      const sliceEnd = Math.max(now, core.sliceEnd);
      const end = core.isUnwatched ? Math.min(core.until, sliceEnd) : sliceEnd;
      core.isUnwatched = false;
      if (end < core.lookAt) this.lookAt(core, end);
    }
  }

  /** A core is free: the first that waits takes it. */
  private leave(core: Core): void {
    core.job = NONE;
    core.look = (core.look + 1) % LOOKS;
    const next = this.nextWaiting();
    if (next === NONE) this.idle.push(core);
    else this.give(core, next);
  }

  private nextWaiting(): number {
    const { queue } = this;
    while (this.head < queue.length) {
      const slot = queue[this.head++] as number;
      if (this.head === queue.length || this.head > MOST_SERVED) {
        queue.splice(0, this.head);
        this.head = 0;
      }
      if (slot === NONE) continue;
      this.waiting--;
      return slot;
    }
    return NONE;
  }

  /** A look at a core: its job is done, or its slice is over. */
  private onLook(core: Core, look: number): void {
    if (core.job === NONE || core.look !== look) return;
    const { now } = this.simulation;
    const slot = core.job;
    if (now >= core.until) {
      this.account(core);
      this.finish(core, slot);
      return;
    }
    if (this.waiting > 0 && now >= core.sliceEnd) {
      this.account(core);
      // Behind those that wait, before the core goes to the first of them.
      const next = this.nextWaiting();
      this.places[slot] = IS_WAITING;
      this.queue.push(slot);
      this.waiting++;
      this.give(core, next);
      return;
    }
    this.lookAt(core, this.waiting > 0 ? Math.min(core.until, core.sliceEnd) : core.until);
  }

  private finish(core: Core, slot: number): void {
    const job = ((this.generations[slot] as number) << SLOT_BITS) | slot;
    const tag = this.tags[slot] as number;
    core.job = NONE;
    core.look = (core.look + 1) % LOOKS;
    this.reporting = core;
    this.reportingGroup = this.groups[slot] as number;
    this.release(slot);
    this.onFinished(job, tag);
    this.reporting = undefined;
    if (core.job === NONE) this.leave(core);
  }

  /** What a core has done up to now is counted. */
  private account(core: Core): void {
    const { now } = this.simulation;
    const span = now - core.since;
    this.busy += span * this.speed;
    this.remaining[core.job] = (this.remaining[core.job] as number) - span;
    core.since = now;
  }

  // ---- slots -----------------------------------------------------------------------------------------------------------------------

  private newSlot(work: number, tag: number, group: number): number {
    if (this.freeSlots.length === 0 && this.slotsUsed === this.tags.length) this.grow();
    const slot = this.freeSlots.length > 0 ? (this.freeSlots.pop() as number) : this.slotsUsed++;
    this.remaining[slot] = Math.round(work / this.speed);
    this.tags[slot] = tag;
    this.groups[slot] = group;
    this.unfinished++;
    return slot;
  }

  private release(slot: number): void {
    this.unfinished--;
    this.places[slot] = NONE;
    this.generations[slot] = ((this.generations[slot] as number) + 1) & GENERATION_MASK;
    this.freeSlots.push(slot);
  }

  private grow(): void {
    const capacity = this.tags.length * 2;
    if (capacity > SLOT_MASK + 1) throw new RangeError(`${this.name}: more than ${SLOT_MASK + 1} jobs`);
    const used = this.places.length;
    this.remaining = grown(this.remaining, capacity);
    this.tags = grown(this.tags, capacity);
    this.groups = grown(this.groups, capacity);
    this.places = grown(this.places, capacity).fill(NONE, used);
    this.generations = grown(this.generations, capacity);
  }
}
