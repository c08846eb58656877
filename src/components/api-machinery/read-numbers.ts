/** What the numbers of a LIST's or a WATCH's message mean. */

/** Numbers of the message of a LIST or WATCH. The answer of a LIST has the next page's in the same places. */
export const ReadNumber = {
  /** Bucket that is asked for. */
  Bucket: 0,
  /** LIST: most objects in the answer, 0 = all. */
  Limit: 1,
  /** WATCH: revision after which. */
  After: 1,
  /** The client's own note: the life in which it asks. */
  Life: 2,
  /** LIST: where this page begins, 0 = at the beginning; in the answer 0 = there is no further page. */
  Position: 3,
  /** WATCH: 1 = with the objects there are first (sendInitialEvents). */
  InitialEvents: 3,
  /** LIST: revision of the first page, which the others share. WATCH, answer: revision of the initial objects. */
  Revision: 4,
  /** LIST: share of the objects that the label selector matches, 0 = no selector. */
  SelectedShare: 5,
  /** WATCH, answer: identity of the watcher. */
  Identity: 5,
} as const;
