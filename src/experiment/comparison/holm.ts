/**
 * Holm's step-down correction: of many differences tested at once, some are marked by chance. An adjusted probability below 5 % keeps the
 * chance that any of them is marked wrongly below 5 %, whatever depends on what (S. Holm, A simple sequentially rejective multiple test
 * procedure, 1979).
 */

/** The adjusted probabilities, in the order of `probabilities`. */
export function holm(probabilities: readonly number[]): number[] {
  const order = probabilities.map((_, i) => i).sort((a, b) => at(probabilities, a) - at(probabilities, b) || a - b);
  const adjusted = new Array<number>(probabilities.length).fill(1);
  let least = 0;
  for (const [rank, i] of order.entries()) {
    least = Math.max(least, Math.min(1, (probabilities.length - rank) * at(probabilities, i)));
    adjusted[i] = least;
  }
  return adjusted;
}

function at(values: readonly number[], index: number): number {
  return values[index] as number;
}
