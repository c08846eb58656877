/** A binary heap in an order that the caller gives; ties by the order of the heap's own working, so that the order given should be total. */

/** The heap. */
export class Heap<T> {
  private readonly before: (a: T, b: T) => boolean;
  private readonly items: T[] = [];

  /** `before` says whether the first comes before the second. What it says of an item in the heap must not change. */
  constructor(before: (a: T, b: T) => boolean) {
    this.before = before;
  }

  /** Items in it. */
  get size(): number {
    return this.items.length;
  }

  /** The first; undefined if there is none. */
  get first(): T | undefined {
    return this.items[0];
  }

  /** Puts an item in. */
  add(item: T): void {
    const { items } = this;
    let hole = items.push(item) - 1;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (!this.before(item, items[parent] as T)) break;
      items[hole] = items[parent] as T;
      hole = parent;
    }
    items[hole] = item;
  }

  /** Takes the first; undefined if there is none. */
  take(): T | undefined {
    const { items } = this;
    const first = items[0];
    const last = items.pop();
    if (items.length === 0 || last === undefined) return first;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && this.before(items[child + 1] as T, items[child] as T)) child++;
      if (!this.before(items[child] as T, last)) break;
      items[hole] = items[child] as T;
      hole = child;
    }
    items[hole] = last;
    return first;
  }
}
