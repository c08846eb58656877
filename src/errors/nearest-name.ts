/** "Did you mean …": the valid name with the smallest edit distance to what was typed. */

/** Levenshtein distance between two short names, ignoring case. */
export function editDistance(a: string, b: string): number {
  const left = a.toLowerCase();
  const right = b.toLowerCase();
  let previous = Array.from({ length: right.length + 1 }, (_, i) => i);
  for (let i = 1; i <= left.length; i++) {
    const current = [i];
    for (let j = 1; j <= right.length; j++) {
      const substitution = (previous[j - 1] as number) + (left[i - 1] === right[j - 1] ? 0 : 1);
      current.push(Math.min(substitution, (previous[j] as number) + 1, (current[j - 1] as number) + 1));
    }
    previous = current;
  }
  return previous[right.length] as number;
}

/** The nearest of `names` to `typed`, or `undefined` where none is near enough to be meant. Ties go to the first. */
export function nearestName(typed: string, names: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const name of names) {
    const distance = editDistance(typed, name);
    if (distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  }
  // Two slips, or two of five letters of a longer name; beyond that another word was meant.
  return bestDistance <= Math.max(2, Math.ceil(typed.length * 0.4)) ? best : undefined;
}
