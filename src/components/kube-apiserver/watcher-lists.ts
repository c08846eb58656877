/** Who is served: the watchers of everything and of each bucket, those that react apart from those that never do, whom no change is looked at for. */
import { EVERYTHING } from './watch-selection.ts';
import type { WatcherTable } from './watcher-table.ts';

/** Nobody. */
const NOBODY: readonly number[] = [];

/** The lists of one log. A watcher leaves by the last of its list taking its place. */
export class WatcherLists {
  private readonly table: WatcherTable;
  /** Watchers of everything that react, state. */
  readonly everything: number[] = [];
  private readonly buckets: (number[] | undefined)[] = [];
  private readonly silentEverything: number[] = [];
  private readonly silentBuckets: (number[] | undefined)[] = [];
  /** Watchers in all lists, state. */
  count = 0;

  constructor(table: WatcherTable) {
    this.table = table;
  }

  /** Watchers of a bucket that react. */
  ofBucket(bucket: number): readonly number[] {
    return this.buckets[bucket] ?? NOBODY;
  }

  /** How many watchers a change of a bucket is sent to. */
  matching(bucket: number): number {
    const all = this.everything.length + this.silentEverything.length;
    if (bucket === EVERYTHING) return all;
    return all + (this.buckets[bucket]?.length ?? 0) + (this.silentBuckets[bucket]?.length ?? 0);
  }

  /** All lists that a change of a bucket goes to. */
  of(bucket: number): readonly (readonly number[])[] {
    const all = [this.everything, this.silentEverything];
    if (bucket === EVERYTHING) return all;
    return [...all, this.ofBucket(bucket), this.silentBuckets[bucket] ?? NOBODY];
  }

  /** A watch is served from now on. */
  add(watcher: number): void {
    const list = this.listOf(watcher);
    this.table.positions[watcher] = list.length;
    list.push(watcher);
    this.count++;
  }

  /** A watch is served no more. */
  remove(watcher: number): void {
    const { positions } = this.table;
    const list = this.listOf(watcher);
    const position = positions[watcher] as number;
    const last = list.pop() as number;
    if (last !== watcher) {
      list[position] = last;
      positions[last] = position;
    }
    this.count--;
  }

  private listOf(watcher: number): number[] {
    const select = this.table.selects[watcher] as number;
    const isSilent = this.table.isSilent(watcher);
    if (select === EVERYTHING) return isSilent ? this.silentEverything : this.everything;
    const lists = isSilent ? this.silentBuckets : this.buckets;
    let list = lists[select];
    if (list === undefined) {
      list = [];
      lists[select] = list;
    }
    return list;
  }
}
