/** What a watch log tells those who watch it. */
import type { VersionHandle } from '../../cluster/index.ts';

/** Who opened a watch. */
export interface WatchSubscriber {
  /** A watcher that never reacts to changes: it only costs the API server, and is told of nothing but the end of its watch. */
  readonly isSilent?: boolean;
  /** By how much a change comes later than its draw says, because something is wrong with the network; left out = never. */
  lateness?(revision: number): number;
  /** Something that it has not seen can be read. */
  onDelivered(): void;
  /** The server has closed the watch, and all that came before its end can be read. */
  onEnded(): void;
  /**
   * Whether it would do anything on seeing this change. If not, it is not woken for it and finds it when it next looks, which changes nothing
   * that can be observed. Left out = it reacts to everything.
   */
  concerns?(version: VersionHandle, previous: VersionHandle): boolean;
}
