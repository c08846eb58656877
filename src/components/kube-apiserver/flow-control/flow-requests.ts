/** What flow control keeps of each request that it has at one server: columns by the request's slot. */
import type { RequestId } from '../../api-machinery/index.ts';

/** Slots at the start; doubled. */
const INITIAL_SLOTS = 1024;
/** Queue of a request that went through none; end of a list. */
export const NONE = -1;

/** The columns of one server. */
export class FlowRequests {
  private capacity = 0;
  /** Number of the schema. */
  schema = new Int32Array(0);
  /** Number of the level. */
  level = new Int32Array(0);
  /** Queue within the level, {@link NONE} = none. */
  queue = new Int32Array(0);
  /** Seats while it executes. */
  initialSeats = new Int32Array(0);
  /** Seats after the answer, for {@link extraLatency}. */
  finalSeats = new Int32Array(0);
  /** How long the final seats stay taken [ns]. */
  extraLatency = new Float64Array(0);
  /** Estimated work [seat x ns]. */
  work = new Float64Array(0);
  /** Virtual time at its arrival [seat x ns]. */
  arrivalVirtual = new Float64Array(0);
  /** When it arrived and when it began to execute [ns]. */
  arrivedAt = new Float64Array(0);
  startedAt = new Float64Array(0);
  /** Neighbours in its queue. */
  next = new Int32Array(0);
  previous = new Int32Array(0);
  /** Event that ends its waiting. */
  deadline = new Float64Array(0);

  /** Makes room for a request. */
  ensure(request: RequestId): void {
    if (request >= this.capacity) this.grow(request + 1);
  }

  /** Seats that a request takes from its dispatch until it is gone. */
  seats(request: RequestId): number {
    return Math.max(this.initialSeats[request] as number, this.finalSeats[request] as number);
  }

  private grow(needed: number): void {
    const capacity = Math.max(INITIAL_SLOTS, 2 * this.capacity, needed);
    const bigger = <T extends Int32Array | Float64Array>(from: T): T => {
      const to = new (from.constructor as new (length: number) => T)(capacity);
      to.set(from);
      return to;
    };
    this.schema = bigger(this.schema);
    this.level = bigger(this.level);
    this.queue = bigger(this.queue);
    this.initialSeats = bigger(this.initialSeats);
    this.finalSeats = bigger(this.finalSeats);
    this.extraLatency = bigger(this.extraLatency);
    this.work = bigger(this.work);
    this.arrivalVirtual = bigger(this.arrivalVirtual);
    this.arrivedAt = bigger(this.arrivedAt);
    this.startedAt = bigger(this.startedAt);
    this.next = bigger(this.next);
    this.previous = bigger(this.previous);
    this.deadline = bigger(this.deadline);
    this.capacity = capacity;
  }
}
