/**
 * What a pending event carries, in pooled columns: no object and no closure per event. A record is named by its handle
 * (a row number); an {@link EventId} adds the row's generation, so that a stale id is recognised.
 */
import type { Branded } from '../units/index.ts';
import { grown } from './column.ts';

/** Names a pending event: a 31-bit integer, valid until the event has fired or is cancelled. */
export type EventId = Branded<'EventId'>;

/** Stands for no event where an id is kept. */
export const NO_EVENT = -1 as EventId;

/** Bits of an id that hold the handle, and the generation: 31 in all, so that ids fit a 32-bit column and -1 can mean none. */
const HANDLE_BITS = 23;
const HANDLE_COUNT = 2 ** HANDLE_BITS;
const HANDLE_MASK = HANDLE_COUNT - 1;
/** Records at first; the pool grows by doubling. A generation is a byte: the 31 - 23 bits of an id. */
const INITIAL_CAPACITY = 1024;

/** The pool of event records. The record last freed is the first to be used again: it is still in the cache. */
export class EventRecords {
  /** Event type by handle, state. Columns, not rows: measured, three small columns miss the cache less than one wide row. */
  types = new Uint16Array(INITIAL_CAPACITY);
  /** First and second argument by handle, state, 32-bit integers. */
  firstArguments = new Int32Array(INITIAL_CAPACITY);
  secondArguments = new Int32Array(INITIAL_CAPACITY);
  /** Rank among the messages of one instant by handle, state; meaningless for local events. */
  ranks = new Float64Array(INITIAL_CAPACITY);
  /** How often the record was used, by handle, state, modulo 256. */
  private generations = new Uint8Array(INITIAL_CAPACITY);
  /** Next free record by handle, state; -1 ends the list. */
  private nextFree = new Int32Array(INITIAL_CAPACITY);
  /** First free record, state, -1 if none. */
  private firstFree = -1;
  /** Records ever handed out [record], state. */
  private used = 0;

  /** Takes a free record and fills it. */
  allocate(type: number, a: number, b: number): number {
    let handle = this.firstFree;
    if (handle >= 0) {
      this.firstFree = this.nextFree[handle] as number;
    } else {
      handle = this.used++;
      if (handle === this.types.length) this.grow();
    }
    this.types[handle] = type;
    this.firstArguments[handle] = a;
    this.secondArguments[handle] = b;
    return handle;
  }

  /** Makes every id of the record stale. Done when its event fires or is cancelled. */
  retire(handle: number): void {
    this.generations[handle] = (this.generations[handle] as number) + 1;
  }

  /** Returns a retired record to the pool. */
  free(handle: number): void {
    this.nextFree[handle] = this.firstFree;
    this.firstFree = handle;
  }

  /** The id of the record as it is used now. */
  idOf(handle: number): EventId {
    return (((this.generations[handle] as number) << HANDLE_BITS) | handle) as EventId;
  }

  /** The handle behind an id, or -1 if the id is stale or was never given out. */
  handleOf(event: EventId): number {
    const handle = event & HANDLE_MASK;
    // A stale id is taken for a fresh one once in 256 reuses of its record: a bug that makes one shows all the same.
    return handle < this.used && this.idOf(handle) === event ? handle : -1;
  }

  private grow(): void {
    const capacity = this.types.length * 2;
    if (capacity > HANDLE_COUNT) throw new RangeError(`more than ${HANDLE_COUNT} events pending`);
    this.types = grown(this.types, capacity);
    this.firstArguments = grown(this.firstArguments, capacity);
    this.secondArguments = grown(this.secondArguments, capacity);
    this.ranks = grown(this.ranks, capacity);
    this.generations = grown(this.generations, capacity);
    this.nextFree = grown(this.nextFree, capacity);
  }
}
