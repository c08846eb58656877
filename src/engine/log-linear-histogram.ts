/**
 * A histogram of non-negative numbers with a bounded relative error, by the bits of the float itself: the exponent and the first
 * {@link MANTISSA_BITS} bits of the mantissa are the bin, so recording is a shift and an addition. 128 bins per octave put a value
 * within 0.4 % of the middle of its bin. Counts are whole numbers, so merging is addition and does not depend on the order.
 * Only the octaves in use are held. Count, sum, least and greatest value are kept exactly beside the bins.
 */
import { HIGH_MANTISSA_BITS, highWordOf } from './float-bits.ts';

/** Bits of the mantissa that select a bin inside an octave: 2^7 = 128 bins, a bin is at most 1/128 of its value wide. */
const MANTISSA_BITS = 7;
const BINS_PER_OCTAVE = 2 ** MANTISSA_BITS;
/** The rest of the mantissa's bits in the high word is shifted out. */
const SHIFT = HIGH_MANTISSA_BITS - MANTISSA_BITS;
/** Bias of a double's exponent. */
const EXPONENT_BIAS = 1023;
/**
 * The sum carries into a second number in units of 2^32, so that sums of whole numbers stay exact up to 2^84, as long as no single
 * value times its weight is above 2^52 (52 days in nanoseconds).
 */
const CARRY_UNIT = 2 ** 32;
const CARRY_LIMIT = 2 ** 52;

/** A bin as plain data: its index and how much weight fell into it. */
export type HistogramBins = readonly (readonly [index: number, weight: number])[];

/** A {@link LogLinearHistogram} as plain data, for results and for workers. */
export interface HistogramData {
  readonly count: number;
  readonly sumHigh: number;
  readonly sumLow: number;
  /** Least and greatest value; 0 if nothing was recorded. */
  readonly min: number;
  readonly max: number;
  /** Weight of the values that are exactly 0. */
  readonly zeros: number;
  /** Occupied bins in ascending order. */
  readonly bins: HistogramBins;
}

/** Records non-negative numbers; tells count, sum, least, greatest and any quantile. */
export class LogLinearHistogram {
  /** Weight of all values recorded. */
  count = 0;
  /** Sum of values times weight, in two parts: high * 2^32 + low. */
  private sumHigh = 0;
  private sumLow = 0;
  private least = Number.POSITIVE_INFINITY;
  private greatest = 0;
  /** Weight of zeros, which have no octave. */
  private zeros = 0;
  /** Weight by bin, from the bin {@link base} on; grows by whole octaves at either end. */
  private weights = new Float64Array(0);
  /** Index of the first bin held. */
  private base = 0;

  /** Adds `value` (0 or more) `weight` times. */
  record(value: number, weight = 1): void {
    this.count += weight;
    this.sumLow += value * weight;
    if (this.sumLow >= CARRY_LIMIT) this.carry();
    if (value < this.least) this.least = value;
    if (value > this.greatest) this.greatest = value;
    const offset = (highWordOf(value) >>> SHIFT) - this.base;
    const weights = this.weights;
    if (value > 0 && offset >= 0 && offset < weights.length) weights[offset] = (weights[offset] as number) + weight;
    else this.recordOutside(value, offset + this.base, weight);
  }

  /** Sum of the values recorded; exact for whole numbers up to the last rounding to a double. */
  get sum(): number {
    return this.sumHigh * CARRY_UNIT + this.sumLow;
  }

  /** Mean of the values, 0 without any. */
  get mean(): number {
    return this.count === 0 ? 0 : this.sum / this.count;
  }

  /** Least value, 0 without any. */
  get min(): number {
    return this.count === 0 ? 0 : this.least;
  }

  /** Greatest value, 0 without any. */
  get max(): number {
    return this.greatest;
  }

