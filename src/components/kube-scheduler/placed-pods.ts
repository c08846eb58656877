/** Which pods are placed on which node: lists by slot, threaded through arrays by pod key, so that placing and removing costs no allocation. */

/** Places at the start; doubled. */
const INITIAL_PLACES = 1024;
const NONE = -1;

/** Lists of pods by slot, the latest pod first. */
export class PlacedPods {
  /** First pod of each slot, and the neighbours of each pod in its list, state. */
  private first = new Int32Array(INITIAL_PLACES).fill(NONE);
  private next = new Int32Array(INITIAL_PLACES).fill(NONE);
  private previous = new Int32Array(INITIAL_PLACES).fill(NONE);

  /** A pod is placed on a node. */
  add(key: number, slot: number): void {
    if (slot >= this.first.length) this.first = bigger(this.first, slot);
    if (key >= this.next.length) {
      this.next = bigger(this.next, key);
      this.previous = bigger(this.previous, key);
    }
    const following = this.first[slot] as number;
    this.next[key] = following;
    this.previous[key] = NONE;
    if (following !== NONE) this.previous[following] = key;
    this.first[slot] = key;
  }

  /** A pod that was placed on this node is gone. */
  remove(key: number, slot: number): void {
    const following = this.next[key] as number;
    const before = this.previous[key] as number;
    if (before === NONE) this.first[slot] = following;
    else this.next[before] = following;
    if (following !== NONE) this.previous[following] = before;
  }

  /** Calls `visit` for the key of each pod on a node. */
  forEachOn(slot: number, visit: (key: number) => void): void {
    if (slot >= this.first.length) return;
    for (let key = this.first[slot] as number; key !== NONE; key = this.next[key] as number) visit(key);
  }

  /** Forgets all. */
  clear(): void {
    this.first.fill(NONE);
  }
}

function bigger(from: Int32Array<ArrayBuffer>, index: number): Int32Array<ArrayBuffer> {
  const to = new Int32Array(Math.max(index + 1, from.length * 2)).fill(NONE);
  to.set(from);
  return to;
}
