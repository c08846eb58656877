/** Numbers by slot of a node, most of them 0: a map while they are few, an array once they are many. */

/** Slots per entry of the map up to which the map is smaller than the array. */
const SLOTS_PER_ENTRY = 8;
/** Entries up to which a map is kept in any case. */
const FEW = 16;

/** Counts by slot. */
export class SlotCounts {
  /** Counts that are not 0, while they are few. */
  private sparse: Map<number, number> | undefined = new Map();
  /** Counts by slot, once they are many. */
  private dense = new Int32Array(0);
  /** Sum of all counts. */
  total = 0;
  /** Slots whose count is not 0. */
  occupied = 0;

  /** The count of a slot. */
  get(slot: number): number {
    if (this.sparse !== undefined) return this.sparse.get(slot) ?? 0;
    return slot < this.dense.length ? (this.dense[slot] as number) : 0;
  }

  /** Changes the count of a slot; there are `capacity` slots at present. */
  add(slot: number, change: number, capacity: number): void {
    this.total += change;
    const { sparse } = this;
    if (sparse === undefined) {
      if (slot >= this.dense.length) this.grow(Math.max(capacity, slot + 1));
      const before = this.dense[slot] as number;
      this.dense[slot] = before + change;
      this.occupied += occupiedBy(before + change) - occupiedBy(before);
      return;
    }
    const before = sparse.get(slot) ?? 0;
    const count = before + change;
    this.occupied += occupiedBy(count) - occupiedBy(before);
    if (count === 0) sparse.delete(slot);
    else sparse.set(slot, count);
    if (sparse.size > FEW && sparse.size * SLOTS_PER_ENTRY > capacity) this.becomeDense(sparse, capacity);
  }

  /** Calls `visit` for each slot whose count is not 0; in no order that may decide anything. */
  forEach(visit: (slot: number, count: number) => void): void {
    if (this.sparse !== undefined) {
      for (const [slot, count] of this.sparse) visit(slot, count);
      return;
    }
    for (let slot = 0; slot < this.dense.length; slot++) {
      const count = this.dense[slot] as number;
      if (count !== 0) visit(slot, count);
    }
  }

  /** All counts are 0. */
  clear(): void {
    this.sparse = new Map();
    this.dense = new Int32Array(0);
    this.total = 0;
    this.occupied = 0;
  }

  private becomeDense(sparse: ReadonlyMap<number, number>, capacity: number): void {
    let slots = capacity;
    for (const slot of sparse.keys()) slots = Math.max(slots, slot + 1);
    this.dense = new Int32Array(slots);
    for (const [slot, count] of sparse) this.dense[slot] = count;
    this.sparse = undefined;
  }

  private grow(slots: number): void {
    const bigger = new Int32Array(slots);
    bigger.set(this.dense);
    this.dense = bigger;
  }
}

function occupiedBy(count: number): number {
  return count === 0 ? 0 : 1;
}
