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
import type { DroppedListener, EventQueue } from './event-queue.ts';
import { SideHeap } from './side-heap.ts';

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
const MIN_SORTED_AT_ONCE = 32;
/** Nor is a larger one, beyond which the run would leave the first-level cache. */
const MAX_SORTED_AT_ONCE = 512;
/** In between: this share of the queue (as a shift), so that few of the entries pushed meanwhile land in the window. */
const SORTED_SHARE_SHIFT = 5;
/** Up to this many entries insertion alone sorts fastest. */
const MAX_INSERTION_SORT = 24;
/** An entry is put in its place in the run if at most this many others must move. */
const MAX_SHIFTED = 24;
/** A side heap of more entries than this is turned into buckets, which are faster. */
const MAX_SIDE = 64;
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
  /** Cancelled entries still in the queue [entry], state; and how many set off the next sweep. */
  private dead = 0;
  private sweepAt = MIN_SWEPT;
  /** 1 where the handle's entry is cancelled, by handle, state. */
  private cancelled = new Uint8Array(1024);

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
  /** A bit for each bucket in use, for each word of those with a bit, and for each level with any, state. */
  private readonly bucketBits = new Int32Array(BUCKETS / 32);
  private readonly wordBits = new Int32Array(LEVELS);
  private levelBits = 0;

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
    if (this.runStart < this.runEnd && this.side.size === 0 && this.dead === 0)
      return this.run[this.runStart] as number;
    return this.settle();
  }

  pop(): number {
    return this.popUntil(Number.MAX_SAFE_INTEGER);
  }

  popUntil(lastKey: number): number {
    if (this.runStart < this.runEnd && this.side.size === 0 && this.dead === 0) {
      const position = this.runStart;
      const key = this.run[position] as number;
      if (key > lastKey) return -1;
      this.runStart = position + 2;
      this.size--;
      this.poppedKey = key;
      return (this.run[position + 1] as number) | 0;
    }
    return this.popSettledUntil(lastKey);
  }

  cancel(handle: number): void {
    if (handle >= this.cancelled.length) {
      const grown = new Uint8Array(Math.max(handle + 1, this.cancelled.length * 2));
      grown.set(this.cancelled);
      this.cancelled = grown;
    }
    this.cancelled[handle] = 1;
    this.size--;
    if (++this.dead > this.sweepAt && this.dead > this.size) this.sweep();
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
      if (chunk === this.nextChunk.length) this.growChunks();
    }
    if (tail === 0) {
      this.firstChunks[bucket] = chunk;
      this.chunkCounts[bucket] = 1;
      const level = bucket >> 8;
      const word = bucket >> 5;
      this.bucketBits[word] = (this.bucketBits[word] as number) | (1 << bucket);
      this.wordBits[level] = (this.wordBits[level] as number) | (1 << (word & 7));
      this.levelBits |= 1 << level;
    } else {
      this.nextChunk[(tail - 1) >> CHUNK_SHIFT] = chunk;
      this.chunkCounts[bucket] = (this.chunkCounts[bucket] as number) + 1;
    }
    return chunk << CHUNK_SHIFT;
  }

  /** Makes sure that the next live entry is at the head of run or side heap; returns its key, or -1 if there is none. */
  private settle(): number {
    for (;;) {
      if (this.runStart < this.runEnd) {
        const key = this.run[this.runStart] as number;
        // On equal keys the run goes first: whatever is in the side heap was pushed later.
        if (this.side.size === 0 || key <= this.side.topKey()) {
          const handle = (this.run[this.runStart + 1] as number) | 0;
          if (this.dead === 0 || this.cancelled[handle] !== 1) return key;
          this.runStart += 2;
          this.drop(handle);
          continue;
        }
      }
      if (this.side.size > 0) {
        if (this.dead === 0 || this.cancelled[this.side.topHandle()] !== 1) return this.side.topKey();
        this.drop(this.side.pop());
      } else if (!this.openNextWindow()) {
        return -1;
      }
    }
  }

  private popSettledUntil(lastKey: number): number {
    const key = this.settle();
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
    this.cancelled[handle] = 0;
    this.dead--;
    this.onDropped(handle);
  }

  /** Turns the next bucket into the window; false if all buckets are empty. Run and side heap must be empty. */
  private openNextWindow(): boolean {
    this.runStart = 0;
    this.runEnd = 0;
    while (this.levelBits !== 0) {
      const level = lowestBit(this.levelBits);
      const word = (level << 3) | lowestBit(this.wordBits[level] as number);
      const bucket = (word << 5) | lowestBit(this.bucketBits[word] as number);
      const first = this.firstChunks[bucket] as number;
      const tail = this.tails[bucket] as number;
      const count = (((this.chunkCounts[bucket] as number) - 1) << CHUNK_SHIFT) + (((tail - 1) & CHUNK_MASK) + 1);
      const span = BUCKET_SPANS[level] as number;
      this.detach(bucket);
      this.setBase(Math.floor((this.entries[first << (CHUNK_SHIFT + 1)] as number) / span) * span);
      if (count <= MIN_SORTED_AT_ONCE || level === 0 || count <= this.sortedAtOnce()) {
        this.windowEnd = this.base + span - 1;
        if (level === 0) this.copyIntoRun(first, tail, count);
        else this.sortIntoRun(first, tail, count, span);
        // Cancelled entries may have been all there was.
        if (this.runEnd > 0) return true;
      } else {
        this.moveDown(first, tail);
      }
    }
    return false;
  }

  private sortedAtOnce(): number {
    const share = this.size >> SORTED_SHARE_SHIFT;
    return share < MAX_SORTED_AT_ONCE ? share : MAX_SORTED_AT_ONCE;
  }

  private setBase(base: number): void {
    this.base = base;
    this.baseLow = base | 0;
    this.baseHigh = (base * TWO_TO_MINUS_32) | 0;
  }

  /** Takes a bucket's chunks away from it. */
  private detach(bucket: number): void {
    const level = bucket >> 8;
    const word = bucket >> 5;
    this.tails[bucket] = 0;
    const bits = (this.bucketBits[word] as number) & ~(1 << bucket);
    this.bucketBits[word] = bits;
    if (bits !== 0) return;
    const words = (this.wordBits[level] as number) & ~(1 << (word & 7));
    this.wordBits[level] = words;
    if (words === 0) this.levelBits &= ~(1 << level);
  }

  /** Puts the live entries of a chain of chunks into the buckets that the base now gives them, and frees the chunks. */
  private moveDown(first: number, tail: number): void {
    const last = (tail - 1) >> CHUNK_SHIFT;
    for (let chunk = first; ; ) {
      const start = chunk << CHUNK_SHIFT;
      const end = chunk === last ? tail : start + CHUNK_ENTRIES;
      for (let position = start; position < end; position++) {
        const handle = (this.entries[2 * position + 1] as number) | 0;
        if (this.dead !== 0 && this.cancelled[handle] === 1) this.drop(handle);
        else this.append(this.entries[2 * position] as number, handle);
      }
      const next = this.nextChunk[chunk] as number;
      this.freeChunk(chunk);
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
        const handle = entries[2 * position + 1] as number;
        if (this.dead !== 0 && this.cancelled[handle | 0] === 1) {
          this.drop(handle | 0);
          continue;
        }
        target[length] = entries[2 * position] as number;
        target[length + 1] = handle;
        length += 2;
      }
      const next = this.nextChunk[chunk] as number;
      this.freeChunk(chunk);
      if (chunk === last) return length >> 1;
      chunk = next;
    }
  }

  private freeChunk(chunk: number): void {
    this.nextChunk[chunk] = this.firstFreeChunk;
    this.firstFreeChunk = chunk;
  }

  /** Entries of one key need no sorting. There may be any number of them. */
  private copyIntoRun(first: number, tail: number, count: number): void {
    if (2 * count > this.run.length) this.run = new Float64Array(4 * count);
    this.runEnd = 2 * this.collect(first, tail, this.run);
  }

  private sortIntoRun(first: number, tail: number, count: number, span: number): void {
    if (count <= MAX_INSERTION_SORT) {
      const live = this.collect(first, tail, this.run);
      this.runEnd = 2 * live;
      sortByInsertion(this.run, this.runEnd);
      return;
    }
    const live = this.collect(first, tail, this.unsorted);
    this.runEnd = 2 * live;
    sortByBins(this.unsorted, live, this.base, span, this.binEnds, this.run);
  }

  /** Adds an entry to the present window: at its place in the run if that is near either end, else to the side heap. */
  private pushIntoWindow(key: number, handle: number): void {
    if (this.side.size > 0) {
      this.pushAside(key, handle);
      return;
    }
    const { run, runStart, runEnd } = this;
    if (runStart === runEnd || key >= (run[runEnd - 2] as number)) {
      if (runEnd === run.length) {
        this.makeRoomInRun();
        this.pushIntoWindow(key, handle);
        return;
      }
      run[runEnd] = key;
      run[runEnd + 1] = handle;
      this.runEnd = runEnd + 2;
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
      const first = this.firstChunks[bucket] as number;
      this.detach(bucket);
      this.moveDown(first, tail);
    }
    // Those in run and side heap remain; do not come back for them alone.
    this.sweepAt = 2 * this.dead + MIN_SWEPT;
  }

  private growChunks(): void {
    const entries = new Float64Array(this.entries.length * 2);
    entries.set(this.entries);
    this.entries = entries;
    const nextChunk = new Int32Array(this.nextChunk.length * 2);
    nextChunk.set(this.nextChunk);
    this.nextChunk = nextChunk;
  }
}

