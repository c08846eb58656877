/** Which buckets of the radix ladder are in use: a set of small numbers whose smallest is found in three steps. */

const WORDS_PER_LEVEL = 8;

/** A set of bucket numbers (level * 256 + byte), as bits in three tiers. */
export class BucketSet {
  /** A bit for each bucket, for each word of those with a bit, and for each level with any, state. */
  private readonly buckets: Int32Array;
  private readonly words: Int32Array;
  private levels = 0;

  /** Room for the buckets of up to 31 levels. */
  constructor(levels: number) {
    this.buckets = new Int32Array(levels * WORDS_PER_LEVEL);
    this.words = new Int32Array(levels);
  }

  add(bucket: number): void {
    const level = bucket >> 8;
    const word = bucket >> 5;
    // Shifts count modulo 32, so that `1 << bucket` is the bucket's bit in its word.
    this.buckets[word] = (this.buckets[word] as number) | (1 << bucket);
    this.words[level] = (this.words[level] as number) | (1 << (word & (WORDS_PER_LEVEL - 1)));
    this.levels |= 1 << level;
  }

  remove(bucket: number): void {
    const level = bucket >> 8;
    const word = bucket >> 5;
    const inWord = (this.buckets[word] as number) & ~(1 << bucket);
    this.buckets[word] = inWord;
    if (inWord !== 0) return;
    const inLevel = (this.words[level] as number) & ~(1 << (word & (WORDS_PER_LEVEL - 1)));
    this.words[level] = inLevel;
    if (inLevel === 0) this.levels &= ~(1 << level);
  }

  /** The smallest bucket of the set, or -1 if it is empty. */
  smallest(): number {
    if (this.levels === 0) return -1;
    const level = lowestBit(this.levels);
    const word = level * WORDS_PER_LEVEL + lowestBit(this.words[level] as number);
    return (word << 5) | lowestBit(this.buckets[word] as number);
  }
}

/** Number of the lowest bit that is set. */
function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}
