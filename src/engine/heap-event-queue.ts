/** The plain event queue: a binary heap ordered by (key, order of pushing). The slow twin of the radix ladder, kept obviously right. */
import { grown } from './column.ts';
import type { DroppedListener, EventQueue } from './event-queue.ts';
import { Tombstones } from './tombstones.ts';

/** Room for entries and handles at first; both grow by doubling. */
const INITIAL_CAPACITY = 1024;

/** A binary heap in three parallel columns. A cancelled entry stays until it surfaces, then is dropped. */
export class HeapEventQueue implements EventQueue {
  /** Live entries [entry], state, 0 or more. */
  size = 0;
  /** Key of the entry last popped, state; 0 before the first pop. */
  poppedKey = 0;

  /** Told of each cancelled entry that leaves the heap, port. */
  private readonly onDropped: DroppedListener;
  /** Entries in the heap, cancelled ones included [entry], state. */
  private length = 0;
  /** Entries ever pushed [entry], state: the tie-breaker. */
  private pushed = 0;
  /** Keys in heap order, state. */
  private keys = new Float64Array(INITIAL_CAPACITY);
  /** Order of pushing, in heap order, state. */
  private sequences = new Float64Array(INITIAL_CAPACITY);
  /** Handles in heap order, state. */
  private handles = new Int32Array(INITIAL_CAPACITY);
  /** Cancelled entries still in the heap, state. */
  private readonly tombstones = new Tombstones();

  constructor(onDropped: DroppedListener) {
    this.onDropped = onDropped;
  }

  push(key: number, handle: number): void {
    if (this.length === this.keys.length) this.grow();
    let hole = this.length++;
    const sequence = this.pushed++;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      // The newcomer has the highest sequence, so that on equal keys it stays below.
      if ((this.keys[parent] as number) <= key) break;
      this.move(parent, hole);
      hole = parent;
    }
    this.place(hole, key, sequence, handle);
    this.size++;
  }

  peekKey(): number {
    this.dropCancelledTop();
    return this.length === 0 ? -1 : (this.keys[0] as number);
  }

  pop(): number {
    this.dropCancelledTop();
    if (this.length === 0) return -1;
    this.poppedKey = this.keys[0] as number;
    this.size--;
    return this.removeTop();
  }

  popUntil(lastKey: number): number {
    return this.peekKey() > lastKey ? -1 : this.pop();
  }

  cancel(handle: number): void {
    this.tombstones.mark(handle);
    this.size--;
  }

  private dropCancelledTop(): void {
    while (this.length > 0 && this.tombstones.has(this.handles[0] as number)) {
      const handle = this.removeTop();
      this.tombstones.clear(handle);
      this.onDropped(handle);
    }
  }

  private removeTop(): number {
    const top = this.handles[0] as number;
    const last = --this.length;
    if (last > 0) {
      const key = this.keys[last] as number;
      const sequence = this.sequences[last] as number;
      let hole = 0;
      for (;;) {
        let child = 2 * hole + 1;
        if (child >= last) break;
        if (child + 1 < last && this.isBefore(child + 1, child)) child++;
        const childKey = this.keys[child] as number;
        if (childKey > key || (childKey === key && (this.sequences[child] as number) > sequence)) break;
        this.move(child, hole);
        hole = child;
      }
      this.place(hole, key, sequence, this.handles[last] as number);
    }
    return top;
  }

  private isBefore(left: number, right: number): boolean {
    const leftKey = this.keys[left] as number;
    const rightKey = this.keys[right] as number;
    if (leftKey !== rightKey) return leftKey < rightKey;
    return (this.sequences[left] as number) < (this.sequences[right] as number);
  }

  private move(from: number, to: number): void {
    this.place(to, this.keys[from] as number, this.sequences[from] as number, this.handles[from] as number);
  }

  private place(position: number, key: number, sequence: number, handle: number): void {
    this.keys[position] = key;
    this.sequences[position] = sequence;
    this.handles[position] = handle;
  }

  private grow(): void {
    const capacity = this.keys.length * 2;
    this.keys = grown(this.keys, capacity);
    this.sequences = grown(this.sequences, capacity);
    this.handles = grown(this.handles, capacity);
  }
}
