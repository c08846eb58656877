/**
 * Seats that stay taken for a while after their request was answered, in the order in which they become free. Nothing is scheduled for them:
 * whoever looks takes out what is due.
 */

/** When seats become free, and whose they were. */
export interface LingeringEntry {
  /** Instant [ns]. */
  readonly at: number;
  readonly queue: number;
  readonly seats: number;
}

/** The lingering seats of one level. */
export class LingeringSeats {
  /** By instant, latest first, so that the next one is taken from the end. */
  private readonly entries: LingeringEntry[] = [];

  /** Instant at which the next seats become free, Infinity if none linger [ns]. */
  get next(): number {
    return this.entries.at(-1)?.at ?? Number.POSITIVE_INFINITY;
  }

  /** Seats linger until an instant. Of entries of one instant the first comes out first. */
  add(entry: LingeringEntry): void {
    const { entries } = this;
    let low = 0;
    let high = entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((entries[middle] as LingeringEntry).at > entry.at) low = middle + 1;
      else high = middle;
    }
    entries.splice(low, 0, entry);
  }

  /** Takes out the next ones; there must be some. */
  take(): LingeringEntry {
    return this.entries.pop() as LingeringEntry;
  }

  /** How long those that are due by `now`, but were not taken out, have been free [seat x ns]. */
  freeTime(now: number): number {
    let time = 0;
    for (let i = this.entries.length - 1; i >= 0; i--) {
      const { at, seats } = this.entries[i] as LingeringEntry;
      if (at >= now) break;
      time += seats * (now - at);
    }
    return time;
  }

  /** Forgets them. */
  clear(): void {
    this.entries.length = 0;
  }
}
