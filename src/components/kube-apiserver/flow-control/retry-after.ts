/**
 * The Retry-After of a level: it doubles while many requests are dropped and sinks second by second once few are.
 * K:apiserver/pkg/util/flowcontrol/dropped_requests_tracker.go.
 */
import { type Nanoseconds, NS_PER_SECOND, nanoseconds, type SimTime } from '../../../units/index.ts';

/** It rises if at least this many requests a second were dropped over as many seconds as it has. */
const DROPS_FOR_RISE = 3;

/** Drops of a level, by second. */
export class RetryAfter {
  /** Largest value [s], parameter. */
  private readonly most: number;
  /** Drops by second, newest last: those before the current second, and no older than {@link most}; state. */
  private history: { readonly second: number; readonly drops: number }[] = [];
  /** Current second, and drops in it; state. */
  private second = Number.NEGATIVE_INFINITY;
  private drops = 0;
  /** Value now [s], state. */
  private value = 1;
  /** Second of the last rise, state. */
  private rose = Number.NEGATIVE_INFINITY;

  constructor(most: number) {
    this.most = most;
  }

  /** A request is dropped now; returns after what time its client is to come again. */
  drop(now: SimTime): Nanoseconds {
    const second = Math.floor(now / NS_PER_SECOND);
    if (second !== this.second) {
      this.turn(second);
      this.adjust();
    }
    this.drops++;
    return nanoseconds(this.value * NS_PER_SECOND);
  }

  private turn(second: number): void {
    if (this.drops > 0) this.history.push({ second: this.second, drops: this.drops });
    this.history = this.history.filter((entry) => second - entry.second <= this.most);
    this.second = second;
    this.drops = 0;
  }

  /** Only at the first drop of a second, by the drops of the seconds before it. */
  private adjust(): void {
    const { value, second } = this;
    let drops = 0;
    for (const entry of this.history) if (second - entry.second <= value) drops += entry.drops;
    if (second - this.rose >= value && drops >= DROPS_FOR_RISE * value) {
      this.value = Math.min(2 * value, this.most);
      this.rose = second;
    } else if (drops < value && value > 1) {
      this.value--;
    }
  }
}
