/**
 * A member's log: which entries it has, which of them are written, committed and applied. R:log.go, R:log_unstable.go.
 * Entries up to some index are dropped once a snapshot stands for them.
 */
import type { Entry } from './entry.ts';
import type { SnapshotMetadata } from './message.ts';

/** The term of an entry that is not, or no longer, in the log. */
export const UNKNOWN_TERM = -1;
/** The entries do not fit onto the log. */
export const NO_MATCH = -1;

const NOTHING: readonly never[] = [];

/** Entries that are dropped are taken out of the array in lumps of this many or more, so that it is not shifted for every few. */
const DROP_LUMP = 4096;

/** What a crash leaves of a log. */
export interface WrittenLog<Payload> {
  readonly snapshot: SnapshotMetadata;
  /** Entries behind the snapshot. */
  readonly entries: readonly Entry<Payload>[];
}

/** The log of one member. */
export class RaftLog<Payload> {
  /** Entries from {@link origin} + 1 on; those up to {@link base} are dropped, but not yet taken out, state. */
  private readonly entries: Entry<Payload>[];
  private origin: number;
  /** The entries that were asked for last, which are shared: what is sent is written, and what is written is committed soon, state. */
  private taken: readonly Entry<Payload>[] = NOTHING;
  /** Last index that was dropped, and its term, state. */
  private base: number;
  private baseTerm: number;
  /** Entries up to this index are written at this member; the rest of them has yet to be, state. */
  stable: number;
  /** Entries up to this index are durable at a quorum, as far as this member knows, state. */
  committed: number;
  /** Entries up to this index have been handed to the state machine, state. */
  applied: number;
  /** The state that slow followers can be sent, state. */
  snapshot: SnapshotMetadata;
  /** A received snapshot that has yet to be written, state. */
  unwrittenSnapshot: SnapshotMetadata | undefined;
  /** What is on disk while a received snapshot is not, state. */
  private replaced: WrittenLog<Payload> | undefined;

  constructor(snapshot: SnapshotMetadata, entries: readonly Entry<Payload>[]) {
    this.snapshot = snapshot;
    this.base = snapshot.index;
    this.origin = snapshot.index;
    this.baseTerm = snapshot.term;
    this.entries = entries.slice();
    this.stable = this.lastIndex;
    this.committed = snapshot.index;
    this.applied = snapshot.index;
  }

  /** First index that is kept. */
  get firstIndex(): number {
    return this.base + 1;
  }

  get lastIndex(): number {
    return this.origin + this.entries.length;
  }

  get lastTerm(): number {
    return this.termOf(this.lastIndex);
  }

  /** Term of an entry, {@link UNKNOWN_TERM} if the log does not have it. */
  termOf(index: number): number {
    if (index === this.base) return this.baseTerm;
    if (index < this.base || index > this.lastIndex) return UNKNOWN_TERM;
    return (this.entries[index - this.origin - 1] as Entry<Payload>).term;
  }

  /** Whether the log has this entry. */
  matches(index: number, term: number): boolean {
    return this.termOf(index) === term;
  }

  /** An entry that is kept. */
  entryAt(index: number): Entry<Payload> {
    const entry = index > this.base ? this.entries[index - this.origin - 1] : undefined;
    if (entry === undefined) throw new RangeError(`the log has no entry ${index}`);
    return entry;
  }

  /** Whether a log that ends so is at least as up-to-date as this one (raft paper, §5.4.1). */
  isUpToDate(index: number, term: number): boolean {
    const { lastTerm } = this;
    return term > lastTerm || (term === lastTerm && index >= this.lastIndex);
  }

  /** Appends at the end. */
  push(entry: Entry<Payload>): void {
    this.entries.push(entry);
  }

  /**
   * Takes over entries that follow (index, term), and drops what contradicts them (§5.3). Returns the last index that is now known to be as the
   * leader's, {@link NO_MATCH} if the log does not have (index, term).
   */
  tryAppend(index: number, term: number, entries: readonly Entry<Payload>[]): number {
    if (!this.matches(index, term)) return NO_MATCH;
    // What is here already is not touched: the message may be old, and shorter than the log.
    let known = 0;
    while (known < entries.length && this.matches(index + known + 1, (entries[known] as Entry<Payload>).term)) known++;
    if (known < entries.length) {
      this.truncateAfter(index + known);
      for (let i = known; i < entries.length; i++) this.entries.push(entries[i] as Entry<Payload>);
      this.taken = entries;
    }
    return index + entries.length;
  }

