/** Nodes by how much work waits at them, so that the one with the least is found at once: a binary heap in which each node knows its place. */

/** Not in the heap. */
const NOWHERE = -1;

/** The heap. Nodes with the same work come by their number. */
export class WaitingTimes {
  private readonly heap: number[] = [];
  /** By node: its place in the heap, and its work [ns of the whole node]. */
  private readonly places: number[] = [];
  private readonly work: number[] = [];

  /** Nodes in it. */
  get size(): number {
    return this.heap.length;
  }

  /** The node with the least work. There must be one. */
  get least(): number {
    return this.heap[0] as number;
  }

  /** Takes a node in, with the work that was noted of it. */
  insert(node: number): void {
    if ((this.places[node] ?? NOWHERE) !== NOWHERE) return;
    this.work[node] ??= 0;
    this.places[node] = this.heap.push(node) - 1;
    this.up(this.heap.length - 1, node);
  }

  /** Takes a node out. What is noted of it stays. */
  remove(node: number): void {
    const place = this.places[node] ?? NOWHERE;
    if (place === NOWHERE) return;
    this.places[node] = NOWHERE;
    const last = this.heap.pop() as number;
    if (last === node) return;
    this.put(place, last);
    this.settle(last);
  }

  /** Adds work to a node, or takes it off (below 0). */
  add(node: number, work: number): void {
    this.work[node] = (this.work[node] ?? 0) + work;
    if ((this.places[node] ?? NOWHERE) !== NOWHERE) this.settle(node);
  }

  private settle(node: number): void {
    this.down(this.places[node] as number, node);
    this.up(this.places[node] as number, node);
  }

  private isBefore(a: number, b: number): boolean {
    const difference = (this.work[a] as number) - (this.work[b] as number);
    return difference < 0 || (difference === 0 && a < b);
  }

  private put(place: number, node: number): void {
    this.heap[place] = node;
    this.places[node] = place;
  }

  private up(from: number, node: number): void {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = this.heap[parent] as number;
      if (!this.isBefore(node, above)) break;
      this.put(place, above);
      place = parent;
    }
    this.put(place, node);
  }

  private down(from: number, node: number): void {
    const { heap } = this;
    let place = from;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && this.isBefore(heap[child + 1] as number, heap[child] as number)) child++;
      if (!this.isBefore(heap[child] as number, node)) break;
      this.put(place, heap[child] as number);
      place = child;
    }
    this.put(place, node);
  }
}
