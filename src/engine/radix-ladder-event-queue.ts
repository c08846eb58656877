/**
 * The fast event queue: a radix ladder over integer keys.
 *
 * Seven levels of 256 buckets, one level for each byte of a key. An entry lies on the level of the highest byte in which its
 * key differs from the *base* (a key at or before everything in the buckets), in the bucket of that byte's value. So pushing
 * is appending; the next entries are those of the lowest bucket of the lowest level in use. That bucket becomes the present
 * *window*: if it is small it is sorted into the *run*, from which entries are popped; if it is large, its entries move
 * to lower levels first. Each entry moves down at most once per level, in practice two or three times in all.
 *
 * What is pushed into the present window goes to its place in the run if that is near, else to a side heap.
 *
 * First in, first out on equal keys needs no sequence numbers: equal keys always share a bucket, and buckets, moves and
 * sorting keep their order.
 */
import { BucketSet } from './bucket-set.ts';
import { grown } from './column.ts';
import { firstAbove, MAX_INSERTION_SORT, sortByBins, sortByInsertion } from './entry-sort.ts';
import type { DroppedListener, EventQueue } from './event-queue.ts';
import { SideHeap } from './side-heap.ts';
import { Tombstones } from './tombstones.ts';

/** Entries of a chunk, the piece in which buckets grow. An entry is two doubles, key and handle: 16 bytes. */
const CHUNK_SHIFT = 5;
const CHUNK_ENTRIES = 1 << CHUNK_SHIFT;
const CHUNK_MASK = CHUNK_ENTRIES - 1;
const INITIAL_CHUNKS = 64;

const LEVELS = 7;
const BUCKETS_PER_LEVEL = 256;
const BUCKETS = LEVELS * BUCKETS_PER_LEVEL;
/** 256^level: how many keys a bucket of a level covers. */
const BUCKET_SPANS = Float64Array.from({ length: LEVELS }, (_, level) => BUCKETS_PER_LEVEL ** level);
const TWO_TO_MINUS_32 = 2 ** -32;

/** A bucket of at most this many entries is sorted at once, whatever the size of the queue. */
const MIN_SORTED_AT_ONCE = 64;
/** Nor is a larger one, beyond which the run would leave the first-level cache. */
const MAX_SORTED_AT_ONCE = 1024;
/** In between: this share of the queue (as a shift), so that few of the entries pushed meanwhile land in the window. */
const SORTED_SHARE_SHIFT = 5;
/** An entry is put in its place in the run if at most this many others must move. */
const MAX_SHIFTED = 24;
/** A side heap of more entries than this is turned into buckets, which are faster. */
const MAX_SIDE = 32;
/** Cancelled entries are swept out when there are more than this many, and more than live ones. */
const MIN_SWEPT = 4096;

/** An event queue whose cost hardly depends on the number of entries. */
export class RadixLadderEventQueue implements EventQueue {
  /** Live entries [entry], state, 0 or more. */
  size = 0;
  /** Key of the entry last popped, state; 0 before the first pop. */
  poppedKey = 0;

  /** Told of each cancelled entry that leaves the queue, port. */
  private readonly onDropped: DroppedListener;
  /** Cancelled entries still in the queue, state; and how many of them set off the next sweep [entry]. */
  private readonly tombstones = new Tombstones();
  private sweepAt = MIN_SWEPT;

  /** The sorted entries of the present window, key and handle in turn, state; live from `runStart` to `runEnd` (both even). */
  private run = new Float64Array(4 * MAX_SORTED_AT_ONCE);
  private runStart = 0;
  private runEnd = 0;
  /** Entries of the present window that are not in the run, state. While it has any, all that is pushed goes here. */
  private readonly side = new SideHeap();
  /** Last key of the present window, state: smaller and equal keys are in run or side heap, larger ones in buckets. */
  private windowEnd = -1;
  /** The base and its 32-bit halves, state. */
  private base = 0;
  private baseLow = 0;
  private baseHigh = 0;

