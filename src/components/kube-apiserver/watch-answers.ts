/** What a watch log answers to those who read it. */

/** What reading returns when nothing more has been delivered, and when the ring has overtaken the watcher (410 Gone). */
export const NOTHING_DELIVERED = -1;
export const GONE = -2;

/** How a change looks to a watcher. */
export const ChangeType = { Added: 0, Modified: 1, Deleted: 2 } as const;
