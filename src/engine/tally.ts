/** Count, mean and spread of single observations, in one pass and numerically stable (Welford). */
export class Tally {
  /** Observations so far. */
  count = 0;
  /** Mean of the observations, 0 without any. */
  mean = 0;
  /** Least observation, Infinity without any. */
  min = Number.POSITIVE_INFINITY;
  /** Greatest observation, -Infinity without any. */
  max = Number.NEGATIVE_INFINITY;
  /** Sum of squared deviations from the mean. */
  private squares = 0;

  /** Adds one observation. */
  record(value: number): void {
    this.count++;
    const deviation = value - this.mean;
    this.mean += deviation / this.count;
    this.squares += deviation * (value - this.mean);
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
  }

  /** Sum of the observations, up to rounding. */
  get sum(): number {
    return this.mean * this.count;
  }

  /** Sample variance (divided by n - 1), 0 with fewer than two observations. */
  get variance(): number {
    return this.count < 2 ? 0 : this.squares / (this.count - 1);
  }

  /** Sample standard deviation. */
  get standardDeviation(): number {
    return Math.sqrt(this.variance);
  }

  /** Forgets every observation. */
  reset(): void {
    this.count = 0;
    this.mean = 0;
    this.min = Number.POSITIVE_INFINITY;
    this.max = Number.NEGATIVE_INFINITY;
    this.squares = 0;
  }
}
