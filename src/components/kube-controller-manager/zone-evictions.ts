/**
 * The nodes of one zone that are to be tainted NoExecute, one after the other at the zone's rate.
 * K:pkg/controller/nodelifecycle/scheduler/rate_limited_queue.go (RateLimitedTimedQueue, EvictionRateLimiterBurst = 1).
 */
import type { ObjectKey } from '../../cluster/index.ts';
import { TokenBucket } from '../../engine/index.ts';
import type { SimTime } from '../../units/index.ts';

/** How a zone fares (ZoneState). */
export type ZoneState = 'initial' | 'normal' | 'partialDisruption' | 'fullDisruption';

/** One zone. */
export class ZoneEvictions {
  /** Name of the zone, "" = nodes without one. */
  readonly name: string;
  state: ZoneState = 'initial';
  /** Nodes that wait, in order. */
  private readonly waiting: ObjectKey[] = [];
  /** Nodes that wait or were tainted: they are not added again until they were removed. */
  private readonly known = new Set<ObjectKey>();
  private rate: number;
  private bucket: TokenBucket;

  constructor(name: string, rate: number) {
    this.name = name;
    this.rate = rate;
    this.bucket = new TokenBucket(rate, 1);
  }

  /** Nodes that wait. */
  get length(): number {
    return this.waiting.length;
  }

  /** Whether a node waits or was tainted. */
  has(node: ObjectKey): boolean {
    return this.known.has(node);
  }

  /** Adds a node; returns whether it is new. */
  add(node: ObjectKey): boolean {
    if (this.known.has(node)) return false;
    this.known.add(node);
    this.waiting.push(node);
    return true;
  }

  /** A node has recovered or is gone. */
  remove(node: ObjectKey): void {
    this.known.delete(node);
    const at = this.waiting.indexOf(node);
    if (at >= 0) this.waiting.splice(at, 1);
  }

  /** The node whose turn it is, if the rate allows one now; the token is taken. */
  next(now: SimTime): ObjectKey | undefined {
    const node = this.waiting[0];
    if (node === undefined || this.rate <= 0 || !this.bucket.tryTake(now)) return undefined;
    return node;
  }

  /** The node was seen to: it waits no more, though it stays known; if that failed it goes to the end. */
  settle(node: ObjectKey, done: boolean): void {
    const at = this.waiting.indexOf(node);
    if (at < 0) return;
    this.waiting.splice(at, 1);
    if (!done) this.waiting.push(node);
  }

  /** Changes the rate [node/s], 0 = none. A node that would have to wait now waits at the new rate too (SwapLimiter). */
  setRate(rate: number, now: SimTime): void {
    if (rate === this.rate) return;
    const mustWait = this.rate <= 0 || !this.bucket.tryTake(now);
    this.rate = rate;
    this.bucket = new TokenBucket(rate, 1);
    if (mustWait && rate > 0) this.bucket.tryTake(now);
  }
}
