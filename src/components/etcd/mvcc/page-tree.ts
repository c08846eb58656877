/**
 * The leaves and branches of the key bucket of one member's database, as bbolt keeps them: revisions are appended to the rightmost leaf, which is
 * closed at 90 % (etcd's fill for sequential writes) but holds two revisions at least, so that large values run over into overflow pages;
 * deletions leave a leaf as it is until it is a quarter full, when it is merged with its neighbour. Pages are copied on write.
 * bbolt node.go (spill, splitTwo, rebalance), E:server/storage/backend/batch_tx.go:UnsafeSeqPut.
 *
 * A leaf knows how many revisions it has, not which: a revision is found by its position, which lies between the first positions of two leaves.
 * After a defragmentation that is true to within a leaf, and a deletion that finds its leaf empty goes to the next one.
 * Branch pages are counted, not kept: as many as the leaves need at that fill.
 */

/** Bytes of a page: the page size of the operating system, which bbolt takes over [B]. */
export const PAGE_BYTES = 4096;
/** Header of a page [B]. */
const PAGE_HEADER = 16;
/** Share of a page that is filled when it is split while etcd appends (bucket.FillPercent). */
const FILL = 0.9;
/** Bytes at which a leaf is closed [B]. */
const FILL_BYTES = Math.floor(PAGE_BYTES * FILL);
/** Elements that a node must have for it to be split: two for each half (minKeysPerPage). */
const LEAST_ELEMENTS = 2;
const LEAST_TO_SPLIT = 4;
/** A node of no more bytes than this quarter of a page is merged. */
const MERGE_BYTES = Math.floor(PAGE_BYTES / LEAST_TO_SPLIT);
/** Bytes of an element of a branch page: header and revision key [B]. */
const BRANCH_ELEMENT = 33;
/** Children of a branch page. */
const BRANCH_CHILDREN = Math.floor((FILL_BYTES - PAGE_HEADER) / BRANCH_ELEMENT);
/** Leaves at the start; doubled when full. */
const INITIAL_LEAVES = 64;
/** A leaf that no open transaction has written. */
const CLEAN = -1;

/** Deletions that go through the tree from left to right. */
export interface Sweep {
  /** Positions and element bytes of the revisions to delete, ascending. */
  readonly positions: Float64Array;
  readonly bytes: Float64Array;
  /** Position behind the last revision that is looked at. */
  readonly end: number;
  /** Index of the next deletion, and position from which on leaves are still to be looked at, state. */
  next: number;
  at: number;
  /** Revisions looked at and deleted so far, statistic. */
  scanned: number;
  deleted: number;
}

/** The tree. */
export class PageTree {
  /** Leaves in the order of their keys, the last one open: first position, revisions, bytes of elements, last transaction that wrote it, state. */
  private starts = new Float64Array(INITIAL_LEAVES);
  private counts = new Int32Array(INITIAL_LEAVES);
  private sizes = new Float64Array(INITIAL_LEAVES);
  private writtenIn = new Int32Array(INITIAL_LEAVES).fill(CLEAN);
  /** Leaves, those among them that are merged away included [leaf], state. */
  private length = 1;
  /** Leaves that exist now, and as of the latest commit [leaf], state. */
  private leaves = 1;
  private committedLeaves = 1;
  /** Number of the open transaction, state. */
  private transaction = 0;
  /** Leaves written by it, their pages, and the pages that were theirs before, state. */
  private dirtyLeaves = 0;
  private dirtyPages = 0;
  private supersededPages = 0;
  /** Pages of all leaves [page], state. */
  private leafPages = 1;
  /** Revisions, and bytes of their elements, state. */
  revisions = 0;
  bytes = 0;
  /** What the latest commit wrote, and what it gave up in exchange [page], state. */
  written = 0;
  freed = 0;

  /** Pages of leaves and branches [page]. */
  get pages(): number {
    let total = this.leafPages;
    for (let children = this.leaves; children > 1; ) {
      children = Math.ceil(children / BRANCH_CHILDREN);
      total += children;
    }
    return total;
  }

  /** Appends a revision whose element takes `bytes`. */
  append(position: number, bytes: number): void {
    let tail = this.length - 1;
    const isFull = (this.counts[tail] as number) >= LEAST_ELEMENTS && !fits((this.sizes[tail] as number) + bytes);
    if (isFull) {
      if (this.length === this.starts.length) this.grow();
      tail = this.length++;
      this.counts[tail] = 0;
      this.sizes[tail] = 0;
      // It had no page before this transaction.
      this.writtenIn[tail] = this.transaction;
      this.leaves++;
      this.dirtyLeaves++;
      this.dirtyPages++;
      this.leafPages++;
    }
    if (this.counts[tail] === 0) this.starts[tail] = position;
    this.touch(tail);
    this.resize(tail, 1, bytes);
    this.revisions++;
    this.bytes += bytes;
  }