  /** All chunks, key and handle in turn, state. Chunk 0 stays unused, so that 0 can mean none. */
  private entries = new Float64Array(INITIAL_CHUNKS * CHUNK_ENTRIES * 2);
  /** The next chunk of the same bucket (or of the free list), by chunk, state. */
  private nextChunk = new Int32Array(INITIAL_CHUNKS);
  private firstFreeChunk = 0;
  private chunksUsed = 1;
  /** By bucket: where the next entry goes (a multiple of 32 if a chunk is needed), first chunk, and chunks, state. */
  private readonly tails = new Int32Array(BUCKETS);
  private readonly firstChunks = new Int32Array(BUCKETS);
  private readonly chunkCounts = new Int32Array(BUCKETS);
  /** The buckets that have entries, state. */
  private readonly inUse = new BucketSet(LEVELS);

  /** Work space of the sort. */
  private readonly unsorted = new Float64Array(2 * MAX_SORTED_AT_ONCE);
  private readonly binEnds = new Int32Array(MAX_SORTED_AT_ONCE + 1);

  constructor(onDropped: DroppedListener) {
    this.onDropped = onDropped;
  }

  push(key: number, handle: number): void {
    this.size++;
    if (key <= this.windowEnd) this.pushIntoWindow(key, handle);
    else this.append(key, handle);
  }

  peekKey(): number {
    return this.settle(Number.MAX_SAFE_INTEGER);
  }

  pop(): number {
    return this.popUntil(Number.MAX_SAFE_INTEGER);
  }

  popUntil(lastKey: number): number {
    const position = this.runStart;
    if (position < this.runEnd && this.side.size === 0) {
      const key = this.run[position] as number;
      if (key > lastKey) return -1;
      const handle = (this.run[position + 1] as number) | 0;
      if (!this.tombstones.has(handle)) {
        this.runStart = position + 2;
        this.size--;
        this.poppedKey = key;
        return handle;
      }
    }
    return this.popSettledUntil(lastKey);
  }

  cancel(handle: number): void {
    const { tombstones } = this;
    tombstones.mark(handle);
    this.size--;
    if (tombstones.count > this.sweepAt && tombstones.count > this.size) this.sweep();
  }

  /** Adds an entry that lies beyond the window to its bucket. */
  private append(key: number, handle: number): void {
    const low = key | 0;
    const high = (key * TWO_TO_MINUS_32) | 0;
    const differingHigh = high ^ this.baseHigh;
    let bucket: number;
    if (differingHigh === 0) {
      const shift = (31 - Math.clz32((low ^ this.baseLow) | 1)) & 24;
      bucket = (shift << 5) | ((low >>> shift) & 255);
    } else {
      const shift = (31 - Math.clz32(differingHigh)) & 24;
      bucket = ((shift + 32) << 5) | ((high >>> shift) & 255);
    }
    let position = this.tails[bucket] as number;
    if ((position & CHUNK_MASK) === 0) position = this.addChunk(bucket, position);
    this.tails[bucket] = position + 1;
    const { entries } = this;
    entries[2 * position] = key;
    entries[2 * position + 1] = handle;
  }

  /** Adds a chunk to a bucket whose chunks are full, or that has none; returns where the chunk's first entry goes. */
  private addChunk(bucket: number, tail: number): number {
    let chunk = this.firstFreeChunk;
    if (chunk !== 0) {
      this.firstFreeChunk = this.nextChunk[chunk] as number;
    } else {
      chunk = this.chunksUsed++;
      if (chunk === this.nextChunk.length) {
        this.nextChunk = grown(this.nextChunk, 2 * chunk);
        this.entries = grown(this.entries, 2 * this.entries.length);
      }
    }
    if (tail === 0) {
      this.firstChunks[bucket] = chunk;
      this.chunkCounts[bucket] = 1;
      this.inUse.add(bucket);
    } else {
      this.nextChunk[(tail - 1) >> CHUNK_SHIFT] = chunk;
      this.chunkCounts[bucket] = (this.chunkCounts[bucket] as number) + 1;
    }
    return chunk << CHUNK_SHIFT;
  }

