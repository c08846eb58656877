/**
 * Token buckets with the reservations of Go's golang.org/x/time/rate: whoever finds no token takes one that is still to come
 * and waits for it. So callers are served in the order in which they asked.
 */
import { type Nanoseconds, NS_PER_SECOND, type SimTime } from '../units/index.ts';
import { grown } from './column.ts';

/** Many buckets in typed columns: one for each of thousands of clients. */
export class TokenBuckets {
  /** Buckets [bucket], state. */
  count = 0;
  /** By bucket: rate [token/s], size [token], tokens at the last change (below 0: reserved ahead), and its instant [ns], state. */
  private rates = new Float64Array(1);
  private bursts = new Float64Array(1);
  private tokens = new Float64Array(1);
  private changedAt = new Float64Array(1);

  /** Adds a full bucket; returns its index. A rate of 0 or less means unlimited. */
  add(qps: number, burst: number): number {
    const index = this.count++;
    if (index === this.rates.length) {
      this.rates = grown(this.rates, index * 2);
      this.bursts = grown(this.bursts, index * 2);
      this.tokens = grown(this.tokens, index * 2);
      this.changedAt = grown(this.changedAt, index * 2);
    }
    this.rates[index] = qps;
    this.bursts[index] = burst;
    this.tokens[index] = burst;
    return index;
  }

  /** Takes a token, if need be one to come; returns how long to wait for it. */
  reserve(index: number, now: SimTime): Nanoseconds {
    const rate = this.rates[index] as number;
    if (rate <= 0) return 0 as Nanoseconds;
    const left = this.tokensAt(index, now) - 1;
    this.tokens[index] = left;
    this.changedAt[index] = now;
    // Go cuts the wait to whole nanoseconds as well.
    return (left >= 0 ? 0 : Math.floor((-left / rate) * NS_PER_SECOND)) as Nanoseconds;
  }

  /** Takes a token if one is there; says whether. */
  tryTake(index: number, now: SimTime): boolean {
    if ((this.rates[index] as number) <= 0) return true;
    const left = this.tokensAt(index, now) - 1;
    if (left < 0) return false;
    this.tokens[index] = left;
    this.changedAt[index] = now;
    return true;
  }

  /** Changes rate and size from `now` on; waits already given stay as they are. */
  setLimit(index: number, qps: number, burst: number, now: SimTime): void {
    this.tokens[index] = (this.rates[index] as number) <= 0 ? burst : Math.min(this.tokensAt(index, now), burst);
    this.changedAt[index] = now;
    this.rates[index] = qps;
    this.bursts[index] = burst;
  }

  /** Tokens in the bucket at `now`; below 0 if some are reserved ahead. */
  tokensAt(index: number, now: SimTime): number {
    const elapsed = now - (this.changedAt[index] as number);
    const tokens = this.tokens[index] as number;
    if (elapsed <= 0) return tokens;
    const filled = tokens + (elapsed / NS_PER_SECOND) * (this.rates[index] as number);
    const burst = this.bursts[index] as number;
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
