/**
 * What a compaction deletes: every revision that another one of the same key superseded at or before the compacted revision, and every tombstone
 * up to it. E:server/storage/mvcc/index.go:Compact, key_index.go. It is the same for all members, which carry it out each in its own time
 * (member-store.ts); so it is worked out once.
 */
import { NO_VERSION } from '../../../cluster/index.ts';
import type { ElementSize } from './element-size.ts';
import { isTombstone, NO_KIND, NO_POSITION, type RevisionLog } from './revision-log.ts';

/** The revisions that one compaction deletes. */
export interface CompactionPlan {
  /** Revision up to which history is dropped. */
  readonly revision: number;
  /** Position behind the last modification up to that revision: how far the backend is scanned. */
  readonly scanEnd: number;
  /** Positions of the modifications that are deleted, ascending. */
  readonly positions: Float64Array;
  /** Bytes of each in its leaf page [B]. */
  readonly bytes: Float64Array;
}

/** Works a plan out; modifications up to revision `compacted` have been dealt with by an earlier one. */
export function planCompaction(
  log: RevisionLog,
  compacted: number,
  revision: number,
  sizeOf: ElementSize,
): CompactionPlan {
  const scanEnd = log.positionAfter(revision);
  const deleted: { position: number; bytes: number }[] = [];
  for (let position = log.positionAfter(compacted); position < scanEnd; position++) {
    const previous = log.previousPosition(position);
    const version = log.previousVersion(position);
    const isSuperseding = version !== NO_VERSION || log.kind(position) === NO_KIND;
    if (isSuperseding && previous !== NO_POSITION) {
      deleted.push({ position: previous, bytes: sizeOf(log.kind(position), version) });
    }
    if (isTombstone(log, position)) deleted.push({ position, bytes: sizeOf(log.kind(position), NO_VERSION) });
  }
  deleted.sort((a, b) => a.position - b.position);
  return {
    revision,
    scanEnd,
    positions: Float64Array.from(deleted, ({ position }) => position),
    bytes: Float64Array.from(deleted, ({ bytes }) => bytes),
  };
}
