/**
 * The database file of one member: bbolt's copy-on-write pages. A commit writes every page that changed to a free page, or to a new one at the end
 * of the file, and gives the old ones up; they are free for the commit after it. So the file never shrinks before it is defragmented.
 * E:server/storage/backend/backend.go; bbolt db.go, freelist.go. etcd keeps the free list in memory (NoFreelistSync), so it costs no pages.
 *
 * Left out: free pages are counted, so that a large value always finds free pages side by side; buckets other than `key` share the root page.
 */
import type { CompactionPlan } from './compaction-plan.ts';
import { PAGE_BYTES, PageTree, type Sweep } from './page-tree.ts';

/** Pages beside the key bucket: two meta pages, the page of the bucket roots, and the one that bbolt made for a free list. */
const OTHER_PAGES = 4;
/** Pages of them that every commit writes to another place: the bucket roots, with the consistent index in its inline bucket. */
const ROOT_PAGES = 1;

/** One database. */
export class Backend {
  private tree = new PageTree();
  /** Pages up to the highest one ever used [page], state. */
  private highWater = OTHER_PAGES + this.tree.pages;
  /** Pages that are free, and those that are after the next commit [page], state. */
  private free = 0;
  private pending = 0;
  /** Position behind the last revision, state. */
  private end = 0;
  /** Operations since the latest commit [operation], state. */
  operations = 0;
  /** Size of the file as of the latest commit, which is what the quota looks at [B], state. */
  size = this.highWater * PAGE_BYTES;
  /** Whether the open transaction has deleted from a bucket, so that it is committed at once, state. */
  mustCommit = false;

  /** Bytes of the file that are not free [B]. */
  get inUse(): number {
    return (this.highWater - this.free) * PAGE_BYTES;
  }

  /** Revisions in the key bucket [revision]. */
  get revisions(): number {
    return this.tree.revisions;
  }

  /**
   * Appends a revision at a position of the key space's log; its element takes `bytes`. A member that was killed applies again what its last
   * commit did not hold: the same revisions at the same positions, which the tree then has already.
   */
  append(position: number, bytes: number): void {
    this.operations++;
    if (position < this.end) return;
    this.end = position + 1;
    this.tree.append(position, bytes);
  }

  /** An operation in another bucket, such as a lease that is granted; `isDelete` if it takes something out of one. */
  touchOther(isDelete: boolean): void {
    this.operations++;
    if (isDelete) this.mustCommit = true;
  }

  /** Commits what is pending; returns the pages written. */
  commit(): number {
    const { tree } = this;
    tree.commit();
    const written = tree.written + ROOT_PAGES;
    this.free += this.pending;
    const reused = Math.min(this.free, written);
    this.free -= reused;
    this.highWater += written - reused;
    this.pending = tree.freed + ROOT_PAGES;
    this.operations = 0;
    this.mustCommit = false;
    this.size = this.highWater * PAGE_BYTES;
    return written;
  }

  /** One batch of a compaction: looks at about `limit` revisions and deletes what the plan says; true if that was the last. */
  compactBatch(sweep: Sweep, limit: number): boolean {
    const before = sweep.deleted;
    const isDone = this.tree.sweep(sweep, limit);
    if (sweep.deleted > before) {
      this.operations += sweep.deleted - before;
      this.mustCommit = true;
    }
    // The revision that is compacted is noted in the bucket `meta`.
    if (isDone) this.operations++;
    return isDone;
  }

  /** Copies everything that is kept into a fresh file. */
  defragment(): void {
    this.tree.repack();
    this.startFile();
  }

  /** An empty file takes its place. */
  startEmpty(): void {
    this.tree = new PageTree();
    this.end = 0;
    this.startFile();
  }

  /** Takes another member's database over, as a snapshot does: the file with its free pages. */
  copyFrom(other: Backend): void {
    this.tree.copyFrom(other.tree);
    this.end = other.end;
    this.free = other.free + other.pending;
    this.pending = 0;
    this.operations = 0;
    this.mustCommit = false;
    this.highWater = OTHER_PAGES + this.tree.pages + this.free;
    this.size = this.highWater * PAGE_BYTES;
  }

  /** Why the pages do not add up, or undefined. */
  fault(): string | undefined {
    const { tree } = this;
    const { revisions, pages } = tree.recount();
    if (revisions !== tree.revisions) return `${tree.revisions} revisions, but ${revisions} in the leaves`;
    if (pages !== tree.pages) return `${tree.pages} pages of the tree, but ${pages} counted one by one`;
    if (this.operations > 0) return undefined;
    const sum = OTHER_PAGES + tree.pages + this.free + this.pending;
    return sum === this.highWater ? undefined : `a file of ${this.highWater} pages, but ${sum} in use or free`;
  }

  private startFile(): void {
    this.free = 0;
    this.pending = 0;
    this.operations = 0;
    this.mustCommit = false;
    this.highWater = OTHER_PAGES + this.tree.pages;
    this.size = this.highWater * PAGE_BYTES;
  }
}

/** A sweep that carries a plan out. */
export function sweepOf(plan: CompactionPlan): Sweep {
  return { positions: plan.positions, bytes: plan.bytes, end: plan.scanEnd, next: 0, at: 0, scanned: 0, deleted: 0 };
}
