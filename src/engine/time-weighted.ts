/** A value that holds between changes (a queue length, busy servers): its mean over time, its extremes and what it is now. */
import type { SimTime } from '../units/index.ts';

/** Mean over time, least, greatest and current value. The caller says when; instants must not go back. */
export class TimeWeighted {
  /** The value now. */
  current: number;
  /** Least value since the start or the last reset. */
  min: number;
  /** Greatest value since the start or the last reset. */
  max: number;
  /** Sum of value times span up to {@link since}, from {@link start} on [unit x ns]. */
  private area = 0;
  /** Instant from which the mean counts. */
  private start: SimTime;
  /** Instant of the last change. */
  private since: SimTime;

  constructor(now: SimTime, value = 0) {
    this.current = value;
    this.min = value;
    this.max = value;
    this.start = now;
    this.since = now;
  }

  /** From `now` on the value is `value`. */
  set(now: SimTime, value: number): void {
    this.area += this.current * (now - this.since);
    this.since = now;
    this.current = value;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
  }

  /** Since the last change the value was `value` on average, and is it now: for values that are known only afterwards. */
  setPast(now: SimTime, value: number): void {
    if (now > this.since && this.since === this.start) {
      // Nothing else was known of this time: what was assumed at its start does not count.
      this.min = value;
      this.max = value;
    }
    this.current = value;
    this.set(now, value);
  }

  /** From `now` on the value is `delta` more. */
  add(now: SimTime, delta: number): void {
    this.set(now, this.current + delta);
  }

  /** Mean over the time from the start to `now`; the current value if no time has passed. */
  mean(now: SimTime): number {
    const span = now - this.start;
    return span === 0 ? this.current : (this.area + this.current * (now - this.since)) / span;
  }

  /** Forgets the past: mean and extremes start anew at `now` with the current value. */
  reset(now: SimTime): void {
    this.min = this.current;
    this.max = this.current;
    this.area = 0;
    this.start = now;
    this.since = now;
  }
}
