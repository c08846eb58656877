/** Durations of operations that ended within the measured window, and what people read from them. */

/** Nanoseconds in a millisecond. */
const NS_PER_MS = 1e6;

/** Samples of one window. */
export class Samples {
  /** Window [ns], state. */
  private from = Number.POSITIVE_INFINITY;
  private to = Number.POSITIVE_INFINITY;
  private readonly spans: number[] = [];
  private sorted = true;

  /** The window begins now. */
  begin(now: number): void {
    this.from = now;
  }

  /** And ends now. */
  end(now: number): void {
    this.to = now;
  }

  /** An operation that took from `began` to `ended`. */
  record(began: number, ended: number): void {
    if (ended < this.from || ended >= this.to) return;
    this.spans.push(ended - began);
    this.sorted = false;
  }

  /** Operations that ended in the window. */
  get count(): number {
    return this.spans.length;
  }

  /** Those per second. */
  get rate(): number {
    return (this.count * 1e9) / (this.to - this.from);
  }

  /** Mean [ms]. */
  get mean(): number {
    return this.spans.reduce((sum, span) => sum + span, 0) / this.count / NS_PER_MS;
  }

  /** A quantile [ms]. */
  quantile(q: number): number {
    if (!this.sorted) this.spans.sort((a, b) => a - b);
    this.sorted = true;
    return (this.spans[Math.min(this.count - 1, Math.floor(q * this.count))] as number) / NS_PER_MS;
  }
}
