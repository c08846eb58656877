/**
 * A CPU shared equally: with C cores (C may be fractional) and n jobs, each job runs at rate min(1, C / n).
 *
 * Every job gets the same service per unit of time, so one clock of *attained service* serves all: a job that starts when
 * the clock shows v finishes when it shows v + work. A heap of those finish marks is all there is to keep.
 * A job's waiting is its sojourn minus its work.
 */
import type { Nanoseconds, SimTime } from '../units/index.ts';
import { grown } from './column.ts';
import type { EventType } from './event-types.ts';
import type { Simulation } from './simulation.ts';

/** Room for jobs at first; grows by doubling. */
const INITIAL_CAPACITY = 16;
/** Bits of a job id that hold its slot; the rest, up to 31, hold the slot's generation. */
const SLOT_BITS = 21;
const SLOT_MASK = 2 ** SLOT_BITS - 1;
const GENERATION_MASK = 2 ** (31 - SLOT_BITS) - 1;
const NOT_IN_HEAP = -1;

/** An egalitarian processor-sharing CPU. Jobs that finish at the same instant do so in the order in which they started. */
export class ProcessorSharing {
  /** Name of the CPU, fixed: its event type is "<name>.served". */
  readonly name: string;
  /** Jobs in service [job], state. */
  jobs = 0;
  /** Cores that the jobs share [core], state, 0 or more. */
  private coreCount: number;

  private readonly simulation: Simulation;
  private readonly onFinished: (job: number, tag: number) => void;
  private readonly served: EventType;

  /** Service that each job in service since the CPU was last idle has attained [ns], state. */
  private attained = 0;
  /** Instant up to which the clock and the integrals are brought [ns], state. */
  private updatedAt = 0;
  /** Integral of cores in use [core ns] and of jobs in service [job ns], statistics. */
  private busyIntegral = 0;
  private jobIntegral = 0;
  /**
   * Instants of the pending events that look for a completion [ns], latest first, state. The earliest may be early, never late; those behind it were
   * planned for jobs that others have overtaken since, and are right for them again when those are gone: none is ever cancelled.
   */
  private readonly looks: number[] = [];
  /** Whether a completion is being reported, state: whatever the listener does is planned for once, at its end. */
  private reporting = false;

  /** Finish marks [ns of attained service] and slots in heap order, state. */
  private marks = new Float64Array(INITIAL_CAPACITY);
  private heap = new Int32Array(INITIAL_CAPACITY);
  /** By slot: place in the heap (-1 if free), the caller's tag, order of starting, and uses of the slot, state. */
  private places = new Int32Array(INITIAL_CAPACITY).fill(NOT_IN_HEAP);
  private tags = new Int32Array(INITIAL_CAPACITY);
  private starts = new Float64Array(INITIAL_CAPACITY);
  private generations = new Int32Array(INITIAL_CAPACITY);
  /** Slots ever used and free slots, state. */
  private slotsUsed = 0;
  private readonly freeSlots: number[] = [];
  /** Jobs ever started [job], statistic. */
  private started = 0;

  constructor(simulation: Simulation, name: string, cores: number, onFinished: (job: number, tag: number) => void) {
    if (!(cores >= 0)) throw new RangeError(`${name}: cores must be 0 or more: ${cores}`);
    this.simulation = simulation;
    this.name = name;
    this.coreCount = cores;
    this.onFinished = onFinished;
    this.served = simulation.on(`${name}.served`, () => this.onServed());
  }

  /** Cores that the jobs share [core]. */
  get cores(): number {
    return this.coreCount;
  }

  /** Starts a job of `work` core nanoseconds; returns its id, valid until it finishes or is aborted. `tag` is the caller's. */
  start(work: Nanoseconds, tag: number): number {
    this.advance();
    if (this.jobs === this.marks.length) this.grow();
    const slot = this.freeSlots.length > 0 ? (this.freeSlots.pop() as number) : this.slotsUsed++;
    this.tags[slot] = tag;
    this.starts[slot] = this.started++;
    this.jobs++;
    this.siftUp(this.jobs - 1, this.attained + work, slot);
    if (!this.reporting) this.plan();
    return ((this.generations[slot] as number) << SLOT_BITS) | slot;
  }

  /** Ends a job without reporting it; returns the work that it still had to do [ns]. The id must be that of a job in service. */
  abort(job: number): number {
    const slot = job & SLOT_MASK;
    const place = slot < this.slotsUsed ? (this.places[slot] as number) : NOT_IN_HEAP;
    this.simulation.invariant(
      place !== NOT_IN_HEAP && this.generations[slot] === job >>> SLOT_BITS,
      this.name,
      `aborted job ${job}, which is not in service`,
    );
    this.advance();
    const left = Math.max(0, (this.marks[place] as number) - this.attained);
    this.remove(place, slot);
    if (!this.reporting) this.plan();
    return left;
  }

