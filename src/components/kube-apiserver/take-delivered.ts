/**
 * What has come to a watcher of everything who does not look at the changes themselves, only at how far they have come: the same as reading one after
 * the other, in a tight loop.
 */
import { type ChangeRing, NO_SEQUENCE } from './change-ring.ts';
import type { WatchDelays } from './watch-delays.ts';
import type { WatcherTable } from './watcher-table.ts';

/** Parts of the log that is read. */
interface ReadLog {
  readonly ring: ChangeRing;
  readonly table: WatcherTable;
  readonly delays: WatchDelays;
  readonly reader: { arrivalOf(watcher: number, sequence: number): number };
  /** The present instant [ns]. */
  readonly now: number;
}

/**
 * Moves a cursor behind all changes that have been delivered by now; returns how many these are. `isPunctual`: nothing but the delays of the log is
 * between server and watcher, so that what was dispatched long enough ago has come, whatever its own draw was.
 */
export function takeDelivered(
  { ring, table, delays, reader, now }: ReadLog,
  watcher: number,
  isPunctual: boolean,
): number {
  const first = table.cursors[watcher] as number;
  if (first === NO_SEQUENCE) return 0;
  const end = Math.min(ring.end, table.limits[watcher] as number);
  let delivery = table.lastDelivery[watcher] as number;
  let sequence = first;
  const surely = isPunctual && delivery <= now ? now - delays.longest : Number.NEGATIVE_INFINITY;
  while (sequence < end) {
    if (ring.dispatchAt(sequence) + ring.spreadAt(sequence) > surely) {
      const arrival = Math.max(delivery, reader.arrivalOf(watcher, sequence));
      if (arrival > now) break;
      delivery = arrival;
    }
    sequence++;
  }
  if (sequence === first) return 0;
  table.lastDelivery[watcher] = delivery;
  table.cursors[watcher] = sequence < ring.end ? sequence : NO_SEQUENCE;
  return sequence - first;
}