/** Number of the lowest bit that is set. */
function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

/** Position of the first entry whose key is above `key`, in a sorted run from `start` to `end`. */
function firstAbove(run: Float64Array, start: number, end: number, key: number): number {
  let low = start >> 1;
  let high = end >> 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((run[2 * middle] as number) <= key) low = middle + 1;
    else high = middle;
  }
  return 2 * low;
}

/** Sorts entries in place, keeping the order of equal keys. Fast if there are few, or nearly sorted ones. */
function sortByInsertion(run: Float64Array, end: number): void {
  for (let next = 2; next < end; next += 2) {
    const key = run[next] as number;
    let hole = next;
    if ((run[hole - 2] as number) <= key) continue;
    const handle = run[next + 1] as number;
    do {
      run[hole] = run[hole - 2] as number;
      run[hole + 1] = run[hole - 1] as number;
      hole -= 2;
    } while (hole > 0 && (run[hole - 2] as number) > key);
    run[hole] = key;
    run[hole + 1] = handle;
  }
}

/** Sorts `count` entries into `run`, keeping the order of equal keys: first into about as many bins, then by insertion. */
function sortByBins(
  unsorted: Float64Array,
  count: number,
  base: number,
  span: number,
  binEnds: Int32Array,
  run: Float64Array,
): void {
  const bins = count > 1 ? 1 << (32 - Math.clz32(count - 1)) : 1;
  const binsPerKey = bins / span;
  binEnds.fill(0, 0, bins + 1);
  for (let i = 0; i < count; i++) {
    const bin = (((unsorted[2 * i] as number) - base) * binsPerKey) | 0;
    binEnds[bin + 1] = (binEnds[bin + 1] as number) + 2;
  }
  for (let bin = 1; bin < bins; bin++) binEnds[bin] = (binEnds[bin] as number) + (binEnds[bin - 1] as number);
  for (let i = 0; i < count; i++) {
    const key = unsorted[2 * i] as number;
    const bin = ((key - base) * binsPerKey) | 0;
    const position = binEnds[bin] as number;
    binEnds[bin] = position + 2;
    run[position] = key;
    run[position + 1] = unsorted[2 * i + 1] as number;
  }
  sortByInsertion(run, 2 * count);
}