  /** Changes the number of cores from now on, for instance when a quota throttles them. 0 halts all jobs. */
  setCores(cores: number): void {
    if (!(cores >= 0)) throw new RangeError(`${this.name}: cores must be 0 or more: ${cores}`);
    this.advance();
    this.coreCount = cores;
    if (!this.reporting) this.plan();
  }

  /** Integral of the cores in use up to now [core ns]. */
  busyCoreNanoseconds(): number {
    this.advance();
    return this.busyIntegral;
  }

  /** Integral of the jobs in service up to now [job ns]. */
  jobNanoseconds(): number {
    this.advance();
    return this.jobIntegral;
  }

  /** Jobs started so far [job]. */
  get jobsStarted(): number {
    return this.started;
  }

  /** A look for a completion: reports it, or, if the jobs were slowed since it was planned, plans anew. */
  private onServed(): void {
    this.looks.pop();
    this.advance();
    if (this.jobs > 0 && this.untilNext() === 0) {
      const slot = this.heap[0] as number;
      const job = ((this.generations[slot] as number) << SLOT_BITS) | slot;
      this.remove(0, slot);
      this.reporting = true;
      this.onFinished(job, this.tags[slot] as number);
      this.reporting = false;
    }
    this.plan();
  }

  /** Brings the clock and the integrals up to now. */
  private advance(): void {
    const { now } = this.simulation;
    const span = now - this.updatedAt;
    if (span === 0) return;
    this.updatedAt = now;
    const { jobs, coreCount } = this;
    if (jobs === 0) return;
    this.jobIntegral += jobs * span;
    if (jobs <= coreCount) {
      this.busyIntegral += jobs * span;
      this.attained += span;
    } else {
      this.busyIntegral += coreCount * span;
      this.attained += (coreCount / jobs) * span;
    }
  }

  /** Time until the next completion, rounded to whole nanoseconds [ns]; infinite if all jobs stand still. */
  private untilNext(): number {
    const remaining = (this.marks[0] as number) - this.attained;
    if (remaining <= 0) return 0;
    return Math.round(this.jobs <= this.coreCount ? remaining : (remaining * this.jobs) / this.coreCount);
  }

  /**
   * Sees to it that an event is pending no later than the next completion. One that is pending too early is left alone: it finds nothing to report and
   * plans anew, which is cheaper than moving it at each arrival.
   */
  private plan(): void {
    if (this.jobs === 0) return;
    const until = this.untilNext();
    if (until === Number.POSITIVE_INFINITY) return;
    const due = this.updatedAt + until;
    const { looks } = this;
    if (looks.length > 0 && (looks[looks.length - 1] as number) <= due) return;
    looks.push(due);
    this.simulation.at(due as SimTime, this.served);
  }

  private remove(place: number, slot: number): void {
    const last = --this.jobs;
    this.places[slot] = NOT_IN_HEAP;
    this.generations[slot] = ((this.generations[slot] as number) + 1) & GENERATION_MASK;
    this.freeSlots.push(slot);
    if (last === 0) this.attained = 0;
    if (place === last) return;
    const mark = this.marks[last] as number;
    const moved = this.heap[last] as number;
    if (place > 0 && this.goesBefore(mark, moved, (place - 1) >> 1)) this.siftUp(place, mark, moved);
    else this.siftDown(place, mark, moved);
  }

  /** Whether (mark, slot) belongs above the job at a place of the heap. */
  private goesBefore(mark: number, slot: number, place: number): boolean {
    const other = this.marks[place] as number;
    if (mark !== other) return mark < other;
    return (this.starts[slot] as number) < (this.starts[this.heap[place] as number] as number);
  }

  private siftUp(from: number, mark: number, slot: number): void {
    let hole = from;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (!this.goesBefore(mark, slot, parent)) break;
      this.put(hole, this.marks[parent] as number, this.heap[parent] as number);
      hole = parent;
    }
    this.put(hole, mark, slot);
  }

  private siftDown(from: number, mark: number, slot: number): void {
    const count = this.jobs;
    let hole = from;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= count) break;
      if (
        child + 1 < count &&
        this.goesBefore(this.marks[child + 1] as number, this.heap[child + 1] as number, child)
      ) {
        child++;
      }
      if (this.goesBefore(mark, slot, child)) break;
      this.put(hole, this.marks[child] as number, this.heap[child] as number);
      hole = child;
    }
    this.put(hole, mark, slot);
  }

  private put(place: number, mark: number, slot: number): void {
    this.marks[place] = mark;
    this.heap[place] = slot;
    this.places[slot] = place;
  }

  private grow(): void {
    const capacity = this.marks.length * 2;
    if (capacity > SLOT_MASK + 1) throw new RangeError(`${this.name}: more than ${SLOT_MASK + 1} jobs in service`);
    const used = this.places.length;
    this.marks = grown(this.marks, capacity);
    this.heap = grown(this.heap, capacity);
    this.places = grown(this.places, capacity).fill(NOT_IN_HEAP, used);
    this.tags = grown(this.tags, capacity);
    this.starts = grown(this.starts, capacity);
    this.generations = grown(this.generations, capacity);
  }
}
