/**
 * The channels between the dispatcher of a resource and the goroutines of its watchers. A channel is full if the change that lies as many places
 * back as it holds has not been written yet; the dispatcher then waits, for all full ones together as long as its budget lasts, and closes those
 * that are full still. What empties a channel is the goroutine's share of the CPU: the place in the fan-out of each change, never before the one
 * ahead of it. Decided when a change is dispatched, by looking at the ring: no watcher costs anything while none can be full.
 * K:apiserver/pkg/storage/cacher/cacher.go:dispatchEvent, cache_watcher.go:add. Left out: the second channel behind the goroutine, and the window of
 * the connection (4 MiB), so that a watcher is closed a little earlier than a real one.
 */
import { type Nanoseconds, NS_PER_SECOND, type SimTime } from '../../units/index.ts';
import { type ChangeRing, NO_SEQUENCE } from './change-ring.ts';
import { DispatchBudget } from './dispatch-budget.ts';
import { EVERYTHING } from './watch-selection.ts';
import type { WatcherTable } from './watcher-table.ts';

/** Sizes and budget of the channels of a resource. */
export interface ChannelBounds {
  /** Smallest channel [change]. */
  readonly minimum: number;
  /** Largest channel of a watcher of one bucket, and of one of everything [change]. */
  readonly maximumOfBucket: number;
  readonly maximumOfEverything: number;
  /** Share of time that the budget accrues, and the most that it keeps [ns]. */
  readonly budgetRate: number;
  readonly budgetMaximum: Nanoseconds;
}

/** A watcher whose channel is full, and when there is room in it [ns]. */
interface Blocked {
  readonly watcher: number;
  readonly roomAt: number;
}

/** The channels of all watchers of a resource. */
export class WatchChannels {
  private readonly bounds: ChannelBounds;
  private readonly ring: ChangeRing;
  private readonly watchers: WatcherTable;
  private readonly fresh: Nanoseconds;
  private readonly placeOf: (watcher: number, sequence: number) => number;
  private readonly budget: DispatchBudget;
  /** When the dispatcher is done with what it has dispatched [ns], state. */
  private freeAt = 0;
  /** Time that it has waited [ns], statistic. */
  waited = 0;

  /** `placeOf`: time from the dispatch of a change until a watcher's goroutine has written it [ns]. */
  constructor(
    bounds: ChannelBounds,
    ring: ChangeRing,
    watchers: WatcherTable,
    fresh: Nanoseconds,
    placeOf: (watcher: number, sequence: number) => number,
  ) {
    this.bounds = bounds;
    this.ring = ring;
    this.watchers = watchers;
    this.fresh = fresh;
    this.placeOf = placeOf;
    this.budget = new DispatchBudget(bounds.budgetRate, bounds.budgetMaximum);
  }

  /** Size of the channel of a watch that is opened now (suggestedWatchChannelSize): what the ring's rate brings in a second. */
  sizeFor(select: number): number {
    const { minimum, maximumOfBucket, maximumOfEverything } = this.bounds;
    const perSecond = Math.ceil((this.ring.capacity * NS_PER_SECOND) / this.fresh);
    const maximum = select === EVERYTHING ? maximumOfEverything : maximumOfBucket;
    return Math.max(minimum, Math.min(perSecond, maximum));
  }

  /** When a change that was processed at `processed` is dispatched: the dispatcher takes one after the other. */
  dispatchAt(processed: SimTime): SimTime {
    return Math.max(processed, this.freeAt) as SimTime;
  }

  /** Whether any channel can be full at an instant: no smallest one is if its oldest change has been written by everybody. */
  mayBeFull(at: SimTime): boolean {
    const { ring } = this;
    const back = ring.end - this.bounds.minimum;
    return back >= ring.oldest && ring.writtenByAt(back) > at;
  }

  /** The dispatcher goes on after a change for which nobody had to be waited for. */
  passed(dispatch: SimTime): void {
    this.freeAt = dispatch;
  }

  /**
   * Offers the next change to watchers; calls `close` for those whose channels are full still when the budget has run out. `bucket`: that of the
   * change.
   */
  offer(
    lists: readonly (readonly number[])[],
    bucket: number,
    dispatch: SimTime,
    close: (watcher: number, at: SimTime) => void,
  ): void {
    const unwritten = this.ring.firstUnwritten(dispatch);
    const blocked: Blocked[] = [];
    for (const list of lists) {
      for (const watcher of list) {
        const roomAt = this.roomAt(watcher, bucket, unwritten);
        if (roomAt > dispatch) blocked.push({ watcher, roomAt });
      }
    }
    this.freeAt = dispatch;
    if (blocked.length === 0) return;
    const deadline = dispatch + this.budget.available(dispatch);
    let end: number = dispatch;
    for (const { roomAt } of blocked) end = Math.max(end, Math.min(roomAt, deadline));
    this.budget.spend(dispatch, (end - dispatch) as Nanoseconds);
    this.waited += end - dispatch;
    this.freeAt = end;
    for (const { watcher, roomAt } of blocked) if (roomAt > deadline) close(watcher, end as SimTime);
  }

  /** When a watcher's channel has room for the next change [ns]; 0 = nothing that could fill it is unwritten. */
  private roomAt(watcher: number, bucket: number, unwritten: number): number {
    const { watchers } = this;
    const size = watchers.channels[watcher] as number;
    return watchers.selects[watcher] === EVERYTHING
      ? this.writtenEverything(watcher, this.ring.end - size, unwritten)
      : this.writtenOfBucket(watcher, this.placesBack(bucket, size), unwritten);
  }

  /** The change so many places back in a bucket, NO_SEQUENCE if there are not so many. */
  private placesBack(bucket: number, places: number): number {
    let sequence = this.ring.lastOf(bucket);
    for (let i = 1; i < places && sequence !== NO_SEQUENCE; i++) sequence = this.ring.beforeInBucket(sequence);
    return sequence;
  }

  /** When a watcher of everything has written a change and all before it; what was asked before is not computed again. */
  private writtenEverything(watcher: number, last: number, unwritten: number): number {
    const { ring, watchers } = this;
    if (last < unwritten || last < (watchers.first[watcher] as number)) return 0;
    const from = Math.max(watchers.writtenUpTo[watcher] as number, watchers.first[watcher] as number, unwritten);
    let written = watchers.written[watcher] as number;
    for (let sequence = from; sequence <= last; sequence++) {
      written = Math.max(written, ring.dispatchAt(sequence) + this.placeOf(watcher, sequence));
    }
    watchers.written[watcher] = written;
    watchers.writtenUpTo[watcher] = Math.max(watchers.writtenUpTo[watcher] as number, last + 1);
    return written;
  }

  private writtenOfBucket(watcher: number, last: number, unwritten: number): number {
    const { ring, watchers } = this;
    const from = Math.max(watchers.first[watcher] as number, unwritten);
    let written = 0;
    for (let sequence = last; sequence >= from; sequence = ring.beforeInBucket(sequence)) {
      written = Math.max(written, ring.dispatchAt(sequence) + this.placeOf(watcher, sequence));
    }
    return written;
  }
}