  /**
   * The value below or at which a share `q` of the weight lies (nearest rank), within 0.4 % and never outside the least and greatest
   * value; 0 without any value.
   */
  quantile(q: number): number {
    if (this.count === 0) return 0;
    // A product such as 0.99 * 100 may land a hair above the whole number it stands for; that must not move the rank.
    const rank = Math.max(1, Math.ceil(Number((q * this.count).toPrecision(14))));
    if (rank >= this.count) return this.greatest;
    let seen = this.zeros;
    if (rank <= seen) return 0;
    for (let offset = 0; offset < this.weights.length; offset++) {
      seen += this.weights[offset] as number;
      if (seen >= rank) return Math.min(this.greatest, Math.max(this.least, middleOfBin(this.base + offset)));
    }
    return this.greatest;
  }

  /** Adds what `other` holds. */
  merge(other: LogLinearHistogram): void {
    this.mergeData(other.toData());
  }

  /** Adds a histogram that is plain data. */
  mergeData(data: HistogramData): void {
    if (data.count === 0) return;
    this.count += data.count;
    this.sumHigh += data.sumHigh;
    this.sumLow += data.sumLow;
    if (this.sumLow >= CARRY_LIMIT) this.carry();
    this.least = Math.min(this.least, data.min);
    this.greatest = Math.max(this.greatest, data.max);
    this.zeros += data.zeros;
    for (const [index, weight] of data.bins) {
      this.cover(index);
      this.weights[index - this.base] = (this.weights[index - this.base] as number) + weight;
    }
  }

  /** Everything it holds as plain data. */
  toData(): HistogramData {
    const bins: [number, number][] = [];
    for (let offset = 0; offset < this.weights.length; offset++) {
      const weight = this.weights[offset] as number;
      if (weight !== 0) bins.push([this.base + offset, weight]);
    }
    const { count, sumHigh, sumLow, min, max, zeros } = this;
    return { count, sumHigh, sumLow, min, max, zeros, bins };
  }

  /** Forgets every value. */
  reset(): void {
    this.count = 0;
    this.sumHigh = 0;
    this.sumLow = 0;
    this.least = Number.POSITIVE_INFINITY;
    this.greatest = 0;
    this.zeros = 0;
    this.weights.fill(0);
  }

  /** Moves whole carry units from the low to the high part of the sum. */
  private carry(): void {
    const units = Math.floor(this.sumLow / CARRY_UNIT);
    this.sumHigh += units;
    this.sumLow -= units * CARRY_UNIT;
  }

  /** The rare case: a zero, or the first value of an octave. */
  private recordOutside(value: number, index: number, weight: number): void {
    if (value === 0) {
      this.zeros += weight;
      return;
    }
    if (!(value > 0 && value < Number.POSITIVE_INFINITY)) throw new RangeError(`a histogram cannot record ${value}`);
    this.cover(index);
    this.weights[index - this.base] = (this.weights[index - this.base] as number) + weight;
  }

  /** Makes room for the octave of bin `index`. */
  private cover(index: number): void {
    const end = this.base + this.weights.length;
    if (this.weights.length > 0 && index >= this.base && index < end) return;
    const first = Math.floor(index / BINS_PER_OCTAVE) * BINS_PER_OCTAVE;
    const base = this.weights.length === 0 ? first : Math.min(this.base, first);
    const grown = new Float64Array(Math.max(end, first + BINS_PER_OCTAVE) - base);
    if (this.weights.length > 0) grown.set(this.weights, this.base - base);
    this.weights = grown;
    this.base = base;
  }
}

/** The value in the middle of a bin. */
function middleOfBin(index: number): number {
  const octave = Math.floor(index / BINS_PER_OCTAVE) - EXPONENT_BIAS;
  const step = index % BINS_PER_OCTAVE;
  return 2 ** octave * (1 + (step + 1 / 2) / BINS_PER_OCTAVE);
}

/** A histogram with the content of `data`. */
export function histogramFromData(data: HistogramData): LogLinearHistogram {
  const histogram = new LogLinearHistogram();
  histogram.mergeData(data);
  return histogram;
}
