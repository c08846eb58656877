/**
 * A map of bounded size whose oldest entry makes room for a new one. The order of entry is kept in a ring beside the map: to ask a JavaScript map
 * for its oldest key passes over every entry that was deleted since it was last rebuilt, thousands of them.
 */
export class BoundedMap<T> {
  private readonly size: number;
  private readonly values = new Map<number, T>();
  /** Keys in the order of their entry from {@link oldest} on, state. */
  private readonly keys: number[] = [];
  private oldest = 0;

  /** Of at most `size` entries. */
  constructor(size: number) {
    this.size = size;
  }

  get(key: number): T | undefined {
    return this.values.get(key);
  }

  /** Adds a key that is not in it. */
  add(key: number, value: T): void {
    if (this.keys.length < this.size) {
      this.keys.push(key);
    } else {
      this.values.delete(this.keys[this.oldest] as number);
      this.keys[this.oldest] = key;
      this.oldest = (this.oldest + 1) % this.size;
    }
    this.values.set(key, value);
  }

  clear(): void {
    this.values.clear();
    this.keys.length = 0;
    this.oldest = 0;
  }
}