  /** Goes on with a sweep over at least `limit` revisions, if there are as many; true if it has come to its end. */
  sweep(sweep: Sweep, limit: number): boolean {
    const stop = sweep.scanned + limit;
    let leaf = this.find(sweep.at);
    let left = this.aliveBefore(leaf);
    while (leaf < this.length && (this.starts[leaf] as number) < sweep.end && sweep.scanned < stop) {
      sweep.scanned += this.counts[leaf] as number;
      const isTail = leaf === this.length - 1;
      const isChanged = this.deleteFrom(leaf, isTail ? sweep.end : (this.starts[leaf + 1] as number), sweep);
      if (isChanged && left >= 0 && !isTail) this.rebalance(left, leaf);
      if ((this.counts[leaf] as number) > 0) left = leaf;
      leaf++;
    }
    const isDone = leaf >= this.length || (this.starts[leaf] as number) >= sweep.end;
    sweep.at = isDone ? sweep.end : (this.starts[leaf] as number);
    if (isDone) {
      this.finish(sweep);
      this.squeeze();
    }
    return isDone;
  }

  /** Ends the open transaction: {@link written} and {@link freed} say what it cost. */
  commit(): void {
    this.written = this.dirtyPages;
    this.freed = this.supersededPages;
    let before = this.committedLeaves;
    let after = this.leaves;
    let dirty = this.dirtyLeaves;
    while (before > 1 || after > 1) {
      before = before > 1 ? Math.ceil(before / BRANCH_CHILDREN) : 0;
      after = after > 1 ? Math.ceil(after / BRANCH_CHILDREN) : 0;
      // What is written lies side by side: one branch page for each so many children.
      dirty = Math.max(
        after - before,
        Math.min(after, dirty === 0 ? 0 : 1 + Math.floor((dirty - 1) / BRANCH_CHILDREN)),
      );
      this.written += dirty;
      this.freed += dirty + before - after;
    }
    this.committedLeaves = this.leaves;
    this.beginTransaction();
  }

  /** Takes another tree over as it is. */
  copyFrom(other: PageTree): void {
    this.starts = other.starts.slice();
    this.counts = other.counts.slice();
    this.sizes = other.sizes.slice();
    this.writtenIn = new Int32Array(this.starts.length).fill(CLEAN);
    this.length = other.length;
    this.leaves = other.leaves;
    this.committedLeaves = other.leaves;
    this.leafPages = other.leafPages;
    this.revisions = other.revisions;
    this.bytes = other.bytes;
    this.beginTransaction();
  }

  /** Writes all revisions one after the other into fresh leaves, as a defragmentation does. */
  repack(): void {
    const old = { starts: this.starts, counts: this.counts, sizes: this.sizes, length: this.length };
    this.starts = new Float64Array(INITIAL_LEAVES);
    this.counts = new Int32Array(INITIAL_LEAVES);
    this.sizes = new Float64Array(INITIAL_LEAVES);
    this.writtenIn = new Int32Array(INITIAL_LEAVES).fill(CLEAN);
    this.length = 1;
    this.leaves = 1;
    this.leafPages = 1;
    this.revisions = 0;
    this.bytes = 0;
    for (let leaf = 0; leaf < old.length; leaf++) {
      const count = old.counts[leaf] as number;
      if (count === 0) continue;
      const start = old.starts[leaf] as number;
      const end = leaf + 1 < old.length ? (old.starts[leaf + 1] as number) : start + count;
      const bytes = (old.sizes[leaf] as number) / count;
      const step = (end - start) / count;
      for (let i = 0; i < count; i++) this.append(start + i * step, bytes);
    }
    this.committedLeaves = this.leaves;
    this.beginTransaction();
  }

  /** Revisions that the leaves hold and the pages they take, counted one by one: for checks. */
  recount(): { revisions: number; pages: number } {
    let revisions = 0;
    let pages = 0;
    for (let leaf = 0; leaf < this.length; leaf++) {
      revisions += this.counts[leaf] as number;
      pages += this.pagesOf(leaf);
    }
    return { revisions, pages: pages + this.pages - this.leafPages };
  }

  private beginTransaction(): void {
    this.transaction++;
    this.dirtyLeaves = 0;
    this.dirtyPages = 0;
    this.supersededPages = 0;
  }

  /** Pages that a leaf takes: none once it is merged away. */
  private pagesOf(leaf: number): number {
    if (this.counts[leaf] === 0) return leaf === this.length - 1 ? 1 : 0;
    return Math.ceil((PAGE_HEADER + (this.sizes[leaf] as number)) / PAGE_BYTES);
  }

  /** The open transaction writes a leaf: its pages on disk are given up at the commit. */
  private touch(leaf: number): void {
    if (this.writtenIn[leaf] === this.transaction) return;
    this.writtenIn[leaf] = this.transaction;
    const pages = this.pagesOf(leaf);
    this.dirtyLeaves++;
    this.dirtyPages += pages;
    this.supersededPages += pages;
  }