  /**
   * Makes sure that the next live entry is at the head of run or side heap; returns its key, or -1 if there is none.
   * Does not open a window that begins after `lastKey`, because what is pushed before its begin would be crowded in it.
   */
  private settle(lastKey: number): number {
    for (;;) {
      if (this.runStart < this.runEnd) {
        const key = this.run[this.runStart] as number;
        // On equal keys the run goes first: whatever is in the side heap was pushed later.
        if (this.side.size === 0 || key <= this.side.topKey()) {
          const handle = (this.run[this.runStart + 1] as number) | 0;
          if (!this.tombstones.has(handle)) return key;
          this.runStart += 2;
          this.drop(handle);
          continue;
        }
      }
      if (this.side.size > 0) {
        if (!this.tombstones.has(this.side.topHandle())) return this.side.topKey();
        this.drop(this.side.pop());
      } else if (!this.openNextWindow(lastKey)) {
        return -1;
      }
    }
  }

  private popSettledUntil(lastKey: number): number {
    const key = this.settle(lastKey);
    if (key < 0 || key > lastKey) return -1;
    this.poppedKey = key;
    this.size--;
    if (this.runStart < this.runEnd && this.run[this.runStart] === key) {
      const handle = (this.run[this.runStart + 1] as number) | 0;
      this.runStart += 2;
      return handle;
    }
    return this.side.pop();
  }

  private drop(handle: number): void {
    this.tombstones.clear(handle);
    this.onDropped(handle);
  }

  /**
   * Turns the next bucket into the window; false if all buckets are empty or the next begins after `lastKey`.
   * Run and side heap must be empty.
   */
  private openNextWindow(lastKey: number): boolean {
    this.runStart = 0;
    this.runEnd = 0;
    for (;;) {
      const bucket = this.inUse.smallest();
      if (bucket < 0) return false;
      const level = bucket >> 8;
      const first = this.firstChunks[bucket] as number;
      const span = BUCKET_SPANS[level] as number;
      const base = Math.floor((this.entries[first << (CHUNK_SHIFT + 1)] as number) / span) * span;
      if (base > lastKey) return false;
      const tail = this.tails[bucket] as number;
      const count = (((this.chunkCounts[bucket] as number) - 1) << CHUNK_SHIFT) + (((tail - 1) & CHUNK_MASK) + 1);
      this.tails[bucket] = 0;
      this.inUse.remove(bucket);
      this.setBase(base);
      const sortedAtOnce = Math.min(this.size >> SORTED_SHARE_SHIFT, MAX_SORTED_AT_ONCE);
      if (count <= MIN_SORTED_AT_ONCE || count <= sortedAtOnce || level === 0) {
        this.windowEnd = base + span - 1;
        this.fillRun(first, tail, count, span);
        // Cancelled entries may have been all there was.
        if (this.runEnd > 0) return true;
      } else {
        this.moveDown(first, tail);
      }
    }
  }

  private setBase(base: number): void {
    this.base = base;
    this.baseLow = base | 0;
    this.baseHigh = (base * TWO_TO_MINUS_32) | 0;
  }

  /** Puts the live entries of a chain of chunks into the buckets that the base now gives them, and frees the chunks. */
  private moveDown(first: number, tail: number): void {
    const last = (tail - 1) >> CHUNK_SHIFT;
    for (let chunk = first; ; ) {
      const start = chunk << CHUNK_SHIFT;
      const end = chunk === last ? tail : start + CHUNK_ENTRIES;
      for (let position = start; position < end; position++) {
        const handle = (this.entries[2 * position + 1] as number) | 0;
        if (this.tombstones.has(handle)) this.drop(handle);
        else this.append(this.entries[2 * position] as number, handle);
      }
      const next = this.freeChunk(chunk);
      if (chunk === last) return;
      chunk = next;
    }
  }

  /** Copies the live entries of a chain of chunks to `target`, in order, and frees the chunks; returns their number. */
  private collect(first: number, tail: number, target: Float64Array): number {
    const last = (tail - 1) >> CHUNK_SHIFT;
    const { entries } = this;
    let length = 0;
    for (let chunk = first; ; ) {
      const start = chunk << CHUNK_SHIFT;
      const end = chunk === last ? tail : start + CHUNK_ENTRIES;
      for (let position = start; position < end; position++) {
        const handle = (entries[2 * position + 1] as number) | 0;
        if (this.tombstones.has(handle)) {
          this.drop(handle);
        } else {
          target[length++] = entries[2 * position] as number;
          target[length++] = handle;
        }
      }
      const next = this.freeChunk(chunk);
      if (chunk === last) return length >> 1;
      chunk = next;
    }
  }