  private truncateAfter(index: number): void {
    if (index >= this.lastIndex) return;
    if (index < this.committed) {
      throw new Error(`a leader contradicts entry ${index + 1}, but entries up to ${this.committed} are committed`);
    }
    this.entries.length = index - this.origin;
    this.taken = NOTHING;
    this.stable = Math.min(this.stable, index);
  }

  /** Entries up to `index` are committed. */
  commitTo(index: number): void {
    if (index <= this.committed) return;
    if (index > this.lastIndex)
      throw new Error(`entry ${index} is committed, but the log ends at ${this.lastIndex}: written entries were lost`);
    this.committed = index;
  }

  /**
   * The last index up to `index` at which a log that has `term` at some later index can agree with this one: no term behind it is at most
   * `term`. R:log.go:findConflictByTerm.
   */
  lastIndexOfTermAtMost(index: number, term: number): number {
    let candidate = index;
    while (candidate > this.base && this.termOf(candidate) > term) candidate--;
    return candidate;
  }

  /** Entries from `from` on, as many as are `maximumBytes` long together, but at least one if there is any. */
  upTo(from: number, maximumBytes: number): readonly Entry<Payload>[] {
    const start = from - this.origin - 1;
    let end = start;
    let bytes = 0;
    while (end < this.entries.length) {
      bytes += (this.entries[end] as Entry<Payload>).bytes;
      if (bytes > maximumBytes && end > start) break;
      end++;
    }
    return this.range(from, this.origin + end);
  }

  /** Entries from `first` to `last`, both in the log or none between them; the list is shared. */
  range(first: number, last: number): readonly Entry<Payload>[] {
    const { taken } = this;
    if (taken.length > 0 && taken.length === last - first + 1 && (taken[0] as Entry<Payload>).index === first)
      return taken;
    const start = first - this.origin - 1;
    // Most batches are of one entry.
    this.taken =
      first === last ? [this.entries[start] as Entry<Payload>] : this.entries.slice(start, last - this.origin);
    return this.taken;
  }

  /** A snapshot of the applied state at its index stands for the entries up to it; the last `keep` of them are kept for slow followers. */
  compact(snapshot: SnapshotMetadata, keep: number): void {
    this.snapshot = snapshot;
    this.dropTo(snapshot.index - keep);
  }

  private dropTo(index: number): void {
    if (index <= this.base) return;
    this.baseTerm = this.termOf(index);
    this.base = index;
    if (index - this.origin < DROP_LUMP) return;
    this.entries.splice(0, index - this.origin);
    this.origin = index;
  }

  /** A received snapshot takes the place of the whole log. */
  restore(snapshot: SnapshotMetadata): void {
    this.replaced ??= this.written();
    this.entries.length = 0;
    this.taken = NOTHING;
    this.base = snapshot.index;
    this.origin = snapshot.index;
    this.baseTerm = snapshot.term;
    this.stable = snapshot.index;
    this.committed = snapshot.index;
    this.applied = snapshot.index;
    this.snapshot = snapshot;
    this.unwrittenSnapshot = snapshot;
  }

  /** Work that was handed out is written: a snapshot, and entries that overwrite what was behind the first of them. */
  writeDone(snapshot: SnapshotMetadata | undefined, entries: readonly Entry<Payload>[]): void {
    if (snapshot !== undefined && snapshot === this.unwrittenSnapshot) {
      this.unwrittenSnapshot = undefined;
      this.replaced = undefined;
    } else if (this.replaced !== undefined) {
      // Another snapshot has taken the place of the log meanwhile, but is not written.
      this.replaced = rewritten(this.replaced, snapshot, entries);
    }
    if (entries.length === 0) return;
    const { index, term } = entries[entries.length - 1] as Entry<Payload>;
    // Those that have been overwritten meanwhile are no longer of this log.
    if (index > this.stable && this.matches(index, term)) this.stable = index;
  }

  /** What is on disk. */
  written(): WrittenLog<Payload> {
    if (this.replaced !== undefined) return this.replaced;
    return { snapshot: this.snapshot, entries: this.range(this.snapshot.index + 1, this.stable) };
  }
}

/** What is on disk after a snapshot and entries were written to it. */
function rewritten<Payload>(
  before: WrittenLog<Payload>,
  snapshot: SnapshotMetadata | undefined,
  entries: readonly Entry<Payload>[],
): WrittenLog<Payload> {
  const base = snapshot === undefined ? before : { snapshot, entries: [] };
  const [first] = entries;
  if (first === undefined) return base;
  return { snapshot: base.snapshot, entries: [...base.entries.filter(({ index }) => index < first.index), ...entries] };
}
