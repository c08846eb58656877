/**
 * The order in which nodes are examined: zone by zone in turn, so that the first nodes that fit lie in all zones.
 * K:pkg/scheduler/backend/cache/node_tree.go. The list is made anew only after nodes have come or gone, as upstream's snapshot does.
 */

/** Room at the start; doubled. */
const INITIAL_ROOM = 128;

/** Slots of nodes, interleaved by zone. */
export class ZoneOrder {
  /** Slots by zone, in the order in which they came; zones in the order in which their first node came. */
  private readonly zones = new Map<string, number[]>();
  private list = new Int32Array(INITIAL_ROOM);
  private stale = false;
  /** Nodes in the order. */
  count = 0;

  /** Adds a node. */
  add(slot: number, zone: string): void {
    const slots = this.zones.get(zone);
    if (slots === undefined) this.zones.set(zone, [slot]);
    else slots.push(slot);
    this.count++;
    this.stale = true;
  }

  /** Takes a node out. A zone without nodes loses its place. */
  remove(slot: number, zone: string): void {
    const slots = this.zones.get(zone) as number[];
    slots.splice(slots.indexOf(slot), 1);
    if (slots.length === 0) this.zones.delete(zone);
    this.count--;
    this.stale = true;
  }

  /** The slots in order; the first {@link count} entries are valid, until the next change. */
  slots(): Int32Array {
    if (this.stale) this.rebuild();
    return this.list;
  }

  private rebuild(): void {
    while (this.list.length < this.count) this.list = new Int32Array(this.list.length * 2);
    const zones = [...this.zones.values()];
    let filled = 0;
    for (let round = 0; filled < this.count; round++) {
      for (const slots of zones) {
        const slot = slots[round];
        if (slot !== undefined) this.list[filled++] = slot;
      }
    }
    this.stale = false;
  }
}
