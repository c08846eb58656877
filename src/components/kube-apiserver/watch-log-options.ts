/** What a watch log needs to know about its resource and its surroundings. */
import type { VersionHandle, VersionTable } from '../../cluster/index.ts';
import type { Simulation } from '../../engine/index.ts';
import type { Nanoseconds } from '../../units/index.ts';
import type { RingBounds } from './change-ring.ts';
import type { ChannelBounds } from './watch-channels.ts';
import type { DelayOptions } from './watch-delays.ts';

/** What a log needs to know about its resource and its surroundings. */
export interface WatchLogOptions extends RingBounds {
  /** Name of the log in messages. */
  readonly name: string;
  readonly simulation: Simulation;
  readonly table: VersionTable;
  /** Bucket of a version, EVERYTHING if it is in none. */
  readonly bucketOf: (version: VersionHandle) => number;
  /** Delay of watch connections, drawn by watcher and revision. */
  readonly delay: DelayOptions;
  readonly channels: ChannelBounds;
  /** Time between the bookmarks of a watch. */
  readonly bookmarkPeriod: Nanoseconds;
}