  /** Frees a chunk; returns the one that came after it. */
  private freeChunk(chunk: number): number {
    const next = this.nextChunk[chunk] as number;
    this.nextChunk[chunk] = this.firstFreeChunk;
    this.firstFreeChunk = chunk;
    return next;
  }

  /** Moves a chain of chunks, which covers `span` keys, into the empty run and sorts it. */
  private fillRun(first: number, tail: number, count: number, span: number): void {
    // Of one key there may be any number of entries; they are in order already.
    if (2 * count > this.run.length) this.run = new Float64Array(4 * count);
    if (span === 1 || count <= MAX_INSERTION_SORT) {
      this.runEnd = 2 * this.collect(first, tail, this.run);
      sortByInsertion(this.run, this.runEnd);
    } else {
      const live = this.collect(first, tail, this.unsorted);
      this.runEnd = 2 * live;
      sortByBins(this.unsorted, live, this.base, span, this.binEnds, this.run);
    }
  }

  /** Adds an entry to the present window: at its place in the run if that is near either end, else to the side heap. */
  private pushIntoWindow(key: number, handle: number): void {
    const { run, runStart, runEnd } = this;
    if (this.side.size > 0) {
      this.pushAside(key, handle);
      return;
    }
    if (runStart === runEnd || key >= (run[runEnd - 2] as number)) {
      if (runEnd === run.length) this.makeRoomInRun();
      this.run[this.runEnd] = key;
      this.run[this.runEnd + 1] = handle;
      this.runEnd += 2;
      return;
    }
    const place = firstAbove(run, runStart, runEnd, key);
    const before = place - runStart;
    const after = runEnd - place;
    if (runStart > 0 && before <= 2 * MAX_SHIFTED && before <= after) {
      for (let position = runStart; position < place; position++) run[position - 2] = run[position] as number;
      run[place - 2] = key;
      run[place - 1] = handle;
      this.runStart = runStart - 2;
    } else if (after <= 2 * MAX_SHIFTED && runEnd < run.length) {
      for (let position = runEnd - 1; position >= place; position--) run[position + 2] = run[position] as number;
      run[place] = key;
      run[place + 1] = handle;
      this.runEnd = runEnd + 2;
    } else {
      this.pushAside(key, handle);
    }
  }

  private pushAside(key: number, handle: number): void {
    this.side.push(key, handle);
    if (this.side.size > MAX_SIDE) this.spillWindow();
  }

  /** Moves the entries of the window to buckets around the present key: it has become too crowded. */
  private spillWindow(): void {
    // Only a base inside the window leaves the buckets beyond it as they are.
    if (this.poppedKey < this.base || this.windowEnd - this.poppedKey < BUCKETS_PER_LEVEL) return;
    this.setBase(this.poppedKey);
    this.windowEnd = this.poppedKey - 1;
    const { run, side } = this;
    while (this.runStart < this.runEnd || side.size > 0) {
      if (side.size === 0 || (this.runStart < this.runEnd && (run[this.runStart] as number) <= side.topKey())) {
        this.append(run[this.runStart] as number, (run[this.runStart + 1] as number) | 0);
        this.runStart += 2;
      } else {
        const key = side.topKey();
        this.append(key, side.pop());
      }
    }
  }

  /** Frees room behind the run: by moving it to the front if much there is used up, else by doubling the array. */
  private makeRoomInRun(): void {
    const live = this.runEnd - this.runStart;
    const target = live > this.run.length >> 1 ? new Float64Array(2 * this.run.length) : this.run;
    if (target === this.run) target.copyWithin(0, this.runStart, this.runEnd);
    else target.set(this.run.subarray(this.runStart, this.runEnd));
    this.run = target;
    this.runStart = 0;
    this.runEnd = live;
  }

  /** Throws all cancelled entries out of the buckets. */
  private sweep(): void {
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const tail = this.tails[bucket] as number;
      if (tail === 0) continue;
      this.tails[bucket] = 0;
      this.inUse.remove(bucket);
      this.moveDown(this.firstChunks[bucket] as number, tail);
    }
    // Those in run and side heap remain; do not come back for them alone.
    this.sweepAt = 2 * this.tombstones.count + MIN_SWEPT;
  }
}
