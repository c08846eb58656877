/** Devices by driver and node: how many there are, and how many are taken. */

/** Slots at the start; doubled. */
const INITIAL_SLOTS = 128;

/** Devices of one driver. */
class DriverColumns {
  total = new Int32Array(INITIAL_SLOTS);
  taken = new Int32Array(INITIAL_SLOTS);

  ensure(slot: number): void {
    if (slot < this.total.length) return;
    const slots = Math.max(slot + 1, this.total.length * 2);
    const bigger = (from: Int32Array): Int32Array<ArrayBuffer> => {
      const to = new Int32Array(slots);
      to.set(from);
      return to;
    };
    this.total = bigger(this.total);
    this.taken = bigger(this.taken);
  }
}

/** Devices that are wanted of one driver. */
export interface DeviceNeed {
  readonly driver: string;
  readonly count: number;
}

/** Counts of all drivers. */
export class DeviceCounts {
  private readonly drivers = new Map<string, DriverColumns>();

  /** Devices come to a node, or go. */
  offer(driver: string, slot: number, change: number): void {
    const columns = this.columnsOf(driver);
    columns.ensure(slot);
    columns.total[slot] = (columns.total[slot] as number) + change;
  }

  /** Devices of a node are taken (`sign` 1) or given back (-1). */
  take(needs: readonly DeviceNeed[], slot: number, sign: 1 | -1): void {
    for (const { driver, count } of needs) {
      const columns = this.columnsOf(driver);
      columns.ensure(slot);
      columns.taken[slot] = (columns.taken[slot] as number) + sign * count;
    }
  }

  /** Free devices of a driver on a node. */
  free(driver: string, slot: number): number {
    const columns = this.drivers.get(driver);
    if (columns === undefined || slot >= columns.total.length) return 0;
    return (columns.total[slot] as number) - (columns.taken[slot] as number);
  }

  /** Devices of a driver that are taken, on all nodes. */
  takenOf(driver: string): number {
    let sum = 0;
    for (const taken of this.drivers.get(driver)?.taken ?? []) sum += taken;
    return sum;
  }

  /** Whether a node has all that is wanted, of each driver in one sum. */
  has(needs: readonly DeviceNeed[], slot: number): boolean {
    for (const { driver, count } of needs) if (this.free(driver, slot) < count) return false;
    return true;
  }

  /** Nothing is known any more. */
  clear(): void {
    this.drivers.clear();
  }

  private columnsOf(driver: string): DriverColumns {
    let columns = this.drivers.get(driver);
    if (columns === undefined) {
      columns = new DriverColumns();
      this.drivers.set(driver, columns);
    }
    return columns;
  }
}
