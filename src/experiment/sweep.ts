/** A sweep: the grid of a scenario's `vary`, all points and replications over one pool. */
import type { WrittenValue } from '../scenario/resolved-scenario.ts';

/** Values of one point of the grid, by PATH. */
export type GridPoint = Readonly<Record<string, WrittenValue>>;

/** All points of the grid; the last PATH varies fastest. An empty `vary` has one point. */
export function gridOf(vary: Readonly<Record<string, readonly WrittenValue[]>>): GridPoint[] {
  return Object.entries(vary).reduce<GridPoint[]>(
    (points, [path, values]) => points.flatMap((point) => values.map((value) => ({ ...point, [path]: value }))),
    [{}],
  );
}

/** The values of a point that {@link variantName} has named, as text, by PATH. */
export function valuesOfVariant(variant: string): Readonly<Record<string, string>> {
  const named = variant.split(';').filter((part) => part.includes('='));
  return Object.fromEntries(named.map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]));
}

/** A point as the column `variant` has it: "PATH=VALUE;…" sorted by PATH. */
export function variantName(point: GridPoint): string {
  return Object.keys(point)
    .sort()
    .map((path) => {
      const value = point[path];
      return `${path}=${typeof value === 'object' ? JSON.stringify(value) : value}`;
    })
    .join(';');
}