  /** Changes a leaf that is touched. */
  private resize(leaf: number, count: number, bytes: number): void {
    const before = this.pagesOf(leaf);
    this.counts[leaf] = (this.counts[leaf] as number) + count;
    this.sizes[leaf] = Math.max(0, (this.sizes[leaf] as number) + bytes);
    const change = this.pagesOf(leaf) - before;
    this.dirtyPages += change;
    this.leafPages += change;
  }

  /** Deletes what a sweep wants deleted before position `end` from a leaf, as far as it has so many; whether it had any. */
  private deleteFrom(leaf: number, end: number, sweep: Sweep): boolean {
    const first = sweep.next;
    const limit = first + (this.counts[leaf] as number);
    let bytes = 0;
    while (sweep.next < limit && (sweep.positions[sweep.next] as number) < end) {
      bytes += sweep.bytes[sweep.next] as number;
      sweep.next++;
    }
    const count = sweep.next - first;
    if (count === 0) return false;
    this.touch(leaf);
    this.remove(leaf, count, bytes, sweep);
    return true;
  }

  private remove(leaf: number, count: number, bytes: number, sweep: Sweep): void {
    const isEmptied = count === this.counts[leaf];
    const removed = isEmptied ? (this.sizes[leaf] as number) : Math.min(bytes, this.sizes[leaf] as number);
    this.resize(leaf, -count, -removed);
    this.revisions -= count;
    this.bytes -= removed;
    sweep.deleted += count;
    if (isEmptied && leaf !== this.length - 1) this.leaves--;
  }

  /** A leaf with too little left is merged with its left neighbour, or that one with it, if both fit together. */
  private rebalance(left: number, leaf: number): void {
    if ((this.counts[leaf] as number) === 0) return;
    const wants = this.isSparse(leaf) || (this.isSparse(left) && this.writtenIn[left] === this.transaction);
    if (!wants || left === leaf) return;
    const count = (this.counts[left] as number) + (this.counts[leaf] as number);
    const bytes = (this.sizes[left] as number) + (this.sizes[leaf] as number);
    if (count > LEAST_TO_SPLIT && PAGE_HEADER + bytes >= PAGE_BYTES) return;
    this.touch(left);
    const moved = this.sizes[leaf] as number;
    const movedCount = this.counts[leaf] as number;
    this.resize(leaf, -movedCount, -moved);
    this.resize(left, movedCount, moved);
    this.leaves--;
  }

  private isSparse(leaf: number): boolean {
    return (this.counts[leaf] as number) <= 1 || PAGE_HEADER + (this.sizes[leaf] as number) <= MERGE_BYTES;
  }

  /** Deletions that found their leaves empty (after a defragmentation) are taken from whatever is left before them. */
  private finish(sweep: Sweep): void {
    for (let leaf = this.find(sweep.end); leaf >= 0 && sweep.next < sweep.positions.length; leaf--) {
      const count = Math.min(sweep.positions.length - sweep.next, this.counts[leaf] as number);
      if (count === 0) continue;
      let bytes = 0;
      for (let i = 0; i < count; i++) bytes += sweep.bytes[sweep.next++] as number;
      this.touch(leaf);
      this.remove(leaf, count, bytes, sweep);
    }
  }

  /** Forgets leaves that are merged away; what lay between their positions is found in the leaf before. */
  private squeeze(): void {
    let to = 0;
    for (let from = 0; from < this.length; from++) {
      if (this.counts[from] === 0 && from !== this.length - 1) continue;
      this.starts[to] = this.starts[from] as number;
      this.counts[to] = this.counts[from] as number;
      this.sizes[to] = this.sizes[from] as number;
      this.writtenIn[to] = this.writtenIn[from] as number;
      to++;
    }
    this.length = to;
  }

  /** The last leaf that begins at or before a position; the first one if there is none. */
  private find(position: number): number {
    let low = 0;
    let high = this.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.starts[middle] as number) <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The nearest leaf before this one that still exists, -1 if there is none. */
  private aliveBefore(leaf: number): number {
    let before = leaf - 1;
    while (before >= 0 && this.counts[before] === 0) before--;
    return before;
  }

  private grow(): void {
    const length = this.starts.length * 2;
    const grown = <T extends Float64Array | Int32Array>(from: T): T => {
      const to = new (from.constructor as new (length: number) => T)(length);
      to.set(from);
      return to;
    };
    this.starts = grown(this.starts);
    this.counts = grown(this.counts);
    this.sizes = grown(this.sizes);
    this.writtenIn = grown(this.writtenIn);
  }
}

/** Whether a leaf with `bytes` of elements is filled no further than a split would leave it. */
function fits(bytes: number): boolean {
  return PAGE_HEADER + bytes <= FILL_BYTES;
}
