/** What became of a request to the store. */

/** Outcome of a request, the second argument of its answer. */
export const StoreOutcome = {
  Succeeded: 0,
  /** The comparison of the transaction did not hold. */
  ConditionFailed: 1,
  /** No leader, no member, or no answer in time. */
  Unavailable: 2,
  /** More than 5,000 entries are committed and not applied. */
  TooManyRequests: 3,
  /** The quota is used up: only reads and deletions are served. */
  NoSpace: 4,
  /** The request is longer than 1.5 MiB. */
  TooLarge: 5,
  /** The revision that was asked for is compacted. */
  Compacted: 6,
} as const;
