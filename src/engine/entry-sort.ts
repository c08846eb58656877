/** Sorting the radix ladder's entries: key and handle in turn in one column of doubles. All keep the order of equal keys. */

/** Up to this many entries insertion alone sorts fastest. */
export const MAX_INSERTION_SORT = 24;

/** Position of the first entry whose key is above `key`, in a sorted run from `start` to `end`. */
export function firstAbove(run: Float64Array, start: number, end: number, key: number): number {
  let low = start >> 1;
  let high = end >> 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((run[2 * middle] as number) <= key) low = middle + 1;
    else high = middle;
  }
  return 2 * low;
}

/** Sorts entries in place, keeping the order of equal keys. Fast if there are few, or nearly sorted ones. */
export function sortByInsertion(run: Float64Array, end: number): void {
  for (let next = 2; next < end; next += 2) {
    const key = run[next] as number;
    let hole = next;
    if ((run[hole - 2] as number) <= key) continue;
    const handle = run[next + 1] as number;
    do {
      run[hole] = run[hole - 2] as number;
      run[hole + 1] = run[hole - 1] as number;
      hole -= 2;
    } while (hole > 0 && (run[hole - 2] as number) > key);
    run[hole] = key;
    run[hole + 1] = handle;
  }
}

/** Sorts `count` entries into `run`, keeping the order of equal keys: first into about as many bins, then by insertion. */
export function sortByBins(
  unsorted: Float64Array,
  count: number,
  base: number,
  span: number,
  binEnds: Int32Array,
  run: Float64Array,
): void {
  const bins = count > 1 ? 1 << (32 - Math.clz32(count - 1)) : 1;
  const binsPerKey = bins / span;
  binEnds.fill(0, 0, bins + 1);
  for (let i = 0; i < count; i++) {
    const bin = (((unsorted[2 * i] as number) - base) * binsPerKey) | 0;
    binEnds[bin + 1] = (binEnds[bin + 1] as number) + 2;
  }
  for (let bin = 1; bin < bins; bin++) binEnds[bin] = (binEnds[bin] as number) + (binEnds[bin - 1] as number);
  for (let i = 0; i < count; i++) {
    const key = unsorted[2 * i] as number;
    const bin = ((key - base) * binsPerKey) | 0;
    const position = binEnds[bin] as number;
    binEnds[bin] = position + 2;
    run[position] = key;
    run[position + 1] = unsorted[2 * i + 1] as number;
  }
  sortByInsertion(run, 2 * count);
}
