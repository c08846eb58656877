/** Names of finalizers as bits: metadata.finalizers of a version is one number ({@link VersionTable.finalizers}). */

/** Most different finalizers in one cluster: bits of a positive 32-bit integer. */
export const MAXIMUM_FINALIZERS = 31;

/** The finalizers of a cluster, numbered in the order in which they are first named. */
export class FinalizerNames {
  private readonly bits = new Map<string, number>();

  /** The bits of some names. Throws a RangeError for more than {@link MAXIMUM_FINALIZERS} different names in all. */
  bitsOf(names: readonly string[]): number {
    let all = 0;
    for (const name of names) all |= this.bitOf(name);
    return all;
  }

  private bitOf(name: string): number {
    let bit = this.bits.get(name);
    if (bit === undefined) {
      if (this.bits.size === MAXIMUM_FINALIZERS) throw new RangeError(`more than ${MAXIMUM_FINALIZERS} finalizers`);
      bit = 2 ** this.bits.size;
      this.bits.set(name, bit);
    }
    return bit;
  }
}
