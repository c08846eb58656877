/**
 * Token buckets with the reservations of Go's golang.org/x/time/rate: whoever finds no token takes one that is still to come
 * and waits for it. So callers are served in the order in which they asked.
 */
import { type Nanoseconds, NS_PER_SECOND, type SimTime } from '../units/index.ts';
import { grown } from './column.ts';

/**
 * What is kept of a bucket, side by side because every request needs all of it: rate [token/s], size [token], tokens at the last change (below 0:
 * reserved ahead), and its instant [ns].
 */
const Cell = { Rate: 0, Burst: 1, Tokens: 2, ChangedAt: 3 } as const;
const CELLS = 4;

/** Many buckets, one row each: one for each of thousands of clients. */
export class TokenBuckets {
  /** Buckets [bucket], state. */
  count = 0;
  /** Rows of {@link CELLS} numbers, state. */
  private cells = new Float64Array(CELLS);

  /** Adds a full bucket; returns its index. A rate of 0 or less means unlimited. */
  add(qps: number, burst: number): number {
    const index = this.count++;
    const row = index * CELLS;
    if (row === this.cells.length) this.cells = grown(this.cells, row * 2);
    this.cells[row + Cell.Rate] = qps;
    this.cells[row + Cell.Burst] = burst;
    this.cells[row + Cell.Tokens] = burst;
    return index;
  }

  /** Takes a token, if need be one to come; returns how long to wait for it. */
  reserve(index: number, now: SimTime): Nanoseconds {
    const { cells } = this;
    const row = index * CELLS;
    const rate = cells[row + Cell.Rate] as number;
    if (rate <= 0) return 0 as Nanoseconds;
    const left = this.tokensAt(index, now) - 1;
    cells[row + Cell.Tokens] = left;
    cells[row + Cell.ChangedAt] = now;
    // Go cuts the wait to whole nanoseconds as well.
    return (left >= 0 ? 0 : Math.floor((-left / rate) * NS_PER_SECOND)) as Nanoseconds;
  }

  /** Takes a token if one is there; says whether. */
  tryTake(index: number, now: SimTime): boolean {
    const { cells } = this;
    const row = index * CELLS;
    if ((cells[row + Cell.Rate] as number) <= 0) return true;
    const left = this.tokensAt(index, now) - 1;
    if (left < 0) return false;
    cells[row + Cell.Tokens] = left;
    cells[row + Cell.ChangedAt] = now;
    return true;
  }

  /** Changes rate and size from `now` on; waits already given stay as they are. */
  setLimit(index: number, qps: number, burst: number, now: SimTime): void {
    const { cells } = this;
    const row = index * CELLS;
    const isUnlimited = (cells[row + Cell.Rate] as number) <= 0;
    cells[row + Cell.Tokens] = isUnlimited ? burst : Math.min(this.tokensAt(index, now), burst);
    cells[row + Cell.ChangedAt] = now;
    cells[row + Cell.Rate] = qps;
    cells[row + Cell.Burst] = burst;
  }

  /** Tokens in the bucket at `now`; below 0 if some are reserved ahead. */
  tokensAt(index: number, now: SimTime): number {
    const { cells } = this;
    const row = index * CELLS;
    const elapsed = now - (cells[row + Cell.ChangedAt] as number);
    const tokens = cells[row + Cell.Tokens] as number;
    if (elapsed <= 0) return tokens;
    const filled = tokens + (elapsed / NS_PER_SECOND) * (cells[row + Cell.Rate] as number);
    const burst = cells[row + Cell.Burst] as number;
    return Math.min(filled, burst);
  }
}

/** One token bucket. */
export class TokenBucket {
  private readonly buckets = new TokenBuckets();

  /** `qps` tokens a second, `burst` tokens at most and at first. `qps` of 0 or less means unlimited. */
  constructor(qps: number, burst: number) {
    this.buckets.add(qps, burst);
  }

  /** Takes a token, if need be one to come; returns how long to wait for it. */
  reserve(now: SimTime): Nanoseconds {
    return this.buckets.reserve(0, now);
  }

  /** Takes a token if one is there; says whether. */
  tryTake(now: SimTime): boolean {
    return this.buckets.tryTake(0, now);
  }

  /** Changes rate and size from `now` on; waits already given stay as they are. */
  setLimit(qps: number, burst: number, now: SimTime): void {
    this.buckets.setLimit(0, qps, burst, now);
  }

  /** Tokens in the bucket at `now`; below 0 if some are reserved ahead. */
  tokensAt(now: SimTime): number {
    return this.buckets.tokensAt(0, now);
  }
}
