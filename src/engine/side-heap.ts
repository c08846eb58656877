/** A small 4-ary heap of (key, order of pushing, handle): where the radix ladder puts what lands in the middle of its present window. */

import { grown } from './column.ts';

/** Entries at first; grows by doubling. */
const INITIAL_CAPACITY = 64;

/** A 4-ary min-heap, first in first out on equal keys. */
export class SideHeap {
  /** Entries [entry], state. */
  size = 0;
  /** Entries pushed since the heap was last empty [entry], state: the tie-breaker. */
  private pushed = 0;
  /** Keys, orders of pushing and handles in heap order, state. */
  private keys = new Float64Array(INITIAL_CAPACITY);
  private sequences = new Float64Array(INITIAL_CAPACITY);
  private handles = new Int32Array(INITIAL_CAPACITY);

  /** Key of the first entry; the heap must not be empty. */
  topKey(): number {
    return this.keys[0] as number;
  }

  /** Handle of the first entry; the heap must not be empty. */
  topHandle(): number {
    return this.handles[0] as number;
  }

  push(key: number, handle: number): void {
    if (this.size === this.keys.length) this.grow();
    if (this.size === 0) this.pushed = 0;
    const { keys, sequences, handles } = this;
    let hole = this.size++;
    while (hole > 0) {
      const parent = (hole - 1) >> 2;
      // The newcomer has the highest sequence, so that on equal keys it stays below.
      if ((keys[parent] as number) <= key) break;
      keys[hole] = keys[parent] as number;
      sequences[hole] = sequences[parent] as number;
      handles[hole] = handles[parent] as number;
      hole = parent;
    }
    keys[hole] = key;
    sequences[hole] = this.pushed++;
    handles[hole] = handle;
  }

  /** Removes the first entry and returns its handle; the heap must not be empty. */
  pop(): number {
    const { keys, sequences, handles } = this;
    const top = handles[0] as number;
    const last = --this.size;
    if (last === 0) return top;
    const key = keys[last] as number;
    const sequence = sequences[last] as number;
    let hole = 0;
    for (;;) {
      const first = 4 * hole + 1;
      if (first >= last) break;
      const end = Math.min(first + 4, last);
      let least = first;
      for (let child = first + 1; child < end; child++) if (this.isBefore(child, least)) least = child;
      const leastKey = keys[least] as number;
      if (key < leastKey || (key === leastKey && sequence < (sequences[least] as number))) break;
      keys[hole] = leastKey;
      sequences[hole] = sequences[least] as number;
      handles[hole] = handles[least] as number;
      hole = least;
    }
    keys[hole] = key;
    sequences[hole] = sequence;
    handles[hole] = handles[last] as number;
    return top;
  }

  private isBefore(left: number, right: number): boolean {
    const leftKey = this.keys[left] as number;
    const rightKey = this.keys[right] as number;
    return (
      leftKey < rightKey ||
      (leftKey === rightKey && (this.sequences[left] as number) < (this.sequences[right] as number))
    );
  }

  private grow(): void {
    const capacity = this.keys.length * 2;
    this.keys = grown(this.keys, capacity);
    this.sequences = grown(this.sequences, capacity);
    this.handles = grown(this.handles, capacity);
  }
}
